#!/usr/bin/env node
import { main } from './cli/main';

/** ms that open connections may keep the process after its work is done. */
const LINGER = 3_000;

void main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signals: process,
  leave: () => process.exit(130),
  loadCore: async () => {
    const [{ createUpdater }, { readFleet }, { findFleetFile }] = await Promise.all([
      import('./updater/index'),
      import('./updater/fleet/read'),
      import('./updater/fleet/find'),
    ]);
    return { createUpdater, readFleet, findFleetFile };
  },
}).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), LINGER).unref();
});
