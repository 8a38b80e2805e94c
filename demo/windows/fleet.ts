import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildInstaller, seedSettings } from './installer';
import { WindowsMachine } from './machine';
import { windowsTemplate } from './template';
import { findTools, type Tools } from './wine';

export interface WindowsServerPlan {
  site: string;
  tags: string[];
  outOfBand?: string;
  /** The version that is installed when the demo is made. */
  installed: string;
  productName: string;
  build: number;
  channels: number;
}

/** The system of the demo fleet whose servers are Windows-like. */
export const WINDOWS_SYSTEM = 'ferry-terminal';

export const WINDOWS_SERVERS: Record<string, WindowsServerPlan> = {
  'gate-1': {
    site: 'car gates',
    tags: ['canary', 'plates'],
    outOfBand: 'iLO 10.0.9.21',
    installed: '4.3.1',
    productName: 'Windows Server 2019 Standard',
    build: 17763,
    channels: 6,
  },
  'gate-2': {
    site: 'car gates',
    tags: ['plates'],
    outOfBand: 'iLO 10.0.9.22',
    installed: '4.3.1',
    productName: 'Windows Server 2019 Standard',
    build: 17763,
    channels: 8,
  },
  'old-hall': {
    site: 'departure hall',
    tags: ['indoor'],
    installed: '3.5.12',
    productName: 'Windows Server 2016 Standard',
    build: 14393,
    channels: 3,
  },
};

/** Installers that lie ready to be loaded; the one that runs too, for rolling back to it. */
const LYING = ['3.6.57', '4.3.1', '4.3.5', '4.4.2'];

/** The text of the system in the fleet file. */
export function windowsSystemLines(machines: WindowsMachine[], identityFile: string): string[] {
  const json = (value: unknown) => JSON.stringify(value);
  const list = (values: string[]) => `[${values.map(json).join(', ')}]`;
  const blocks = machines.map((machine) => {
    const { site, tags, outOfBand } = planOf(machine.id);
    return [
      `        ${json(machine.id)}: {`,
      '          "host": "127.0.0.1",',
      `          "port": ${machine.port},`,
      '          "app": "server",',
      `          "site": ${json(site)},`,
      ...(outOfBand === undefined ? [] : [`          "outOfBand": ${json(outOfBand)},`]),
      `          "tags": ${list(tags)}`,
      '        }',
    ].join('\n');
  });
  return [
    '    // Windows-like servers: the cmd.exe of wine, behind an SSH server that looks as OpenSSH for Windows does.',
    '    // They run a stand-in for Eocortex. Newer installers lie in the folder "installers" beside this file: load 4.4.2, then download',
    '    // and install it. The old hall is too far behind for one step: load 3.6.57 too.',
    `    ${json(WINDOWS_SYSTEM)}: {`,
    '      "product": "eocortex",',
    '      "os": "windows",',
    `      "user": ${json(machines[0]?.user)},`,
    `      "identityFile": ${json(identityFile)},`,
    '      "settingsPaths": ["C:\\\\ProgramData\\\\Eocortex"],',
    '      "canary": 1,',
    '      "health": { "settleSeconds": 3, "timeoutSeconds": 90 },',
    '      "servers": {',
    blocks.join(',\n'),
    '      }',
    '    }',
  ];
}

export interface WindowsFleetParts {
  /** Of the demo. */
  dir: string;
  /** Folder for the template and for installers; may be shared with other demos. */
  cache: string;
  authorizedKeys: string;
  downMs: number;
  /** The port that a server had, or a free one. */
  portOf: (name: string) => Promise<number>;
}

/** The machines, not yet started; undefined and one line to say where the programs for them are missing. */
export async function makeWindowsFleet(
  parts: WindowsFleetParts,
): Promise<{ machines: WindowsMachine[]; missing?: undefined } | { machines: []; missing: string }> {
  const { tools, missing } = findTools();
  if (tools === undefined)
    return {
      machines: [],
      missing: `The Windows-like servers (${WINDOWS_SYSTEM}) are left out: install ${missing.join(', ')}.`,
    };
  const template = await windowsTemplate(parts.cache, tools);
  const authorizedKeys = (await readFile(parts.authorizedKeys, 'utf8')).split('\n').filter(Boolean);
  const machines: WindowsMachine[] = [];
  for (const [id, { productName, build }] of Object.entries(WINDOWS_SERVERS))
    machines.push(
      new WindowsMachine({
        id,
        root: join(parts.dir, 'servers', id),
        port: await parts.portOf(id),
        tools,
        template,
        authorizedKeys,
        downMs: parts.downMs,
        processor: machines.length,
        identity: { productName, build },
      }),
    );
  await layInstallers(parts, tools);
  return { machines };
}

/** Boots a machine; at its first boot the version of its plan is installed, by its own installer. */
export async function startWindowsServer(machine: WindowsMachine, parts: WindowsFleetParts): Promise<void> {
  await machine.start();
  const done = join(machine.root, 'installed');
  if (existsSync(done)) return;
  const { installed, channels } = planOf(machine.id);
  const { tools } = findTools();
  if (tools === undefined) throw new Error('The programs of the Windows-like servers are gone.');
  await seedSettings(machine.driveC, { port: await parts.portOf(`${machine.id} service`), channels });
  const setup = machine.file('C:\\setup.exe');
  await copyFile(await buildInstaller(parts.cache, tools, { version: installed }), setup);
  const code = await machine.command('C:\\setup.exe /S');
  if (code !== 0)
    throw new Error(`${machine.id} could not install Eocortex ${installed}: exit code ${code}.`);
  await writeFile(done, `${installed}\n`);
}

async function layInstallers({ dir, cache }: WindowsFleetParts, tools: Tools): Promise<void> {
  for (const version of LYING) {
    const made = await buildInstaller(cache, tools, { version, payloadBytes: 8_000_000 });
    const folder = join(dir, 'installers', version);
    const file = join(folder, basename(made));
    if (existsSync(file)) continue;
    await mkdir(folder, { recursive: true });
    await copyFile(made, file);
  }
}

function planOf(id: string): WindowsServerPlan {
  const plan = WINDOWS_SERVERS[id];
  if (plan === undefined) throw new Error(`The demo has no Windows-like server "${id}".`);
  return plan;
}
