import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { PackageInfo, PackageKind } from '../../../src/updater/packages/package-info';
import { linux as hands } from '../../../src/updater/products/banalytics/linux';
import type { JobContext } from '../../../src/updater/products/product';
import type { Facts } from '../../../src/updater/targets/facts';
import { linux } from '../../../src/updater/targets/linux';
import type { Job, JobLine } from '../../../src/updater/targets/platform';
import { readFacts } from '../../../src/updater/targets/read-facts';
import { zipOf } from '../packages/make';
import { jobOf, type Box } from './box';

export const core = 'com.banalytics.box:core';
export const media = 'com.banalytics.box.module:basic-media';
export const vision = 'com.banalytics.box.module:vision';

const hash = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A package that lies on the box and that the library knows. */
export function info(
  box: Box,
  kind: PackageKind,
  module: string,
  version: string,
  bytes: Uint8Array | string,
): PackageInfo {
  const file = `${module.split(':')[1]}-${version}${{ core: '.jar', module: '.jar', dependencies: '-bin.zip', model: '-model.zip', installer: '.exe' }[kind]}`;
  return {
    sha256: box.load(file, bytes),
    file,
    size: bytes.length,
    product: 'banalytics',
    kind,
    version,
    arch: null,
    module,
    dependsOn: [],
    uploaded: 1_700_000_000,
    contents: null,
    source: file,
    loadedAt: '2026-01-01T00:00:00Z',
  };
}

/** The new set: a core, a module, its dependencies in a zip, and two models. */
export async function packages(box: Box, version = '2.0.0'): Promise<PackageInfo[]> {
  const zip = async (
    kind: 'dependencies' | 'model',
    module: string,
    names: string[],
  ): Promise<PackageInfo> => {
    const items = names.map((name) => ({ name, text: `${name} ${version}` }));
    return {
      ...info(box, kind, module, version, await zipOf(items)),
      contents: items.map(({ name, text }) => ({ path: name, sha256: hash(text), size: text.length })),
    };
  };
  return [
    info(box, 'core', core, version, `core ${version}`),
    info(box, 'module', media, version, `media ${version}`),
    info(box, 'module', vision, version, `vision ${version}`),
    await zip('dependencies', media, ['libs/ff mpeg.so', '-rf', 'libs/$HOME.so', 'libs/\u00e9.so']),
    await zip('model', media, ['sound.bin']),
    await zip('model', vision, ['faces/net.bin', '--help']),
  ];
}

/** What runs before the update: core and one module of 1.0.0, settings, a model, and files with names of their own. */
export function oldHome(box: Box): void {
  box.write(
    'home/modules/modules-info.properties',
    '#\ncom.banalytics.box\\:core\\:1.0.0=core:1\ncom.banalytics.box.module\\:basic-media\\:1.0.0=component:1\n',
  );
  box.write('home/modules/banalytics-box.jar', 'core 1.0.0');
  box.write('home/modules/-dash.jar', 'dash');
  box.write('home/modules/..two dots', 'dots');
  box.write('home/modules/libs/old.so', 'old');
  box.link('home/modules/dangling', 'nowhere');
  box.write('home/modules-upgrade/.keep', '');
  box.write('home/models/sound.bin', 'sound 1.0.0');
  box.write('home/config/box.properties', 'name=box 1.0.0');
}

export async function facts(box: Box, known: readonly PackageInfo[]): Promise<Facts> {
  return readFacts(box.local, linux, hands, known);
}

async function context(box: Box, id: string, known: readonly PackageInfo[]): Promise<JobContext> {
  return {
    server: box.server,
    facts: await facts(box, known),
    supply: { packages: known, silent: new Map() },
    to: null,
    platform: linux,
    jobId: id,
    jobDir: box.jobDir(id),
    packagePath: (one) => posix.join(box.state, 'packages', one.sha256, one.file),
    by: 'tester@desk',
    now: new Date(),
  };
}

function whole(id: string, part: Pick<Job, 'lines' | 'files'>): Job {
  // A swap that is not seen within two seconds will not come here.
  const lines = part.lines.map((line): JobLine =>
    line.words[0] === 'check-swap'
      ? { ...line, words: [line.words[0], ...line.words.slice(1, -1), '2'] }
      : line,
  );
  return { ...jobOf(id, lines, part.files) };
}

/** The job that the product would run for the wanted set. */
export async function installJob(box: Box, id: string, known: readonly PackageInfo[]): Promise<Job> {
  return whole(id, hands.installJob(await context(box, id, known)));
}

export async function rollbackJob(box: Box, id: string, known: readonly PackageInfo[]): Promise<Job> {
  const given = await context(box, id, known);
  const entry = given.facts.entries?.at(-1);
  if (entry === undefined) throw new Error('no history');
  return whole(id, hands.rollbackJob(given, entry));
}

export const wanted = { [core]: '2.0.0', [media]: '2.0.0', [vision]: '2.0.0' };

/** What an update may change besides what it is for: the product's own folders for staging and for its last set. */
export function lasting(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).filter(([path]) => !/^\.\/modules-(upgrade|backup)/.test(path)),
  );
}
