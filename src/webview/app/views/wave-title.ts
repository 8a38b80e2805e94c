import { t } from '../../../vscode/l10n';

/** `first`: before all others, the canary. */
export const waveTitle = (wave: number, first: boolean): string =>
  first ? t('Wave {0}, first of all', wave) : t('Wave {0}', wave);
