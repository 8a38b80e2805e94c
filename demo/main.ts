import { fstatSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { FleetError } from '../src/updater/errors';
import { removeDemo, startDemo } from './fleet';

const USAGE = `Usage: demo up FOLDER      brings the demo fleet up, as it was left or new
       demo reset FOLDER   the same, but afresh: what was there is thrown away
Option: --windows CACHE    Windows-like servers too, where wine is installed; CACHE is a folder for what takes long to make
Prints one line of JSON when it is ready. SIGINT, SIGTERM or the end of its input ends it.`;

async function main(words: string[]): Promise<void> {
  const [verb, folder, option, cache, ...more] = words;
  const known = verb === 'up' || verb === 'reset';
  const optionIsRight = option === undefined || (option === '--windows' && cache !== undefined);
  if (!known || !folder || !optionIsRight || more.length > 0) throw new FleetError('usage', USAGE);
  if (verb === 'reset') await removeDemo(folder);

  const ended = endOfUse(); // from now on, so that an early signal leaves nothing behind either
  const demo = await startDemo(folder, cache === undefined ? {} : { windows: { cache: absolute(cache) } });
  process.once('exit', () => demo.kill());
  const servers = [...demo.servers, ...demo.windows].map(({ id, port }) => ({ id, port }));
  process.stdout.write(
    JSON.stringify({
      ready: true,
      fleet: demo.fleetFile,
      dataDir: demo.dataDir,
      servers,
      notes: demo.notes,
    }) + '\n',
  );
  await ended;
  await demo.stop();
}

/** A signal, or the end of an input that somebody holds open (a parent's pipe, a terminal; not /dev/null). */
function endOfUse(): Promise<void> {
  return new Promise((resolve) => {
    // On, not once: a second signal must not end us before the servers have ended.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve());
    const input = fstatSync(0);
    if (input.isFIFO() || input.isSocket() || process.stdin.isTTY) {
      process.stdin
        .once('end', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
      process.stdin.resume();
    }
  });
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    const known = error instanceof FleetError ? error : undefined;
    process.stderr.write(
      `${known ? [known.message, known.hint].filter(Boolean).join('\n') : String(error)}\n`,
    );
    process.exit(known && ['usage', 'server.unsupported'].includes(known.code) ? 2 : 1);
  },
);
