import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Fleet } from '../../../src/updater/fleet/model';
import type { Plan, PlanServer } from '../../../src/updater/plan/plan';

export const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 8, 0, second)).toISOString();

export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vms-fleet-rollout-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Systems of Banalytics servers: name → fields of the system and count of its servers (`<name>-0`, `<name>-1`, …). */
export function fleetOf(systems: Record<string, { servers: number } & Record<string, unknown>>): Fleet {
  const text = JSON.stringify({
    name: 'Test',
    systems: Object.fromEntries(
      Object.entries(systems).map(([id, { servers, ...fields }], net) => [
        id,
        {
          product: 'banalytics',
          home: '/opt/box',
          modules: { 'com.banalytics.box:core': '2.0.0' },
          ...fields,
          servers: Object.fromEntries(
            Array.from({ length: servers }, (_, i) => [
              `${id}-${i}`,
              { host: `192.0.${net}.${i + 1}`, environment: 'e' },
            ]),
          ),
        },
      ]),
    ),
  });
  const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return fleet;
}

export function planned(id: string, over: Partial<PlanServer> = {}): PlanServer {
  return {
    id,
    system: id.replace(/-\d+$/, ''),
    verdict: 'ready',
    from: '1.0.0',
    to: '2.0.0',
    path: ['2.0.0'],
    reasons: [],
    wave: 0,
    steps: [],
    ...over,
  };
}

export function planOf(
  servers: PlanServer[],
  parallel: Record<string, number>,
  over: Partial<Plan> = {},
): Plan {
  return { schema: 1, action: 'install', to: null, servers, parallel, ...over };
}
