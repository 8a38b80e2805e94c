import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { Contact } from '../../../src/updater/rollout/contact';
import type { NewEvent } from '../../../src/updater/rollout/events';
import { seeJobThrough } from '../../../src/updater/rollout/see-through';
import type { Link, Links } from '../../../src/updater/targets/link';
import type { JobEnd, JournalLine, Platform, Pulse } from '../../../src/updater/targets/platform';
import { fleetOf } from './fixtures';

const lost = (): FleetError => new FleetError('link.lost', 'The connection ended.');
const line = (event: JournalLine['event'], step: string, text = ''): JournalLine => ({
  at: 0,
  event,
  number: 1,
  step,
  text,
});
const done: JobEnd = { kind: 'exit', state: 'done', step: null, message: '' };

/** A server whose answers are written down beforehand: one entry a call, the last one again and again. */
function stage(script: {
  get?: (() => void)[];
  follow: ((onLine: (line: JournalLine) => void, signal: AbortSignal | undefined) => Promise<JobEnd>)[];
  pulses?: Pulse[];
  say?: (event: NewEvent) => Promise<void>;
}) {
  const [first] = servers(fleetOf({ boxes: { servers: 1 } }));
  if (first === undefined) throw new Error('no server');
  const server = { ...first, returnMinutes: 0.01 };
  const events: NewEvent[] = [];
  const calls = { get: 0, follow: 0, continued: 0, cancelled: 0, pulses: 0 };
  const nth = <T>(list: T[], index: number): T => {
    const one = list[Math.min(index, list.length - 1)];
    if (one === undefined) throw new Error('nothing written down');
    return one;
  };
  const link = { server, close: () => undefined } as unknown as Link;
  const links = {
    get: () => {
      if (script.get) nth(script.get, calls.get)();
      calls.get++;
      return Promise.resolve(link);
    },
    fresh: () => Promise.resolve(link),
    drop: () => undefined,
  } as unknown as Links;
  const platform = {
    followJob: (
      _link: Link,
      _id: string,
      _from: number,
      onLine: (line: JournalLine) => void,
      signal?: AbortSignal,
    ) => nth(script.follow, calls.follow++)(onLine, signal),
    continueJob: () => Promise.resolve(void calls.continued++),
    cancelJob: () => Promise.resolve(void calls.cancelled++),
    pulse: () => Promise.resolve(nth(script.pulses ?? [], calls.pulses++)),
  } as unknown as Platform;
  const say = script.say ?? ((event: NewEvent) => Promise.resolve(void events.push(event)));
  const contact = new Contact(server, links, say);
  const cancel = new AbortController();
  const detach = new AbortController();
  const see = (): Promise<void> =>
    seeJobThrough({
      contact,
      platform,
      jobId: 'r-1',
      action: 'install',
      cancel: cancel.signal,
      detach: detach.signal,
    });
  const statuses = (): string[] => events.flatMap((event) => (event.type === 'status' ? [event.status] : []));
  return { contact, see, calls, events, statuses, cancel, detach };
}

const untilAborted = (signal: AbortSignal | undefined): Promise<JobEnd> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(lost())));

describe('contact with a server', () => {
  it('fails at once where it was never made', async () => {
    const { contact } = stage({
      get: [
        () => {
          throw new FleetError('host.refused', 'no');
        },
      ],
      follow: [],
    });
    await expect(
      contact.persist(new AbortController().signal, () => Promise.resolve(1)),
    ).rejects.toMatchObject({
      code: 'host.refused',
    });
    expect(contact.reached).toBe(false);
  });

  it('does again what a lost link broke off, and says so once', async () => {
    const { contact, events } = stage({ follow: [] });
    let tries = 0;
    const result = await contact.persist(new AbortController().signal, () => {
      if (++tries < 3) throw lost();
      return Promise.resolve(tries);
    });
    expect(result).toBe(3);
    expect(
      events.filter((event) => event.type === 'log' && event.message.includes('Trying again')),
    ).toHaveLength(1);
  });

  it('loses patience with a link that comes back and breaks again and again', async () => {
    const { contact, calls } = stage({ follow: [] });
    const broken = contact.persist(new AbortController().signal, () => Promise.reject(lost()), 1_200);
    await expect(broken).rejects.toMatchObject({ code: 'link.lost' });
    expect(calls.get).toBeGreaterThan(1);
  });

  it('does not try again what is no link trouble', async () => {
    const { contact, calls } = stage({ follow: [] });
    const act = (): Promise<never> => Promise.reject(new FleetError('space', 'full'));
    await expect(contact.persist(new AbortController().signal, act)).rejects.toMatchObject({ code: 'space' });
    expect(calls.get).toBe(1);
  });
});

