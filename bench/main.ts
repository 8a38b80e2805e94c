import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { activationBench } from './activation';
import type { Bench } from './bench';
import { fleetViewBench } from './fleet-view';
import { reportText } from './report';
import type { Ratio } from './rounds';
import { sizesBench } from './sizes';
import { sweepBench } from './sweep';
import { farBench, loopbackBench } from './transfer';

const parts: Record<string, (bench: Bench) => Promise<Ratio[]>> = {
  sweep: sweepBench,
  loopback: loopbackBench,
  far: farBench,
  activation: activationBench,
  sizes: sizesBench,
  view: fleetViewBench,
};

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(parts).join() },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const only = options.only.split(',');
  const unknown = only.filter((name) => !(name in parts));
  const rounds = Number(options.rounds);
  if (unknown.length > 0) throw new Error(`--only: ${Object.keys(parts).join()}; not ${unknown.join()}`);
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds: a whole number above 0');

  const { profile } = options;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`];
  const missing = new Set<string>();
  const say = (line: string): void => console.error(line);
  const bench: Bench = {
    rounds,
    quick: options.quick,
    root: process.cwd(),
    say,
    has(program) {
      if (onPath(program)) return true;
      if (!missing.has(program))
        say(`NOT MEASURED: ${program} is not installed, so nothing is compared with it.`);
      missing.add(program);
      return false;
    },
    client: (name) => [...profiling, path.join(__dirname, 'clients', `${name}.cjs`)],
  };
  const ratios: Ratio[] = [];
  for (const name of only) ratios.push(...((await parts[name]?.(bench)) ?? []));
  if (options.json) console.log(JSON.stringify({ schema: 1, ratios, missing: [...missing] }, undefined, 2));
  else console.log(reportText(ratios, [...missing]));
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
