import { homedir } from 'node:os';
import { glob } from 'ssh-config';
import { asFleetError } from '../../errors';
import { localName, SshConfigFile, type HostSettings } from '../../targets/ssh-config';
import { fault } from '../entry';
import type { ServerEntry } from '../schema';
import type { Found } from './found';

/** `name`: a fleet file says the name, and ~/.ssh/config the rest. `copy`: the fleet file says it all. */
export type SshImport = 'name' | 'copy';

/** The hosts that ~/.ssh/config names one by one; patterns are left out. @throws FleetError where the file cannot be understood */
export async function readSshHosts(how: SshImport, home: string = homedir()): Promise<Found[]> {
  const config = configOf(home);
  const found: Found[] = [];
  for (const name of namesOf(await config.hosts())) {
    try {
      found.push(hostOf(name, await config.lookup(name), how, home));
    } catch (thrown) {
      found.push({ ...bare(name), unfit: asFleetError(thrown).message });
    }
  }
  return found;
}

/** Whether ~/.ssh/config says anything of a host of this name; lines that hold for all hosts do not count. */
export async function isSshHost(home: string = homedir()): Promise<(name: string) => boolean> {
  const config = configOf(home);
  const patterns = (await config.hosts()).filter((words) => !words.every((word) => /^[*?]+$/.test(word)));
  return (name) => patterns.some((words) => glob(words, name));
}

function configOf(home: string): SshConfigFile {
  return new SshConfigFile({ home, env: process.env, name: localName(process.env) });
}

function namesOf(hosts: readonly string[][]): string[] {
  return [...new Set(hosts.flat().filter((word) => !/[*?]/.test(word) && !word.startsWith('!')))];
}

function bare(name: string): Found {
  const way = { host: name, port: undefined, jump: undefined };
  return { name, entry: { host: name }, way, alias: name, groups: [], notes: [] };
}

function hostOf(name: string, settings: HostSettings, how: SshImport, home: string): Found {
  const { hostName, port, user, proxyJump, proxyCommand, identityFiles, hostKeyAlias } = settings;
  const jump = proxyJump.length > 0 ? proxyJump.join(',') : undefined;
  const [key] = identityFiles;
  const copy: ServerEntry = {
    host: hostName,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(jump !== undefined && { jump }),
    ...(key !== undefined && {
      identityFile: key.startsWith(`${home}/`) ? `~${key.slice(home.length)}` : key,
    }),
  };
  const entry = how === 'copy' ? copy : { host: name };
  const unfit =
    proxyCommand !== undefined && jump === undefined
      ? '~/.ssh/config reaches it by a ProxyCommand, which is never run.'
      : (fault('host', entry.host) ?? (entry.user === undefined ? undefined : fault('user', entry.user)));
  return {
    ...bare(name),
    entry,
    way: { host: hostName, port, jump },
    notes: how === 'copy' && hostKeyAlias !== undefined ? ['Its HostKeyAlias stays behind.'] : [],
    ...(unfit !== undefined && { unfit }),
  };
}
