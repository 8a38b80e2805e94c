import * as path from 'node:path';
import type { Bench } from './bench';
import { timed } from './process';
import { figure, type Ratio } from './rounds';

/** The test of the extension host that activates the extension first of all, and the figure that it tells. */
const test = 'activates without an error';
const told = 'loading and activating';

/**
 * How long the extension keeps a real extension host busy before it is active: loading its code, and `activate`. What VS Code waits for
 * between the two, its own storage, is not counted.
 */
export async function activationBench(bench: Bench): Promise<Ratio[]> {
  bench.say('Activation in the extension host');
  const times: number[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const ms = await activate(bench).catch((error: unknown) => {
      bench.say(`NOT MEASURED: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (ms === undefined) break;
    bench.say(`  round ${round}: ${ms} ms`);
    times.push(ms);
  }
  return times.length > 0 ? [figure('activation in the extension host, ms', times, { atMost: 50 })] : [];
}

async function activate(bench: Bench): Promise<number> {
  const program = path.join(bench.root, 'scripts', 'host.mjs');
  const { stdout } = await timed(process.execPath, [program, '--grep', test], { deadline: 300_000 });
  const ms = new RegExp(`${told} \\((\\d+) ms\\)`).exec(stdout)?.[1];
  if (ms === undefined)
    throw new Error(`the extension host did not report its activation:\n${stdout.slice(-500)}`);
  return Number(ms);
}
