import { array, minLength, pipe } from 'valibot';
import { DEFAULTS } from './defaults';
import { share } from './share';
import { choice, field, label, whole } from './values';

/** How rollouts go, for the whole file: what holds over all its systems. */
export const fleetRolloutFields = {
  maxParallel: field(
    whole(1, 10_000),
    'At the same time, overall',
    'Servers of all systems together that a rollout changes at the same time. Downloads do not count.',
    { examples: [10] },
  ),
  maxParallelPerSite: field(
    whole(1, 10_000),
    'At the same time, at one site',
    'Servers with the same `site`, of whatever system, that a rollout changes at the same time. Downloads do not count.',
    { examples: [1] },
  ),
};

/** Of one system. */
export const systemRolloutFields = {
  waves: field(
    pipe(array(share(1)), minLength(1, 'needs at least one wave')),
    'Waves',
    'Sizes of the waves, behind the `canary` if there is one: a number of servers, or a percentage of those that are to be changed, rounded down and at least one. The last size is repeated until every server has its turn. A wave begins when the one before has ended.',
    { examples: [[1, '25%', '100%'], [5], ['10%']] },
  ),
  soakMinutes: field(
    whole(0, 10_080),
    'Soak time, minutes',
    'So long the first wave is watched before the next one begins. Its servers are looked at again then; one that has dropped out counts as failed.',
    { default: DEFAULTS.soakMinutes },
  ),
  watchMinutes: field(
    whole(0, 10_080),
    'Watch time, minutes',
    'So long each server is watched after its update. One that drops out counts as failed; the rollout ends when all have been watched.',
    { default: DEFAULTS.watchMinutes },
  ),
  onFailure: choice(
    {
      stop: 'The server stays as it is; the rollout halts when more fail than are borne',
      'roll-back':
        'The server goes back to the version before; the rollout halts when more fail than are borne',
      keep: 'The server stays as it is, and the rollout goes on whatever fails',
    },
    'On failure',
    'What becomes of a server whose update failed, and of the rollout. A failed rollback is told as such.',
    { default: DEFAULTS.onFailure },
  ),
};

/** Of one server. */
export const serverRolloutFields = {
  failoverGroup: field(
    label,
    'Failover group',
    'Servers of one group stand in for each other: they are never down together, and none goes down while another is away or not healthy. Groups hold across systems.',
    { examples: ['pier recorders'] },
  ),
};
