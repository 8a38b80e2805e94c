import type { Rule } from '../product';

/** SYSTEMS.md section 1, and what our own way of updating adds to it. */
export const rules: readonly Rule[] = [
  {
    id: 'eocortex.app',
    severity: 'block',
    sentence: 'Only the applications `server` and `standalone` can be updated centrally.',
  },
  { id: 'eocortex.os', severity: 'block', sentence: 'Central update is for Windows servers only.' },
  {
    id: 'eocortex.free-space',
    severity: 'block',
    sentence: 'At least 5 GB must be free on the system drive of the server.',
  },
  {
    id: 'eocortex.service-account',
    severity: 'block',
    mendable: true,
    sentence:
      'A domain account that the service runs under must have logged on to that machine at least once.',
  },
  {
    id: 'eocortex.kb4486129',
    severity: 'block',
    mendable: true,
    sentence:
      'Versions from 4.0 need KB4486129 (.NET Framework 4.8) on Windows Server 2012, 2012 R2 and 2016.',
  },
  {
    id: 'eocortex.gate-3.6.57',
    severity: 'block',
    sentence: 'Going to 4.0 or later needs 3.6.57 or later installed first.',
  },
  {
    id: 'eocortex.two-lines',
    severity: 'block',
    sentence: 'From below 3.6.57 one update may advance at most two release lines.',
  },
  {
    id: 'eocortex.downgrade-line',
    severity: 'block',
    sentence: 'An older version can be installed only inside the same release line.',
  },
  {
    id: 'eocortex.rollback-4.3',
    severity: 'block',
    sentence:
      'There is no rollback from 4.3 or later to 4.2 or earlier: internal settings files changed in 4.3.',
  },
  {
    id: 'eocortex.settings-revert',
    severity: 'warn',
    sentence: 'Rolling back puts all server settings back to what they were before that update.',
  },
  {
    id: 'eocortex.parallel',
    severity: null,
    sentence:
      'Three servers at most are updated at the same time from 4.4 on, one from earlier versions; the rest are queued.',
  },
  {
    id: 'eocortex.not-installed',
    severity: 'block',
    sentence: 'Central update needs a server on which Eocortex is installed already.',
  },
];
