import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Person } from './person';
import { until } from '../lab/until';
import { dataFolder, workspaceFolder } from './support';
import { api } from './tree';

describe('a rollout that a closed VS Code left behind', () => {
  const file = join(workspaceFolder(), 'left.fleet.jsonc');
  const rollouts = join(dataFolder ?? '', 'rollouts');
  const journal = join(rollouts, '20260101T000000-abcdef.jsonl');
  let person: Person;

  before(async () => {
    await api();
    person = new Person();
    mkdirSync(rollouts, { recursive: true });
    const plan = {
      schema: 1,
      action: 'install',
      to: null,
      parallel: {},
      servers: [{ id: 'left-1' }, { id: 'left-2' }],
    };
    const started = {
      at: '2026-01-01T00:00:00.000Z',
      rollout: '20260101T000000-abcdef',
      type: 'rollout-started',
      plan,
    };
    const line = { ...started, action: 'install', fleet: file, by: 'me@here', resumed: false };
    writeFileSync(journal, `${JSON.stringify(line)}\n`);
  });
  after(() => {
    person.leave();
    rmSync(file, { force: true });
    rmSync(journal, { force: true });
  });

  it('is told once, with what to do', async () => {
    writeFileSync(file, '{ "name": "Left", "systems": {} }');
    const told = await until('the notification', () =>
      person.messages.find(({ text }) => text.includes('interrupted')),
    );
    assert.equal(told.text, 'Install of 2 servers (Left) was interrupted.');
    assert.deepEqual(told.buttons, ['Resume', 'Show Log', 'Later']);
    assert.equal(told.modal, false);
    writeFileSync(file, '{ "name": "Left, again", "systems": {} }');
    await until('the new name', async () => {
      const updater = await (await api()).updaterFor(vscode.Uri.file(file));
      return updater?.fleet.name === 'Left, again';
    });
    assert.equal(person.messages.filter(({ text }) => text.includes('interrupted')).length, 1);
  });
});
