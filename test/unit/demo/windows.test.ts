import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEMO_SYSTEMS, fleetFileText } from '../../../demo/fleet-file';
import { windowsSystemLines, WINDOWS_SERVERS, WINDOWS_SYSTEM } from '../../../demo/windows/fleet';
import { WindowsMachine } from '../../../demo/windows/machine';
import { canonicalPath, unixPath } from '../../../demo/windows/paths';
import { Power } from '../../../demo/windows/power';
import { Scheduler, type Task } from '../../../demo/windows/scheduler';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'windows '));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('the fleet file', () => {
  it('with Windows-like servers is read by the product without a problem', () => {
    const nowhere = { wine: '/none', wineserver: '/none', makensis: '/none', compiler: '/none' };
    const machines = Object.keys(WINDOWS_SERVERS).map(
      (id, index) =>
        new WindowsMachine({
          ...{ id, root: join(dir, id), port: 20_022 + index, tools: nowhere, template: '/none' },
          ...{ authorizedKeys: [], downMs: 0, processor: index },
        }),
    );
    const text = fleetFileText({
      ...{ systems: DEMO_SYSTEMS, servers: [], user: 'someone', repository: dir },
      identityFile: join(dir, 'key'),
      further: [windowsSystemLines(machines, join(dir, 'key'))],
    });
    const { fleet, problems } = parseFleet(text, join(dir, 'demo.fleet.jsonc'));
    expect(problems).toEqual([]);
    expect(fleet?.systems.map(({ id, product }) => [id, product])).toEqual([[WINDOWS_SYSTEM, 'eocortex']]);
    expect(fleet && servers(fleet).map(({ os, user }) => [os, user])).toEqual(
      machines.map(() => ['windows', 'Administrator']),
    );
  });
});

describe('paths', () => {
  it('leads to the file whose name differs only in case, and never out of its drive', async () => {
    await mkdir(join(dir, 'Program Files', 'Папка'), { recursive: true });
    const at = (path: string) => unixPath(path, { C: dir }, 'C:/users/x');
    expect(at('c:\\program files\\папка\\New.txt')).toBe(join(dir, 'Program Files/Папка/New.txt'));
    expect(at('/C:/../../etc/passwd')).toBe(join(dir, 'etc/passwd'));
    expect(at('a/../b')).toBe(join(dir, 'users/x/b'));
    expect(at('D:/x')).toBeUndefined();
    expect(canonicalPath('C:', 'C:/users/x')).toBe('/C:/');
    expect(canonicalPath('a\\..\\b\\', 'C:/users/x')).toBe('/C:/users/x/b');
  });
});

describe('the task scheduler', () => {
  const xml = (body: string) =>
    `<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">${body}</Task>`;
  const action = '<Actions><Exec><Command>a.exe</Command></Exec></Actions>';

  function scheduler() {
    const started: Task[] = [];
    const end = vi.fn();
    const made = new Scheduler({
      folder: join(dir, 'Tasks'),
      hostName: () => 'SRV',
      start: (task) => {
        started.push(task);
        return { ended: new Promise(() => undefined), end };
      },
      read: (path) => (path === 'x.xml' ? Buffer.from(given) : undefined),
      log: () => undefined,
    });
    let given = '';
    const create = (text: string) => {
      given = text;
      return made.command(['/create', '/tn', 'X', '/xml', 'x.xml', '/f'], '');
    };
    return { made, started, end, create };
  }

  it('runs at boot what is enabled and waits for it', () => {
    const { made, started, create } = scheduler();
    const boot = '<Triggers><BootTrigger/></Triggers>';
    create(xml(boot + action));
    made.boot();
    expect(started.map(({ name, command }) => [name, command])).toEqual([['\\X', 'a.exe']]);
    for (const off of [
      `<Triggers><BootTrigger><Enabled>false</Enabled></BootTrigger></Triggers>${action}`,
      `${boot}<Settings><Enabled>false</Enabled></Settings>${action}`,
      `<!-- ${boot} -->${action}`,
    ]) {
      const other = scheduler();
      expect(other.create(xml(off)).code).toBe(0);
      other.made.boot();
      expect(other.started).toEqual([]);
    }
  });

  it('starts a task a second time only if its policy says so', () => {
    for (const [policy, runs, ends] of [
      ['IgnoreNew', 1, 0],
      ['Parallel', 2, 0],
      ['StopExisting', 2, 1],
    ] as const) {
      const { made, started, end, create } = scheduler();
      end.mockClear();
      create(
        xml(`<Settings><MultipleInstancesPolicy>${policy}</MultipleInstancesPolicy></Settings>${action}`),
      );
      for (let time = 0; time < 2; time++) made.command(['/run', '/tn', 'x'], '');
      expect([started.length, end.mock.calls.length]).toEqual([runs, ends]);
    }
  });

  it('refuses what the real one refuses', () => {
    const { made, create } = scheduler();
    expect(create('<Task/>').text).toMatch(/malformed/);
    expect(create(xml('<Actions/>')).text).toMatch(/missing a required element/);
    expect(create(`<?xml version="1.0" encoding="UTF-8"?>${xml(action)}`).text).toMatch(/encoding/);
    expect(made.command(['/create', '/tn', 'X', '/xml', 'no.xml', '/f'], '').text).toMatch(/cannot find/);
    expect(made.command(['/create', '/tn', 'X', '/tr', 'a.exe', '/sc', 'once', '/f'], '').code).toBe(1);
    expect(made.command(['/run'], '').text).toMatch(/Invalid syntax/);
    expect(made.tasks()).toEqual([]);
  });

  it('keeps a task inside its folder, whatever it is called', async () => {
    const { made } = scheduler();
    await writeFile(join(dir, 'mine'), 'mine');
    made.command(['/create', '/tn', '..\\..\\mine', '/tr', '"C:\\a b.exe" /x', '/sc', 'onstart', '/f'], '');
    expect(made.tasks()).toMatchObject([{ name: '\\mine', command: 'C:\\a b.exe', arguments: '/x' }]);
  });
});

describe('shutdown', () => {
  it('restarts when its time has come, unless it is taken back', () => {
    vi.useFakeTimers();
    try {
      const restart = vi.fn();
      const power = new Power({ allowed: () => true, restart, turnOff: vi.fn(), log: () => undefined });
      expect(power.command(['/r', '/t', '5']).code).toBe(0);
      vi.advanceTimersByTime(4900);
      expect(restart).not.toHaveBeenCalled();
      expect(power.command(['/a']).code).toBe(0);
      vi.advanceTimersByTime(10_000);
      expect(restart).not.toHaveBeenCalled();
      power.command(['-r', '-t', '5', '-f', '-d', 'p:4:2', '-c', 'why']);
      vi.advanceTimersByTime(5000);
      expect(restart).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses words that it does not know', () => {
    const power = new Power({
      allowed: () => true,
      restart: vi.fn(),
      turnOff: vi.fn(),
      log: () => undefined,
    });
    for (const words of [['/r', '/s'], ['/r', '/t', '-1'], ['/r', '/d', 'why'], ['/x'], []])
      expect(power.command(words).code).toBe(1);
  });
});
