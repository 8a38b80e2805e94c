import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { commandIds } from '../../src/vscode/ids';
import { Person } from './person';
import { until } from '../lab/until';
import { demoFleet, outputChannel } from './support';
import { api, row } from './tree';

/** The demo's release that was built broken: its service never starts. */
const [server, broken] = ['hall-b', '1.5.1'];

describe('an update that fails', function () {
  this.timeout(180_000);
  if (demoFleet === undefined) {
    it('needs the demo fleet (--demo)');
    return;
  }
  const file = demoFleet;
  const uri = vscode.Uri.file(file);
  let person: Person;
  const call = async (command: string, picks: string[] = []) => {
    person.leave();
    person = new Person(picks);
    const node = (await row(server))?.node;
    assert.ok(node, `no row ${server}`);
    await vscode.commands.executeCommand(command, node, [node]);
  };

  before(async () => {
    person = new Person();
    // A minute is what the demo gives a service to become healthy; this one never will.
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"timeoutSeconds": 60', '"timeoutSeconds": 8'));
    await until('the shorter deadline', async () => {
      const fleet = (await (await api()).updaterFor(uri))?.fleet;
      return fleet?.systems.every(({ servers }) =>
        servers.every(({ health }) => health.timeoutSeconds === 8),
      );
    });
  });
  after(() => person.leave());

  it('ends in one notification with server, cause and what to do next', async () => {
    await call(commandIds.refreshSelected);
    await call(commandIds.chooseVersions, [server, 'core', broken, 'Write']);
    await until('the wanted version', async () => (await row(server))?.description.includes(broken));
    await call(commandIds.install);
    const told = person.messages.filter(({ modal }) => !modal);
    assert.equal(told.length, 1, JSON.stringify(told));
    assert.match(told[0]?.text ?? '', /^Install: 1 of 1 server failed\. hall-b at \S+: .+/);
    assert.deepEqual(told[0]?.buttons, ['Resume', 'Roll Back…', 'Fleet View', 'Show Log']);
    await until('the log', () => /\[error\] \[hall-b\] \S+: .+/.test(outputChannel('VMS Fleet')));
  });

  it('leaves a rollout that resuming offers', async () => {
    const { fleet } = (await (await api()).updaterFor(uri)) ?? {};
    assert.ok(fleet);
    await call(commandIds.resume);
    assert.match(person.lists[0]?.labels[0] ?? '', /^Install, failed$/);
  });
});
