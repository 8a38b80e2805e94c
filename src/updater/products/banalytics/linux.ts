import { coreModule } from '../../packages/coordinates';
import type { Hands } from '../product';
import { installJob, restartJob, rollbackJob } from './jobs';
import { reached } from './plan';
import { readModulesInfo, settings } from './set';

/** Banalytics on Linux: what a box is asked, and the jobs that stage modules and put them back. */
export const linux: Hands = {
  asks(server, platform) {
    const { home, service } = settings(server);
    const at = (name: string): string => platform.join(home, name);
    const { serviceStatus } = server.commands;
    return [
      { ask: 'read', name: 'modules-info', path: platform.join(home, 'modules', 'modules-info.properties') },
      { ask: 'read', name: 'home', path: home },
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
      ...(answers.files.home === undefined && { homeMissing: true }),
      service: { name: settings(server).service, state: answers.service ?? 'unknown' },
    };
  },

  installJob,
  rollbackJob,
  restartJob,
  reached,
};
