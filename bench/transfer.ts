import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { startProxy } from '../test/lab/proxy';
import type { TransferJob } from './clients/transfer';
import { makeGround, openSshOptions, type Ground, type Host } from './ground';
import { timed } from './process';
import { ratio, rounds, type Ratio, type Runner } from './rounds';
import type { Bench } from './bench';

const mib = 1 << 20;
const file = 'package.bin';

// One file to one server: ours, hash proven there, against OpenSSH's own clients, which prove nothing.

export const loopbackBench = (bench: Bench): Promise<Ratio[]> =>
  grounded((ground) => loopback(bench, ground));
export const farBench = (bench: Bench): Promise<Ratio[]> => grounded((ground) => far(bench, ground));

async function grounded(measure: (ground: Ground) => Promise<Ratio[]>): Promise<Ratio[]> {
  const ground = await makeGround(1);
  try {
    return await measure(ground);
  } finally {
    await ground.close();
  }
}

async function loopback(bench: Bench, ground: Ground): Promise<Ratio[]> {
  const size = bench.quick ? 256 : 1024;
  bench.say(`Transfer of ${size} MiB on loopback`);
  const { port } = first(ground);
  const times = await rounds(
    bench.rounds,
    runners(bench, ground, port, await incompressible(ground, size)),
    bench.say,
  );
  return ratios(bench, `${size} MiB, loopback`, times, 1.5);
}

async function far(bench: Bench, ground: Ground): Promise<Ratio[]> {
  const size = bench.quick ? 256 : 1024;
  bench.say(`Transfer of ${size} MiB over 50 ms of round trip`);
  const proxy = await startProxy({ host: '127.0.0.1', port: first(ground).port }, { delayMs: 25 });
  try {
    ground.know([{ port: proxy.port, hostKey: first(ground).hostKey }]);
    const count = Math.min(bench.rounds, 2); // OpenSSH's clients take half a minute each
    const times = await rounds(
      count,
      runners(bench, ground, proxy.port, await incompressible(ground, size)),
      bench.say,
    );
    return ratios(bench, `${size} MiB, 50 ms`, times, 2.5);
  } finally {
    await proxy.close();
  }
}

function ratios(bench: Bench, what: string, times: Record<string, number[]>, goal: number): Ratio[] {
  return ['scp', 'scp + sha256sum', 'sftp']
    .filter((name) => name in times)
    .map((name) =>
      ratio(
        `${what}: our speed by ${name}'s`,
        times,
        [name, 'ours'],
        name === 'scp' ? { atLeast: goal } : null,
      ),
    );
}

function first(ground: Ground): Host {
  const [host] = ground.hosts;
  if (host === undefined) throw new Error('no host');
  return host;
}

interface Sample {
  path: string;
  sha256: string;
  size: number;
}

function runners(bench: Bench, ground: Ground, port: number, sample: Sample): Record<string, Runner> {
  const deadline = 300_000;
  const there = path.join(ground.folder, 'server');
  /** Takes the time of one transfer into an empty folder, and looks whether the right file arrived. */
  const into =
    (arrived: string, send: () => Promise<{ ms: number }>): Runner =>
    async () => {
      mkdirSync(there);
      try {
        const { ms } = await send();
        if ((await sha256(path.join(there, arrived))) !== sample.sha256)
          throw new Error(`${arrived} arrived wrong`);
        return ms;
      } finally {
        rmSync(there, { recursive: true, force: true });
      }
    };
  const job: TransferJob = {
    home: ground.home,
    ownKnownHosts: path.join(ground.folder, 'own_known_hosts'),
    user: ground.user,
    port,
    stateDir: there,
    source: { path: sample.path, file, size: sample.size, sha256: sample.sha256 },
  };
  const common = ['-q', '-F', '/dev/null', ...openSshOptions(ground).flatMap((one) => ['-o', one])];
  const options = ['-P', String(port), ...common];
  const all: Record<string, Runner> = {
    ours: into(path.join('packages', sample.sha256, file), () =>
      timed(process.execPath, [...bench.client('transfer'), JSON.stringify(job)], { deadline }),
    ),
  };
  const target = `${ground.user}@127.0.0.1`;
  if (bench.has('scp'))
    all['scp'] = into(file, () =>
      timed('scp', [...options, sample.path, `${target}:${path.join(there, file)}`], { deadline }),
    );
  // The same proof as ours, by what a careful person types.
  const hash = ['-p', String(port), ...common, target, `sha256sum ${path.join(there, file)}`];
  if (bench.has('scp'))
    all['scp + sha256sum'] = into(file, async () => {
      const copied = await timed('scp', [...options, sample.path, `${target}:${path.join(there, file)}`], {
        deadline,
      });
      const hashed = await timed('ssh', hash, { deadline });
      if (!hashed.stdout.startsWith(sample.sha256)) throw new Error('sha256sum says otherwise');
      return { ms: copied.ms + hashed.ms };
    });
  if (bench.has('sftp'))
    all['sftp'] = into(file, () =>
      timed('sftp', [...options, '-b', '-', target], {
        deadline,
        stdin: `put ${sample.path} ${path.join(there, file)}\n`,
      }),
    );
  return all;
}

async function incompressible(ground: Ground, sizeMiB: number): Promise<Sample> {
  const sample = path.join(ground.folder, 'sample.bin');
  const block = Buffer.alloc(mib);
  const hash = createHash('sha256');
  const out = openSync(sample, 'w');
  for (let n = 0; n < sizeMiB; n++) {
    randomFillSync(block);
    hash.update(block);
    writeSync(out, block);
  }
  closeSync(out);
  return Promise.resolve({ path: sample, sha256: hash.digest('hex'), size: sizeMiB * mib });
}

async function sha256(name: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(name, { highWaterMark: 4 * mib })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
