import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { windows } from '../../src/updater/targets/windows';
import { Desk, localServer } from '../lab/links';
import { createWindowsLab, type WindowsLab } from '../lab/windows';

// Minutes on a machine that does much else; nothing here is measured.
vi.setConfig({ testTimeout: 300_000 });

let lab: WindowsLab;
const desk = new Desk();
beforeAll(async () => (lab = await createWindowsLab()));
afterAll(async () => {
  desk.leave();
  await lab?.dispose();
});

describe.each([['cmd'], ['bash']] as const)(
  'the health of a Windows server whose login shell is %s',
  (shell) => {
    it('is known by how a command ends', async () => {
      const machine = await lab.machine(`h-${shell}`, { shell });
      const server = localServer('h', machine.port, {
        ...{ os: 'windows', user: 'Administrator', identityFile: lab.identityFile },
      });
      const link = await desk.links().get(server);
      const probe = (command: string[], ports: number[] = []) => windows.probe(link, { ports, command });
      expect(await probe(['cmd.exe', '/d', '/c', 'exit 7'])).toEqual({ listening: [], code: 7 });
      expect(await probe(['cmd.exe', '/d', '/c', 'exit 0'])).toEqual({ listening: [], code: 0 });
      // Wine's netstat names nothing that listens; how Windows says it is a unit test's.
      expect(await probe([], [80])).toEqual({ listening: [], code: 0 });
      expect((await probe(['C:\\no such\\program.exe'])).code).not.toBe(0);
      // Half a minute, so once is enough.
      if (shell === 'cmd') expect((await probe(['ping.exe', '-n', '100', '127.0.0.1'])).code).toBeNull();
    });
  },
);
