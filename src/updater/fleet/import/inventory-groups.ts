import { FleetError } from '../../errors';

/** Variables by name; what is no text, number or truth value does not matter here. */
export type Vars = Map<string, string>;

export interface Group {
  hosts: Set<string>;
  children: Set<string>;
  vars: Vars;
}

const most = 10_000;
/** Hosts put into groups and variables laid over others: 10,000 hosts in 20 groups of 5 variables have one million. */
const mostWork = 2_000_000;
/** Levels of groups in groups; a circle of them ends here. */
const mostLevels = 50;

/** What an inventory says, whatever its form. Groups and hosts come into being when they are named. */
export class Groups {
  readonly hosts = new Map<string, Vars>();
  private readonly groups = new Map<string, Group>();
  private holders: Map<string, string[]> | undefined;
  private work = 0;

  /** Called before so many hosts or variables are taken in: aliases and ranges let a small file speak of any number. */
  count(entries: number): void {
    this.work += entries;
    if (this.work > mostWork)
      throw new FleetError('usage', 'The inventory names its hosts and variables again and again.', {
        hint: 'Correct its aliases and ranges; nothing was imported.',
      });
  }

  host(name: string): Vars {
    return entryOf(this.hosts, 'hosts', name, () => new Map<string, string>());
  }

  group(name: string): Group {
    return entryOf(this.groups, 'groups', name, () => ({
      hosts: new Set(),
      children: new Set(),
      vars: new Map(),
    }));
  }

  /** From the outermost in, as inner groups lay their variables over outer ones; those of one level by name, as in Ansible. */
  ordered(): string[] {
    const level = new Map<string, number>();
    const levelOf = (name: string): number => level.get(name) ?? (name === 'all' ? 0 : 1);
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, { children }] of this.groups)
        for (const child of children)
          if (child !== 'all' && levelOf(child) <= levelOf(name) && levelOf(name) < mostLevels) {
            level.set(child, levelOf(name) + 1);
            changed = true;
          }
    }
    this.group('all');
    return [...this.groups.keys()].sort((a, b) => levelOf(a) - levelOf(b) || (a < b ? -1 : 1));
  }

  /** The groups that a host is in, those around its own included. */
  of(host: string): Set<string> {
    this.holders ??= this.whatHolds();
    const found = new Set(['all']);
    const next = [...(this.holders.get(`host ${host}`) ?? [])];
    for (let name = next.pop(); name !== undefined; name = next.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      next.push(...(this.holders.get(`group ${name}`) ?? []));
    }
    return found;
  }

  private whatHolds(): Map<string, string[]> {
    const holders = new Map<string, string[]>();
    const add = (key: string, group: string): void => {
      const known = holders.get(key);
      if (known) known.push(group);
      else holders.set(key, [group]);
    };
    for (const [name, { hosts, children }] of this.groups) {
      for (const host of hosts) add(`host ${host}`, name);
      for (const child of children) add(`group ${child}`, name);
    }
    return holders;
  }
}

function entryOf<T>(map: Map<string, T>, what: string, name: string, make: () => T): T {
  const known = map.get(name);
  if (known !== undefined) return known;
  if (map.size >= most)
    throw new FleetError('usage', `The inventory names more than ${most} ${what}.`, {
      hint: 'Import one part of it after the other.',
    });
  const made = make();
  map.set(name, made);
  return made;
}
