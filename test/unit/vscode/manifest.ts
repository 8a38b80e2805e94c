import { readFileSync } from 'node:fs';

/** A value that is nothing but a key of `package.nls.json`, as VS Code looks for it. */
export const wholeKey = /^%([^%]+)%$/;

export const manifest = () => JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

export const manifestWords = () =>
  JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;

/** package.json as VS Code reads it in English: every `%key%` is the text of `package.nls.json`. */
export function shownManifest(): unknown {
  const words = manifestWords();
  return JSON.parse(JSON.stringify(manifest()), (_, value: unknown) => {
    const key = typeof value === 'string' ? wholeKey.exec(value)?.[1] : undefined;
    return key === undefined ? value : (words[key] ?? value);
  });
}

/** Every text of a JSON value with where it stands. */
export function texts(
  value: unknown,
  path: readonly string[] = [],
): { path: readonly string[]; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => texts(each, [...path, name]));
}
