import type { PackageInfo } from '../../../../src/updater/packages/package-info';
import type { Hands, Product, Situation } from '../../../../src/updater/products/product';
import type { Platform } from '../../../../src/updater/targets/platform';
import { machineOf, newVersion, sha } from './machine';

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
  clock: (link) => Promise.resolve(machineOf(link).clock()),
  prepare: (link) => Promise.resolve(machineOf(link).reach()),
  startJob: (link, job) => Promise.resolve(machineOf(link).start(job)),
  continueJob: (link) => Promise.resolve(machineOf(link).goOn()),
  cancelJob: (link) => Promise.resolve(machineOf(link).stop()),
  followJob: (link, id, from, onLine, signal) => machineOf(link).follow(id, from, onLine, signal),
  pulse: (link) => {
    const machine = machineOf(link);
    machine.reach();
    return Promise.resolve({ bootId: machine.bootId, ended: (machine.job?.exit ?? null) !== null });
  },
} as Partial<Platform> as Platform;
