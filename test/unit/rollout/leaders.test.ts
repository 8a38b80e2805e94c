import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { PlanServer } from '../../../src/updater/plan/plan';
import { beforeOf } from '../../../src/updater/rollout/before';
import { Control } from '../../../src/updater/rollout/control';
import { remainingPlan } from '../../../src/updater/rollout/resume';
import { fleetOf, planned, planOf } from './fixtures';
import { done, failed, play, type Script } from './stage';

const fleet = (fields: object = {}) => fleetOf({ s: { servers: 4, maxFailures: 3, ...fields } });
const line = (): PlanServer[] => [
  planned('s-0', { wave: 2 }),
  planned('s-1', { wave: 0, leads: 'master' }),
  planned('s-2', { wave: 1, leads: 'gateway' }),
  planned('s-3', { wave: 2 }),
];
const plan = () => planOf(line(), { s: 4 });
const run = (script: Script = {}, fields: object = {}) => play(fleet(fields), plan(), script);
const why = (events: Awaited<ReturnType<typeof run>>['events'], server: string) =>
  events.flatMap((event) =>
    event.type === 'server-finished' && event.server === server ? [event.error?.message] : [],
  );

describe('servers whose role goes first', () => {
  it('are waited for by name and role', async () => {
    const { begun, told } = await run();
    expect(begun).toEqual(['s-1@0', 's-2@10', 's-0@20', 's-3@20']);
    expect(told('s-0')).toEqual([
      'for the servers of role master, gateway: s-1, s-2',
      'for the servers of role gateway: s-2',
    ]);
  });

  it('must be done: what they hold up is not begun, however many failures are borne', async () => {
    for (const onFailure of ['stop', 'roll-back', 'keep']) {
      const work: Script['work'] = ({ server: { id } }) => (id === 's-2' ? failed(id) : done);
      const { begun, outcomes, events } = await run({ work }, { onFailure });
      expect(begun).toEqual(['s-1@0', 's-2@10']);
      expect(outcomes).toEqual({
        's-0': 'not-started',
        's-1': 'done',
        's-2': 'failed',
        's-3': 'not-started',
      });
      expect(why(events, 's-0')).toEqual([
        's-0 was not started: s-2 of role gateway goes first, and was not updated.',
      ]);
    }
  });

  it('hold up the others too when a person leaves them out', async () => {
    const control = new Control();
    const { outcomes } = await run({ control, at: [[1, () => control.skip('s-2', 'me', 'not tonight')]] });
    expect(outcomes).toEqual({ 's-0': 'not-started', 's-1': 'done', 's-2': 'skipped', 's-3': 'not-started' });
  });

  it('that drop out later stop what has not begun', async () => {
    const { outcomes } = await run(
      { look: (id, at) => (id === 's-1' && at > 12 ? new FleetError('host.timeout', 'No answer.') : null) },
      { watchMinutes: 60, maxParallel: 1 },
    );
    expect(outcomes).toMatchObject({ 's-1': 'failed', 's-0': 'not-started' });
  });

  it('count when a rollout is gone on with, whoever is chosen then', async () => {
    const first = await run({ work: ({ server: { id } }) => (id === 's-2' ? failed(id) : done) });
    const resume = (only?: string[]) =>
      play(fleet(), remainingPlan(first.events, only), { resumed: true, before: beforeOf(first.events) });
    expect((await resume()).begun).toEqual(['s-2@0', 's-0@10', 's-3@10']);
    const without = await resume(['s-0']);
    expect(without.begun).toEqual([]);
    expect(why(without.events, 's-0')[0]).toContain('s-2 of role gateway goes first');
  });
});
