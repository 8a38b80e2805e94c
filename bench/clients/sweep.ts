// A fresh process that asks every server of a fleet by the product's own code, as `vms-fleet status` does; then once more.
import { readFileSync } from 'node:fs';
import { createUpdater } from '../../src/updater/index';
import { readFleet } from '../../src/updater/fleet/read';
import type { SweepJob } from '../sweep';

async function main(): Promise<void> {
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SweepJob;
  const { fleet } = await readFleet(job.fleetFile);
  const updater = await createUpdater(fleet, {
    dataDir: job.dataDir,
    home: job.home,
    env: {},
    prompts: { trustHostKey: () => Promise.resolve(false), secret: () => Promise.resolve(undefined) },
  });
  try {
    await updater.refresh();
    const states = [...updater.state().values()];
    const asked = states.filter((state) => state.facts?.installed?.version === job.version);
    if (asked.length !== job.servers.length) {
      const first = states.find((state) => !asked.includes(state));
      throw new Error(
        `${asked.length} of ${job.servers.length} answered; ${JSON.stringify(first?.error ?? first)}`,
      );
    }
    if (process.argv[3] !== 'twice') return;
    const started = performance.now();
    await updater.refresh();
    console.log(performance.now() - started);
  } finally {
    await updater.dispose();
  }
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
