import type { Expected } from '../updater/plan/expected';
import { t } from './l10n';
import { about } from './time';

/** "It takes about 6 min, 2 min of it without recording (as on this server 3 times before)." */
export function takesText({ seconds, downtimeSeconds: down, basis, samples }: Expected): string {
  const [span, rests] = [about(seconds), basisText(basis, samples)];
  if (down === null || down === 0) return t('It takes about {0} ({1}).', span, rests);
  if (down >= seconds) return t('It takes about {0}, without recording ({1}).', span, rests);
  return t('It takes about {0}, {1} of it without recording ({2}).', span, about(down), rests);
}

function basisText(basis: Expected['basis'], samples: number): string {
  const once = samples === 1;
  switch (basis) {
    case 'server':
      return once ? t('as on this server once before') : t('as on this server {0} times before', samples);
    case 'system':
      return once ? t('as in its system once before') : t('as in its system {0} times before', samples);
    case 'product':
      return once
        ? t('as with the same product elsewhere once before')
        : t('as with the same product elsewhere {0} times before', samples);
    case 'none':
      return t('assumed: no earlier rollout from this computer tells');
  }
}
