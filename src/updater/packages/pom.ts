import { isVendorGroup, parseModule } from './coordinates';
import { parseXml, select, textOf, type XmlElement } from './xml';

/** What a `pom.properties` says. */
export interface PomIdentity {
  /** "group:artifact". */
  module: string;
  version: string;
}

/** Reads `META-INF/maven/<group>/<artifact>/pom.properties`; undefined where it names no module. */
export function parsePomProperties(text: string): PomIdentity | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const match = /^\s*([A-Za-z.]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      values.set(match[1], match[2].replace(/\\(.)/g, '$1'));
  }
  const module = `${values.get('groupId') ?? ''}:${values.get('artifactId') ?? ''}`;
  const version = values.get('version');
  return version === undefined || parseModule(module) === undefined ? undefined : { module, version };
}

/**
 * The vendor's own modules among the dependencies of a `pom.xml`, as "group:artifact", each once, sorted. Only those of the
 * project itself: what plugins, profiles and `dependencyManagement` name is not needed by the jar, nor is scope `test`.
 * A name with a property that the file does not explain (it stands in a parent) is left out.
 */
export function parseDependencies(pom: string, own: PomIdentity): string[] {
  const project = select(parseXml(pom), 'project')[0];
  if (project === undefined) return [];
  const resolve = resolver(project, own);
  const found = new Set<string>();
  for (const dependency of select(project, 'dependencies', 'dependency')) {
    if (textOf(dependency, 'scope') === 'test') continue;
    const group = resolve(textOf(dependency, 'groupId') ?? '');
    const module = `${group}:${resolve(textOf(dependency, 'artifactId') ?? '')}`;
    if (isVendorGroup(group) && parseModule(module) !== undefined && module !== own.module) found.add(module);
  }
  return [...found].sort();
}

function resolver(project: XmlElement, own: PomIdentity): (text: string) => string {
  const [group = '', artifact = ''] = own.module.split(':');
  const values = new Map<string, string>();
  for (const property of select(project, 'properties')[0]?.children ?? [])
    values.set(property.name, property.text.trim());
  for (const prefix of ['project.', 'pom.', '']) {
    values.set(`${prefix}groupId`, group);
    values.set(`${prefix}artifactId`, artifact);
    values.set(`${prefix}version`, own.version);
    values.set(`${prefix}parent.groupId`, textOf(project, 'parent', 'groupId') ?? group);
  }
  return (text) => {
    let resolved = text;
    // A property may be made of properties; one made of itself ends here too.
    for (let round = 0; round < 5 && resolved.includes('${') && resolved.length < 1000; round += 1)
      resolved = resolved.replace(/\$\{([^{}]+)\}/g, (whole, name: string) => values.get(name) ?? whole);
    return resolved;
  };
}

/** A header of the main section of `META-INF/MANIFEST.MF`. */
export function manifestHeader(manifest: string, name: string): string | undefined {
  // A line that begins with a space goes on with the one before it.
  const main = manifest.replace(/\r\n?/g, '\n').replace(/\n /g, '').split(/\n\n/)[0] ?? '';
  const line = main.split('\n').find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}
