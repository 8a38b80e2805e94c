import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { scratch } from './make';

const run = promisify(execFile);
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** The real installers that are kept with the tests; see fixtures/README.md. */
export const exeBytes = async () => gunzipSync(await readFile(fixture('eocortex-4.3.1.exe.gz')));
export const msiBytes = () => readFile(fixture('eocortex-4.3.1.msi'));

export const has = (tool: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));
/** In CI a missing tool is a failure, not a reason to test less. */
export const canBuild = process.env.CI !== undefined || (has('makensis') && has('wixl'));

export interface Built {
  /** File name. */
  name: string;
  product?: string;
  company?: string;
  version?: string;
  description?: string;
  original?: string;
  machine?: 'amd64' | 'x86';
  /** No version resource at all. */
  mute?: boolean;
  /** Bytes that cannot be compressed. */
  payload?: number;
}

async function payloadOf(folder: string, bytes = 1000): Promise<string> {
  const path = join(folder, 'payload.bin');
  await writeFile(path, randomBytes(bytes));
  return path;
}

/** Builds a real installer by NSIS and returns its path. */
export async function buildExe(built: Built): Promise<string> {
  const folder = await scratch();
  const out = join(folder, built.name);
  const defines = {
    PRODUCT: built.product,
    COMPANY: built.company,
    VERSION: built.version,
    DESCRIPTION: built.description,
    ORIGINAL: built.original,
    PAYLOAD: await payloadOf(folder, built.payload),
    OUT: out,
    ...(built.mute === true ? { MUTE: '1' } : {}),
  };
  const words = Object.entries(defines).flatMap(([key, value]) =>
    value === undefined ? [] : [`-D${key}=${value}`],
  );
  const target = `-XTarget ${built.machine ?? 'x86'}-unicode`;
  await run('makensis', ['-V1', target, ...words, fixture('installer.nsi')], { timeout: 60_000 });
  return out;
}

/** Builds a real Windows Installer package by wixl and returns its path. */
export async function buildMsi(built: Built): Promise<string> {
  const folder = await scratch();
  const out = join(folder, built.name);
  const defines = {
    VERSION: built.version ?? '1.2.3',
    CODE: '6C0B9B2E-3F9C-4E0B-9F7E-0123456789AE',
    PAYLOAD: basename(await payloadOf(folder, built.payload)),
  };
  const words = Object.entries(defines).flatMap(([key, value]) => ['-D', `${key}=${value}`]);
  const arch = built.machine === 'x86' ? 'x86' : 'x64';
  // It takes only relative names of files, and no argument that is not ASCII: the names go into the source.
  const source = (await readFile(fixture('installer.wxs'), 'utf8'))
    .replaceAll('$(var.PRODUCT)', built.product ?? 'Acme Agent')
    .replaceAll('$(var.COMPANY)', built.company ?? 'Acme Inc.');
  await writeFile(join(folder, 'installer.wxs'), source);
  await run('wixl', ['-a', arch, ...words, '-o', built.name, 'installer.wxs'], {
    cwd: folder,
    timeout: 60_000,
  });
  return out;
}
