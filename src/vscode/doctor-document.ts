import type { Check } from '../updater/updater';
import { escapeMarkdown as text, table } from './markdown';
import { count } from './words';

/** The doctor's findings for reading, as Markdown: what is wrong first. */
export function doctorDocument(checks: readonly Check[], fleet: string): string {
  const bad = checks.filter(({ ok }) => !ok);
  const rows = [...bad, ...checks.filter(({ ok }) => ok)].map(({ server, name, ok, message, hint }) => [
    ok ? 'fine' : '**wrong**',
    text(server ?? 'this computer'),
    text(name),
    text(message),
    ok ? '' : text(hint ?? ''),
  ]);
  const verdict = bad.length === 0 ? 'Everything is fine.' : `${count(bad.length, 'thing')} to put right.`;
  return [
    `# Doctor: ${text(fleet)}`,
    `${count(checks.length, 'check')}. ${verdict}`,
    table(['', 'Where', 'Check', 'Found', 'Next step'], rows),
    '',
  ].join('\n\n');
}
