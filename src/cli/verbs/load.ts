import { dirname, resolve } from 'node:path';
import { FleetError } from '../../updater/errors';
import { servers as serversOf, type Server } from '../../updater/fleet/model';
import { packageKinds, type InspectHints, type PackageInfo } from '../../updater/packages/package-info';
import type { openRepository } from '../../updater/packages/repository';
import { size } from '../../updater/size';
import type { Updater } from '../../updater/updater';
import type { Terminal } from '../terminal';
import { usage, type PackageHints } from '../arguments';
import { withUpdater, type Context, type Opened } from '../context';
import { exit, exitCodeOf, tell, type ExitCode } from '../errors';
import { loadLine, packageDocument } from '../package-text';
import { writeVersions } from './load-system';

/** One thing to load, and how. */
interface Load {
  /** What is being loaded, for the progress line. */
  name: string;
  run: () => Promise<PackageInfo[]>;
}

const products = ['eocortex', 'mirasys', 'banalytics'] as const;

/**
 * Puts packages into the library; with `--system` they are what that system shall run from now on. One that fails does not keep
 * the others out.
 */
export function load(context: Context): Promise<ExitCode> {
  const { terminal, interrupt } = context;
  return withUpdater(context, context.args.words.length > 0 ? 'optional' : 'needed', async (opened) => {
    interrupt.means(
      'Stopped loading; what was loaded stays, and a broken-off download goes on when you load it again.',
    );
    const loads = await whatToLoad(context, opened);
    const known = new Set((await opened.updater.library.list()).map(({ sha256 }) => sha256));
    const loaded: { info: PackageInfo; existed: boolean }[] = [];
    const failures: FleetError[] = [];
    const failed = (error: unknown): void => {
      if (!(error instanceof FleetError)) throw error;
      terminal.draw([]);
      failures.push(error);
      tell(terminal, error);
      terminal.note(`  (${error.code})`);
    };
    for (const { name, run } of loads) {
      if (interrupt.signal.aborted) break;
      try {
        terminal.draw([name]);
        for (const info of await run()) {
          loaded.push({ info, existed: known.has(info.sha256) });
          if (!terminal.json) terminal.say(loadLine(terminal, info, known.has(info.sha256)));
          known.add(info.sha256);
        }
      } catch (error) {
        failed(error);
      }
    }
    terminal.draw([]);
    const isWhole = failures.length === 0 && !interrupt.signal.aborted;
    const systems = context.args.words.length > 0 ? opened.systems : [];
    if (systems.length > 0 && !isWhole)
      terminal.note(`Not everything was loaded: ${opened.fleet.file} stays as it is.`);
    const infos = loaded.map(({ info }) => info);
    const written = isWhole
      ? await writeVersions(context, opened.fleet, systems, infos).catch((error: unknown) => {
          failed(error);
          return [];
        })
      : [];
    if (terminal.json)
      terminal.document({
        schema: 1,
        packages: loaded.map(({ info, existed }) => ({ ...packageDocument(info), existed })),
        systems: written,
        errors: failures.map((error) => error.toJSON()),
      });
    // A bad package is bad input, and says more than a repository that was away.
    return (
      failures.map(exitCodeOf).find((code) => code === exit.usage) ??
      (failures.length > 0 ? exit.failed : exit.done)
    );
  });
}

