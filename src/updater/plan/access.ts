import type { Server } from '../fleet/model';
import type { Proposal, Situation } from '../products/product';
import type { Reason } from './plan';

/** What the login may not do there, and how else the machine can be reached. */
export function accessReasons({ server, facts }: Situation, proposal: Proposal): Reason[] {
  if (proposal.steps.length === 0) return [];
  const who = facts.user?.name ?? 'The login user';
  const block = (rule: string, message: string): Reason => ({ rule, severity: 'block', message });
  const locked = facts.readOnly ?? [];
  const rights = locked.length > 0 ? [`write the ${locked.join(' and ')} folder`] : [];
  // Without root a restart needs a command of its own that this user may run.
  if (facts.user?.root === false && needsRoot(server, proposal))
    rights.push(
      server.os === 'windows'
        ? 'control services, create scheduled tasks and install programs'
        : 'restart the machine or its service',
    );
  const mend =
    server.os === 'windows'
      ? 'log in as a member of Administrators.'
      : 'log in as root or allow `sudo` without a password.';
  const mayNot = rights.map((what) => block('server.privileges', `${who} may not ${what}: ${mend}`));
  // Facts that were asked for, not written by hand, would hold the boot identity if it could be read. A job on Windows
  // proves its restart by a mark that none survives.
  const unproven =
    facts.user !== undefined &&
    server.os !== 'windows' &&
    facts.bootId === null &&
    proposal.steps.some(({ step }) => step === 'restart')
      ? [
          block(
            'server.boot-identity',
            'The boot identity cannot be read, so a restart could not be proven: set `bootIdFile`.',
          ),
        ]
      : [];
  const wayIn: Reason[] =
    server.outOfBand === undefined
      ? [
          {
            rule: 'server.out-of-band',
            severity: 'warn',
            message: 'No way in is noted (`outOfBand`) for the case that the server does not come back.',
          },
        ]
      : [];
  return [...mayNot, ...unproven, ...wayIn];
}

function needsRoot({ commands }: Server, { steps }: Proposal): boolean {
  const has = (name: string): boolean => steps.some(({ step }) => step === name);
  if (has('run')) return true;
  return (has('restart') && !commands.reboot) || (has('restart-service') && !commands.serviceRestart);
}
