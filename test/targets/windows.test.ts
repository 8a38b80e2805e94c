import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFacts } from '../../src/updater/targets/read-facts';
import { windows } from '../../src/updater/targets/windows';
import { windows as hands } from '../../src/updater/products/eocortex/windows';
import { createWindowsLab, type WindowsLab } from '../lab/windows';
import { Desk, localServer } from '../lab/links';

let lab: WindowsLab;
beforeAll(async () => (lab = await createWindowsLab()));
afterAll(() => lab.dispose());

describe('a Windows server', () => {
  it('answers', async () => {
    const machine = await lab.machine('srv-01');
    const desk = new Desk();
    const server = localServer('srv-01', machine.port, {
      os: 'windows', product: 'eocortex', user: 'Administrator', identityFile: lab.identityFile,
      eocortex: { version: undefined, releaseLines: [], installerArgs: ['/S'], installerTimeoutMinutes: 30, restart: 'if-needed', service: 'EocortexServer', home: 'C:\\Program Files\\Eocortex', program: 'EocortexServer.exe', uninstallName: 'Eocortex' },
    });
    const link = await desk.links().get(server);
    const t = Date.now();
    const answers = await windows.ask(link, hands.asks(server, windows));
    console.log(Date.now() - t, JSON.stringify(answers, null, 1));
    const t2 = Date.now();
    const facts = await readFacts(link, windows, hands, []);
    console.log(Date.now() - t2, JSON.stringify(facts));
    expect(facts.bootId).not.toBeNull();
    console.log(JSON.stringify(await windows.pulse(link, 'x')));
    desk.leave();
  });
});
