import { coreModule } from '../../packages/coordinates';
import type { Product } from '../product';
import { installJob, restartJob, rollbackJob } from './jobs';
import { install, needs, reached, restartSteps, rollback } from './plan';
import { rules } from './rules';
import { cite } from '../product';
import { readModulesInfo, settings } from './set';

/** Banalytics Box: a set of modules, staged, and swapped in by the product at its next start (SYSTEMS.md section 3). */
export const banalytics: Product = {
  id: 'banalytics',
  title: 'Banalytics',
  platforms: ['linux'],
  parallel: 4,
  rules,
  oneJobRule: 'banalytics.one-sync',

  asks(server, platform) {
    const { home, service } = settings(server);
    const at = (name: string): string => platform.join(home, name);
    const { serviceStatus } = server.commands;
    return [
      { ask: 'read', name: 'modules-info', path: platform.join(home, 'modules', 'modules-info.properties') },
      { ask: 'free', name: 'home', path: home },
      { ask: 'writable', name: 'home', path: home },
      { ask: 'size', name: 'modules', path: at('modules') },
      { ask: 'size', name: 'models', path: at('models') },
      { ask: 'size', name: 'config', path: at('config') },
      ...server.settingsPaths.map((path, i) => ({ ask: 'size' as const, name: `settings-${i}`, path })),
      serviceStatus === undefined
        ? { ask: 'service', name: service }
        : { ask: 'service-command', words: serviceStatus },
    ];
  },

  read(server, answers) {
    const lines = answers.files['modules-info'];
    const modules = lines === undefined ? {} : readModulesInfo(lines);
    const core = modules[coreModule];
    return {
      installed: core === undefined ? null : { version: core },
      modules,
      firstRun: lines === undefined,
      service: { name: settings(server).service, state: answers.service ?? 'unknown' },
    };
  },

  repositories(server) {
    const { repository } = settings(server);
    return repository === undefined ? [] : [repository];
  },

  needs,
  install,
  rollback,
  restart: (situation) => ({
    steps: restartSteps(situation),
    reasons: [cite(rules, 'banalytics.restart-window')],
  }),
  installJob,
  rollbackJob,
  restartJob,
  reached,
};
