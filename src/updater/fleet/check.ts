import { isDeepStrictEqual } from 'node:util';
import { assumed } from '../plan/expected';
import { windowLength } from '../plan/window';
import { quote } from './document';
import type { Path, Problem } from './document';
import { servers } from './model';
import type { Fleet, Server, System, Window } from './model';
import { nearest } from './nearest';
import type { FleetFile } from './schema';

/** Reports a problem at the value of a path, or at its key where `atKey`. */
export type Report = (
  message: string,
  path: Path,
  options?: { severity?: Problem['severity']; atKey?: boolean },
) => void;

/**
 * What contradicts itself across fields, servers and systems.
 * @param isSshHost whether `~/.ssh/config` knows a host; undefined where nobody looked
 */
export function checkFleet(
  fleet: Fleet,
  written: FleetFile,
  report: Report,
  isSshHost?: (name: string) => boolean,
): void {
  if (fleet.systems.length === 0)
    report('The fleet has no systems yet.', ['systems'], { severity: 'warning', atKey: true });
  for (const system of fleet.systems) checkSystem(system, written, report);
  checkIds(fleet, report);
  checkFailoverGroups(fleet, report);
  checkMachines(fleet, report);
  checkJumps(fleet, written, report);
  checkJumpNames(fleet, written, isSshHost, report);
  for (const server of servers(fleet))
    checkWindow(
      written.systems[server.system]?.servers?.[server.id]?.window,
      [server],
      pathOf(server),
      report,
    );
  checkPaths(fleet, written, report);
}

function pathOf(server: Server): Path {
  return ['systems', server.system, 'servers', server.id];
}

/** Where a server's value was written: at the server, or at its system. */
function whereWritten(server: Server, key: string, written: FleetFile): Path | undefined {
  const system = written.systems[server.system];
  const entry = system?.servers?.[server.id];
  if (entry !== undefined && Object.hasOwn(entry, key)) return [...pathOf(server), key];
  if (system !== undefined && Object.hasOwn(system, key)) return ['systems', server.system, key];
  return undefined;
}

function checkSystem(system: System, written: FleetFile, report: Report): void {
  const path = ['systems', system.id];
  const count = system.servers.length;
  if (count === 0)
    report(`System ${quote(system.id)} has no servers yet.`, path, { severity: 'warning', atKey: true });
  else if (system.canary > count)
    report(
      `"canary" is ${system.canary}, but the system has ${count} ${count === 1 ? 'server' : 'servers'}: all are in the first wave.`,
      [...path, 'canary'],
      { severity: 'warning' },
    );
  if (system.soakMinutes > 0 && system.canary === 0 && system.waves.length === 0)
    report(
      '"soakMinutes" does nothing without a second wave: set "canary" or "waves" too.',
      [...path, 'soakMinutes'],
      { severity: 'warning' },
    );
  checkWindow(written.systems[system.id]?.window, system.servers, path, report);
  if (written.systems[system.id]?.fileSystem === 'v8-erase')
    report(
      '"v8-erase" destroys recordings, so it counts only where it stands at the one server.',
      [...path, 'fileSystem'],
      { severity: 'warning' },
    );
}

/** @param inside the servers that it may hold for; those with one of their own are looked at by themselves */
function checkWindow(
  window: Window | undefined,
  inside: readonly Server[],
  path: Path,
  report: Report,
): void {
  if (window === undefined) return;
  if (window.from === window.to)
    return report(
      `"from" and "to" are both ${window.from}: the window never opens. Leave "window" out if any time will do.`,
      [...path, 'window', 'to'],
    );
  const length = windowLength(window);
  const [never, ...others] = inside.filter(
    (server) => isDeepStrictEqual(server.window, window) && leastOf(server) > length,
  );
  if (never !== undefined)
    report(
      `The window is ${length / 60_000} minutes long, and an update of ${quote(never.id)}${others.length > 0 ? ` and ${others.length} more` : ''} is taken to need ${leastOf(never) / 60_000}: it never fits before a rollout outside the window has shown how long it really takes. Widen it.`,
      [...path, 'window', 'to'],
      { severity: 'warning' },
    );
}

/** ms that a window has to leave for one version, where nothing is known of how long the server really takes. */
const leastOf = (server: Server): number => assumed(server, 1).windowSeconds * 1000;

function checkFailoverGroups(fleet: Fleet, report: Report): void {
  const groups = new Map<string, Server[]>();
  for (const server of servers(fleet))
    if (server.failoverGroup !== undefined)
      groups.set(server.failoverGroup, [...(groups.get(server.failoverGroup) ?? []), server]);
  for (const [group, [only, ...others]] of groups)
    if (only !== undefined && others.length === 0)
      report(
        `${quote(only.id)} is alone in failover group ${quote(group)}: no other server stands in for it.`,
        [...pathOf(only), 'failoverGroup'],
        { severity: 'warning' },
      );
}

function checkIds(fleet: Fleet, report: Report): void {
  const first = new Map<string, Server>();
  for (const server of servers(fleet)) {
    const other = first.get(server.id);
    if (other === undefined) first.set(server.id, server);
    else
      report(
        `A server ${quote(server.id)} is also in system ${quote(other.system)}; ids are unique in the whole fleet, since --server names them.`,
        pathOf(server),
        { atKey: true },
      );
  }
}

