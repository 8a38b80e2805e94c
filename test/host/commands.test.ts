import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../src/vscode/ids';
import { Person } from './person';
import { demoFleet, extension } from './support';

describe('commands', () => {
  let person: Person;
  beforeEach(() => (person = new Person()));
  afterEach(() => person.leave());

  it('are exactly those of the manifest', async () => {
    await extension().activate();
    const registered = (await vscode.commands.getCommands(true)).filter((id) =>
      /^vmsFleet\.[a-zA-Z]+$/.test(id),
    );
    const { contributes } = extension().packageJSON as { contributes: { commands: { command: string }[] } };
    const named = contributes.commands.map(({ command }) => command);
    assert.deepEqual(
      named.filter((id) => !registered.includes(id)),
      [],
    );
    assert.deepEqual(
      Object.values(commandIds).filter((id) => !named.includes(id)),
      [],
    );
  });

  it('say what to do where there is no fleet file', async function () {
    if (demoFleet !== undefined) return this.skip();
    await vscode.commands.executeCommand(commandIds.install);
    assert.match(person.messages.at(-1)?.text ?? '', /No fleet file is open .*New Fleet File/);
  });
});