describe('a job that is seen through', () => {
  it('through a restart: waits for another boot identity, then goes on following', async () => {
    const scene = stage({
      follow: [
        (onLine, signal) => {
          onLine(line('begin', 'restart', 'boot-identity-1'));
          return untilAborted(signal);
        },
        (onLine) => {
          onLine(line('end', 'restart'));
          onLine(line('begin', 'check-service'));
          return Promise.resolve(done);
        },
      ],
      pulses: [
        { bootId: 'boot-identity-1', ended: false },
        { bootId: null, ended: false },
        { bootId: 'boot-identity-2', ended: false },
      ],
    });
    // The wait is bounded by returnMinutes; here it must outlast three looks.
    scene.contact.server.returnMinutes = 0.2;
    await scene.see();
    expect(scene.statuses()).toEqual(['restarting', 'restarting', 'verifying']);
    expect(scene.calls).toMatchObject({ follow: 2, continued: 1, pulses: 3 });
  });

  it('takes a restart that the journal says is over for no restart', async () => {
    const scene = stage({
      follow: [
        (onLine) => {
          onLine(line('begin', 'restart', 'boot-identity-1'));
          onLine(line('end', 'restart'));
          return Promise.resolve(done);
        },
      ],
    });
    await scene.see();
    expect(scene.calls).toMatchObject({ follow: 1, continued: 0, pulses: 0 });
  });

  it.each([
    ['arm', 'restart'],
    ['run', 'run'],
  ])('names a server that falls silent in %s', async (step, named) => {
    let first = true;
    const scene = stage({
      get: [
        () => undefined,
        () => {
          throw new FleetError('host.timeout', 'box does not answer.');
        },
      ],
      follow: [
        (onLine) => {
          if (first) onLine(line('begin', step));
          first = false;
          return Promise.reject(lost());
        },
      ],
    });
    await expect(scene.see()).rejects.toMatchObject({
      code: 'restart.no-return',
      step: named,
      message: expect.stringContaining(`since it was in ${step}: box does not answer`) as string,
    });
  });

  it('starts a vanished runner again, and not for ever', { timeout: 40_000 }, async () => {
    const scene = stage({ follow: [() => Promise.resolve({ kind: 'gone' })] });
    await expect(scene.see()).rejects.toMatchObject({ code: 'job.interrupted' });
    expect(scene.calls.continued).toBe(5);
  });

  it(
    'does not take what a vanished runner takes back again and again for progress',
    { timeout: 40_000 },
    async () => {
      const scene = stage({
        follow: [
          (onLine) => {
            onLine(line('undo', 'start'));
            return Promise.resolve({ kind: 'gone' });
          },
        ],
      });
      await expect(scene.see()).rejects.toMatchObject({ code: 'job.interrupted' });
      expect(scene.calls.continued).toBe(5);
    },
  );

  it('asks the server to cancel, and believes what it says then', async () => {
    const scene = stage({
      follow: [
        async () => {
          scene.cancel.abort();
          await new Promise((resolve) => setTimeout(resolve, 10));
          return { kind: 'exit', state: 'cancelled', step: 'backup', message: 'cancelled before this step' };
        },
      ],
    });
    await expect(scene.see()).rejects.toMatchObject({ code: 'cancelled' });
    expect(scene.calls.cancelled).toBe(1);
  });

  it('is not ended by a cancel that can be neither asked for nor told of', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const say = vi.fn(() => Promise.reject(new FleetError('journal.failed', 'the journal is gone')));
    const scene = stage({
      get: [
        () => undefined,
        () => {
          throw new FleetError('auth.cancelled', 'no');
        },
      ],
      follow: [
        async () => {
          scene.cancel.abort();
          await new Promise((resolve) => setTimeout(resolve, 10));
          return done;
        },
      ],
      say,
    });
    await scene.see();
    expect(say).toHaveBeenCalledTimes(1);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('fails by name with the step that failed there', async () => {
    const end: JobEnd = { kind: 'exit', state: 'failed', step: 'check-space', message: '1 KiB free' };
    await expect(stage({ follow: [() => Promise.resolve(end)] }).see()).rejects.toMatchObject({
      code: 'space',
      step: 'check-space',
    });
  });

  it('does not go on as if nothing were when its events cannot be journalled here', async () => {
    const scene = stage({
      follow: [
        (onLine) => {
          onLine(line('begin', 'backup'));
          return Promise.resolve(done);
        },
      ],
      say: () => Promise.reject(new FleetError('space', 'the disk of this workstation is full')),
    });
    await expect(scene.see()).rejects.toMatchObject({ code: 'space' });
  });
});
