import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Window } from '../../../src/updater/fleet/model';
import {
  nextStart,
  wallClock,
  windowLength,
  windowState,
  windowText,
} from '../../../src/updater/plan/window';

const minute = 60_000;
const day = 24 * 60 * minute;
const tallinn = 'Europe/Tallinn';
const newYork = 'America/New_York';

const said = (window: Window, now: string): string => {
  const state = windowState(window, new Date(now));
  const short = (date: Date): string => date.toISOString().replace(':00.000Z', 'Z');
  return state.open ? `open until ${short(state.closes)}` : `closed until ${short(state.opens)}`;
};

describe('a window', () => {
  const night = { from: '22:00', to: '04:00', days: ['sat'], timeZone: tallinn };
  const daily = { from: '09:00', to: '17:00', timeZone: 'UTC' };
  // 2026: 21 November is a Saturday. Tallinn is at +2 in winter, +3 in summer; New York at -5 and -4.
  it.each<[string, Window, string, string]>([
    ['before its day', night, '2026-11-20T21:00:00Z', 'closed until 2026-11-21T20:00Z'],
    ['a moment before it', night, '2026-11-21T19:59:59.999Z', 'closed until 2026-11-21T20:00Z'],
    ['at its opening', night, '2026-11-21T20:00:00Z', 'open until 2026-11-22T02:00Z'],
    ['past midnight', night, '2026-11-21T23:30:00Z', 'open until 2026-11-22T02:00Z'],
    ['a moment before its end', night, '2026-11-22T01:59:59.999Z', 'open until 2026-11-22T02:00Z'],
    ['at its end', night, '2026-11-22T02:00:00Z', 'closed until 2026-11-28T20:00Z'],
    ['on the next night', night, '2026-11-22T21:00:00Z', 'closed until 2026-11-28T20:00Z'],
    ['of every day, before', daily, '2026-11-21T08:59:00Z', 'closed until 2026-11-21T09:00Z'],
    ['of every day, at its end', daily, '2026-11-21T17:00:00Z', 'closed until 2026-11-22T09:00Z'],
    ['to midnight', { ...daily, to: '00:00' }, '2026-11-21T23:59:00Z', 'open until 2026-11-22T00:00Z'],
    ['from midnight', { ...daily, from: '00:00' }, '2026-11-21T00:00:00Z', 'open until 2026-11-21T17:00Z'],
    [
      'of nearly a day, closed for a minute',
      { from: '22:00', to: '21:59', timeZone: 'UTC' },
      '2026-11-21T21:59:30Z',
      'closed until 2026-11-21T22:00Z',
    ],
    [
      'far in the east, where it is tomorrow already',
      { ...daily, days: ['sun'], timeZone: 'Pacific/Kiritimati' },
      '2026-11-21T19:00:00Z',
      'open until 2026-11-22T03:00Z',
    ],
    [
      'in a zone off the hour',
      { ...daily, timeZone: 'Asia/Kathmandu' },
      '2026-11-21T03:15:00Z',
      'open until 2026-11-21T11:15Z',
    ],
  ])('%s', (_, window, now, expected) => {
    expect(said(window, now)).toBe(expected);
  });

  it.each<[string, Window, string, string]>([
    // Tallinn, 29 March: 03:00 to 04:00 is left out at 01:00Z. 25 October: 03:00 to 04:00 comes twice, from 00:00Z and 01:00Z.
    [
      'spring: an hour shorter',
      { ...night, from: '22:00' },
      '2026-03-28T20:00:00Z',
      'open until 2026-03-29T01:00Z',
    ],
    [
      'spring: opens at a time left out',
      t('03:30', '06:00'),
      '2026-03-29T00:00:00Z',
      'closed until 2026-03-29T01:30Z',
    ],
    [
      'spring: closes at a time left out',
      t('01:00', '03:30'),
      '2026-03-29T00:00:00Z',
      'open until 2026-03-29T01:30Z',
    ],
    ['spring: both left out', t('03:10', '03:40'), '2026-03-29T01:00:00Z', 'closed until 2026-03-29T01:10Z'],
    [
      'spring: nothing left of it',
      t('03:30', '04:00'),
      '2026-03-29T00:30:00Z',
      'closed until 2026-03-30T00:30Z',
    ],
    [
      'spring: to the next, which it touches',
      t('04:00', '03:00'),
      '2026-03-29T00:30:00Z',
      'open until 2026-03-30T00:00Z',
    ],
    [
      'autumn: an hour longer',
      { ...night, from: '22:00' },
      '2026-10-24T19:00:00Z',
      'open until 2026-10-25T02:00Z',
    ],
    [
      'autumn: opens at a time that comes twice',
      t('03:30', '06:00'),
      '2026-10-25T00:00:00Z',
      'closed until 2026-10-25T00:30Z',
    ],
    [
      'autumn: closes at a time that comes twice',
      t('01:00', '03:30'),
      '2026-10-25T00:00:00Z',
      'open until 2026-10-25T00:30Z',
    ],
    [
      'autumn: between the two',
      t('01:00', '03:30'),
      '2026-10-25T00:30:00Z',
      'closed until 2026-10-25T23:00Z',
    ],
    [
      'autumn: the second time',
      t('03:10', '03:40'),
      '2026-10-25T01:20:00Z',
      'closed until 2026-10-26T01:10Z',
    ],
    [
      'autumn: into what comes twice',
      t('03:30', '04:00'),
      '2026-10-25T01:15:00Z',
      'open until 2026-10-25T02:00Z',
    ],
    // New York, 8 March: 02:00 to 03:00 is left out at 07:00Z. 1 November: 01:00 to 02:00 comes twice, from 05:00Z and 06:00Z.
    ['New York, spring', n('01:00', '04:00'), '2026-03-08T06:00:00Z', 'open until 2026-03-08T08:00Z'],
    [
      'New York, spring: opens at a time left out',
      n('02:30', '05:00'),
      '2026-03-08T07:00:00Z',
      'closed until 2026-03-08T07:30Z',
    ],
    [
      'New York, spring: closes at a time left out',
      n('22:00', '02:30'),
      '2026-03-08T07:00:00Z',
      'open until 2026-03-08T07:30Z',
    ],
    ['New York, autumn', n('00:00', '03:00'), '2026-11-01T04:00:00Z', 'open until 2026-11-01T08:00Z'],
    [
      'New York, autumn: opens at a time that comes twice',
      n('01:30', '05:00'),
      '2026-11-01T05:00:00Z',
      'closed until 2026-11-01T05:30Z',
    ],
    [
      'New York, autumn: the second time',
      n('22:00', '01:30'),
      '2026-11-01T06:15:00Z',
      'closed until 2026-11-02T03:00Z',
    ],
  ])('where the clocks change, %s', (_, window, now, expected) => {
    expect(said(window, now)).toBe(expected);
  });

  it('is written and told by the clock on its wall', () => {
    expect(windowText(night)).toBe('sat 22:00–04:00, Europe/Tallinn');
    expect(wallClock(night, new Date('2026-11-21T20:00:00Z'))).toBe('sat 22:00');
    expect(wallClock(night, new Date('2026-11-21T22:05:00Z'))).toBe('sun 00:05');
  });

  it('without a zone is that of this machine', () => {
    const local = new Date(2026, 6, 15, 9, 0);
    const state = windowState({ from: '09:00', to: '17:00' }, local);
    expect(state).toEqual({ open: true, closes: new Date(2026, 6, 15, 17, 0) });
  });
});