async function whatToLoad(context: Context, { updater, fleet, selected, systems }: Opened): Promise<Load[]> {
  const { args, terminal, interrupt, cwd } = context;
  const { words, hints } = args;
  const { signal } = interrupt;
  const draw = progressLine(terminal);

  if (words.length > 0) {
    if (words.length > 1 && (hints.version ?? hints.module) !== undefined)
      throw usage('--package-version and --module speak of one package; name one file or URL.');
    const modules = [
      ...new Set(serversOf(fleet).flatMap((server) => Object.keys(server.banalytics?.modules ?? {}))),
    ];
    // What is loaded for systems of one product must be of that product.
    const [product, ...others] = new Set(systems.map((system) => system.product));
    const said: InspectHints = {
      ...(product === undefined || others.length > 0 ? {} : { product }),
      ...checked(hints),
      ...(modules.length === 0 ? {} : { modules }),
    };
    return words.map((word) => ({
      name: word,
      run: async () => {
        const source = /^[a-z][a-z0-9+.-]+:\/\//i.test(word) ? word : resolve(cwd, word);
        const file =
          word
            .replace(/[?#].*$/, '')
            .split(/[/\\]/)
            .at(-1) || word;
        const onProgress = (received: number, total: number | undefined) => draw(file, received, total);
        return [(await updater.library.add(source, { hints: said, signal, onProgress })).info];
      },
    }));
  }

  const { openRepository } = await import('../../updater/packages/repository');
  const open = (root: string) => openRepository(root, { base: dirname(fleet.file), signal });
  const wanted = wantedModules(selected, hints);
  return wanted.map(({ root, module, version }) => ({
    name: `${module} ${version}`,
    run: () => fetchFrom(open(root), updater, module, version, draw),
  }));
}

/** Milliseconds between two drawings; bytes come far more often. */
const drawEvery = 100;

/** Draws "name  57 %  32.1 of 57.3 MiB  19.8 MiB/s"; the speed is that of this call, not of what was there before. */
function progressLine(terminal: Terminal) {
  let drawn = 0;
  let start = { name: '', at: 0, received: 0 };
  return (name: string, received: number, total: number | undefined): void => {
    const now = Date.now();
    if (start.name !== name || received < start.received) start = { name, at: now, received };
    if (now - drawn < drawEvery && received !== total) return;
    drawn = now;
    const seconds = (now - start.at) / 1000;
    const speed = seconds < 1 ? '' : `${size((received - start.received) / seconds)}/s`;
    const share = total === undefined || total === 0 ? '' : `${Math.floor((received / total) * 100)} %`;
    const amount = total === undefined ? size(received) : `${size(received)} of ${size(total)}`;
    terminal.draw([[name, share, amount, speed].filter((part) => part !== '').join('  ')]);
  };
}

function fetchFrom(
  repository: ReturnType<typeof openRepository>,
  updater: Updater,
  module: string,
  version: string,
  draw: (name: string, received: number, total: number | undefined) => void,
): Promise<PackageInfo[]> {
  return repository.fetchInto(
    updater.library,
    { product: 'banalytics', module, version },
    { onProgress: ({ file, received, total }) => draw(file, received, total) },
  );
}

interface Wanted {
  root: string;
  module: string;
  version: string;
}

/** Every module that the selected servers want, or the one that `--module` names, each once a repository. */
function wantedModules(selected: readonly Server[], hints: PackageHints): Wanted[] {
  const found = new Map<string, Wanted>();
  const without = new Set<string>();
  for (const { id, banalytics } of selected) {
    if (banalytics === undefined) continue;
    const { repository: root } = banalytics;
    if (root === undefined) {
      without.add(id);
      continue;
    }
    for (const [module, version] of Object.entries(asked(banalytics.modules, hints)))
      if (version !== null) found.set(`${root}\n${module}\n${version}`, { root, module, version });
  }
  if (found.size > 0) return [...found.values()];
  if (without.size > 0)
    throw usage(
      'The fleet file names no repository for these servers.',
      'Add "repository", or load files: vms-fleet load FILE|URL…',
    );
  throw usage(
    'The fleet file wants no packages that a repository has.',
    'Load files: vms-fleet load FILE|URL…',
  );
}

function asked(desired: Record<string, string | null>, hints: PackageHints): Record<string, string | null> {
  if (hints.module === undefined) {
    if (hints.version !== undefined) throw usage('--package-version needs --module, or a file.');
    return desired;
  }
  const version = hints.version ?? desired[hints.module];
  if (version === undefined || version === null)
    throw usage(
      `Which version of ${hints.module}? The fleet file wants none.`,
      'Say it with --package-version V.',
    );
  return { [hints.module]: version };
}

function checked({ product, kind, ...rest }: PackageHints): InspectHints {
  const knownProduct = products.find((one) => one === product);
  if (product !== undefined && knownProduct === undefined)
    throw usage(`--product: there is no product "${product}".`, `The products are ${products.join(', ')}.`);
  const knownKind = packageKinds.find((one) => one === kind);
  if (kind !== undefined && knownKind === undefined)
    throw usage(`--kind: there is no kind "${kind}".`, `The kinds are ${packageKinds.join(', ')}.`);
  return {
    ...rest,
    ...(knownProduct === undefined ? {} : { product: knownProduct }),
    ...(knownKind === undefined ? {} : { kind: knownKind }),
  };
}
