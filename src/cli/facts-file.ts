import { readFile } from 'node:fs/promises';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import * as v from 'valibot';
import type { Facts } from '../updater/targets/facts';
import { usage } from './arguments';

const text = v.string();
const bytes = v.pipe(v.number(), v.minValue(0));
const loaded = v.array(
  v.looseObject({
    version: text,
    sha256: text,
    file: v.exactOptional(text),
    module: v.exactOptional(text),
    kind: v.exactOptional(text),
  }),
);

/**
 * Facts as DESIGN.md section 5 writes them; what a hand-written file may leave out is filled with "nothing", and what a newer version
 * recorded passes through.
 */
const facts = v.looseObject({
  os: v.looseObject({
    family: v.picklist(['linux', 'windows']),
    name: text,
    build: v.exactOptional(v.number()),
  }),
  arch: text,
  computerName: v.exactOptional(text),
  bootId: v.optional(v.nullable(text), null),
  freeBytes: v.looseObject({ system: bytes, state: bytes, home: v.exactOptional(bytes) }),
  installed: v.optional(
    v.nullable(v.looseObject({ version: text, app: v.exactOptional(text), arch: v.exactOptional(text) })),
    null,
  ),
  service: v.exactOptional(
    v.looseObject({
      name: text,
      state: v.picklist(['running', 'stopped', 'failed', 'missing', 'unknown']),
      account: v.exactOptional(text),
      accountHasProfile: v.exactOptional(v.boolean()),
    }),
  ),
  hotfixes: v.exactOptional(v.array(text)),
  dotnetRelease: v.exactOptional(v.number()),
  runs32Bit: v.exactOptional(v.boolean()),
  storage: v.exactOptional(v.looseObject({ fileSystem: text, disks: v.number(), textChannels: v.boolean() })),
  modules: v.exactOptional(v.record(text, text)),
  firstRun: v.exactOptional(v.boolean()),
  homeMissing: v.exactOptional(v.boolean()),
  loaded: v.optional(loaded, []),
  history: v.optional(v.array(text), []),
  entries: v.exactOptional(
    v.array(
      v.looseObject({
        id: text,
        version: text,
        modules: v.record(text, text),
        backup: v.nullable(text),
        kept: v.optional(v.array(v.looseObject({ name: text, path: text })), []),
        package: v.exactOptional(v.looseObject({ sha256: text, file: text })),
        at: v.number(),
        by: text,
      }),
    ),
  ),
  job: v.optional(
    v.nullable(
      v.looseObject({
        id: text,
        action: v.optional(v.picklist(['install', 'rollback', 'restart']), 'install'),
        to: v.optional(v.nullable(text), null),
        // A job that is named and no more is one that runs.
        state: v.optional(v.picklist(['running', 'interrupted', 'done', 'failed', 'cancelled']), 'running'),
        by: v.optional(text, ''),
        since: v.optional(v.number(), 0),
        step: v.optional(v.nullable(text), null),
        message: v.optional(v.nullable(text), null),
        startsAt: v.exactOptional(text),
      }),
    ),
    null,
  ),
  sizes: v.exactOptional(v.record(text, bytes)),
  readOnly: v.exactOptional(v.array(text)),
  volumes: v.exactOptional(v.record(text, text)),
  tools: v.exactOptional(v.array(text)),
  user: v.exactOptional(v.looseObject({ name: text, root: v.boolean() })),
});

/** Bytes. Facts of a thousand servers with their history are far below. */
const MAX_SIZE = 64 * 1024 * 1024;

/** Reads recorded facts, server id → facts; JSON with comments. Throws `usage` naming the server and field that is wrong. */
export async function readFacts(file: string): Promise<Record<string, Facts>> {
  const errors: ParseError[] = [];
  const parsed: unknown = parse(await read(file), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined)
    throw usage(
      `${file} is not JSON: ${printParseErrorCode(first.error)} at character ${first.offset}.`,
      hint,
    );
  const result = v.safeParse(v.record(text, facts), parsed);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw usage(`${file}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`, hint);
}

const hint = 'vms-fleet status --facts-out FILE writes such a file.';

async function read(file: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (cause) {
    throw usage(`--facts: ${file} cannot be read.`, cause instanceof Error ? cause.message : hint);
  }
  if (content.length > MAX_SIZE) throw usage(`--facts: ${file} is larger than 64 MiB.`, hint);
  return content.toString('utf8').replace(/^\uFEFF/, '');
}
