import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ask } from '../../src/updater/targets/answers';
import type { Link } from '../../src/updater/targets/link';
import { windows } from '../../src/updater/targets/windows';
import { Desk, localServer } from '../lab/links';
import type { WindowsMachine } from '../lab/windows';
import { useWindowsLab } from './windows-fleet';

/** What the batch scripts do where something was cut off, on machines on which nothing else runs: each takes seconds. */

const { lab } = useWindowsLab();
const desk = new Desk();
afterAll(() => desk.leave());

async function bare(id: string): Promise<{ machine: WindowsMachine; link: Link }> {
  const machine = await lab().machine(id);
  const server = localServer(id, machine.port, {
    ...{ os: 'windows', user: 'Administrator', identityFile: lab().identityFile },
  });
  return { machine, link: await desk.links().get(server) };
}

describe('the script of a Windows server', () => {
  it('has laid anew what was cut off while it was laid: its state folder, its questions, a word', async () => {
    const { machine, link } = await bare('s1');
    const asks: Ask[] = [{ ask: 'service', name: 'Rpc Ss' }];
    const state = async () => (await windows.ask(link, asks)).service;
    expect(await state()).toBe('missing');
    const temporary = machine.file('C:\\users\\Administrator\\AppData\\Local\\Temp');
    const [name = ''] = (await readdir(temporary)).filter((one) => one.startsWith('vms-fleet-'));
    const kit = async () => {
      const files = (await readdir(join(temporary, name))).filter((one) => /^(@|asks-|server)/.test(one));
      const read = async (file: string) =>
        [file, await readFile(join(temporary, name, file), 'utf8')] as const;
      return new Map(await Promise.all(files.map(read)));
    };
    const whole = await kit();
    expect(whole.size).toBe(4);
    const [questions = ''] = [...whole.keys()].filter((file) => file.startsWith('asks-'));
    const cut = (file: string, length: number) =>
      writeFile(join(temporary, name, file), whole.get(file)?.slice(0, length) ?? '');
    for (const file of whole.keys()) if (file !== 'server.bat') await cut(file, 0);
    expect(await state()).toBe('missing');
    expect(await kit()).toEqual(whole);
    await cut(questions, 9);
    expect(await state()).toBe('missing');
    expect(await kit()).toEqual(whole);
  });
});
