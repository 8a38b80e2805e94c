import type { ProductId } from '../fleet/model';
import type { Sample } from '../plan/expected';
import type { Action, PlanServer } from '../plan/plan';
import type { FleetEvent, Outcome, ServerStatus } from './events';
import { recordingGap } from './history';

/** States in which a server is being changed, its download ahead behind it. */
const changing: readonly ServerStatus[] = ['installing', 'restarting', 'verifying', 'rolling-back'];
/** Seconds after which a part tells nothing of the next: the lid of the workstation was shut meanwhile, or somebody came to help. */
const longest = 4 * 60 * 60;

interface Part {
  planned: PlanServer;
  action: Action;
  fleet: string;
  product: ProductId | undefined;
  events: FleetEvent[];
  begun: boolean;
  /** It was interrupted, or begun anew in the middle: nobody saw how long it took. */
  broken: boolean;
  outcome: Outcome | null;
}

/** What a rollout took on each server that it brought to its end in one go, for each version on the way. */
export async function samplesOf(events: AsyncIterable<FleetEvent>): Promise<Sample[]> {
  const parts = new Map<string, Part>();
  for await (const event of events) {
    if (event.type === 'rollout-started') start(parts, event);
    else if (event.type === 'status' || event.type === 'log' || event.type === 'server-finished') {
      const part = parts.get(event.server);
      if (part === undefined) continue;
      part.events.push(event);
      part.begun ||= event.type === 'status' && event.status !== 'queued';
      if (event.type === 'server-finished') part.outcome = event.outcome;
    }
  }
  return [...parts.values()].flatMap((part) => sample(part) ?? []);
}

function start(
  parts: Map<string, Part>,
  { action, fleet, plan, products = {} }: Extract<FleetEvent, { type: 'rollout-started' }>,
): void {
  for (const part of parts.values()) part.broken ||= part.begun && part.outcome === null;
  for (const planned of plan.servers) {
    const before = parts.get(planned.id);
    const broken = before?.begun ?? false;
    const product = products[planned.system];
    parts.set(planned.id, {
      ...{ planned, action, fleet, product, broken },
      ...{ events: [], begun: false, outcome: null },
    });
  }
}

function sample({ planned, action, fleet, product, events, broken, outcome }: Part): Sample | undefined {
  const seconds = outcome === 'done' && !broken ? worked(events, action) : null;
  if (seconds === null || seconds > longest) return undefined;
  const times = Math.max(1, planned.path.length);
  const gap = recordingGap(events);
  return {
    ...{ fleet, product, action, server: planned.id, system: planned.system },
    seconds: seconds / times,
    downtimeSeconds: gap === null ? null : gap / times,
  };
}

/** Seconds from where the change began to its end, less the waiting; null where nothing had to be done. */
function worked(events: readonly FleetEvent[], action: Action): number | null {
  const counts = action === 'download' ? ['downloading'] : changing;
  let ms = 0;
  let since: number | null = null;
  let began = false;
  for (const event of events) {
    if (event.type !== 'status' && event.type !== 'server-finished') continue;
    const at = Date.parse(event.at);
    if (since !== null) ms += at - since;
    const status = event.type === 'status' ? event.status : null;
    began ||= status !== null && counts.includes(status);
    since = began && status !== null && status !== 'queued' ? at : null;
  }
  return began && ms >= 0 ? ms / 1000 : null;
}
