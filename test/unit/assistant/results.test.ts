import { describe, expect, it } from 'vitest';
import { mostServers, planResult, statusResult } from '../../../src/assistant/results';
import { fleetAsked, serversAsked } from '../../../src/assistant/selection';
import { parseFleet } from '../../../src/updater/fleet/read';
import { initialState } from '../../../src/updater/rollout/state';

function fleetOf(count: number) {
  const servers = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `s${n}`,
      { host: `10.0.0.1`, port: n + 1, user: 'updater', identityFile: '~/.ssh/secret-key' },
    ]),
  );
  const text = JSON.stringify({
    name: 'City',
    systems: {
      a: { product: 'eocortex', servers },
      b: { product: 'eocortex', servers: { t: { host: 't' } } },
    },
  });
  const { fleet } = parseFleet(text, '/f.fleet.jsonc');
  if (!fleet) throw new Error('no fleet');
  return fleet;
}
const everyone = (fleet: ReturnType<typeof fleetOf>) => fleet.systems.flatMap(({ servers }) => servers);

describe('what a language model is told of a fleet', () => {
  it('is bounded for thousands of servers, those that need a person first', () => {
    const fleet = fleetOf(5000);
    const states = initialState(fleet, '2026-11-28T00:00:00Z');
    for (const [id, state] of states)
      states.set(id, {
        ...state,
        detail: 'x'.repeat(5000),
        reasons: Array.from({ length: 50 }, () => ({
          rule: 'r',
          severity: 'warn' as const,
          message: 'y'.repeat(5000),
        })),
      });
    states.set('s4000', {
      ...states.get('s4000')!,
      status: 'failed',
      error: { code: 'job.failed', message: 'No\nroom', hint: null },
    });
    const result = statusResult(fleet, everyone(fleet), states) as {
      details: { id: string; error?: object }[];
    };
    expect(result).toMatchObject({
      servers: 5001,
      statuses: { unknown: 5000, failed: 1 },
      detailsLeftOut: 5001 - mostServers,
    });
    expect(result.details[0]).toMatchObject({ id: 's4000', error: { message: 'No room' } });
    expect(JSON.stringify(result).length).toBeLessThan(100_000);
  });

  it('holds no address, user or key', () => {
    const fleet = fleetOf(2);
    const said = JSON.stringify(statusResult(fleet, everyone(fleet), initialState(fleet, '')));
    expect(said).not.toMatch(/10\.0\.0\.1|updater|secret-key/);
  });

  it('tells a plan without its steps, what is held up first', () => {
    const fleet = fleetOf(100);
    const planned = everyone(fleet).map(({ id, system }, n) => ({
      ...{
        id,
        system,
        from: '4.2.18',
        to: '4.4.12',
        path: ['4.4.12'],
        wave: n === 50 ? 3 : 0,
        steps: [{ step: 'stop' }],
      },
      verdict: n === 99 ? ('blocked' as const) : ('ready' as const),
      reasons: n === 99 ? [{ rule: 'window.never-fits', severity: 'block' as const, message: 'No.' }] : [],
    }));
    const result = planResult(fleet, {
      schema: 1,
      action: 'install',
      to: null,
      servers: planned,
      parallel: { a: 3 },
    });
    expect(result).toMatchObject({
      verdicts: { ready: 100, blocked: 1 },
      waves: 4,
      details: { 0: { id: 's99', verdict: 'blocked', reasons: [{ rule: 'window.never-fits' }] } },
      detailsLeftOut: 101 - mostServers,
    });
    expect(JSON.stringify(result)).not.toContain('"stop"');
  });
});

describe('what a language model asks for', () => {
  const fleet = fleetOf(3);

  it('is one fleet, and servers of it', () => {
    expect(fleetAsked([{ fleet }], {}).fleet).toBe(fleet);
    expect(fleetAsked([{ fleet }, { fleet: { ...fleet, name: 'Other' } }], { fleet: 'City' }).fleet).toBe(
      fleet,
    );
    expect(serversAsked(fleet, {})).toHaveLength(4);
    expect(serversAsked(fleet, { system: 'b' }).map(({ id }) => id)).toEqual(['t']);
    expect(serversAsked(fleet, { servers: ['t', 's1'] }).map(({ id }) => id)).toEqual(['s1', 't']);
  });

  it('is refused with what there is', () => {
    expect(() => fleetAsked([], {})).toThrow(/No fleet file is open/);
    expect(() => fleetAsked([{ fleet }, { fleet }], {})).toThrow(/Name one fleet of these: City, City/);
    expect(() => serversAsked(fleet, { system: 'c' })).toThrow(/no system "c". The systems are: a, b/);
    expect(() => serversAsked(fleet, { system: 'a', servers: ['t'] })).toThrow(
      /no server of this id there: t/,
    );
  });
});
