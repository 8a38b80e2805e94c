import { expect, it } from 'vitest';
import { differences } from '../../../src/updater/plan/difference';
import type { Reason } from '../../../src/updater/plan/plan';
import { planned } from '../rollout/fixtures';

const reason = (rule: string, severity: Reason['severity'] = 'warn'): Reason => ({
  rule,
  severity,
  message: `${rule} says so.`,
});
const before = planned('s-0', { reasons: [reason('server.out-of-band')] });

it.each([
  ['nothing', {}, []],
  ['a reason that is gone', { reasons: [] }, []],
  ['the window, which is waited for apart', { reasons: [reason('window.ignored')] }, []],
  ['that it is there by now', { reasons: [reason('version.same', 'skip')] }, []],
  ['another version that runs', { from: '1.1.0' }, ['It ran 1.0.0 when it was planned, and runs 1.1.0 now.']],
  [
    'another way',
    { from: null, path: ['1.5.0', '2.0.0'] },
    [
      'It ran 1.0.0 when it was planned, and runs nothing now.',
      'Planned was 2.0.0; by its facts of now it is 1.5.0 → 2.0.0.',
    ],
  ],
  [
    'a new reason',
    { reasons: [reason('server.out-of-band'), reason('x.space', 'block')] },
    ['New: x.space says so. (x.space)'],
  ],
])('tells %s', (_, over, said) => {
  expect(differences(before, { ...before, ...over })).toEqual(said);
});
