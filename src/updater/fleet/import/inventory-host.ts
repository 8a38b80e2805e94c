import { safeParse } from 'valibot';
import { fault } from '../entry';
import type { ServerEntry } from '../schema';
import { localFile } from '../values';
import type { Found } from './found';
import type { Vars } from './inventory-groups';

/** Ways in which Ansible reaches hosts that are SSH; and those of Windows, where SSH may stand beside them. */
const bySsh = ['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'libssh'];
const windowsOnly = ['winrm', 'psrp'];

/** A host of an inventory, by its variables with those of its groups laid under them. */
export function hostOf(name: string, vars: Vars, groups: string[]): Found {
  const notes: string[] = [];
  const one = (...keys: string[]): string | undefined => {
    for (const key of keys) {
      const value = vars.get(key)?.trim();
      if (value === undefined || value === '') continue;
      if (!value.includes('{{')) return value;
      notes.push(`${key} is computed by Ansible.`);
    }
    return undefined;
  };
  const fitting = (field: 'user' | 'jump', value: string | undefined): string | undefined => {
    if (value === undefined || fault(field, value) === undefined) return value;
    notes.push(`Its ${field === 'user' ? 'user' : 'jump host'} cannot be one of SSH.`);
    return undefined;
  };

  const connection = (one('ansible_connection') ?? 'ssh').replace(/^.*\./, '').toLowerCase();
  const isWindows =
    windowsOnly.includes(connection) || /^(powershell|cmd)$/i.test(vars.get('ansible_shell_type') ?? '');
  const host = one('ansible_host', 'ansible_ssh_host') ?? name;
  const port = windowsOnly.includes(connection)
    ? undefined
    : portOf(one('ansible_port', 'ansible_ssh_port'), notes);
  if (windowsOnly.includes(connection)) notes.push(`Ansible reaches it by ${connection}, not by SSH.`);
  const user = fitting('user', one('ansible_user', 'ansible_ssh_user'));
  const identityFile = keyFile(one('ansible_ssh_private_key_file', 'ansible_private_key_file'), notes);
  const jump = fitting('jump', jumpOf(one('ansible_ssh_common_args'), one('ansible_ssh_extra_args'), notes));
  const entry: ServerEntry = {
    host,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(jump !== undefined && { jump }),
    ...(identityFile !== undefined && { identityFile }),
    ...(isWindows && { os: 'windows' as const }),
    ...tagsOf(groups),
  };
  const wrong = fault('host', host);
  const isElsewhere = !bySsh.includes(connection) && !windowsOnly.includes(connection);
  const unfit = isElsewhere ? `Ansible reaches it by ${connection}, not by SSH.` : wrong;
  return { name, entry, way: { host, port, jump }, groups, notes, ...(unfit !== undefined && { unfit }) };
}

function portOf(text: string | undefined, notes: string[]): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  notes.push('Its port is not a number from 1 to 65535.');
  return undefined;
}

function keyFile(file: string | undefined, notes: string[]): string | undefined {
  if (file === undefined || safeParse(localFile, file).success) return file;
  notes.push('Its key file is named by a relative path.');
  return undefined;
}

/** `-J X`, `-o ProxyJump=X`: the one option that a fleet file has a word for. */
function jumpOf(common: string | undefined, extra: string | undefined, notes: string[]): string | undefined {
  const args = `${common ?? ''} ${extra ?? ''}`;
  const jump = /(?:^|\s)(?:-J\s*|-o\s*["']?ProxyJump[=\s]\s*)["']?([^\s"']+)/i.exec(args)?.[1];
  if (jump === undefined && /ProxyCommand/i.test(args))
    notes.push('It is reached by a ProxyCommand, which is never run: name its jump host.');
  return jump;
}

function tagsOf(groups: readonly string[]): { tags?: string[] } {
  const tags = groups.filter((group) => fault('label', group) === undefined);
  return tags.length === 0 ? {} : { tags };
}
