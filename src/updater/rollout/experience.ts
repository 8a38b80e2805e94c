import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Fleet } from '../fleet/model';
import { Experience, type Sample } from '../plan/expected';
import type { FleetEvent } from './events';
import { journalFile, listJournals, parseEvent, refuseNewer } from './journal';
import { samplesOf } from './samples';

/** The newest journals are read, no more than so many, nor more than so many bytes or parts of servers together. */
const mostJournals = 50;
const mostBytes = 128 << 20;
const mostSamples = 20_000;

interface Read {
  size: number;
  modified: number;
  samples: Sample[];
}

/** What earlier rollouts on this machine took, out of their journals. Each is read once, until more is written into it. */
export class Experiences {
  private read = new Map<string, Read>();

  /** @param dir folder of the journals */
  constructor(private readonly dir: string) {}

  /** For planning in a fleet. What cannot be read tells nothing; it is no reason not to plan. */
  async of(fleet: Fleet, signal?: AbortSignal): Promise<Experience> {
    const products = new Map(fleet.systems.map(({ id, product }) => [id, product]));
    const kept = new Map<string, Read>();
    const samples: Sample[] = [];
    let bytes = 0;
    for (const id of (await listJournals(this.dir)).slice(0, mostJournals)) {
      signal?.throwIfAborted();
      const found = await this.look(id, mostBytes - bytes).catch(() => undefined);
      if (found === undefined) continue;
      kept.set(id, found);
      bytes += found.size;
      for (const sample of found.samples) {
        // Journals of earlier versions do not name the product; this file may.
        const known = sample.fleet === fleet.file ? products.get(sample.system) : undefined;
        samples.push({ ...sample, product: sample.product ?? known });
      }
      if (samples.length >= mostSamples) break;
    }
    this.read = kept;
    return new Experience(fleet.file, samples);
  }

  /** Undefined for a journal that is too large to be read. */
  private async look(id: string, left: number): Promise<Read | undefined> {
    const path = journalFile(this.dir, id);
    const { size, mtimeMs: modified } = await stat(path);
    const known = this.read.get(id);
    if (known?.size === size && known.modified === modified) return known;
    if (size > left) return undefined;
    return { size, modified, samples: await samplesOf(events(path, id)) };
  }
}

/** What tells of times. The rest of a journal is most of it, and is not even parsed. */
const telling = /"type":"(?:rollout-started|status|server-finished)"|"type":"log".*"step":"check-service"/;

async function* events(path: string, id: string): AsyncGenerator<FleetEvent> {
  const input = createReadStream(path, { encoding: 'utf8' });
  try {
    let first = true;
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (first) refuseNewer(id, line);
      first = false;
      const event = telling.test(line) ? parseEvent(line)?.event : undefined;
      if (event !== undefined) yield event;
    }
  } finally {
    input.destroy();
  }
}
