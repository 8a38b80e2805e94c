import { afterAll, afterEach, beforeAll } from 'vitest';
import { Workbench } from './workbench';

/** What `npm run e2e` started for the tests. */
export interface Session {
  /** The page: VS Code with `folder` open. */
  url: string;
  /** Absolute path of the folder that is open. */
  folder: string;
  /** Absolute path of the demo fleet's file; null when the tests run on a folder of the caller's. */
  fleet: string | null;
  /** The extension's data folder (VMS_FLEET_HOME). */
  dataDir: string;
  /** VS Code's logs; output channels are files in it. */
  logs: string;
  /** A file with the process group of the VS Code that runs now; one that a test kills is started again at the same address. */
  pidFile: string;
  /** The demo fleet's servers, on loopback. */
  servers: { id: string; port: number }[];
}

/** The session of this run. */
export function session(): Session {
  const text = process.env['VMS_FLEET_E2E'];
  if (text === undefined) throw new Error('No VS Code to drive. Start these tests by npm run e2e.');
  return JSON.parse(text) as Session;
}

/**
 * One VS Code window for all tests of a file, opened before them and closed after; call it at the top of the file or in a `describe`.
 * A failed test leaves a screenshot in `out/screenshots/`.
 */
export function useWorkbench(): () => Workbench {
  let workbench: Workbench | undefined;
  beforeAll(async () => {
    workbench = await Workbench.launch(session());
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await workbench?.screenshot(`failed ${task.name}`);
  });
  afterAll(() => workbench?.close());
  return () => {
    if (workbench === undefined) throw new Error('The window is open only inside tests');
    return workbench;
  };
}