function checkMachines(fleet: Fleet, report: Report): void {
  const first = new Map<string, Server>();
  for (const server of servers(fleet)) {
    // Sites behind different jump hosts may use the same addresses, and one machine may hold several installations.
    const machine = JSON.stringify([
      server.host.toLowerCase(),
      server.port ?? 22,
      server.jump,
      server.stateDir,
      server.banalytics?.home,
    ]);
    const other = first.get(machine);
    if (other === undefined) first.set(machine, server);
    else if (other.id === server.id) continue;
    else if (other.user === server.user && other.port === server.port)
      report(
        `${quote(server.id)} and ${quote(other.id)} are the same machine: same host, port, user, jump host and folders.`,
        [...pathOf(server), 'host'],
      );
    else
      report(
        `${quote(server.id)} and ${quote(other.id)} seem to be the same machine: same host, port, jump host and folders. Two entries of one machine get into each other's way.`,
        [...pathOf(server), 'host'],
        { severity: 'warning' },
      );
  }
}

function checkJumps(fleet: Fleet, written: FleetFile, report: Report): void {
  const byId = new Map(servers(fleet).map((server) => [server.id, server]));
  const settled = new Set<string>();
  for (const server of byId.values()) {
    const way: string[] = [];
    let next: Server | undefined = server;
    while (next !== undefined && !settled.has(next.id) && !way.includes(next.id)) {
      way.push(next.id);
      next = next.jump === undefined ? undefined : byId.get(next.jump);
    }
    const cycle = next !== undefined && way.includes(next.id) ? way.slice(way.indexOf(next.id)) : [];
    for (const id of way) settled.add(id);
    const start = cycle.length === 0 ? undefined : byId.get(cycle[0] ?? '');
    if (start === undefined) continue;
    const path = whereWritten(start, 'jump', written) ?? pathOf(start);
    if (cycle.length === 1) report(`${quote(start.id)} cannot be its own jump host.`, path);
    else report(`The jump hosts go in a circle: ${[...cycle, start.id].map(quote).join(' → ')}.`, path);
  }
  for (const server of byId.values())
    if (server.jump === server.host && !byId.has(server.jump))
      report(
        `${quote(server.id)} cannot be its own jump host.`,
        whereWritten(server, 'jump', written) ?? pathOf(server),
      );
}

/** A jump host that is none of the servers and no name of `~/.ssh/config` is an address; one word alone is more likely a mistake. */
function checkJumpNames(
  fleet: Fleet,
  written: FleetFile,
  isSshHost: ((name: string) => boolean) | undefined,
  report: Report,
): void {
  if (isSshHost === undefined) return;
  const ids = servers(fleet).map(({ id }) => id);
  const known = new Set(ids);
  const reported = new Set<string>();
  for (const server of servers(fleet)) {
    const { jump } = server;
    if (jump === undefined || known.has(jump)) continue;
    const path = whereWritten(server, 'jump', written) ?? pathOf(server);
    // What a system says is wrong once, not once for each of its servers.
    if (reported.has(JSON.stringify(path))) continue;
    reported.add(JSON.stringify(path));
    const unknown = jump
      .split(',')
      .map((hop) => hop.trim())
      .find((hop) => !/[@:.[]/.test(hop) && hop !== 'localhost' && !isSshHost(hop));
    if (unknown === undefined) continue;
    const near = nearest(unknown, ids);
    report(
      `${quote(unknown)} is neither a server of this file nor a name in ~/.ssh/config, so it is taken for a host name.${near === undefined ? '' : ` Did you mean ${quote(near)}?`}`,
      path,
      { severity: 'warning' },
    );
  }
}

function checkPaths(fleet: Fleet, written: FleetFile, report: Report): void {
  const reported = new Set<string>();
  for (const server of servers(fleet)) {
    // Listed, and never touched (eocortex.os): its system's paths are for the others.
    if (server.product === 'eocortex' && server.os !== 'windows') continue;
    for (const [key, paths] of pathsOn(server))
      paths.forEach((path, index) => {
        const wrong = wrongPath(path, server);
        if (wrong === undefined) return;
        const field = whereWritten(server, key, written);
        const place =
          field === undefined ? pathOf(server) : key === 'settingsPaths' ? [...field, index] : field;
        // What a system says is wrong once, not once for each of its servers.
        if (reported.has(JSON.stringify(place))) return;
        reported.add(JSON.stringify(place));
        if (field !== undefined) report(wrong, place);
        else
          report(
            `${quote(server.id)} runs Windows, where "${key}" has no default: say where the product is installed.`,
            place,
            { atKey: true },
          );
      });
  }
}

function pathsOn(server: Server): [string, string[]][] {
  const { stateDir, bootIdFile, settingsPaths, eocortex, banalytics } = server;
  const one = (path: string | undefined): string[] => (path === undefined ? [] : [path]);
  return [
    ['stateDir', one(stateDir)],
    ['bootIdFile', one(bootIdFile)],
    ['settingsPaths', settingsPaths],
    ['home', one((eocortex ?? banalytics)?.home)],
  ];
}

function wrongPath(path: string, { id, os }: Server): string | undefined {
  if (path.startsWith('/') === (os === 'windows'))
    return `${quote(path)} is not an absolute path on ${os === 'windows' ? 'Windows' : 'Linux'}, which ${quote(id)} runs.`;
  if (os !== 'windows') return undefined;
  const [never] = /["*?<>|:]/.exec(path.replace(/^[A-Za-z]:/, '')) ?? [];
  return never === undefined ? undefined : `${quote(path)} holds ${never}, which no path on Windows does.`;
}
