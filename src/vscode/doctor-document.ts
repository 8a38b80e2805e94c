import type { Check } from '../updater/updater';
import { t } from './l10n';
import { escapeMarkdown as text, table } from './markdown';

/** The doctor's findings for reading, as Markdown: what is wrong first. */
export function doctorDocument(checks: readonly Check[], fleet: string): string {
  const bad = checks.filter(({ ok }) => !ok);
  const rows = [...bad, ...checks.filter(({ ok }) => ok)].map(({ server, name, ok, message, hint }) => [
    ok ? t('fine') : `**${t('wrong')}**`,
    text(server ?? t('this computer')),
    text(name),
    text(message),
    ok ? '' : text(hint ?? ''),
  ]);
  const done = checks.length === 1 ? t('1 check.') : t('{0} checks.', checks.length);
  return [
    `# ${t('Doctor: {0}', text(fleet))}`,
    `${done} ${verdict(bad.length)}`,
    table(['', t('Where'), t('Check'), t('Found'), t('Next step')], rows),
    '',
  ].join('\n\n');
}

function verdict(bad: number): string {
  if (bad === 0) return t('Everything is fine.');
  return bad === 1 ? t('1 thing to put right.') : t('{0} things to put right.', bad);
}
