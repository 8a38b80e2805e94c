import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import { FleetError } from '../errors';

/** Why a signal was aborted, as an error for people: its reason if that is one of ours, else `cancelled`. */
export function abortedBy(signal: AbortSignal): FleetError {
  if (signal.reason instanceof FleetError) return signal.reason;
  return new FleetError('cancelled', 'Cancelled.', { cause: signal.reason });
}

/** Settles as the promise does, or rejects as soon as the signal aborts. What the promise does after that is nobody's. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedBy(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** A signal of its own that follows another one and a deadline (milliseconds). `done` gives back the timer and the listener. */
export function stopper(
  outer: AbortSignal | undefined,
  deadline: number,
  late: () => FleetError,
): { controller: AbortController; signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const follow = () => controller.abort(abortedBy(outer!));
  if (outer?.aborted) follow();
  if (outer) setMaxListeners(0, outer); // one signal may stop the work on hundreds of servers
  outer?.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(() => controller.abort(late()), deadline);
  return {
    controller,
    signal: controller.signal,
    done: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

/** A number of places; who finds none waits in line. */
export class Slots {
  readonly #limit: LimitFunction;

  constructor(places: number) {
    this.#limit = pLimit(places);
  }

  /** Waits for a place and resolves to the function that gives it back; calling that twice does no harm. */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortedBy(signal));
      const onAbort = () => reject(abortedBy(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      void this.#limit(() => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) return undefined;
        return new Promise<void>((free) => resolve(free));
      });
    });
  }
}

interface Job<T> {
  promise: Promise<T>;
  controller: AbortController;
  waiting: number;
}

/**
 * Work that several callers share under one key. A caller who gives up leaves alone; the work itself is aborted
 * only when nobody waits for it any more.
 */
export class Shared<T> {
  readonly #jobs = new Map<string, Job<T>>();
  readonly #lastSeesEnd: boolean;

  /** @param options `lastSeesEnd`: the last one to give up waits until the work has ended, which may have to put something aside */
  constructor({ lastSeesEnd = false } = {}) {
    this.#lastSeesEnd = lastSeesEnd;
  }

  run(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortedBy(signal));
    const job = this.#jobs.get(key) ?? this.#start(key, start);
    job.waiting += 1;
    if (signal) setMaxListeners(0, signal); // one signal may stop the work on hundreds of servers
    return new Promise<T>((resolve, reject) => {
      let left: FleetError | undefined;
      const onAbort = () => {
        left = abortedBy(signal!);
        job.waiting -= 1;
        if (job.waiting > 0 || !this.#lastSeesEnd) reject(left);
        if (job.waiting > 0) return;
        this.#forget(key, job);
        job.controller.abort(left);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      void job.promise
        .then(
          (result) => (left ? reject(left) : resolve(result)),
          (error: unknown) => reject((left ?? error) as Error),
        )
        .finally(() => signal?.removeEventListener('abort', onAbort));
    });
  }

  abortAll(reason: FleetError): void {
    for (const job of this.#jobs.values()) job.controller.abort(reason);
    this.#jobs.clear();
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): Job<T> {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const job: Job<T> = { promise: start(controller.signal), controller, waiting: 0 };
    this.#jobs.set(key, job);
    const forget = () => this.#forget(key, job);
    job.promise.then(forget, forget);
    return job;
  }

  #forget(key: string, job: Job<T>): void {
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
  }
}
