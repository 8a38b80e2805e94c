import { describe, expect, it } from 'vitest';
import { Throttle } from '../../../src/vscode/throttle';

/** A clock that stands until it is moved. */
function clock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return { cancel: () => (timers = timers.filter((one) => one !== timer)) };
    },
    move(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
  };
}

describe('a throttle', () => {
  it('passes at most four a second of each key, the first at once and the last always', () => {
    const time = clock();
    const passed: string[] = [];
    const throttle = new Throttle<string>(250, (key) => passed.push(`${key}@${time.now()}`), time);
    for (let i = 0; i < 100; i += 1) {
      throttle.touch('a');
      time.move(10);
    }
    throttle.touch('b');
    time.move(1000);
    expect(passed).toEqual(['a@0', 'a@250', 'a@500', 'a@750', 'a@1000', 'b@1000']);
  });

  it('passes nothing after it was cleared', () => {
    const time = clock();
    const passed: string[] = [];
    const throttle = new Throttle<string>(250, (key) => passed.push(key), time);
    throttle.touch('a');
    throttle.touch('a');
    throttle.clear();
    time.move(1000);
    expect(passed).toEqual(['a']);
  });
});
