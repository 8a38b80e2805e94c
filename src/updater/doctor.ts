import type { ErrorCode } from './errors';
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
  'auth.failed':
    'Put the public key into ~/.ssh/authorized_keys of the login user there; for an administrator on Windows into C:\\ProgramData\\ssh\\administrators_authorized_keys, which only Administrators and SYSTEM may write.',
  'host.refused': 'Is sshd running there, and is the port right?',
  'host.timeout': 'Is the machine up, and does a firewall let the SSH port through?',
};

function checkServer(server: Server, answer: Answered | undefined): Check[] {
  const check = (name: string, ok: boolean, message: string, hint: string | null = null): Check => ({
    server: server.id,
    name,
    ok,
    message,
    hint: ok ? null : hint,
  });
  if (answer === undefined) return [];
  if ('error' in answer && answer.error.code === 'server.unsupported')
    return [check('product', false, answer.error.message, answer.error.hint ?? null)];
  if ('error' in answer)
    return [
      check('ssh', false, answer.error.message, answer.error.hint ?? linkHints[answer.error.code] ?? null),
    ];
  const { facts } = answer;
  const title = productOf(server.product)?.title ?? server.product;
  return [
    check('ssh', true, `${facts.user?.name ?? 'logged in'} on ${facts.os.name} (${facts.arch})`),
    check(
      'boot identity',
      facts.bootId !== null,
      facts.bootId ?? 'cannot be read',
      'A restart could not be proven. Set `bootIdFile` to a file that changes with every boot.',
    ),
    check(
      'rights',
      (facts.readOnly ?? []).length === 0,
      (facts.readOnly ?? []).length === 0
        ? 'may write what it needs'
        : `may not write: ${facts.readOnly?.join(', ')}`,
      'Log in as root, allow `sudo` without a password, or choose a `stateDir` that the user may write.',
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

function serviceText({ service }: Facts): string {
  return service === undefined ? 'none' : `${service.name} is ${service.state}`;
}
