// Files that are loaded as text, wherever something of ours is bundled: what runs on servers, and what the demo is made of.
import { readFile } from 'node:fs/promises';

export const textFiles = /\.(?:sh|bat|c|h|nsi|rc|wxs)$/;

/** Lines that only tell a reader something. They are as much as a fifth of a script, which goes to servers again and again. */
const comments = [
  [/\.sh$/, /^[ \t]*#(?!!).*\r?\n/gm],
  [/\.bat$/, /^rem(?: .*)?\r?\n/gim],
];

/** A file as the product and its tests have it: scripts without their comments. */
export function textOf(path, content) {
  const [, comment] = comments.find(([ending]) => ending.test(path)) ?? [];
  return comment ? content.replace(comment, '') : content;
}

/** The same for esbuild. @type {import('esbuild').Plugin} */
export const texts = {
  name: 'texts',
  setup(build) {
    build.onLoad({ filter: textFiles }, async ({ path }) => ({
      contents: textOf(path, await readFile(path, 'utf8')),
      loader: 'text',
      watchFiles: [path],
    }));
  },
};
