import { describe, expect, it, vi } from 'vitest';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import type { LogEntry } from '../../../src/webview/protocol';
import { logEntry, WatchedLog } from '../../../src/webview/watched-log';
import { at } from './fixtures';

const line = (second: number, server = 'box-1'): FleetEvent => ({
  ...{ at: at(second), rollout: 'r', type: 'log', server, step: null, level: 'info' },
  message: `line ${second}`,
});
const told = (...seconds: number[]): LogEntry[] => seconds.flatMap((second) => logEntry(line(second)));
const texts = (lines: readonly LogEntry[]): string[] => lines.map(({ text }) => text.replace(/^.*line /, ''));
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Watches box-1 and asks for its log, whose journal is read when the test says so. */
function asking() {
  const onHeld = vi.fn();
  const log = new WatchedLog(onHeld);
  log.watch('box-1');
  let read: (lines: LogEntry[]) => void = () => undefined;
  const journal = new Promise<LogEntry[]>((resolve) => (read = resolve));
  const answer = log.whole(async () => ({ log: await journal }));
  return { log, onHeld, answer, read };
}

describe('the log of the server that is looked at', () => {
  it('sends on the lines of that server alone', () => {
    const log = new WatchedLog(() => undefined);
    log.event(line(1));
    log.watch('box-1');
    log.event(line(2));
    log.event(line(3, 'box-2'));
    expect(texts(log.take())).toEqual(['2']);
    expect(log.take()).toEqual([]);
  });

  it('loses no line that comes while the journal is read, and doubles none', async () => {
    const { log, answer, read } = asking();
    log.event(line(2));
    log.event(line(3));
    expect(log.take()).toEqual([]);
    read(told(1, 2));
    expect(texts((await answer).log)).toEqual(['1', '2', '3']);
    await turn();
    expect(log.take()).toEqual([]);
  });

  it('passes over a line that the journal told before its event came', async () => {
    const { log, answer, read } = asking();
    read(told(1, 2));
    await answer;
    await turn();
    log.event(line(2));
    log.event(line(3));
    expect(texts(log.take())).toEqual(['3']);
  });

  it('lets no line overtake the answer, and says when it can be taken', async () => {
    const { log, onHeld, answer, read } = asking();
    read(told(1));
    await answer;
    log.event(line(2));
    expect(log.take()).toEqual([]);
    await turn();
    expect(onHeld).toHaveBeenCalledOnce();
    expect(texts(log.take())).toEqual(['2']);
  });

  it('keeps what was not sent yet for an answer about the same server', async () => {
    const log = new WatchedLog(() => undefined);
    log.watch('box-1');
    log.event(line(1));
    log.watch('box-1');
    const { log: shown } = await log.whole(() => Promise.resolve({ log: [] as LogEntry[] }));
    expect(texts(shown)).toEqual(['1']);
  });

  it('is about another server as soon as that one is looked at', async () => {
    const { log, answer, read } = asking();
    log.watch('box-2');
    log.event(line(2, 'box-2'));
    expect(texts(log.take())).toEqual(['2']);
    read(told(1));
    expect(texts((await answer).log)).toEqual(['1']);
  });

  it('goes on where the journal cannot be read', async () => {
    const log = new WatchedLog(() => undefined);
    log.watch('box-1');
    const answer = log.whole(() => Promise.reject(new Error('no journal')));
    log.event(line(1));
    await expect(answer).rejects.toThrow('no journal');
    await turn();
    expect(texts(log.take())).toEqual(['1']);
  });
});
