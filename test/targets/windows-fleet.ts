import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFailed, vi } from 'vitest';
import type { Fleet } from '../../src/updater/fleet/model';
import { parseFleet } from '../../src/updater/fleet/read';
import { seedSettings } from '../../demo/windows/installer';
import { Desk, localServer } from '../lab/links';
import { freePort } from '../lab/sshd';
import { until } from '../lab/until';
import { createWindowsLab, type MachineOptions, type WindowsLab, type WindowsMachine } from '../lab/windows';
import { Operator, scratch } from './fleet-in-lab';

export interface WindowsRecipe {
  folder: string;
  lab: WindowsLab;
  /** System → its machines, by their ids in the fleet. */
  systems: Record<string, Record<string, WindowsMachine>>;
  /** Further fields of every system. */
  more?: Record<string, unknown>;
  /** Further fields of one server. */
  server?: Record<string, Record<string, unknown>>;
}

/** The fleet file of some Windows-like machines, written and read as a user's would be. */
export async function windowsFleet(recipe: WindowsRecipe): Promise<Fleet> {
  const { folder, lab, systems, more = {}, server = {} } = recipe;
  const file = join(folder, 'lab.fleet.jsonc');
  const text = JSON.stringify({
    name: 'Lab',
    systems: Object.fromEntries(
      Object.entries(systems).map(([id, machines]) => [
        id,
        {
          product: 'eocortex',
          user: 'Administrator',
          identityFile: lab.identityFile,
          app: 'server',
          outOfBand: 'the console in the lab',
          settingsPaths: ['C:\\ProgramData\\Eocortex'],
          restartDelaySeconds: 1,
          health: { settleSeconds: 1, timeoutSeconds: 60 },
          ...more,
          servers: Object.fromEntries(
            Object.entries(machines).map(([name, { port }]) => [
              name,
              { host: '127.0.0.1', port, ...server[name] },
            ]),
          ),
        },
      ]),
    ),
  });
  await writeFile(file, text);
  const parsed = parseFleet(text, file);
  if (parsed.fleet === undefined) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return parsed.fleet;
}

/** A machine on which a version runs, as somebody once installed it by hand. */
export async function running(
  lab: WindowsLab,
  name: string,
  version: string,
  options: MachineOptions = {},
): Promise<WindowsMachine> {
  const machine = await lab.machine(name, options);
  // For whoever reads the failure.
  onTestFailed(async () =>
    console.log(`${name}:\n${machine.log.slice(-60).join('\n')}\n${await jobLogs(machine)}`),
  );
  await seedSettings(machine.driveC, { port: await freePort(), channels: 2 });
  const setup = machine.file('C:\\setup.exe');
  await copyFile(await lab.installer({ version }), setup);
  const type = (line: string) =>
    atConsole(lab, machine, options.shell === 'bash' ? `cmd //c '${line}'` : line);
  const said = await type('C:\\setup.exe /S');
  if (said.code !== 0) throw new Error(`setup ended with ${said.code}: ${said.stderr}`);
  await rm(setup);
  // Its service is being started; it converts its settings before it is up.
  await until(
    `${version} to run on ${name}`,
    async () => (await type('sc query EocortexServer')).stdout.includes('RUNNING'),
    60_000,
  );
  return machine;
}

/** What the jobs of a machine left of themselves. */
async function jobLogs(machine: WindowsMachine): Promise<string> {
  const folder = machine.file(`${STATE}\\jobs`);
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const told = files.filter((name) => /(^|\/)(journal|log)$/.test(name));
  const texts = await Promise.all(
    told.map(async (name) => `${name}:\n${await readFile(join(folder, name), 'utf8')}`),
  );
  return texts.join('\n');
}

/** Somebody does something on a machine, apart from VMS Fleet. */
export async function atConsole(
  lab: WindowsLab,
  machine: WindowsMachine,
  command: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const desk = new Desk();
  try {
    const server = localServer(machine.id, machine.port, {
      os: 'windows',
      user: 'Administrator',
      identityFile: lab.identityFile,
    });
    const link = await desk.links().get(server);
    return await link.exec(command, { deadline: 120_000 });
  } finally {
    desk.leave();
  }
}

/** Somebody sets a machine's clock so many seconds ahead of the true time; negative: behind it. */
export async function setClock(lab: WindowsLab, machine: WindowsMachine, seconds: number): Promise<void> {
  const said = await atConsole(
    lab,
    machine,
    `reg add HKLM\\Software\\Lab /v ClockOffset /t REG_SZ /d ${seconds} /f`,
  );
  if (said.code !== 0) throw new Error(`The clock could not be set: ${said.stderr}`);
}

/** What a file of tests stands on; call it at the top. Minutes on a machine that does much else; nothing is measured. */
export function useWindowsLab(): {
  lab: (this: void) => WindowsLab;
  operators: ReturnType<typeof desks>;
} {
  vi.setConfig({ testTimeout: 300_000 });
  let lab: WindowsLab | undefined;
  const operators = desks();
  beforeAll(async () => (lab = await createWindowsLab()));
  afterAll(async () => {
    await operators.leave();
    await lab?.dispose();
  });
  return {
    operators,
    lab: () => {
      if (lab === undefined) throw new Error('The lab is there only inside tests');
      return lab;
    },
  };
}

/** The operators of a test file: each has a workstation of its own. */
function desks(): {
  at: (this: void, recipe: Omit<WindowsRecipe, 'folder'>) => Promise<Operator>;
  leave: () => Promise<void>;
} {
  const left: (() => Promise<void>)[] = [];
  return {
    at: async ({ lab, ...recipe }) => {
      const place = await scratch();
      const { folder } = place;
      const fleet = await windowsFleet({ folder, lab, ...recipe });
      const one = await Operator.at(folder, fleet, await readFile(await lab.knownHostsFile(), 'utf8'));
      left.push(async () => {
        await one.updater.dispose();
        await place.remove();
      });
      return one;
    },
    leave: async () => {
      for (const one of left) await one();
    },
  };
}

export const STATE = 'C:\\ProgramData\\vms-fleet';

/** Versions on a machine's own rollback stack, oldest first. */
export async function historyOf(machine: WindowsMachine, stateDir = STATE): Promise<string[]> {
  const folder = machine.file(`${stateDir}\\history`);
  const names = (await readdir(folder)).filter((name) => /^\d+-/.test(name)).sort();
  return Promise.all(
    names.map(
      async (name) => /^version\t(\S+)/m.exec(await readFile(`${folder}/${name}`, 'utf8'))?.[1] ?? '?',
    ),
  );
}

/** Jobs that were ever laid on a machine, by their ids. */
export async function jobsOf(machine: WindowsMachine, stateDir = STATE): Promise<string[]> {
  return (await readdir(machine.file(`${stateDir}\\jobs`))).sort();
}

/** The journal of the job that was laid last, as it stands on the machine; empty before there is one. */
async function journal(machine: WindowsMachine): Promise<string> {
  const jobs = machine.file(`${STATE}\\jobs`);
  if (!existsSync(jobs)) return '';
  const file = join(jobs, (await jobsOf(machine)).at(-1) ?? '', 'journal');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Whether the job that was laid last has come to a step. */
export const begins = (machine: WindowsMachine, step: string) => async (): Promise<boolean> =>
  new RegExp(`\\tbegin\\t\\d+\\t${step}\\t`).test(await journal(machine));
