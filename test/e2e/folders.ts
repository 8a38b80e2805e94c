import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { session } from './session';

/** A folder of a test's own, to be opened in the window. */
export interface Folder {
  path: string;
  /** The page that shows it. */
  url: string;
  /** Writes the demo fleet's file into it, changed; the servers, their keys and what is on them stay the demo's. */
  writeFleet(change: (text: string) => string): void;
  remove(): void;
}

export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'vms-fleet-e2e-'));
  return {
    path,
    url: pageOf({ folder: path }),
    writeFleet: (change) => writeFileSync(join(path, 'fleet.jsonc'), change(demoFleet())),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The page of the session's VS Code with something else open: `{ folder }`, or `{ ew: 'true' }` for an empty window. */
export function pageOf(query: Record<string, string>): string {
  const page = new URL(session().url);
  page.search = new URLSearchParams(query).toString();
  return page.href;
}

function demoFleet(): string {
  const { fleet } = session();
  if (fleet === null) throw new Error('These tests need the demo fleet');
  return readFileSync(fleet, 'utf8');
}
