import type { BaseIssue } from 'valibot';
import { quote } from './document';
import type { Path } from './document';
import { nearest } from './nearest';

/** One sentence for a person about one finding of the schema. Values are not repeated, save those of short lists of words. */
export function issueMessage(issue: BaseIssue<unknown>, path: Path): string {
  const last = path.at(-1);
  const atKey = issue.path?.at(-1)?.origin === 'key';
  if (atKey && issue.input === undefined) return `"${String(last)}" is missing.`;
  if (atKey) return `${quote(String(last))}: ${issue.message}.`;
  const field = path.findLast((segment) => typeof segment === 'string');
  const subject =
    field === undefined
      ? 'The file'
      : typeof last === 'number'
        ? `Entry ${last + 1} of ${quote(field)}`
        : quote(field);
  if (issue.kind !== 'schema') return `${subject} ${issue.message}.`;
  if (issue.type === 'picklist') return `${subject} ${pickMessage(wordsOf(issue), issue.input)}`;
  const isList = issue.type === 'union' && issue.expected?.includes('Array') === true;
  const wanted = isList ? 'a number or a list [ … ] of them' : (WANTED[issue.type] ?? issue.type);
  return `${subject} must be ${wanted}, found ${kind(issue.input)}.`;
}

const WANTED: Record<string, string> = {
  string: 'text in double quotes',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list [ … ]',
  union: 'a number or a percentage such as "25%"',
  record: 'an object { … }',
  strict_object: 'an object { … }',
};

function wordsOf({ expected }: BaseIssue<unknown>): string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? '');
}

/** What a field with a few possible words must be, and what it is: the sentence behind the field's name. */
export function pickMessage(words: readonly string[], input: unknown): string {
  const list = words.map((word) => `"${word}"`);
  const wanted = `must be ${list.slice(0, -1).join(', ')} or ${list.at(-1) ?? ''}`;
  if (typeof input !== 'string') return `${wanted}, found ${kind(input)}.`;
  const near = nearest(input, words);
  return `${wanted}, found ${quote(input)}.${near === undefined ? '' : ` Did you mean "${near}"?`}`;
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' ? 'a number' : 'true or false';
}
