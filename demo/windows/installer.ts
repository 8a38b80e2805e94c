import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import scriptSource from './installer/vms.nsi';
import resourceSource from './installer/vms.rc';
import packageSource from './installer/vms.wxs';
import serviceSource from './programs/vms.c';
import { find } from './find';
import type { Tools } from './wine';

const run = promisify(execFile);
const DEADLINE = { timeout: 60_000 };

export interface InstallerRecipe {
  /** Two to four numbers. */
  version: string;
  /** `client`: a part of the product. `foreign`: of another maker. Default: the complete distribution. */
  edition?: 'complete' | 'client' | 'foreign';
  /** Of the installing program; one of 32 bits does not run on these machines. Default 64. */
  bits?: 64 | 32;
  /** `msi` needs wixl. Default `exe`. */
  format?: 'exe' | 'msi';
  /** Bytes in it that cannot be compressed; default 100 000. */
  payloadBytes?: number;
}

const EDITIONS = {
  complete: {
    product: 'Eocortex',
    description: 'Eocortex complete distribution (x64)',
    company: 'Eocortex',
    file: 'EocortexMainCommon Installer',
  },
  client: {
    product: 'Eocortex Client',
    description: 'Eocortex Client',
    company: 'Eocortex',
    file: 'EocortexClient Installer',
  },
  foreign: {
    product: 'Acme Agent',
    description: 'Acme Agent setup',
    company: 'Acme Inc.',
    file: 'agent setup',
  },
};

/** Settings changed in 4.0 and in 4.3. */
function settingsFormat(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 4 ? (minor >= 3 || major > 4 ? 43 : 40) : 30;
}

/**
 * Builds an installer of the stand-in VMS, or takes the one that was built before.
 * @param cache folder for installers
 * @returns absolute path of the file, which bears the vendor's name for it
 */
export async function buildInstaller(cache: string, tools: Tools, recipe: InstallerRecipe): Promise<string> {
  const { version, edition = 'complete', bits = 64, format = 'exe', payloadBytes = 100_000 } = recipe;
  const hash = createHash('sha256')
    .update(JSON.stringify([scriptSource, resourceSource, packageSource, serviceSource]))
    .update(JSON.stringify([version, edition, bits, format, payloadBytes]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cache, `installer-${version}-${hash}`);
  const file = join(folder, `${EDITIONS[edition].file}.${format}`);
  if (existsSync(file)) return file;

  const building = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(building, { recursive: true });
  try {
    await compileService(building, tools, version);
    await writeFile(join(building, 'payload.bin'), ballast(version, payloadBytes));
    const made = join(building, basename(file));
    if (format === 'msi') await buildPackage(building, version, made);
    else await buildProgram(building, tools, { version, edition, bits, made });
    await mkdir(folder, { recursive: true });
    await rename(made, file);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return file;
}

async function compileService(folder: string, tools: Tools, version: string): Promise<void> {
  const source = join(folder, 'vms.c');
  const resource = join(folder, 'vms.rc');
  await writeFile(source, serviceSource);
  await writeFile(resource, resourceSource);
  const windres = tools.compiler.replace(/gcc$/, 'windres');
  const words = [`-DVMS_VERSION=\\"${version}\\"`, `-DVMS_NUMBERS=${numbers(version).replaceAll('.', ',')}`];
  await run(windres, [...words, resource, join(folder, 'vms.o')], DEADLINE);
  const flags = [
    '-O1',
    '-s',
    '-municode',
    `-DVMS_VERSION="${version}"`,
    `-DVMS_FORMAT=${settingsFormat(version)}`,
  ];
  const made = join(folder, 'EocortexServer.exe');
  await run(tools.compiler, [...flags, '-o', made, source, join(folder, 'vms.o'), '-lws2_32'], DEADLINE);
}

async function buildProgram(
  folder: string,
  tools: Tools,
  {
    version,
    edition,
    bits,
    made,
  }: { version: string; edition: keyof typeof EDITIONS; bits: 64 | 32; made: string },
): Promise<void> {
  const script = join(folder, 'vms.nsi');
  await writeFile(script, scriptSource);
  const { product, description, company, file } = EDITIONS[edition];
  const defines = {
    PRODUCT: product,
    DESCRIPTION: description,
    COMPANY: company,
    ORIGINAL: `${file}.exe`,
    VERSION: version,
    NUMBERS: numbers(version),
    PAYLOAD: join(folder, 'payload.bin'),
    PROGRAM: join(folder, 'EocortexServer.exe'),
    OUT: made,
  };
  const words = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  const target = `-XTarget ${bits === 64 ? 'amd64' : 'x86'}-unicode`;
  await run(tools.makensis, ['-V1', target, ...words, script], DEADLINE);
}

async function buildPackage(folder: string, version: string, made: string): Promise<void> {
  const wixl = find('wixl');
  if (wixl === undefined) throw new Error('An .msi is built by wixl, and it is not here: install wixl.');
  await writeFile(join(folder, 'vms.wxs'), packageSource);
  // It takes only relative names of files.
  const words = ['-a', 'x64', '-D', `VERSION=${version}`, '-o', basename(made), 'vms.wxs'];
  await run(wixl, words, { ...DEADLINE, cwd: folder });
}

/** A version resource has four numbers. */
function numbers(version: string): string {
  return [...version.split('.'), '0', '0'].slice(0, 4).join('.');
}

/** The same bytes for the same version, not to be compressed. */
function ballast(version: string, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < bytes; made += 32)
    blocks.push(createHash('sha256').update(`${version} ${made}`).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** What may go wrong in an installer; see `installer/vms.nsi`. */
export interface InstallerTrouble {
  /**
   * `fail`: ends with `exit` and does nothing. `nothing`: ends with 0 and does nothing. `hang`: never ends. `restart-needed`: all is done,
   * exit code 3010. `pending`: the same, but the new program comes into its place at the restart. `restart`: restarts the machine,
   * exit code 1641. `restart-midway`: restarts it in the middle and says nothing. `stopped`: leaves the service stopped.
   * `broken`: the new version's service fails at its start.
   */
  mode?:
    | 'fail'
    | 'nothing'
    | 'hang'
    | 'restart-needed'
    | 'pending'
    | 'restart'
    | 'restart-midway'
    | 'stopped'
    | 'broken';
  exit?: number;
  /** It takes so long. */
  seconds?: number;
  /** Only this version's installer. */
  version?: string;
}

/** Lays out what the installers of a machine shall do wrong; undefined: nothing. @param driveC its drive C: on this computer */
export async function troubleInstallers(
  driveC: string,
  trouble: InstallerTrouble | undefined,
): Promise<void> {
  const file = join(driveC, 'standin', 'trouble.ini');
  await rm(file, { force: true });
  if (trouble === undefined) return;
  await mkdir(join(driveC, 'standin'), { recursive: true });
  const lines = Object.entries(trouble).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, ['[installer]', ...lines, ''].join('\r\n'));
}

/** Settings of the stand-in VMS on a machine that has never run it. */
export async function seedSettings(
  driveC: string,
  { port, channels = 4 }: { port: number; channels?: number },
): Promise<void> {
  const folder = join(driveC, 'ProgramData', 'Eocortex');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.ini'), `port=${port}\r\nchannels=${channels}\r\n`);
}

/** The settings file of a machine, for tests to look into. */
export async function readSettings(driveC: string): Promise<Record<string, string>> {
  const text = await readFile(join(driveC, 'ProgramData', 'Eocortex', 'settings.ini'), 'utf8');
  return Object.fromEntries(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
