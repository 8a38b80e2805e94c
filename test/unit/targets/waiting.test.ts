import { expect, it } from 'vitest';
import { Shared } from '../../../src/updater/targets/waiting';

it.each([true, false])(
  'the last one to give up waits for the end of shared work where it shall: %s',
  async (lastSeesEnd) => {
    const shared = new Shared<string>({ lastSeesEnd });
    const told: string[] = [];
    let end = (): void => undefined;
    const work = (): Promise<string> => new Promise((resolve) => (end = () => resolve('all the same')));
    const waits = (name: string): { cancel: AbortController; over: Promise<unknown> } => {
      const cancel = new AbortController();
      const over = shared
        .run('key', cancel.signal, work)
        .catch(({ code }: { code: string }) => told.push(`${name} ${code}`));
      return { cancel, over };
    };
    const [a, b] = [waits('a'), waits('b')];
    a.cancel.abort();
    await a.over;
    b.cancel.abort();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(told).toEqual(lastSeesEnd ? ['a cancelled'] : ['a cancelled', 'b cancelled']);
    end();
    await b.over;
    expect(told).toEqual(['a cancelled', 'b cancelled']);
  },
);
