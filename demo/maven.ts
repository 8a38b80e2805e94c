import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ballast, writeZip, type Files } from './zip';

export const CORE = 'com.banalytics.box:core';
export const BASIC_MEDIA = 'com.banalytics.box.module:basic-media';
export const ONVIF = 'com.banalytics.box.module:onvif';
export const TELEGRAM_BOT = 'com.banalytics.box.module:telegram-bot';
export const YOLO = 'com.banalytics.box.module:image-classification-yolo';

export interface ModuleRecipe {
  /** `group:artifact` */
  module: string;
  version: string;
  /** `group:artifact:version` each; they go into the pom. */
  dependsOn?: string[];
  /** Bytes of incompressible ballast in the jar. */
  sizeBytes?: number;
  /** Content of `-bin.zip`, unpacked into the staged set; left out: there is none. */
  bin?: Files;
  /** Content of `-model.zip`, unpacked into `models`; left out: there is none. */
  model?: Files;
  /** `.sha1` and `.sha256` beside every file; default true. */
  checksums?: boolean;
}

/** Absolute paths of what `makeModule` wrote. */
export interface ModuleFiles {
  folder: string;
  jar: string;
  bin: string | undefined;
  model: string | undefined;
}

/** Writes one version of a module into a Maven-layout repository. The same recipe gives the same bytes. */
export async function makeModule(repositoryDir: string, recipe: ModuleRecipe): Promise<ModuleFiles> {
  const { version } = recipe;
  const { group, artifact } = coordinates(recipe.module);
  const { folder, jar, base } = place(repositoryDir, recipe.module, version);
  await mkdir(folder, { recursive: true });

  const pom = pomOf(recipe);
  const pomFile = `${base}.pom`;
  await writeFile(pomFile, pom);
  const inJar: Files = {
    'META-INF/MANIFEST.MF': lines(
      'Manifest-Version: 1.0',
      `Implementation-Title: ${artifact}`,
      `Implementation-Version: ${version}`,
      `Implementation-Vendor-Id: ${group}`,
      '',
    ),
    [`META-INF/maven/${group}/${artifact}/pom.xml`]: pom,
    [`META-INF/maven/${group}/${artifact}/pom.properties`]: lines(
      `artifactId=${artifact}`,
      `groupId=${group}`,
      `version=${version}`,
    ),
  };
  if (recipe.sizeBytes !== undefined)
    inJar['BOOT-INF/ballast.bin'] = ballast(`${recipe.module}:${version}`, recipe.sizeBytes);
  await writeZip(jar, inJar);

  const bin = recipe.bin && `${base}-bin.zip`;
  const model = recipe.model && `${base}-model.zip`;
  if (bin && recipe.bin) await writeZip(bin, recipe.bin);
  if (model && recipe.model) await writeZip(model, recipe.model);

  if (recipe.checksums ?? true)
    for (const file of [pomFile, jar, bin, model]) if (file !== undefined) await writeChecksums(file);
  writeMetadata(repositoryDir, recipe.module);
  return { folder, jar, bin, model };
}

/** @throws when it is not `group:artifact`. */
export function coordinates(module: string): { group: string; artifact: string } {
  const [group, artifact] = module.split(':');
  if (!group || !artifact) throw new Error(`"${module}" is not group:artifact.`);
  return { group, artifact };
}

/** Where a version of a module lies; `base` is the path without `.jar`, `-bin.zip`, `-model.zip`. */
export function place(repository: string, module: string, version: string) {
  const { group, artifact } = coordinates(module);
  const root = join(repository, ...group.split('.'), artifact);
  const folder = join(root, version);
  const base = join(folder, `${artifact}-${version}`);
  return { root, folder, base, jar: `${base}.jar` };
}

function pomOf(recipe: ModuleRecipe): string {
  const { group, artifact } = coordinates(recipe.module);
  const dependencies = (recipe.dependsOn ?? []).map((dependency) => {
    const [depGroup, depArtifact, depVersion] = dependency.split(':');
    return `    <dependency>\n      ${gav(depGroup ?? '', depArtifact ?? '', depVersion ?? '')}\n    </dependency>`;
  });
  return lines(
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    `  ${gav(group, artifact, recipe.version)}`,
    ...(dependencies.length > 0 ? ['  <dependencies>', ...dependencies, '  </dependencies>'] : []),
    '</project>',
  );
}

function gav(group: string, artifact: string, version: string): string {
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
}

async function writeChecksums(file: string): Promise<void> {
  const content = await readFile(file);
  for (const algorithm of ['sha1', 'sha256'])
    await writeFile(`${file}.${algorithm}`, createHash(algorithm).update(content).digest('hex'));
}

/** Lists what lies there. Synchronous, so that modules made at the same moment all end up in it. */
function writeMetadata(repository: string, module: string): void {
  const { group, artifact } = coordinates(module);
  const { root } = place(repository, module, '0');
  const versions = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const latest = versions.at(-1) ?? '';
  const metadata = lines(
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metadata>',
    `  <groupId>${group}</groupId>`,
    `  <artifactId>${artifact}</artifactId>`,
    '  <versioning>',
    `    <latest>${latest}</latest>`,
    `    <release>${latest}</release>`,
    '    <versions>',
    ...versions.map((version) => `      <version>${version}</version>`),
    '    </versions>',
    '    <lastUpdated>20260102030406</lastUpdated>',
    '  </versioning>',
    '</metadata>',
  );
  writeFileSync(join(root, 'maven-metadata.xml'), metadata);
}

export function lines(...all: string[]): string {
  return all.map((line) => line + '\n').join('');
}
