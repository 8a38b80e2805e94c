import { describe, expect, it } from 'vitest';
import { servers, type Window } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Action, Plan } from '../../../src/updater/plan/plan';
import { Experience } from '../../../src/updater/plan/expected';
import { needed, waitsFor } from '../../../src/updater/plan/maintenance';
import { makePlan } from '../../../src/updater/plan/planner';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';
const facts = factsOf({
  ...{ modules: { [core]: '1.0.0' }, firstRun: false, history: ['0.8.0', '0.9.0', '1.0.0'] },
});

interface Given {
  now: string;
  window?: Window;
  server?: Record<string, unknown>;
  action?: Action;
  to?: string;
  wanted?: string;
  ignoreWindow?: boolean;
  experience?: Experience;
}

function fleetOf({ window, server, wanted = '2.0.0' }: Given) {
  const text = JSON.stringify({
    systems: {
      boxes: {
        product: 'banalytics',
        modules: { [core]: wanted },
        repository: 'https://repo.example/maven',
        ...(window && { window }),
        servers: { box: { host: '192.0.2.1', environment: 'e', outOfBand: 'KVM', ...server } },
      },
    },
  });
  const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return fleet;
}

function plan(given: Given): Plan {
  const fleet = fleetOf(given);
  return makePlan({
    fleet,
    servers: servers(fleet),
    action: given.action ?? 'restart',
    to: given.to ?? null,
    answered: new Map([['box', { facts }]]),
    supply: { packages: [], silent: new Map() },
    now: new Date(given.now),
    ...(given.ignoreWindow && { ignoreWindow: true }),
    ...(given.experience && { experience: given.experience }),
  });
}

const said = (given: Given) => {
  const [one] = plan(given).servers;
  const reason = one?.reasons.find(({ rule }) => rule.startsWith('window.'));
  return reason === undefined
    ? `${one?.verdict}`
    : `${one?.verdict}, ${reason.severity} ${reason.rule}: ${reason.message}`;
};

const night: Window = { from: '22:00', to: '04:00', days: ['sat', 'sun'], timeZone: 'Europe/Tallinn' };
// A Saturday; Tallinn is two hours ahead.
const afternoon = '2026-11-21T14:48:00Z';

describe('a plan for a server with a maintenance window', () => {
  it('says when it opens where it is closed, and is ready all the same', () => {
    expect(said({ window: night, now: afternoon })).toBe(
      'ready, warn window.closed: Its maintenance window opens sat 22:00, in 5 h 12 min (sat, sun 22:00–04:00, Europe/Tallinn). The rollout waits for it.',
    );
    expect(said({ window: night, now: '2026-11-23T02:00:00Z' })).toContain('opens sat 22:00, in 5 d 18 h (');
  });

  it.each<[string, Given, string]>([
    ['at its opening', { now: '2026-11-21T20:00:00Z' }, 'ready'],
    ['while the time just lasts', { now: '2026-11-22T01:45:00Z' }, 'ready'],
    ['a moment later', { now: '2026-11-22T01:45:00.001Z' }, 'ready, warn window.too-short'],
    ['with less expected', { now: '2026-11-22T01:50:00Z', server: { returnMinutes: 10 } }, 'ready'],
    ['with more borne', { now: '2026-11-22T01:45:00Z', server: { returnMinutes: 60 } }, 'ready'],
    ['for two hops at once', { now: '2026-11-22T01:30:00Z', action: 'rollback', to: '0.8.0' }, 'ready'],
    [
      'for two hops, a moment later',
      { now: '2026-11-22T01:30:01Z', action: 'rollback', to: '0.8.0' },
      'ready, warn window.too-short',
    ],
    ['for an install', { now: afternoon, action: 'install' }, 'ready, warn window.closed'],
    ['for a download', { now: afternoon, action: 'download' }, 'ready'],
    ['where nothing is to be done', { now: afternoon, action: 'install', wanted: '1.0.0' }, 'skip'],
  ])('%s', (_, given, outcome) => {
    expect(said({ window: night, ...given }).split(':')[0]).toBe(outcome);
  });

  it('says until when it is open, and when the next one is', () => {
    expect(said({ window: night, now: '2026-11-22T01:50:00Z' })).toBe(
      'ready, warn window.too-short: Its maintenance window closes sun 04:00, in 10 min: too soon for the 15 min that have to be left for it. ' +
        'It opens again sun 22:00, in 18 h 10 min (sat, sun 22:00–04:00, Europe/Tallinn). The rollout waits for it.',
    );
  });

  it('leaves as much as earlier rollouts tell, and a margin', () => {
    const took = (...seconds: number[]) =>
      new Experience(
        '/site/fleet.jsonc',
        seconds.map((one) => ({
          ...{ fleet: '/site/fleet.jsonc', server: 'box', system: 'boxes', product: 'banalytics' },
          ...{ action: 'restart', seconds: one, downtimeSeconds: null },
        })),
      );
    const late = { window: night, now: '2026-11-22T01:50:00Z' };
    expect(said({ ...late, experience: took(400) })).toBe('ready');
    expect(said({ ...late, experience: took(401) })).toContain('too soon for the 11 min that');
    // What it takes now and then is left for, too.
    expect(said({ ...late, experience: took(60, 60, 601) })).toContain('window.too-short');
    expect(plan({ ...late, experience: took(400) }).servers[0]?.expected).toMatchObject({
      ...{ seconds: 400, windowSeconds: 600, basis: 'server', samples: 1 },
    });
  });

  it('blocks what never fits', () => {
    const window = { from: '22:00', to: '22:14', timeZone: 'UTC' };
    expect(said({ window, now: afternoon })).toMatch(
      /^blocked, block window\.never-fits: Its maintenance window \(.*\) is too short for the 15 min that/,
    );
    expect(said({ window: { ...window, to: '22:15' }, now: afternoon })).toMatch(
      /^ready, warn window\.closed/,
    );
  });

  it('can ignore it, and says that it does', () => {
    const made = plan({ window: night, now: afternoon, ignoreWindow: true });
    expect(made.ignoreWindow).toBe(true);
    expect(said({ window: night, now: afternoon, ignoreWindow: true })).toMatch(
      /^ready, warn window\.ignored: .* It is ignored, as asked for\.$/,
    );
    expect(plan({ window: night, now: afternoon })).not.toHaveProperty('ignoreWindow');
  });

  it("takes the server's own window for its system's", () => {
    const own = { from: '16:00', to: '17:00', timeZone: 'Europe/Tallinn' };
    expect(said({ window: night, server: { window: own }, now: afternoon })).toContain('window.too-short');
    expect(said({ server: { window: own }, now: '2026-11-21T14:00:00Z' })).toBe('ready');
    expect(said({ now: afternoon })).toBe('ready');
  });
});

describe('what a queued server is told', () => {
  it('is when its window opens, by its clock', () => {
    const [box] = servers(fleetOf({ window: night, now: afternoon }));
    if (box === undefined) throw new Error('no server');
    expect(waitsFor(box, new Date('2026-11-21T20:00:00Z'))).toBe(
      'for its maintenance window, opens sat 22:00 (Europe/Tallinn)',
    );
    const minutes = (path: string[], hops = path.length) => needed(box, { path }, hops) / 60_000;
    expect([minutes([]), minutes(['1']), minutes(['1', '2', '3'])]).toEqual([15, 15, 45]);
    expect(minutes(['1', '2', '3'], 2)).toBe(30);
  });
});
