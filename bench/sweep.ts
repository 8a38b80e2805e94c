import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CORE, makeHome, makeModule } from '../demo/modules';
import { readFleet } from '../src/updater/fleet/read';
import { servers as serversOf, type Server } from '../src/updater/fleet/model';
import { meansFor } from '../src/updater/products/means';
import type { Link } from '../src/updater/targets/link';
import { readFacts } from '../src/updater/targets/read-facts';
import type { Bench } from './bench';
import { makeGround, openSshOptions, type Ground } from './ground';
import { timed } from './process';
import { ratio, rounds, type Ratio, type Runner } from './rounds';

const version = '1.4.2';
const deadline = 180_000;

/** What the clients of the sweep read from a file. */
export interface SweepJob {
  fleetFile: string;
  dataDir: string;
  home: string;
  user: string;
  key: string;
  parallel: number;
  /** The installed version that every server must answer with. */
  version: string;
  /** What the product runs on a server to learn its facts, and what that reads on its standard input there. */
  command: string;
  servers: { port: number; hostKey: string; script: string }[];
}

/** Facts of many servers: ours against parallel-ssh and against a loop of ssh2 alone, the same script run on each. */
export async function sweepBench(bench: Bench): Promise<Ratio[]> {
  const count = bench.quick ? 40 : 200;
  const ground = await makeGround(count);
  try {
    const job = await prepare(ground);
    const jobFile = path.join(ground.folder, 'sweep.json');
    writeFileSync(jobFile, JSON.stringify(job));
    bench.say(`Status sweep of ${count} servers, ${job.parallel} at once`);
    const runners: Record<string, Runner> = {
      ours: async () => (await timed(process.execPath, [...bench.client('sweep'), jobFile], { deadline })).ms,
      bare: async () =>
        (await timed(process.execPath, [...bench.client('bare-sweep'), jobFile], { deadline })).ms,
    };
    if (bench.has('parallel-ssh')) runners['parallel-ssh'] = parallelSsh(ground, job);
    // Over links that are open already; its first half is not counted, so it stands outside the pairs' time.
    runners['again'] = async () => {
      const { stdout } = await timed(process.execPath, [...bench.client('sweep'), jobFile, 'twice'], {
        deadline,
      });
      return Number(stdout);
    };
    const times = await rounds(bench.rounds, runners, bench.say);
    const what = `sweep of ${count}`;
    return [
      ratio(`${what}: our time by the bare ssh2 loop's`, times, ['ours', 'bare'], { atMost: 1.1 }),
      ...('parallel-ssh' in times
        ? [ratio(`${what}: our time by parallel-ssh's`, times, ['ours', 'parallel-ssh'], { atMost: 1 })]
        : []),
      ratio(`${what}: our second one, links kept, by our first`, times, ['again', 'ours']),
    ];
  } finally {
    await ground.close();
  }
}

/** A fleet of small installed homes behind one sshd, every server with folders of its own. */
async function prepare(ground: Ground): Promise<SweepJob> {
  const repository = path.join(ground.folder, 'repository');
  await makeModule(repository, { module: CORE, version, sizeBytes: 20_000 });
  const servers: Record<string, unknown> = {};
  for (const [n, { port }] of ground.hosts.entries()) {
    const own = path.join(ground.folder, 'servers', String(n));
    mkdirSync(path.join(own, 'state'), { recursive: true });
    await makeHome(path.join(own, 'home'), { repository, modules: { [CORE]: version } });
    servers[`srv-${n}`] = {
      host: '127.0.0.1',
      port,
      home: path.join(own, 'home'),
      stateDir: path.join(own, 'state'),
      environment: `environment-${n}`,
      commands: { serviceStatus: ['true'] },
    };
  }
  const fleetFile = path.join(ground.folder, 'bench.fleet.jsonc');
  const system = {
    product: 'banalytics',
    user: ground.user,
    sudo: false,
    modules: { [CORE]: version },
    servers,
  };
  writeFileSync(fleetFile, JSON.stringify({ name: 'Bench', systems: { bench: system } }, undefined, 2));
  const { fleet } = await readFleet(fleetFile);
  const asked = await Promise.all(serversOf(fleet).map(wouldAsk));
  return {
    fleetFile,
    dataDir: path.join(ground.folder, 'data'),
    home: ground.home,
    user: ground.user,
    key: ground.key,
    parallel: 32,
    version,
    command: asked[0]?.command ?? '',
    servers: asked.map(({ script }, n) => ({
      port: ground.hosts[n]?.port ?? 0,
      hostKey: ground.hosts[n]?.hostKey ?? '',
      script,
    })),
  };
}

/** What the product says to this server to learn its facts. */
async function wouldAsk(server: Server): Promise<{ command: string; script: string }> {
  const { platform, hands } = meansFor(server);
  let said: { command: string; script: string } | undefined;
  const link: Link = {
    server,
    roundTrip: 1,
    open: true,
    get files(): never {
      throw new Error('facts need no files');
    },
    exec: (command, { stdin }) => {
      if (typeof stdin === 'string') said = { command, script: stdin };
      return Promise.resolve({ code: 1, signal: null, stdout: '', stderr: 'only listening' });
    },
    forward: () => Promise.reject(new Error('nothing is forwarded here')),
    onClose: () => undefined,
    close: () => undefined,
  };
  await readFacts(link, platform, hands, []).catch(() => undefined);
  if (said === undefined) throw new Error(`${server.id} would be asked nothing`);
  return said;
}

/** It sends one script to all, so every server answers for the folders of the first: the same work. */
function parallelSsh(ground: Ground, job: SweepJob): Runner {
  const hosts = path.join(ground.folder, 'hosts');
  writeFileSync(hosts, job.servers.map(({ port }) => `${job.user}@127.0.0.1:${port}\n`).join(''));
  const options = openSshOptions(ground).flatMap((one) => ['-O', one]);
  const out = path.join(ground.folder, 'answers');
  const args = ['-h', hosts, '-p', String(job.parallel), '-t', '60', '-o', out, '-I', ...options];
  return async () =>
    (await timed('parallel-ssh', [...args, job.command], { deadline, stdin: job.servers[0]?.script ?? '' }))
      .ms;
}
