import { FleetError } from '../updater/errors';
import type { Fleet, Server } from '../updater/fleet/model';
import { listed } from '../vscode/words';

/** What a language model may name; everything may be left out. */
export interface Asked {
  fleet?: string;
  system?: string;
  servers?: string[];
}

/** The fleet that is meant. @throws FleetError that names those there are */
export function fleetAsked<T extends { fleet: Fleet }>(sessions: readonly T[], { fleet }: Asked): T {
  const found = fleet === undefined ? sessions : sessions.filter((session) => session.fleet.name === fleet);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  const names = listed(sessions.map((session) => session.fleet.name));
  if (sessions.length === 0) throw new FleetError('usage', 'No fleet file is open, or it has errors.');
  throw new FleetError('usage', `Name one fleet of these: ${names}.`);
}

/** The servers that are meant; all where none is named. @throws FleetError that names those that are not there */
export function serversAsked(fleet: Fleet, { system, servers = [] }: Asked): Server[] {
  const systems = fleet.systems.filter(({ id }) => system === undefined || id === system);
  if (systems.length === 0)
    throw new FleetError(
      'usage',
      `There is no system "${system}". The systems are: ${listed(fleet.systems.map(({ id }) => id))}.`,
    );
  const inside = systems.flatMap((one) => one.servers);
  if (servers.length === 0) return inside;
  const wanted = new Set(servers);
  const found = inside.filter(({ id }) => wanted.delete(id));
  if (wanted.size > 0)
    throw new FleetError('usage', `There is no server of this id there: ${listed([...wanted])}.`);
  return found;
}
