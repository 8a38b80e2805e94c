import type { ErrorCode, FleetError } from './errors';
import type { Server } from './fleet/model';
import type { Answered } from './plan/planner';
import { productOf } from './products';
import type { Supply } from './products/product';
import type { Facts } from './targets/facts';
import type { Check } from './updater';

/** What is in the way of working with servers, each with what to do about it. */
export function checkServers(
  servers: readonly Server[],
  answered: ReadonlyMap<string, Answered>,
  supply: Supply,
): Check[] {
  const places = [...supply.silent].map(([root, message]): Check => ({
    server: null,
    name: 'repository',
    ok: false,
    message: `${root}: ${message}`,
    hint: 'Check the address in the fleet file, and the way to it from this machine.',
  }));
  return [...places, ...servers.flatMap((server) => checkServer(server, answered.get(server.id)))];
}

const linkHints: Partial<Record<ErrorCode, string>> = {
  'auth.failed': 'Put the public key into ~/.ssh/authorized_keys of the login user there.',
  'host.refused': 'Is sshd running there, and is the port right?',
  'host.timeout': 'Is the machine up, and does a firewall let the SSH port through?',
};

const administratorsKeys = 'C:\\ProgramData\\ssh\\administrators_authorized_keys';
/** By the ids of Administrators and SYSTEM, which are the same in every language of Windows. */
const ownAcl = `icacls ${administratorsKeys} /inheritance:r /grant *S-1-5-32-544:F /grant *S-1-5-18:F`;

/** Where OpenSSH for Windows looks for keys, which is not where people put them. */
const windowsKeys =
  `Check the user name, and a password that was typed. If the login user is one of Administrators, its keys count only in ${administratorsKeys}, not in its own .ssh folder, and only ` +
  `if nobody but Administrators and SYSTEM has any right to that file. On the server, as administrator: ${ownAcl} ` +
  'Every other user has them in C:\\Users\\<name>\\.ssh\\authorized_keys. A key that is refused is named in the log there: ' +
  'Event Viewer, Applications and Services Logs, OpenSSH.';

function linkHint({ os }: Server, { code, hint }: FleetError): string | null {
  if (code === 'auth.failed' && os === 'windows') return windowsKeys;
  return hint ?? linkHints[code] ?? null;
}

function checkServer(server: Server, answer: Answered | undefined): Check[] {
  const check = (name: string, ok: boolean, message: string, hint: string | null = null): Check => ({
    server: server.id,
    name,
    ok,
    message,
    hint: ok ? null : hint,
  });
  if (answer === undefined) return [];
  const product = productOf(server.product);
  if ('error' in answer && answer.error.code === 'server.unsupported') {
    // One that is listed and never touched has nothing to be put right.
    const isMeant = product?.excludes(server, null).some(({ severity }) => severity === 'block') ?? false;
    return [check('product', isMeant, answer.error.message, answer.error.hint ?? null)];
  }
  if ('error' in answer) return [check('ssh', false, answer.error.message, linkHint(server, answer.error))];
  const { facts } = answer;
  const title = product?.title ?? server.product;
  const hints = platformHints[server.os];
  const missing = missingRights(server, facts);
  return [
    check('ssh', true, `${facts.user?.name ?? 'logged in'} on ${facts.os.name} (${facts.arch})`),
    check('boot identity', facts.bootId !== null, facts.bootId ?? 'cannot be read', hints.bootId),
    check(
      'rights',
      missing.length === 0,
      missing.length === 0 ? 'may do what it needs' : `may not ${missing.join(', nor ')}`,
      hints.rights,
    ),
    check(
      'product',
      facts.installed !== null || facts.firstRun === true,
      facts.installed === null ? `${title} is not installed` : `${title} ${facts.installed.version}`,
      'Check `home` in the fleet file.',
    ),
    check(
      'service',
      facts.service?.state === 'running',
      serviceText(facts),
      'Check `service` in the fleet file, and its log there.',
    ),
    check(
      'space',
      facts.freeBytes.state > 1e9,
      `${(facts.freeBytes.state / 1e9).toFixed(1)} GB free`,
      'Free some space.',
    ),
    check(
      'out of band',
      server.outOfBand !== undefined,
      server.outOfBand ?? 'none noted',
      'Note in `outOfBand` how the machine is reached when the network way is gone.',
    ),
  ];
}

/** What the login user may not do and an update needs, each by its name. */
function missingRights({ os }: Server, { user, readOnly = [] }: Facts): string[] {
  return [
    ...readOnly.map((folder) => `write the ${folder} folder`),
    // Elsewhere a command of the fleet file may stand in for it.
    ...(os === 'windows' && user?.root === false
      ? ['control services, register scheduled tasks and run installers']
      : []),
  ];
}

const platformHints: Record<Server['os'], { bootId: string; rights: string }> = {
  linux: {
    bootId: 'A restart could not be proven. Set `bootIdFile` to a file that changes with every boot.',
    rights:
      'Log in as root, allow `sudo` without a password, or choose a `stateDir` that the user may write.',
  },
  windows: {
    bootId: 'A restart could not be proven. The login user must be able to read the time of the last boot.',
    rights:
      'Log in with a user of the group Administrators: services, scheduled tasks and installers need one.',
  },
};

function serviceText({ service }: Facts): string {
  return service === undefined ? 'none' : `${service.name} is ${service.state}`;
}
