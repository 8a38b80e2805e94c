import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Elsewhere } from '../../../src/updater/rollout/elsewhere';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { at, planned, planOf, scratch } from './fixtures';

const started = (rollout: string, fleet = '/f.jsonc'): FleetEvent => ({
  ...{ at: at(0), rollout, type: 'rollout-started', action: 'install', fleet, by: 'b@y', resumed: false },
  plan: planOf([planned('s-0')], { s: 1 }),
});
const status = (rollout: string, detail: string): FleetEvent => ({
  ...{ at: at(1), rollout, type: 'status', server: 's-0', status: 'installing', step: 'run', detail },
});
const log = (rollout: string, message: string): FleetEvent => ({
  ...{ at: at(1), rollout, type: 'log', server: 's-0', step: null, level: 'info', message },
});
const finished = (rollout: string): FleetEvent => ({
  ...{ at: at(2), rollout, type: 'rollout-finished', outcome: 'done' },
  counts: { done: 1, failed: 0, skipped: 0, blocked: 0, cancelled: 0, 'not-started': 0 },
});

/** Another process that works on rollouts: the parent of this one lives as long as we do. */
function other(dir: string) {
  return {
    own: (id: string) => writeFile(join(dir, `${id}.owner`), String(process.ppid)),
    leave: (id: string) => rm(join(dir, `${id}.owner`)),
    say: (id: string, ...events: FleetEvent[]) =>
      appendFile(join(dir, `${id}.jsonl`), events.map((event) => `${JSON.stringify(event)}\n`).join('')),
    tear: (id: string, text: string) => appendFile(join(dir, `${id}.jsonl`), text),
  };
}

let elsewhere: Elsewhere | undefined;
afterEach(() => elsewhere?.dispose());

function follow(dir: string, ours: string[] = []) {
  const told: string[] = [];
  elsewhere = new Elsewhere({
    dir,
    fleet: () => '/f.jsonc',
    isOurs: (id) => ours.includes(id),
    emit: (event) => {
      const words = event.type === 'status' ? event.detail : event.type === 'log' ? event.message : '';
      told.push(`${event.rollout} ${event.type} ${words}`.trim());
    },
    onLeft: (id) => told.push(`${id} left`),
    onError: (error) => told.push(String(error)),
  });
  elsewhere.start();
  const says = (...lines: string[]) => vi.waitFor(() => expect(told).toEqual(lines), 10_000);
  return { told, says };
}

describe('rollouts of other processes', () => {
  it('are told from their beginning, old log lines left out, and on as they go', async () => {
    const dir = await scratch();
    const they = other(dir);
    await they.own('a');
    await they.say('a', started('a'), log('a', 'old'), status('a', 'one'));
    const { says } = follow(dir);
    await says('a rollout-started', 'a status one');
    // Half a line is no event yet.
    const line = JSON.stringify(status('a', 'two'));
    await they.tear('a', line.slice(0, 20));
    await they.tear('a', `${line.slice(20)}\n`);
    await they.say('a', log('a', 'new'), finished('a'));
    await they.leave('a');
    await says('a rollout-started', 'a status one', 'a status two', 'a log new', 'a rollout-finished');
  });

  it('are left when their process is gone, and followed again when another goes on', async () => {
    const dir = await scratch();
    const they = other(dir);
    await they.own('a');
    await they.say('a', started('a'));
    const { says } = follow(dir);
    await says('a rollout-started');
    await they.leave('a');
    await says('a rollout-started', 'a left');
    await they.say('a', status('a', 'again'));
    await they.own('a');
    await says('a rollout-started', 'a left', 'a rollout-started', 'a status again');
  });

  it('are passed over where they are ours, another fleet’s, or long over', async () => {
    const dir = await scratch();
    const they = other(dir);
    await they.say('over', started('over'), finished('over'));
    await they.own('foreign');
    await they.say('foreign', started('foreign', '/other.jsonc'), status('foreign', 'x'));
    await they.own('a');
    await they.say('a', started('a'));
    const { says } = follow(dir, ['mine']);
    await says('a rollout-started');
    await they.say('mine', started('mine'), finished('mine'));
    await they.leave('foreign');
    // One that began and ended between two looks.
    await they.say('quick', started('quick'), finished('quick'));
    await says('a rollout-started', 'quick rollout-started', 'quick rollout-finished');
  });
});