function t(from: string, to: string): Window {
  return { from, to, timeZone: tallinn };
}
function n(from: string, to: string): Window {
  return { from, to, timeZone: newYork };
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const zones = [tallinn, newYork, 'UTC', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'];
const windows = fc
  .record({
    from: clock,
    to: clock,
    days: fc.option(fc.uniqueArray(fc.constantFrom(...dayNames), { minLength: 1 }), { nil: undefined }),
    timeZone: fc.constantFrom(...zones),
  })
  .filter(({ from, to }) => from !== to);
const moments = fc
  .integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) })
  .map((at) => new Date(at));
/** Near the four changes of the clocks in Tallinn and New York. */
const changes = fc
  .tuple(
    fc.constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'),
    fc.integer({ min: -2 * day, max: 2 * day }),
  )
  .map(([change, away]) => new Date(Date.parse(change) + away));
const anyTime = fc.oneof(moments, changes);

describe('every window', () => {
  it('turns exactly when it says so', () => {
    fc.assert(
      fc.property(windows, anyTime, (window, now) => {
        const state = windowState(window, now);
        const turn = (state.open ? state.closes : state.opens).getTime();
        expect(turn).toBeGreaterThan(now.getTime());
        expect(windowState(window, new Date(turn - 1)).open).toBe(state.open);
        expect(windowState(window, new Date(turn)).open).toBe(!state.open);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is open by the clock on the wall, away from changes of the clocks', () => {
    const shown = (at: Date, timeZone: string) => at.toLocaleString('sv-SE', { timeZone });
    const ahead = (at: number, zone: string) => Date.parse(`${shown(new Date(at), zone)}Z`) - at;
    fc.assert(
      fc.property(windows, moments, (window, moment) => {
        const now = new Date(Math.floor(moment.getTime() / 1000) * 1000);
        const { from, to, days = dayNames, timeZone } = window;
        fc.pre(ahead(+now - 2 * day, timeZone) === ahead(+now + 2 * day, timeZone));
        const [date = '', time = ''] = shown(now, timeZone).split(' ');
        const today = new Date(`${date}T00:00Z`).getUTCDay();
        const opensOn = (weekday: number) => days.includes(dayNames[(weekday + 7) % 7] ?? '');
        const overnight = to < from;
        const open =
          (opensOn(today) && time >= `${from}:00` && (overnight || time < `${to}:00`)) ||
          (overnight && opensOn(today - 1) && time < `${to}:00`);
        expect(windowState(window, now).open).toBe(open);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the next start', () => {
  const room = (window: Window, at: Date): number => {
    const state = windowState(window, at);
    return state.open ? state.closes.getTime() - at.getTime() : 0;
  };

  it('is the first moment with enough room, or never', () => {
    const needs = fc.integer({ min: 1, max: 300 }).map((minutes) => minutes * minute);
    fc.assert(
      fc.property(
        windows,
        anyTime,
        needs,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (window, now, needed, part) => {
          const start = nextStart(window, now, needed);
          expect(start === null).toBe(windowLength(window) < needed);
          if (start === null) return;
          expect(start.getTime()).toBeGreaterThanOrEqual(now.getTime());
          // A minute late is still at the opening.
          const late = start.getTime() === now.getTime() ? minute : 0;
          expect(room(window, start) + late).toBeGreaterThanOrEqual(needed);
          const earlier = new Date(now.getTime() + Math.floor(part * (start.getTime() - now.getTime())));
          if (earlier < start) expect(room(window, earlier)).toBeLessThan(needed);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['2026-11-21T21:45:00Z', 15, '2026-11-21T21:45:00Z'],
    ['2026-11-21T21:45:00.001Z', 15, '2026-11-22T20:00:00Z'],
    ['2026-11-21T20:00:59.999Z', 120, '2026-11-21T20:00:59.999Z'],
    ['2026-11-21T20:01:00.000Z', 120, '2026-11-22T20:00:00Z'],
    ['2026-11-21T20:00:00Z', 121, null],
  ])('at %s for %i minutes is %s', (now, minutes, expected) => {
    const start = nextStart({ from: '20:00', to: '22:00', timeZone: 'UTC' }, new Date(now), minutes * minute);
    expect(start?.getTime() ?? null).toBe(expected === null ? null : Date.parse(expected));
  });

  it('passes over a night that the change of the clocks makes too short', () => {
    const window = { from: '02:00', to: '04:00', days: ['sun'], timeZone: tallinn };
    expect(nextStart(window, new Date('2026-03-28T12:00:00Z'), 90 * minute)).toEqual(
      new Date('2026-04-04T23:00:00Z'),
    );
  });
});
