import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { getNodeValue } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { safeParse } from 'valibot';
import type { BaseIssue } from 'valibot';
import { FleetError } from '../errors';
import { checkFleet, type Report } from './check';
import { keyAt, MAX_SIZE, nodeAt, readDocument } from './document';
import type { Document, Path, Problem } from './document';
import { issueMessage } from './messages';
import type { Fleet } from './model';
import { resolveFleet } from './resolve';
import { fleetFile } from './schema';
import { checkStructure } from './structure';

export type { Problem } from './document';

/** A fleet with warnings only, or no fleet and at least one error among the problems. Problems stand in the order of the file. */
export type ParsedFleet = { fleet: Fleet; problems: Problem[] } | { fleet: undefined; problems: Problem[] };

const MAX_PROBLEMS = 200;
const SHOWN = 20;

/**
 * Reads the text of a fleet file; `file` is where it lies (relative folders in it start there). Never throws.
 * @param isSshHost whether `~/.ssh/config` knows a host; left out, names of jump hosts are not looked up
 */
export function parseFleet(text: string, file: string, isSshHost?: (name: string) => boolean): ParsedFleet {
  const document = readDocument(text);
  const { root } = document;
  if (root === undefined) return { fleet: undefined, problems: document.problems };

  const problems = checkStructure(document, root, fleetFile);
  const parsed = safeParse(fleetFile, getNodeValue(root), { abortPipeEarly: true });
  if (!parsed.success) problems.push(...issueProblems(parsed.issues, document, root, problems));
  if (!parsed.success || problems.length > 0) return { fleet: undefined, problems: inOrder(problems) };

  const fleet = resolveFleet(parsed.output, resolve(file));
  const report: Report = (message, path, { severity = 'error', atKey = false } = {}) => {
    const place = (atKey ? keyAt(root, path) : nodeAt(root, path)) ?? root;
    problems.push(document.problem(message, place, path, severity));
  };
  checkFleet(fleet, parsed.output, report, isSshHost);
  if (problems.some(isError)) return { fleet: undefined, problems: inOrder(problems) };
  return { fleet, problems: inOrder(problems) };
}

/**
 * Reads a fleet file; the problems that come with the fleet are warnings.
 * Throws `fleet.invalid`: one line `path:line:column: message` for each of the first 20 errors.
 */
export async function readFleet(path: string): Promise<{ fleet: Fleet; problems: Problem[] }> {
  const { fleet, problems } = parseFleet(await readText(path), path);
  if (fleet !== undefined) return { fleet, problems };
  const errors = problems.filter(isError);
  const lines = errors
    .slice(0, SHOWN)
    .map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  if (errors.length > SHOWN) lines.push(`… and ${errors.length - SHOWN} more`);
  throw new FleetError('fleet.invalid', lines.join('\n'), {
    hint: 'Correct the fleet file; nothing was done. VS Code underlines the places.',
  });
}

async function readText(path: string): Promise<string> {
  const invalid = (what: string, cause?: unknown, hint = 'Name the fleet file with -f FILE.') =>
    new FleetError('fleet.invalid', `${path}:1:1: ${what}`, {
      hint,
      ...(cause === undefined ? {} : { cause }),
    });
  let bytes: Buffer;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw invalid('This is not a file.');
    if (found.size > MAX_SIZE) throw invalid('The file is larger than 10 MiB.');
    bytes = await readFile(path);
  } catch (thrown) {
    if (thrown instanceof FleetError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
    throw invalid(
      code === 'ENOENT' ? 'There is no such file.' : `The file cannot be read (${code}).`,
      thrown,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw invalid('The file is not UTF-8 text.', thrown, 'Save it as UTF-8 in your editor.');
  }
}

function issueProblems(
  issues: readonly BaseIssue<unknown>[],
  document: Document,
  root: Node,
  reported: readonly Problem[],
): Problem[] {
  const known = new Set(reported.map(({ path }) => JSON.stringify(path)));
  const problems: Problem[] = [];
  for (const issue of issues) {
    const items = issue.path ?? [];
    const path: Path = items.map(({ key }) => (typeof key === 'number' ? key : String(key)));
    // The structure has said it already, in better words, here or further out.
    if (path.some((_, index) => known.has(JSON.stringify(path.slice(0, index + 1)))) || known.has('[]'))
      continue;
    const atKey = items.at(-1)?.origin === 'key';
    const missing = atKey && issue.input === undefined;
    const place = missing
      ? (keyAt(root, path.slice(0, -1)) ?? root)
      : ((atKey ? keyAt(root, path) : nodeAt(root, path)) ?? root);
    const brace = place === root && root.type === 'object' ? { offset: root.offset, length: 1 } : place;
    problems.push(document.problem(issueMessage(issue, path), brace, path));
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return problems;
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

function inOrder(problems: Problem[]): Problem[] {
  const kept = problems.length > MAX_PROBLEMS && problems.some(isError) ? problems.filter(isError) : problems;
  return kept.sort((a, b) => a.offset - b.offset).slice(0, MAX_PROBLEMS);
}
