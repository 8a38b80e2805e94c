import { cite, type Product } from '../product';
import { linux } from './linux';
import { install, needs, restartSteps, rollback } from './plan';
import { rules } from './rules';
import { settings } from './set';

/** Banalytics Box: a set of modules, staged, and swapped in by the product at its next start (SYSTEMS.md section 3). */
export const banalytics: Product = {
  id: 'banalytics',
  title: 'Banalytics',
  rules,
  oneJobRule: 'banalytics.one-sync',
  hands: { linux },
  parallel: () => 4,
  excludes: () => [],
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
};
