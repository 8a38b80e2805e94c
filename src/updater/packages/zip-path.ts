/** The mode bits of an entry that say what it is (`S_IFMT`). */
const typeMask = 0o170000;
const symbolicLink = 0o120000;
const plainTypes = new Set([0, 0o100000, 0o040000]);
/** Hosts of "version made by" whose upper attribute bits are a Unix mode. */
const unixHosts = new Set([3, 19]);

/**
 * Why an entry's name must not be unpacked, as the end of a sentence ("… leads out of its folder"); undefined where it may.
 * Strict for both Windows and Linux, whichever the server is.
 */
export function pathProblem(name: string): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character in its name';
  if (name.includes('\uFFFD')) return 'has a name that is not valid text';
  if (name.includes('\\')) return 'has a backslash in its name';
  if (name.startsWith('/')) return 'is an absolute path';
  if (/^[A-Za-z]:/.test(name)) return 'begins with a drive letter';
  if (name.includes(':')) return 'has a colon in its name';
  const folders = name.replace(/\/$/, '').split('/');
  if (name === '' || folders.includes('') || /(?:^|\/)\.$/.test(name)) return 'has an empty name';
  if (folders.some((folder) => folder === '..')) return 'leads out of its folder';
  // Windows drops dots and spaces at the end: ".. " is "..", and "a." is "a".
  if (folders.some((folder) => folder !== '.' && /[. ]$/.test(folder)))
    return 'has a name that ends with a dot or a space';
  return undefined;
}

/** "./a/b" is "a/b". */
export function plainPath(name: string): string {
  return name
    .split('/')
    .filter((folder) => folder !== '.')
    .join('/');
}

/** Why an entry of this type must not be unpacked: a link can point anywhere, a device is no file. */
export function typeProblem(externalFileAttributes: number, versionMadeBy: number): string | undefined {
  const type = (externalFileAttributes >>> 16) & typeMask;
  if (type === symbolicLink) return 'is a symbolic link';
  if (unixHosts.has(versionMadeBy >>> 8) && !plainTypes.has(type)) return 'is neither a file nor a folder';
  return undefined;
}

/** Finds names that would land on each other: twice the same (Windows: whatever the case), or a file where a folder must be. */
export class PathRegister {
  private readonly files = new Map<string, string>();
  private readonly folders = new Map<string, string>();

  /** The problem as the end of a sentence, or undefined. `path` is a plain path; a folder ends with a slash. */
  add(path: string): string | undefined {
    const key = path.toLowerCase().normalize('NFC');
    const isFolder = key.endsWith('/');
    const bare = isFolder ? key.slice(0, -1) : key;
    const twin = this.files.get(bare);
    if (twin !== undefined)
      return twin === path ? 'is there twice' : `lands on "${twin}" on a server that ignores case`;
    const parents = bare.split('/');
    if (!isFolder) {
      if (this.folders.has(bare)) return 'is a file and a folder at once';
      parents.pop();
      this.files.set(bare, path);
    }
    for (; parents.length > 0; parents.pop()) {
      const folder = parents.join('/');
      if (this.files.has(folder) && folder !== bare) return 'lies below a file as if that were a folder';
      if (this.folders.has(folder)) break;
      this.folders.set(folder, path);
    }
    return undefined;
  }
}
