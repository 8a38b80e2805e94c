import type { System } from '../fleet/model';
import { wallClock } from '../plan/window';
import type { Hold } from './standing';
import type { Watch } from './watch';

const minute = 60_000;

interface Soaking {
  wave: number;
  until: number;
  servers: string[];
}

/** Between a system's first wave and the next: the first one's servers are watched, and looked at again at the end. */
export class Soaks {
  private readonly soaking = new Map<string, Soaking>();

  constructor(private readonly watch: Watch) {}

  /** True once a system's first wave has ended. */
  has(system: string): boolean {
    return this.soaking.has(system);
  }

  /** A system's first wave has ended; these of its servers are done. */
  begin({ id, soakMinutes }: System, wave: number, servers: string[], endedAt: number): void {
    const until = endedAt + soakMinutes * minute;
    for (const server of servers) this.watch.add(server, endedAt, until);
    this.soaking.set(id, { wave, until, servers });
  }

  /** What a later wave of the system still waits for. */
  hold(system: string, wave: number): Hold | undefined {
    const soak = this.soaking.get(system);
    if (soak === undefined || wave <= soak.wave) return undefined;
    const left = soak.servers.filter((server) => !this.watch.passed(server, soak.until));
    if (left.length === 0) return undefined;
    const said = left.length > 3 ? `${left.length} servers` : left.join(', ');
    return {
      key: `soak:${soak.until}`,
      say: () =>
        `until ${wallClock({ from: '', to: '' }, new Date(soak.until))}, while wave ${soak.wave} soaks: ${said}`,
    };
  }
}
