import {
  check,
  integer,
  maxValue,
  metadata,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  regex,
  string,
} from 'valibot';
import type { GenericSchema, MetadataAction } from 'valibot';
import { versionShape } from '../packages/versions';

/** What the editor shows about a field. The names are the keywords of JSON Schema and of VS Code's additions to it. */
export interface Doc {
  title: string;
  description: string;
  markdownDescription: string;
  default?: unknown;
  examples?: readonly unknown[];
  enumDescriptions?: readonly string[];
  defaultSnippets?: readonly { label: string; description: string; body: unknown }[];
}

export type DocExtras = Omit<Partial<Doc>, 'title' | 'description' | 'markdownDescription'>;

/** A title and a text in Markdown, with what else helps while typing (default, examples, snippets). */
export function doc<T>(
  title: string,
  markdown: string,
  extras: DocExtras = {},
): MetadataAction<T, Doc & Record<string, unknown>> {
  const description = markdown.replaceAll('`', '').replaceAll('**', '');
  return metadata({ title, description, markdownDescription: markdown, ...extras });
}

/** A field that may be left out. Its default is told to the editor here, and set when the fleet is resolved. */
export function field<const S extends GenericSchema>(
  schema: S,
  title: string,
  markdown: string,
  extras?: DocExtras,
) {
  return optional(pipe(schema, doc(title, markdown, extras)));
}

/** A field with a few possible words, each with its meaning. */
export function choice<const C extends Record<string, string>>(
  choices: C,
  title: string,
  markdown: string,
  extras?: DocExtras,
) {
  const words = Object.keys(choices) as (keyof C & string)[];
  return field(picklist(words), title, markdown, { ...extras, enumDescriptions: Object.values(choices) });
}

/** A name that people give: of a fleet, a site, a tag. */
export const label = pipe(
  string(),
  regex(/^(?=.*\S)\P{Cc}{1,200}$/u, 'must be 1 to 200 characters, without line breaks'),
);

/** Ids go on command lines and into file names. */
export const id = pipe(
  string(),
  regex(
    /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N} ._-]{0,98}[\p{L}\p{M}\p{N}._-])?$/u,
    'an id begins with a letter or digit, ends without a space, and has only letters, digits, spaces and . _ - (at most 100)',
  ),
);

export const host = pipe(
  string(),
  regex(
    /^[^\s\p{Cc}/@-][^\s\p{Cc}/@]*$/u,
    'must be a host name, an address or a name in ~/.ssh/config: no spaces, no user@',
  ),
);

/** A user's name for SSH; Windows ones may be `DOMAIN\name`. */
export const user = pipe(
  string(),
  regex(/^[^\s\p{Cc}:-][^\s\p{Cc}:]*$/u, 'must be a user name: no spaces, no colon, no leading -'),
);

export const jump = pipe(
  string(),
  regex(
    /^[^\s\p{Cc}-](?:\P{Cc}*[^\s\p{Cc}])?$/u,
    'must be the id of another server, a name in ~/.ssh/config, or user@host:port',
  ),
);

/** A key file on this machine. */
export const localFile = pipe(
  string(),
  regex(
    /^(?:~[\\/]|\/|[A-Za-z]:[\\/]|\\\\)\P{Cc}+$/u,
    'must be an absolute path on this machine, or begin with ~/',
  ),
);

/** A path on a server, of either platform; which one it must be follows from the server's `os`. */
export const remotePath = pipe(
  string(),
  regex(
    /^(?:\/|[A-Za-z]:[\\/]|\\\\[^\\\p{Cc}])\P{Cc}*$/u,
    'must be an absolute path on the server, without control characters',
  ),
);

/** A file on a Windows server, absolute or below a folder that is known. */
export const windowsProgram = pipe(
  string(),
  regex(
    /^(?![\\/])(?:[A-Za-z]:[\\/])?[^":*?<>|\p{Cc}]*[^":*?<>|\\/\p{Cc}]$/u,
    'must be the path of a file on Windows, absolute or below the home folder, without " * ? < > |',
  ),
);

/** A whole number within bounds, both included. */
export const whole = (from: number, to: number) =>
  pipe(
    number(),
    integer('must be a whole number'),
    minValue(from, `must be at least ${from}`),
    maxValue(to, `must be at most ${to}`),
  );

/** One word of a command. */
export const word = pipe(
  string(),
  regex(
    /^\P{Cc}+$/u,
    'must be one character or more, and must not hold control characters (tab, line break, NUL)',
  ),
);

/** One word for a Windows program. A double quote has no safe form in every program's own reading of its command line. */
export const installerWord = pipe(
  string(),
  regex(
    /^[^"\p{Cc}]+$/u,
    'must be one word without " and line breaks: it reaches the installer as it stands, spaces included',
  ),
);

/** One line of text that goes onto a Windows command line. */
export const plainLine = pipe(
  string(),
  regex(/^(?=.*\S)[^"\p{Cc}]{1,200}$/u, 'must be one line of 1 to 200 characters, without "'),
);

export const MODULE_KEY =
  /^[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*:[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;
export const moduleKey = pipe(
  string(),
  regex(MODULE_KEY, 'a module is named "group:artifact", such as "com.banalytics.box:core"'),
);

export const version = pipe(
  string(),
  regex(versionShape, 'must be a version of two to four numbers, such as "1.4.2"'),
);

export const releaseLine = pipe(
  string(),
  regex(
    /^[0-9]{1,9}\.[0-9]{1,9}$/,
    'must be a release line: the first two numbers of a version, such as "4.5"',
  ),
);

export const clock = pipe(
  string(),
  regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be a time of day from "00:00" to "23:59"'),
);

export const timeZone = pipe(
  string(),
  check(isTimeZone, 'is not a known time zone; it is named as in "Europe/Tallinn" or "UTC"'),
);

function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const webOrFolder = pipe(
  string(),
  regex(/^\P{Cc}+$/u, 'must be an http(s) address or a folder'),
  check(isRepository, 'must be an http(s) address without a user, or a folder on this machine'),
);

function isRepository(root: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(root)) return !root.startsWith('-') && root.trim() === root;
  if (!URL.canParse(root)) return false;
  const address = new URL(root);
  return (
    ['http:', 'https:'].includes(address.protocol) &&
    address.hostname !== '' &&
    address.username === '' &&
    address.password === '' &&
    address.search === '' &&
    address.hash === ''
  );
}

/** What a server is asked for over HTTP(S), as it sees itself. */
export const healthUrl = pipe(
  string(),
  regex(/^https?:\/\/[^\s\p{Cc}]{1,500}$/u, 'must be an http(s) address'),
  check(
    isPlainUrl,
    'must be an address without a user, a fragment, or a field that is named as a secret (password, token, key)',
  ),
);

function isPlainUrl(written: string): boolean {
  if (!URL.canParse(written)) return false;
  const { hostname, username, password, hash, searchParams } = new URL(written);
  const isSecret = (name: string): boolean => /pass|pwd|token|secret|key/i.test(name);
  return (
    hostname !== '' &&
    username === '' &&
    password === '' &&
    hash === '' &&
    ![...searchParams.keys()].some(isSecret)
  );
}

/** A systemd unit or a Windows service (its name, not its display name; it may hold spaces). */
export const serviceName = pipe(
  string(),
  regex(
    /^[\p{L}\p{N}_](?:[\p{L}\p{N}_@.:\\$ -]{0,254}[\p{L}\p{N}_@.:\\$-])?$/u,
    'must be the name of a service: letters, digits, spaces and _ @ . : \\ $ -',
  ),
);
