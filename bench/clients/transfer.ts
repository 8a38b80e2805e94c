// A fresh process that brings one file to one server by the product's own code, as `vms-fleet download` does.
import { localServer } from '../../test/lab/links';
import { createLinks } from '../../src/updater/targets/links';
import { platformOf } from '../../src/updater/targets/read-facts';
import { transfer, type Source } from '../../src/updater/targets/transfer';

export interface TransferJob {
  home: string;
  ownKnownHosts: string;
  user: string;
  port: number;
  stateDir: string;
  source: Source;
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '') as TransferJob;
  const server = localServer('bench', job.port, { user: job.user, stateDir: job.stateDir });
  const platform = platformOf(server);
  if (platform === undefined) throw new Error('no platform');
  const links = createLinks({
    prompts: { trustHostKey: () => Promise.resolve(false), secret: () => Promise.resolve(undefined) },
    ownKnownHosts: job.ownKnownHosts,
    home: job.home,
    env: {},
  });
  try {
    const result = await transfer(await links.get(server), platform, job.source);
    if (result !== 'sent') throw new Error(`the file was there already: ${result}`);
  } finally {
    links.dispose();
  }
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
