import { describe, expect, it } from 'vitest';
import type { FleetEvent, NewEvent } from '../../../src/updater/rollout/events';
import { recordOf } from '../../../src/updater/rollout/history';
import { report } from '../../../src/updater/rollout/report';
import { summarise } from '../../../src/updater/rollout/summary';
import { at, planned, planOf } from './fixtures';

const evil = '=cmd|"<img src=x onerror=alert(1)>"';
const plan = planOf([planned('s-0'), planned('s-1'), planned('s-2')], { s: 2 });
const event = (second: number, one: NewEvent): FleetEvent => ({ at: at(second), rollout: 'r', ...one });
const status = (second: number, server: string, step: string): FleetEvent =>
  event(second, {
    ...{ type: 'status', server, step, detail: null },
    status: step === 'queue' ? 'queued' : step === 'restart' ? 'restarting' : 'installing',
  });
const events: FleetEvent[] = [
  event(0, {
    type: 'rollout-started',
    action: 'install',
    fleet: '/site/f.jsonc',
    by: 'a@x',
    plan,
    resumed: false,
  }),
  ...[
    status(0, 's-1', 'queue'),
    status(1, 's-0', 'start'),
    status(5, 's-0', 'restart'),
    status(6, 's-0', 'restart'),
  ],
  event(20, { type: 'log', server: 's-0', step: 'check-service', level: 'info', message: 'done' }),
  ...[status(22, 's-0', 'restart')],
  event(30, { type: 'log', server: 's-0', step: 'check-service', level: 'info', message: 'done' }),
  event(32, { type: 'server-finished', server: 's-0', outcome: 'done', status: 'installed', error: null }),
  event(33, { type: 'rollout-asked', ask: 'pause', by: 'b@y' }),
  status(40, 's-1', 'restart'),
  event(50, {
    ...{ type: 'server-finished', server: 's-1', outcome: 'failed', status: 'failed' },
    error: { code: 'verify.health', message: evil, hint: null },
  }),
  event(51, {
    ...{ type: 'server-finished', server: 's-2', outcome: 'skipped', status: 'unknown', error: null },
    reason: 'is being repaired (a@x)',
  }),
  event(59, {
    ...{ type: 'rollout-finished', outcome: 'failed' },
    counts: { done: 1, failed: 1, skipped: 1, blocked: 0, cancelled: 0, 'not-started': 0 },
  }),
];
const summary = summarise('r', events, false);
if (summary === undefined) throw new Error('no summary');
const record = recordOf(summary, events);

