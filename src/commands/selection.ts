import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Server } from '../updater/fleet/model';
import type { RolloutSummary } from '../updater/updater';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { FleetSession, type FleetSelection } from '../vscode/session';
import { listed, statusWord } from '../vscode/words';

/**
 * What VS Code hands to a command of a tree: the clicked element, and all selected ones when it is among them. Empty where it lost
 * some of them, drawing the tree anew just now: fewer than were meant are never taken. What is meant then, as where nothing was handed
 * over, is what the fleet tree itself says is selected. It says nothing of packages and rollouts: those are chosen anew.
 */
export function selectionOf(args: readonly unknown[]): FleetSelection[] {
  const [clicked, selected] = args;
  const nodes = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [clicked];
  const found = nodes.filter(isSelection);
  return found.length === nodes.length ? found : [];
}

function isSelection(value: unknown): value is FleetSelection {
  return (
    typeof value === 'object' && value !== null && 'session' in value && value.session instanceof FleetSession
  );
}

/** The fleet that is meant: that of the selection, the only one, or the one that the person picks. Undefined: none was picked. */
export async function chooseFleet(
  faces: Faces,
  selections: readonly FleetSelection[] = [],
): Promise<FleetSession | undefined> {
  await faces.files.current();
  const { sessions, faulty } = faces.files;
  const meant = [...new Set(selections.map(({ session }) => session))];
  if (meant.length > 1)
    throw new FleetError('usage', t('The selected servers stand in different fleet files.'), {
      hint: t('Select servers of one fleet file.'),
    });
  if (meant[0]) return meant[0];
  if (sessions.length === 0 && faulty.length > 0)
    throw new FleetError(
      'fleet.invalid',
      t('The fleet file has errors, so nothing can be done with it yet.'),
      {
        hint: t('Problems shows the places.'),
      },
    );
  if (sessions.length === 0)
    throw new FleetError('usage', t('No fleet file is open (fleet.jsonc or *.fleet.jsonc).'), {
      hint: t('Open a folder that has one, or run “VMS Fleet: New Fleet File”.'),
    });
  if (sessions.length === 1) return sessions[0];
  const items = sessions.map((session) => ({
    label: session.fleet.name,
    description: vscode.workspace.asRelativePath(session.uri),
    detail: session.servers.length === 1 ? t('1 server') : t('{0} servers', session.servers.length),
    session,
  }));
  return (await vscode.window.showQuickPick(items, { title: t('Which fleet?') }))?.session;
}

/** The rollouts of a fleet on this machine, newest first; only those that were chosen, where some were. */
export async function rolloutsOf(
  session: FleetSession,
  chosen: readonly FleetSelection[] = [],
): Promise<RolloutSummary[]> {
  const all = await (await session.updater()).rollouts();
  return onlyChosen(
    all.filter(({ fleet }) => fleet === session.fleet.file),
    chosen,
  );
}

/** Those that were chosen, where some were; else all. */
export function onlyChosen(
  rollouts: readonly RolloutSummary[],
  chosen: readonly FleetSelection[],
): RolloutSummary[] {
  const ids = new Set(chosen.flatMap(({ rollout }) => rollout ?? []));
  return rollouts.filter(({ id }) => ids.size === 0 || ids.has(id));
}

/** Ids of the systems that a selection is of. */
export function systemsOf(selections: readonly FleetSelection[]): Set<string> {
  return new Set(
    selections.flatMap(({ system, servers }) =>
      system ? [system.id] : servers.map((server) => server.system),
    ),
  );
}

/**
 * The servers that are meant: those selected, else those that the person picks, of the systems that were chosen if some were.
 * Undefined: none. @throws FleetError `usage` where the chosen systems have none
 */
export async function chooseServers(
  faces: Faces,
  selections: readonly FleetSelection[],
  title: string,
): Promise<{ session: FleetSession; servers: Server[] } | undefined> {
  const session = await chooseFleet(faces, selections);
  if (!session) return undefined;
  // By id, in the order of the file: what was selected may have been read from an older state of the file.
  const ids = new Set(selections.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const servers = session.servers.filter(({ id }) => ids.has(id));
  if (servers.length > 0) return { session, servers };
  const systems = systemsOf(selections);
  const offered = session.servers.filter(({ system }) => systems.size === 0 || systems.has(system));
  if (systems.size > 0 && offered.length === 0) throw noServers([...systems]);
  const items = offered.map((server) => ({
    label: server.id,
    description: describe(session, server),
    server,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    canPickMany: true,
    matchOnDescription: true,
  });
  if (!picked || picked.length === 0) return undefined;
  return { session, servers: picked.map(({ server }) => server) };
}

/** What was chosen are systems that are empty as yet: none of another system is meant. */
export function noServers(systems: readonly string[]): FleetError {
  return new FleetError('usage', t('There is no server yet in {0}.', listed(systems)), {
    hint: t('Add one first: “VMS Fleet: Add Server”.'),
  });
}

function describe(session: FleetSession, server: Server): string {
  const state = session.states.get(server.id);
  const words = [
    server.system,
    state?.version,
    state && statusWord(server.product, state.status),
    server.site,
  ];
  return words.filter((word) => word).join(' · ');
}
