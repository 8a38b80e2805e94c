import type { PackageInfo } from '../../../../src/updater/packages/package-info';
import type { Hands, Product, Situation } from '../../../../src/updater/products/product';
import type { Platform } from '../../../../src/updater/targets/platform';
import type { Link } from '../../../../src/updater/targets/link';
import { machineOf, newVersion, sha, type Machine } from './machine';

export const info = {
  sha256: sha,
  file: 'new.bin',
  size: 1000,
  version: newVersion,
} as unknown as PackageInfo;

/** A product of one file, whose every job restarts the machine. */
export const simulatedProduct = {
  id: 'banalytics',
  title: 'Simulated',
  rules: [],
  oneJobRule: 'job.running',
  parallel: () => 10,
  excludes: () => [],
  repositories: () => [],
  needs: () => [{ version: newVersion, module: null, kind: 'installer', package: info, sha256: sha }],
  install: ({ facts }: Situation) => {
    const from = facts.installed?.version ?? null;
    const same = from === newVersion;
    return {
      ...{ from, to: newVersion, path: same ? [] : [newVersion], steps: same ? [] : [{ step: 'restart' }] },
      reasons: same ? [{ rule: 'version.same', severity: 'skip', message: 'It is there.' }] : [],
    };
  },
  rollback: () => ({ steps: [{ step: 'restart' }], reasons: [] }),
  restart: () => ({ steps: [{ step: 'restart' }], reasons: [] }),
  hands: {
    linux: {
      asks: () => [],
      read: () => ({}),
      installJob: () => ({ lines: [], files: {} }),
      rollbackJob: () => ({ lines: [], files: {} }),
      restartJob: () => ({ lines: [], files: {} }),
      reached: ({ facts }: Situation, action: Parameters<Hands['reached']>[1]) =>
        action !== 'install' || facts.installed?.version === newVersion,
    },
  },
} as unknown as Product;

export const simulatedPlatform = {
  family: 'linux',
  stateDir: () => '/state',
  join: (...parts: string[]) => parts.join('/'),
  clock: (link) => asked(link, (machine) => machine.clock()),
  prepare: (link) => asked(link, () => undefined),
  startJob: (link, job) => asked(link, (machine) => machine.start(job)),
  continueJob: (link) => asked(link, (machine) => machine.goOn()),
  cancelJob: (link) => asked(link, (machine) => machine.stop()),
  followJob: (link, id, from, onLine, signal) => machineOf(link).follow(id, from, onLine, signal),
  pulse: (link) => asked(link, ({ bootId, job }) => ({ bootId, ended: (job?.exit ?? null) !== null })),
} as Partial<Platform> as Platform;

/** What is asked of a machine over a link, which fails where nobody reaches it any more. */
async function asked<T>(link: Link, question: (machine: Machine) => T): Promise<T> {
  const machine = machineOf(link);
  machine.reach();
  return Promise.resolve(question(machine));
}
