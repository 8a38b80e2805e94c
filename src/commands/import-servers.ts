import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Candidates } from '../updater/fleet/import/candidates';
import type { Found } from '../updater/fleet/import/found';
import type { System } from '../updater/fleet/model';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { FleetSelection } from '../vscode/session';
import { listed, oneLine } from '../vscode/words';
import { systemChoices } from './add-server-questions';
import { editFleetFile, openForEdit, showPlace } from './edit-fleet-file';
import { chooseFleet, systemsOf } from './selection';

/** Lets the person pick which hosts of another file come into a system of the fleet file, and writes them there; comments stay. */
export async function importServers(
  faces: Faces,
  chosen: readonly FleetSelection[],
  read: () => Promise<{ what: string; found: Found[] } | undefined>,
): Promise<void> {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const text = (await openForEdit(session)).getText();
  const system = await chooseSystem(session.fleet.systems, chosen);
  const source = system && (await read());
  if (!system || !source) return;
  const { what, found } = source;
  const [{ candidates }, { withServers, writtenSystem }, { addServers }] = await Promise.all([
    import('../updater/fleet/import/candidates'),
    import('../updater/fleet/entry'),
    import('../updater/fleet/edit'),
  ]);
  const sorted = candidates(found, session.fleet, writtenSystem(text, system.id));
  if (sorted.fresh.length === 0) {
    void vscode.window.showInformationMessage(
      [t('VMS Fleet: {0} names nothing to import.', what), ...leftOut(sorted)].join(' '),
    );
    return;
  }
  const picked = await vscode.window.showQuickPick(items(sorted), {
    title: t('Import into {0}: which hosts of {1}?', system.id, what),
    placeHolder: t('Passwords are never taken over'),
    canPickMany: true,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!picked || picked.length === 0) return;
  const added = picked.flatMap(({ add }) => (add ? [[add.id, add.entry] as const] : []));
  const grown = withServers(text, session.uri.fsPath, system.id, added);
  if (typeof grown === 'string')
    throw new FleetError('usage', t('The fleet file would not be right with them: {0}', grown), {
      hint: t('Nothing was written. Correct the system first, or import fewer.'),
    });
  await editFleetFile(session, [(now) => addServers(now, system.id, added)]);
  const show = t('Show Them');
  const done =
    added.length === 1
      ? t('VMS Fleet: 1 server added to {0}.', system.id)
      : t('VMS Fleet: {0} servers added to {1}.', added.length, system.id);
  const message = [done, ...leftOut(sorted)];
  // Not awaited: they are written, whatever becomes of the notification.
  void vscode.window.showInformationMessage(message.join(' '), show).then((choice) => {
    if (choice !== show) return;
    showPlace(session, ['systems', system.id, 'servers', added[0]?.[0] ?? '']).catch((error: unknown) =>
      faces.log.error('the imported servers', error),
    );
  });
}

async function chooseSystem(
  systems: readonly System[],
  chosen: readonly FleetSelection[],
): Promise<System | undefined> {
  const ids = systemsOf(chosen);
  const meant = systems.filter(({ id }) => ids.has(id));
  const choices = meant.length > 0 ? meant : systems;
  if (choices.length === 0)
    throw new FleetError('usage', t('The fleet file has no system yet that servers could be added to.'), {
      hint: t('Write one first: Ctrl+Space within "systems" offers them.'),
    });
  if (choices.length === 1) return choices[0];
  const title = t('Import into which system?');
  return (await vscode.window.showQuickPick(systemChoices(choices), { title, ignoreFocusOut: true }))?.value;
}

interface Item extends vscode.QuickPickItem {
  add?: Candidates['fresh'][number];
}

/** By their innermost group, in the order of the file; what cannot be picked is named at the end. */
function items({ fresh, ...others }: Candidates): Item[] {
  const groups = new Map<string, Item[]>();
  for (const one of fresh) {
    const { id, found } = one;
    const group = found.groups.at(-1) ?? '';
    const item: Item = {
      label: id,
      description: wayOf(found, id),
      ...(found.notes.length > 0 && { detail: oneLine(`$(info) ${found.notes.join(' ')}`) }),
      add: one,
    };
    const inside = groups.get(group);
    if (inside) inside.push(item);
    else groups.set(group, [item]);
  }
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...[...groups].flatMap(([group, inside]) => [...(group === '' ? [] : [separator(group)]), ...inside]),
    ...leftOut(others).map(separator),
  ];
}

function wayOf({ name, entry, way }: Found, id: string): string {
  const user = entry.user === undefined ? '' : `${entry.user}@`;
  const words = [
    name === id || (entry.host === name && way.host === name) ? '' : name,
    `${user}${way.host}${way.port === undefined ? '' : `:${way.port}`}`,
    way.jump === undefined ? '' : t('through {0}', way.jump),
  ];
  return oneLine(words.filter((word) => word !== '').join(' · '));
}

function leftOut({ there, twice, unfit }: Omit<Candidates, 'fresh'>): string[] {
  const named = (hosts: typeof there): string =>
    listed(
      hosts.map(({ name, id }) => (name === id ? name : `${name} (${id})`)),
      5,
    );
  const why = unfit.map((one) => `${one.name} (${one.why.replace(/\.$/, '')})`);
  return [
    ...(there.length > 0 ? [t('In the fleet file already: {0}.', named(there))] : []),
    ...(twice.length > 0 ? [t('The same machine as another of these: {0}.', named(twice))] : []),
    ...(why.length > 0 ? [t('Left out: {0}.', listed(why, 3))] : []),
  ];
}
