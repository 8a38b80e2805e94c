import { expect, it } from 'vitest';
import { ending } from '../../../src/commands/ending';
import { question, split } from '../../../src/commands/confirmation';
import { systemStatus, updateTitle } from '../../../src/editor/lens-words';
import type { Plan, PlanServer } from '../../../src/updater/plan/plan';
import { serverStatuses } from '../../../src/updater/rollout/events';
import { attention } from '../../../src/vscode/attention';
import { describeServer, moduleRows, serverTooltip } from '../../../src/vscode/describe';
import { doctorDocument } from '../../../src/vscode/doctor-document';
import { groupsOf } from '../../../src/vscode/grouping';
import { speak } from '../../../src/vscode/l10n';
import { planDocument } from '../../../src/vscode/plan-document';
import { summarise } from '../../../src/vscode/summary';
import { duration } from '../../../src/vscode/time';
import { bulkActions, leftOutSentences } from '../../../src/webview/app/bulk';
import { facets, groupWords, linesOf, wordOf } from '../../../src/webview/app/model';
import { rolloutNews } from '../../../src/webview/app/news';
import { sharesOf } from '../../../src/webview/app/views/chart';
import { rolloutDocument } from '../../../src/webview/rollout-document';
import { forecast } from '../../../src/webview/rollout-view';
import { rowOf } from '../../../src/webview/rows';
import { box, facts, fleet, state } from '../tree/fixtures';
import { at, ms, part, rollout, row } from '../webview/fixtures';

// A language of which every letter is an x, so that English stands out.
const sentences = new Proxy<Record<string, string>>(
  {},
  { get: (_, sentence) => String(sentence).replace(/[a-z]/gi, 'x') },
);
speak({ language: 'en', sentences });
/** Names of things, and what servers and the core say. */
const data =
  /\$\([\w~-]+\)|VMS Fleet|banalytics|linux|x64|box(es)?|core|onvif|yolo|rule|id|restart|me|here|[AP]M|Jan|T\d\S+Z/g;
const english = (said: string): string[] => said.replace(data, '').match(/[a-wyz]{2,}/gi) ?? [];

const planned: PlanServer = {
  ...{ id: '1', system: '2', verdict: 'ready', from: '1.4.1', to: '1.4.2', path: ['1.4.2'], wave: 0 },
  ...{ steps: [{ step: 'restart' }], leads: '3' },
  reasons: [{ rule: 'rule.id', severity: 'warn', message: '-' }],
  expected: { seconds: 300, downtimeSeconds: 60, windowSeconds: 600, basis: 'server', samples: 2 },
};
const plan: Plan = {
  ...{ schema: 1, action: 'install', to: '2', parallel: { 2: 2 } },
  servers: [
    planned,
    { ...planned, id: '4', verdict: 'confirm' },
    { ...planned, id: '5', verdict: 'blocked' },
  ],
};
const states = serverStatuses.map((status) =>
  state({ status, facts, version: '1.4.1', rollback: ['1.4.0'] }),
);

it.each([
  ['a row of the tree', () => states.map((one) => describeServer(box, one))],
  ['its tooltip', () => states.map((one) => serverTooltip(box, { ...one, error: null }))],
  ['its modules', () => moduleRows(box, state({ facts })).map(({ description }) => description)],
  [
    'a group',
    () =>
      groupsOf(
        states.map((one) => ({ server: box, state: one })),
        { grouping: 'status', filter: '' },
      ).map(({ label }) => label),
  ],
  [
    'the status bar',
    () => states.map((one) => summarise([one])).flatMap(({ text, tooltip }) => [text, tooltip]),
  ],
  ['the badge', () => [attention(states)?.tooltip ?? '']],
  [
    'the line above a system',
    () => fleet.systems.flatMap((one) => [systemStatus(one, new Map()), updateTitle(one, new Map())]),
  ],
  [
    'the question before',
    () => {
      const { message, detail, button, outsideWindow } = question(plan, split(plan), [box]);
      return [message, detail, button, outsideWindow];
    },
  ],
  [
    'the notification at the end',
    () =>
      (['done', 'failed', 'cancelled'] as const).flatMap((outcome) =>
        [1, 2].map((done) =>
          ending('install', { all: 2, done }, { id: '1', outcome, failures: [], letGo: false }, undefined),
        ),
      ),
  ],
  ['a plan', () => [planDocument(plan, '1')]],
  [
    'the doctor',
    () => [doctorDocument([{ server: null, name: '1', ok: true, message: '2', hint: null }], '1')],
  ],
  [
    'a rollout’s document',
    () => [rolloutDocument(rollout([part('1', { outcome: 'done', endedAt: at(9) })]), '1', ms(9))],
  ],
  [
    'the page’s groups',
    () => linesOf([row('1')], 'site', new Set()).map((line) => (line.kind === 'group' ? line.label : '')),
  ],
  ['the page’s values', () => [...facets.map((facet) => wordOf(facet, '')), groupWords([row('1')])]],
  ['the page’s left out', () => leftOutSentences(bulkActions([row('1', { offers: ['install'] }), row('2')]))],
  ['the page’s news', () => [rolloutNews([], [rollout([part('1')])])?.text ?? '']],
  [
    'the page’s shares',
    () =>
      sharesOf(
        Array.from({ length: 9 }, (_, i) => row(`${i}`, { version: `1.${i}` })),
        null,
      ).map(({ label }) => label),
  ],
  ['the page’s forecast', () => [forecast(rollout([part('1')]), ms(0)).note]],
  ['the page’s note', () => [rowOf(box, state({ facts, version: '1.4.2' }), undefined).note]],
  ['a duration', () => [10, 200, 5000, 90_000].map((seconds) => duration(seconds * 1000))],
] satisfies [string, () => (string | undefined)[]][])('%s is said in the language of VS Code', (_, say) => {
  const said = say().filter((one) => one !== undefined);
  expect(said.join('')).not.toBe('');
  expect(said.flatMap(english)).toEqual([]);
});
