import type { Fleet } from '../updater/fleet/model';
import type { Problem } from '../updater/fleet/read';
import type { Updater, UpdaterHost } from '../updater/updater';

/** What the command line needs of the core; loaded when a verb needs it, so that `--help` is there at once. */
export interface Core {
  createUpdater(fleet: Fleet, host: UpdaterHost): Promise<Updater>;
  readFleet(path: string): Promise<{ fleet: Fleet; problems: Problem[] }>;
  /** Throws `usage` where there is none, or several. */
  findFleetFile(folder: string): Promise<string>;
}
