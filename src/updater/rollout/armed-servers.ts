import type { FleetEvent } from './events';

/** Follows the servers of an armed rollout until each of them begins by itself or has ended. */
export class ArmedServers {
  private readonly open: Set<string>;
  private readonly own: ReadonlySet<string>;
  private readonly settled = new Map<string, 'armed' | 'ended' | 'failed'>();

  constructor(servers: readonly string[]) {
    this.own = new Set(servers);
    this.open = new Set(servers);
  }

  /** Those that begin by themselves. */
  get armed(): string[] {
    return [...this.settled].flatMap(([id, how]) => (how === 'armed' ? [id] : []));
  }

  get failed(): boolean {
    return [...this.settled.values()].includes('failed');
  }

  /** True once nothing is open any more and something is armed. */
  see(event: FleetEvent): boolean {
    if (!('server' in event) || !this.own.has(event.server)) return false;
    if (event.type === 'status' && event.step === 'wait') this.settle(event.server, 'armed');
    else if (event.type === 'server-finished')
      this.settle(event.server, event.outcome === 'failed' ? 'failed' : 'ended');
    else return false;
    return this.open.size === 0 && this.armed.length > 0;
  }

  private settle(server: string, how: 'armed' | 'ended' | 'failed'): void {
    this.open.delete(server);
    this.settled.set(server, how);
  }
}
