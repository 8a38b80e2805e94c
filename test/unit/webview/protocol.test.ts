import { describe, expect, it } from 'vitest';
import {
  answerTo,
  Asker,
  RequestError,
  type Answers,
  type ToHost,
  type ToPage,
} from '../../../src/webview/protocol';

/** A clock that a test turns. */
function handClock() {
  const timers = new Set<{ at: number; run: () => void }>();
  let now = 0;
  return {
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    pass(ms: number) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.run();
      }
    },
    waiting: () => timers.size,
  };
}

function asker(post: (message: ToHost) => void = () => undefined) {
  const posted: ToHost[] = [];
  const clock = handClock();
  const one = new Asker((message) => {
    posted.push(message);
    post(message);
  }, clock);
  return { asker: one, posted, clock };
}

describe('the asking side', () => {
  it('gives each answer to the one who asked, whatever the order', async () => {
    const { asker: one, posted, clock } = asker();
    const first = one.ask('rollouts', null);
    const second = one.ask('systems', null);
    const [a, b] = posted;
    one.settle({ kind: 'answer', id: b?.id ?? 0, body: ['second'] });
    one.settle({ kind: 'answer', id: a?.id ?? 0, body: ['first'] });
    expect(await first).toEqual(['first']);
    expect(await second).toEqual(['second']);
    expect(clock.waiting()).toBe(0);
  });

  it('hands a refusal on', async () => {
    const { asker: one, posted, clock } = asker();
    const asked = one.ask('rollouts', null);
    one.settle({ kind: 'refusal', id: posted[0]?.id ?? 0, message: 'No fleet file can be shown.' });
    await expect(asked).rejects.toThrow('No fleet file can be shown.');
    expect(clock.waiting()).toBe(0);
  });

  it('gives up when its patience is over, and passes a late answer over', async () => {
    const { asker: one, posted, clock } = asker();
    const asked = one.ask('rollouts', null);
    const seen = expect(asked).rejects.toThrow(RequestError);
    clock.pass(29_999);
    expect(clock.waiting()).toBe(1);
    clock.pass(1);
    await seen;
    one.settle({ kind: 'answer', id: posted[0]?.id ?? 0, body: [] });
    await expect(asked).rejects.toThrow('did not answer within 30 s (rollouts)');
  });

  it('waits longer for a plan, which asks servers', () => {
    const { asker: one, clock } = asker();
    one.ask('plan', { fleet: null, action: 'install', servers: ['a'] }).catch(() => undefined);
    clock.pass(60_000);
    expect(clock.waiting()).toBe(1);
  });

  it('refuses where the message cannot be sent', async () => {
    const { asker: one, clock } = asker(() => {
      throw new Error('gone');
    });
    await expect(one.ask('rollouts', null)).rejects.toThrow('gone');
    expect(clock.waiting()).toBe(0);
  });

  it('passes over an answer that nobody waits for', () => {
    const { asker: one } = asker();
    expect(() => one.settle({ kind: 'answer', id: 77, body: null })).not.toThrow();
  });
});

describe('the answering side', () => {
  const answers = (over: Partial<Answers>): Answers => over as Answers;
  async function answered(message: unknown, over: Partial<Answers>): Promise<ToPage[]> {
    const posted: ToPage[] = [];
    await answerTo(
      message,
      answers(over),
      (answer) => posted.push(answer),
      (error) => `told: ${(error as Error).message}`,
    );
    return posted;
  }

  it('answers under the number of the request', async () => {
    const posted = await answered(
      { kind: 'request', id: 5, name: 'rollouts', body: null },
      { rollouts: () => Promise.resolve([]) },
    );
    expect(posted).toEqual([{ kind: 'answer', id: 5, body: [] }]);
  });

  it('refuses with a sentence what throws, at once or later', async () => {
    const request = { kind: 'request', id: 6, name: 'rollouts', body: null };
    const at = { kind: 'refusal', id: 6, message: 'told: no' };
    expect(await answered(request, { rollouts: () => Promise.reject(new Error('no')) })).toEqual([at]);
    expect(
      await answered(request, {
        rollouts: () => {
          throw new Error('no');
        },
      }),
    ).toEqual([at]);
  });

  it('passes over what is no request, and names that only every object has', async () => {
    const over = { rollouts: () => [] };
    for (const message of [
      null,
      'rollouts',
      { kind: 'answer', id: 1, body: 1 },
      { kind: 'request', id: 1, name: 'toString', body: null },
      { kind: 'request', id: 1, name: 'eval', body: null },
      { kind: 'request', id: 'x', name: 'rollouts', body: null },
    ])
      expect(await answered(message, over)).toEqual([]);
  });
});
