import { DEFAULT_SCHEMA, load, Type, YAMLException } from 'js-yaml';
import { FleetError } from '../../errors';
import { Groups, type Vars } from './inventory-groups';
import { addHosts } from './inventory-pattern';

/** Tags of Ansible's own (`!vault`, `!unsafe`) and any other: what they mark is never taken over. */
const anyTag = (['scalar', 'sequence', 'mapping'] as const).map(
  (kind) => new Type('!', { kind, multi: true, construct: () => null }),
);
const schema = DEFAULT_SCHEMA.extend(anyTag);

/** Levels of groups in groups. */
const mostLevels = 50;

type Mapping = Record<string, unknown>;

/** Reads an inventory in YAML, or what `ansible-inventory --list` prints, which is JSON of another shape. */
export function readYaml(text: string, file: string): Groups {
  const root = parse(text, file);
  const groups = new Groups();
  if (!isMapping(root))
    throw new FleetError('usage', `${file} is no inventory: it does not begin with groups.`, { hint });
  const { _meta: meta, ...written } = root;
  for (const [name, group] of Object.entries(written)) readGroup(groups, name, group, 0);
  const hostvars = isMapping(meta) ? meta.hostvars : undefined;
  // Variables of hosts that no group names say nothing of where they belong; they are hosts all the same.
  if (isMapping(hostvars))
    for (const [name, vars] of Object.entries(hostvars)) setVars(groups, groups.host(name), vars);
  return groups;
}

const hint = 'Correct the inventory; nothing was imported. "ansible-inventory --list" checks it too.';

function parse(text: string, file: string): unknown {
  try {
    // Of a key that stands there twice the last one counts, as in Ansible.
    return load(text, { schema, json: true });
  } catch (thrown) {
    if (thrown instanceof RangeError)
      throw new FleetError('usage', `${file} is nested too deeply.`, { hint, cause: thrown });
    if (!(thrown instanceof YAMLException)) throw thrown;
    const { reason, mark } = thrown;
    const line = mark as { line: number } | undefined;
    throw new FleetError('usage', `${file}:${(line?.line ?? 0) + 1}: ${reason}.`, { hint, cause: thrown });
  }
}

function readGroup(groups: Groups, name: string, written: unknown, level: number): void {
  const group = groups.group(name);
  groups.count(1);
  // As some scripts print it: a group that is just its hosts.
  if (Array.isArray(written))
    return written.filter(isText).forEach((host) => addHosts(groups, name, host, []));
  if (!isMapping(written) || level > mostLevels) return;
  setVars(groups, group.vars, written.vars);
  const { hosts, children } = written;
  if (isText(hosts)) addHosts(groups, name, hosts, []);
  if (Array.isArray(hosts)) hosts.filter(isText).forEach((host) => addHosts(groups, name, host, []));
  if (isMapping(hosts))
    for (const [host, vars] of Object.entries(hosts)) addHosts(groups, name, host, scalars(vars));
  if (Array.isArray(children)) children.filter(isText).forEach((child) => group.children.add(child));
  if (isMapping(children))
    for (const [child, inside] of Object.entries(children)) {
      group.children.add(child);
      readGroup(groups, child, inside, level + 1);
    }
}

function setVars(groups: Groups, vars: Vars, written: unknown): void {
  const read = scalars(written);
  groups.count(read.length);
  for (const [key, value] of read) vars.set(key, value);
}

function scalars(written: unknown): [string, string][] {
  if (!isMapping(written)) return [];
  return Object.entries(written).flatMap(([key, value]): [string, string][] =>
    isText(value) || typeof value === 'number' || typeof value === 'boolean' ? [[key, String(value)]] : [],
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
