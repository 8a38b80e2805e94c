import { willAct } from '../updater/plan/plan';
import { t } from '../vscode/l10n';
import { escapeMarkdown as text, table } from '../vscode/markdown';
import { outcomeWords, rolloutStateWords } from '../vscode/words';
import { duration } from '../vscode/time';
import {
  downtimeOf,
  spansOf,
  wordsOf,
  workTimeOf,
  type RolloutServer,
  type RolloutView,
} from './rollout-view';

/** The report of a rollout for reading and for keeping, as Markdown: what was done on which server, how long it was away, what failed. */
export function rolloutDocument(view: RolloutView, fleet: string, now: number): string {
  const { id, by, startedAt, finishedAt, outcome, servers } = view;
  const { verb } = wordsOf(view);
  const end = finishedAt === null ? now : Date.parse(finishedAt);
  const acting = servers.filter(willAct);
  const left = servers.filter((server) => !willAct(server));
  const failed = acting.filter(({ error }) => error !== null);
  const state = outcome === null ? t('not ended') : rolloutStateWords()[outcome];
  const done = acting.filter((server) => server.outcome === 'done').length;
  return [
    `# ${t('{0}: {1}, {2}', text(verb), state, text(fleet))}`,
    finishedAt === null
      ? t('Rollout {0} by {1}. Began {2}, not ended.', text(id), text(by), startedAt)
      : t(
          'Rollout {0} by {1}. Began {2}, ended {3} after {4}.',
          ...[text(id), text(by), startedAt, finishedAt],
          duration(end - Date.parse(startedAt)),
        ),
    acting.length === 1
      ? t('{0} of 1 server done.', done)
      : t('{0} of {1} servers done.', done, acting.length),
    table(
      [
        t('Server'),
        t('System'),
        t('Wave'),
        t('From'),
        t('To'),
        t('Outcome'),
        t('Began'),
        t('Work'),
        t('Away'),
      ],
      acting.map((server) => rowOf(server, end)),
    ),
    ...(failed.length > 0 ? [`## ${t('What went wrong')}`, ...failed.map(wrong)] : []),
    ...(left.length > 0
      ? [`## ${t('Left out')}`, left.map((one) => `- ${text(one.id)}: ${outcomeOf(one)}`).join('\n')]
      : []),
    '',
  ].join('\n\n');
}

function rowOf(server: RolloutServer, end: number): string[] {
  const begin = spansOf(server, end).find(({ status }) => status !== 'queued');
  const away = downtimeOf(server, end);
  return [
    text(server.id),
    text(server.system),
    String(server.wave),
    text(server.from ?? '–'),
    text(server.to ?? '–'),
    outcomeOf(server),
    begin === undefined ? '–' : begin.at,
    duration(workTimeOf(server, end)),
    away > 0 ? duration(away) : '–',
  ];
}

const outcomeOf = ({ outcome }: RolloutServer): string =>
  outcome === null ? t('not ended') : outcomeWords()[outcome];

function wrong({ id, error }: RolloutServer): string {
  return `- **${text(id)}** ${text([error?.message, error?.hint].filter(Boolean).join(' '))}`;
}
