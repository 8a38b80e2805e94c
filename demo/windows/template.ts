import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import askSource from './programs/ask.c';
import bootHeader from './programs/boot.h';
import certutilSource from './programs/certutil.c';
import netSource from './programs/net.c';
import powershellSource from './programs/powershell.c';
import sayHeader from './programs/say.h';
import scSource from './programs/sc.c';
import sessionSource from './programs/session.c';
import versionHeader from './programs/version.h';
import whoamiSource from './programs/whoami.c';
import wmicSource from './programs/wmic.c';
import { regeditBytes, templateRegistry } from './registry';
import { LOCALES, UTF8_LOCALE, Wine, type Tools } from './wine';

const run = promisify(execFile);

/** Folder of ours in `C:\Windows`; nothing of the machines' own lies in it. */
export const LAB_FOLDER = 'windows/lab';

const HEADERS = { 'boot.h': bootHeader, 'say.h': sayHeader, 'version.h': versionHeader };

/** Programs of ours, and what they stand as in system32; none: it lies in `C:\\Windows\\lab`. */
const PROGRAMS: { file: string; source: string; standsAs?: string[] }[] = [
  { file: 'session', source: sessionSource },
  { file: 'ask', source: askSource, standsAs: ['schtasks', 'shutdown'] },
  { file: 'certutil', source: certutilSource, standsAs: ['certutil'] },
  { file: 'net', source: netSource, standsAs: ['net'] },
  { file: 'powershell', source: powershellSource, standsAs: ['WindowsPowerShell/v1.0/powershell'] },
  { file: 'sc', source: scSource, standsAs: ['sc'] },
  { file: 'whoami', source: whoamiSource, standsAs: ['whoami'] },
  { file: 'wmic', source: wmicSource, standsAs: ['wbem/wmic'] },
];

const COMPILER_FLAGS = ['-O1', '-s', '-municode', '-Wall', '-Wextra', '-Werror'];
const LIBRARIES = ['-lbcrypt', '-lcrypt32', '-lversion', '-lntdll'];

/**
 * The Windows that all machines are copies of: built once (12 s), then reused until its recipe changes. Nobody starts anything in it.
 * @param cache folder for it
 * @returns its absolute path
 */
export async function windowsTemplate(cache: string, tools: Tools): Promise<string> {
  const hash = createHash('sha256');
  for (const { file, source, standsAs } of PROGRAMS) hash.update(JSON.stringify([file, source, standsAs]));
  hash.update(
    [JSON.stringify(HEADERS), templateRegistry(), COMPILER_FLAGS.join(' '), await versionOf(tools)].join(
      '\0',
    ),
  );
  const template = join(cache, `windows-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(template)) {
    await utimes(template, new Date(), new Date());
    return template;
  }

  await mkdir(cache, { recursive: true });
  const building = `${template}.${process.pid}`;
  try {
    await build(building, tools);
    await rename(building, template);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Another run was building it too and came first.
    if (!existsSync(template)) throw error;
  }
  await removeOlder(cache, template);
  return template;
}

async function build(prefix: string, tools: Tools): Promise<void> {
  await makeLocale(join(prefix, LOCALES));
  const wine = new Wine(tools, prefix, 0);
  try {
    await wine.startServer();
    const { code, output } = await wine.run(['wineboot', '--init'], 180_000);
    if (code !== 0) throw new Error(`Wine could not set up its Windows: ${output}`);
    const lab = join(wine.drive, LAB_FOLDER);
    for (const folder of ['requests', 'exit', 'source']) await mkdir(join(lab, folder), { recursive: true });
    const source = join(lab, 'source');
    for (const [name, text] of Object.entries(HEADERS)) await writeFile(join(source, name), text);
    for (const program of PROGRAMS) {
      await writeFile(join(source, `${program.file}.c`), program.source);
      const made = join(source, `${program.file}.exe`);
      await compile(tools, join(source, `${program.file}.c`), made);
      for (const name of program.standsAs ?? [])
        await place(made, join(wine.drive, 'windows/system32', `${name}.exe`));
      if (program.standsAs === undefined) await place(made, join(lab, `${program.file}.exe`));
    }
    await rm(source, { recursive: true });
    const registry = join(lab, 'template.reg');
    await writeFile(registry, regeditBytes(templateRegistry()));
    const imported = await wine.run(['regedit', '/S', 'C:\\windows\\lab\\template.reg']);
    if (imported.code !== 0) throw new Error(`The registry did not take its settings: ${imported.output}`);
    await rm(registry);
    await wine.run(['wineboot', '--end-session', '--shutdown']);
  } finally {
    await wine.stopServer();
  }
  for (const registry of ['system.reg', 'user.reg'])
    if (!existsSync(join(prefix, registry))) throw new Error(`Wine did not write its registry, ${registry}.`);
  // The whole of this computer is no drive of a server.
  await rm(join(prefix, 'dosdevices', 'z:'), { force: true });
}

/** Where the sources of locales are not installed, batch files are read in the code page of the console alone. */
async function makeLocale(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const words = ['-i', 'hi_IN', '-f', 'UTF-8', join(folder, UTF8_LOCALE)];
  await run('localedef', words, { timeout: 60_000 }).catch(() => undefined);
}

async function compile(tools: Tools, source: string, made: string): Promise<void> {
  await run(tools.compiler, [...COMPILER_FLAGS, '-o', made, source, ...LIBRARIES], { timeout: 60_000 });
}

async function place(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await copyFile(from, to);
}

async function versionOf(tools: Tools): Promise<string> {
  const { stdout } = await run(tools.wineserver, ['--version'], { timeout: 20_000 }).catch(
    (error: unknown) => {
      // It says its version on standard error, and with exit code 0 or 1.
      return { stdout: String((error as { stderr?: string }).stderr ?? '') };
    },
  );
  return stdout;
}

/** Templates of older recipes that nobody has asked for since yesterday, and builds that died. */
async function removeOlder(cache: string, template: string): Promise<void> {
  const yesterday = Date.now() - 24 * 3600_000;
  for (const name of await readdir(cache)) {
    const folder = join(cache, name);
    const builder = /^windows-[0-9a-f]{12}(?:\.(\d+))?$/.exec(name);
    if (builder === null || folder === template) continue;
    const inUse = builder[1] ? existsSync(`/proc/${builder[1]}`) : (await stat(folder)).mtimeMs > yesterday;
    if (!inUse) await rm(folder, { recursive: true, force: true });
  }
}

/** A new prefix, a copy of the template. Programs of Windows are shared (hard links): nobody changes them, but replaces them. */
export async function copyTemplate(template: string, prefix: string): Promise<void> {
  const part = `${prefix}.part`;
  await rm(part, { recursive: true, force: true });
  const copy = (how: string[], from: string, to: string) =>
    run('cp', ['-a', ...how, from, to], { timeout: 120_000 });
  const windows = join('drive_c', 'windows');
  await mkdir(join(part, 'drive_c'), { recursive: true });
  for (const name of await readdir(template))
    if (name !== 'drive_c') await copy([], join(template, name), join(part, name));
  for (const name of await readdir(join(template, 'drive_c')))
    if (name !== 'windows') await copy([], join(template, 'drive_c', name), join(part, 'drive_c', name));
  // Not on every file system, and not from one to another.
  await copy(['--link'], join(template, windows), join(part, windows)).catch(async () => {
    await rm(join(part, windows), { recursive: true, force: true });
    await copy(['--reflink=auto'], join(template, windows), join(part, windows));
  });
  await rename(part, prefix);
}
