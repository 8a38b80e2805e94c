import type { ServerEntry } from '../schema';

/** A host that another file lists, as it would be written into a fleet file. */
export interface Found {
  /** What it is called there. */
  name: string;
  entry: ServerEntry;
  /** How the machine is reached, wherever that is written: with this a server is known that is in the fleet file already. */
  way: { host: string; port: number | undefined; jump: string | undefined };
  /** Its name in ~/.ssh/config, which a fleet file may have as the host. */
  alias?: string;
  /** Groups that it is in, for people to find it by. */
  groups: string[];
  /** What could not be taken over, one sentence each. */
  notes: string[];
  /** Why it cannot be imported at all. */
  unfit?: string;
}
