import type { Product } from '../product';
import { isOfLine } from './catalogue';
import { excludes } from './conditions';
import { install, needs, restart, rollback } from './plan';
import { rules } from './rules';
import { windows } from './windows';

/** Eocortex: one whole installer per server, hop by hop where the vendor's manual wants it (SYSTEMS.md section 1). */
export const eocortex: Product = {
  id: 'eocortex',
  title: 'Eocortex',
  rules,
  oneJobRule: 'job.running',
  hands: { windows },
  parallel: (from) => (from !== null && isOfLine(from, '4.4') ? 3 : 1),
  excludes,
  repositories: () => [],
  needs,
  install,
  rollback,
  restart,
};
