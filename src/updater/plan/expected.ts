import type { ProductId, Server } from '../fleet/model';
import type { Action } from './plan';

/** Whose earlier updates say how long it takes: its own, its system's, the product's; `none`: it is assumed. */
export type Basis = 'server' | 'system' | 'product' | 'none';

/** How long an action is expected to take on a server. Downloads before it do not count; they need no maintenance window. */
export interface Expected {
  seconds: number;
  /** Seconds of it without recording; null: no earlier one tells. */
  downtimeSeconds: number | null;
  /** Seconds that a maintenance window has to leave for it: hardly ever does it take longer. */
  windowSeconds: number;
  basis: Basis;
  /** Times that it was done before, as far as they were looked at. */
  samples: number;
}

/** What an earlier rollout took on one server for each version on the way, or for its restart or download. */
export interface Sample {
  /** The fleet file, where server and system are at home. */
  fleet: string;
  server: string;
  system: string;
  /** Undefined where its journal does not say. */
  product: ProductId | undefined;
  action: Action;
  seconds: number;
  downtimeSeconds: number | null;
}

/**
 * Minutes that one version, step back or restart is taken to last where no experience says better. A server whose
 * `returnMinutes` are fewer is expected to be back sooner, so they bound it.
 */
const assumedMinutes = 15;
/** So many of the newest are looked at: what was long ago was another version, on another machine. */
const newest = 10;
/** A window leaves half as much again, and a little more where all goes fast. */
const margin = { factor: 1.5, seconds: 120 };
/** And it leaves what four of five took. */
const share = 0.8;

/** What earlier rollouts took. The samples come newest first. */
export class Experience {
  private readonly known = new Map<string, Sample[]>();

  /** @param fleet the fleet file that is planned for */
  constructor(
    private readonly fleet = '',
    samples: Iterable<Sample> = [],
  ) {
    for (const sample of samples) {
      const { action, product, server, system } = sample;
      if (sample.fleet === fleet) {
        this.add(`${action} server ${server}`, sample);
        this.add(`${action} system ${system}`, sample);
      }
      if (product !== undefined) this.add(`${action} product ${product}`, sample);
    }
  }

  /** Undefined where nothing is known and nothing can be assumed: a download takes what its line gives. */
  expect(server: Server, action: Action, hops: number): Expected | undefined {
    const times = Math.max(1, hops);
    for (const basis of ['server', 'system', 'product'] as const) {
      const name = { server: server.id, system: server.system, product: server.product }[basis];
      const samples = this.known.get(`${action} ${basis} ${name}`);
      if (samples !== undefined) return { ...learnt(samples, times), basis, samples: samples.length };
    }
    return action === 'download' ? undefined : assumed(server, times);
  }

  private add(key: string, sample: Sample): void {
    const list = this.known.get(key) ?? [];
    this.known.set(key, list);
    if (list.length < newest) list.push(sample);
  }
}

/** Where no earlier rollout tells. */
export function assumed(server: Server, hops: number): Expected {
  const seconds = Math.max(1, hops) * Math.min(assumedMinutes, server.returnMinutes) * 60;
  return { seconds, downtimeSeconds: null, windowSeconds: seconds, basis: 'none', samples: 0 };
}

function learnt(
  samples: readonly Sample[],
  times: number,
): Pick<Expected, 'seconds' | 'downtimeSeconds' | 'windowSeconds'> {
  const seconds = quantile(samples.map((one) => one.seconds));
  const down = samples.flatMap(({ downtimeSeconds }) => downtimeSeconds ?? []);
  const most = quantile(
    samples.map((one) => one.seconds),
    share,
  );
  const window = Math.max(seconds * margin.factor, seconds + margin.seconds, most);
  return {
    seconds: Math.round(times * seconds),
    downtimeSeconds: down.length === 0 ? null : Math.round(times * quantile(down)),
    windowSeconds: Math.ceil(times * window),
  };
}

/** The smallest value that so large a share of them does not exceed; the median by default. */
function quantile(values: readonly number[], of = 0.5): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)] ?? 0;
}

/** "about 6 min, 2 min of it without recording (as on this server 3 times before)" */
export function expectedText({ seconds, downtimeSeconds, basis, samples }: Expected): string {
  const down =
    downtimeSeconds === null || downtimeSeconds === 0
      ? ''
      : downtimeSeconds >= seconds
        ? ', without recording'
        : `, ${spanText(downtimeSeconds)} of it without recording`;
  return `about ${spanText(seconds)}${down} (${basisText(basis, samples)})`;
}

function basisText(basis: Basis, samples: number): string {
  const before = samples === 1 ? 'once before' : `${samples} times before`;
  switch (basis) {
    case 'server':
      return `as on this server ${before}`;
    case 'system':
      return `as in its system ${before}`;
    case 'product':
      return `as with the same product elsewhere ${before}`;
    case 'none':
      return 'assumed: no earlier rollout from this computer tells';
  }
}

/** "40 s", "6 min", "1 h 10 min": seconds for people, two units at most. */
export function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : '']
    .filter((part) => part !== '')
    .join(' ');
}