describe('the record of a rollout', () => {
  it('says who, when, what, from, to, how long, and how long nothing was recorded', () => {
    expect(record).toMatchObject({
      ...{ id: 'r', action: 'install', fleet: '/site/f.jsonc', by: 'a@x', state: 'failed', seconds: 59 },
      asked: [{ at: at(33), ask: 'pause', by: 'b@y' }],
    });
    expect(record.servers).toEqual([
      {
        ...{ id: 's-0', system: 's', from: '1.0.0', to: '2.0.0', outcome: 'done', status: 'installed' },
        ...{ reason: null, startedAt: at(1), endedAt: at(32), seconds: 31 },
        // Down from 5 to 20 and from 22 to 30.
        recordingGapSeconds: 23,
      },
      {
        ...{ id: 's-1', system: 's', from: '1.0.0', to: '2.0.0', outcome: 'failed', status: 'failed' },
        ...{ reason: evil, startedAt: at(40), endedAt: at(50), seconds: 10, recordingGapSeconds: 10 },
      },
      {
        ...{ id: 's-2', system: 's', from: '1.0.0', to: '2.0.0', outcome: 'skipped', status: 'unknown' },
        ...{ reason: 'is being repaired (a@x)', startedAt: null, endedAt: at(51), seconds: null },
        recordingGapSeconds: null,
      },
    ]);
  });

  it('of armed servers says when they began by themselves, and no times that nobody saw', () => {
    const armed = planOf(
      ['s-0', 's-1', 's-2'].map((id) => planned(id, { startsAt: at(100) })),
      { s: 2 },
    );
    const begun = (second: number, ids: string[]): FleetEvent =>
      event(second, {
        ...{ type: 'rollout-started', action: 'install', fleet: '/site/f.jsonc', by: 'a@x' },
        ...{
          plan: { ...armed, servers: armed.servers.filter(({ id }) => ids.includes(id)) },
          resumed: second > 0,
        },
      });
    const waits = (second: number, server: string): FleetEvent =>
      event(second, { type: 'status', server, step: 'wait', detail: null, status: 'queued' });
    const ended = (second: number, server: string): FleetEvent[] => [
      status(second - 10, server, 'backup'),
      status(second - 8, server, 'restart'),
      event(second - 3, { type: 'log', server, step: 'check-service', level: 'info', message: 'done' }),
      event(second, { type: 'server-finished', server, outcome: 'done', status: 'installed', error: null }),
    ];
    const laid = ['s-0', 's-1', 's-2'].flatMap((id) => [status(1, id, 'start'), waits(2, id)]);
    const seen = [
      ...[begun(0, ['s-0', 's-1', 's-2']), ...laid],
      // The first is watched; of the second its workstation hears in the morning; the third had missed its time.
      ...ended(115, 's-0'),
      ...[begun(300, ['s-1', 's-2']), waits(301, 's-1'), ...ended(312, 's-1'), waits(313, 's-2')],
      event(314, {
        ...{ type: 'server-finished', server: 's-2', outcome: 'failed', status: 'failed' },
        error: { code: 'job.failed', message: 'too late', hint: null },
      }),
    ];
    const known = summarise('r', seen, false);
    expect(known && recordOf(known, seen).servers).toMatchObject([
      { id: 's-0', startedAt: at(105), endedAt: at(115), seconds: 10, recordingGapSeconds: 5 },
      { id: 's-1', startedAt: at(100), endedAt: at(312), seconds: null, recordingGapSeconds: null },
      { id: 's-2', startedAt: null, outcome: 'failed', seconds: null, recordingGapSeconds: null },
    ]);
  });

  it('leaves open what has not ended', () => {
    const cut = events.slice(0, 4);
    const open = summarise('r', cut, false);
    expect(open && recordOf(open, cut)).toMatchObject({
      ...{ state: 'interrupted', finishedAt: null, seconds: null },
      servers: [
        { outcome: null, endedAt: null, recordingGapSeconds: null },
        { outcome: null, startedAt: null },
        { outcome: null },
      ],
    });
  });
});

describe('a report', () => {
  it('as JSON is the records', () => {
    expect(JSON.parse(report([record], 'json'))).toEqual({
      schema: 1,
      rollouts: [JSON.parse(JSON.stringify(record))],
    });
  });

  it('as CSV has a row a server, and no formula in it', () => {
    const [head, first, second, third, end] = report([record], 'csv').split('\r\n');
    expect(head).toMatch(/^Rollout,Action,By,Server,System,From,To,/);
    expect(first).toBe(`r,install,a@x,s-0,s,1.0.0,2.0.0,done,installed,${at(1)},${at(32)},31,23,`);
    expect(second?.endsWith(`,10,10,"'=cmd|""<img src=x onerror=alert(1)>"""`)).toBe(true);
    expect(third).toContain(',skipped,unknown,,');
    expect(end).toBe('');
  });

  it('as HTML needs nothing else, runs nothing, and shows what a server said as text', () => {
    const page = report([record], 'html');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<img|<link|https?:|url\(/);
    expect(page).toContain('=cmd|&quot;&lt;img src=x onerror=alert(1)&gt;&quot;');
    expect(page.match(/<tr><td>/g)).toHaveLength(3);
    expect(page).toContain('<td class="n">31 s</td><td class="n">23 s</td>');
    expect(report([], 'html')).toContain('None.');
  });
});
