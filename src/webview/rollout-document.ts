import { escapeMarkdown as text, table } from '../vscode/markdown';
import { actionWords, count, outcomeWords } from '../vscode/words';
import { duration } from '../vscode/time';
import {
  downtimeOf,
  spansOf,
  willActOn,
  workTimeOf,
  type RolloutServer,
  type RolloutView,
} from './rollout-view';

/** The report of a rollout for reading and for keeping, as Markdown: what was done on which server, how long it was away, what failed. */
export function rolloutDocument(view: RolloutView, fleet: string, now: number): string {
  const { action, id, by, startedAt, finishedAt, outcome, servers } = view;
  const end = finishedAt === null ? now : Date.parse(finishedAt);
  const acting = servers.filter(willActOn);
  const left = servers.filter((server) => !willActOn(server));
  const failed = acting.filter(({ error }) => error !== null);
  const state = outcome ?? 'not ended';
  return [
    `# ${actionWords[action].verb}: ${state}, ${text(fleet)}`,
    `Rollout ${text(id)} by ${text(by)}. Began ${startedAt}, ${
      finishedAt === null ? 'not ended' : `ended ${finishedAt} after ${duration(end - Date.parse(startedAt))}`
    }.`,
    `${acting.filter((server) => server.outcome === 'done').length} of ${count(acting.length, 'server')} done.`,
    table(
      ['Server', 'System', 'Wave', 'From', 'To', 'Outcome', 'Began', 'Work', 'Away'],
      acting.map((server) => rowOf(server, end)),
    ),
    ...(failed.length > 0 ? ['## What went wrong', ...failed.map(wrong)] : []),
    ...(left.length > 0
      ? ['## Left out', left.map((one) => `- ${text(one.id)}: ${outcomeOf(one)}`).join('\n')]
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
  outcome === null ? 'not ended' : outcomeWords[outcome];

function wrong({ id, error }: RolloutServer): string {
  return `- **${text(id)}** ${text([error?.message, error?.hint].filter(Boolean).join(' '))}`;
}
