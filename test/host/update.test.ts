import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { commandIds } from '../../src/vscode/ids';
import { Person } from './person';
import { until } from '../lab/until';
import { demoFleet, outputChannel } from './support';
import { api, row } from './tree';

/** A server of the demo that restarts by its service, and a version that is due to it only once the fleet file says so. */
const [server, from, to] = ['hall-a', '1.4.2', '1.5.0'];

describe('an update of a demo server, by commands', function () {
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
    const errors = person.messages.filter(({ text }) =>
      /internal error|failed|nothing can be done/.test(text),
    );
    assert.deepEqual(errors, []);
  };
  const stateOf = async () => (await (await api()).updaterFor(uri))?.state().get(server);
  const described = (pattern: RegExp) =>
    until(`${server}: ${pattern}`, async () => {
      const { description } = (await row(server)) ?? { description: 'no row' };
      if (!pattern.test(description)) throw new Error(description);
      return true;
    });

  before(() => (person = new Person()));
  after(() => person.leave());

  it('shows version and status after a refresh', async () => {
    await until('the row', () => row(server));
    await call(commandIds.refreshSelected);
    await described(/^1\.4\.2 · installed/);
  });

  it('chooses a version from the repository and writes it, comments kept', async () => {
    const comments = (text: string) => text.match(/\/\/.*$/gm);
    const before = readFileSync(file, 'utf8');
    await call(commandIds.chooseVersions, [server, 'core', to, 'Write']);
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(comments(text), comments(before));
    await until('the wanted version', async () => (await stateOf()) !== undefined && (await wanted()) === to);
    await call(commandIds.refreshSelected);
    await described(/1\.4\.2 → 1\.5\.0/);
  });

  const wanted = async () => {
    const fleet = (await (await api()).updaterFor(uri))?.fleet;
    const servers = fleet?.systems.flatMap((system) => system.servers) ?? [];
    return servers.find(({ id }) => id === server)?.banalytics?.modules['com.banalytics.box:core'];
  };

  it('loads it from the repository', async () => {
    const updater = await (await api()).updaterFor(uri);
    await call(commandIds.load, ['From the Repository', `core ${to}`]);
    const found = await updater?.library.find({ module: 'com.banalytics.box:core', version: to });
    assert.ok((found?.length ?? 0) > 0, JSON.stringify(person.messages));
  });

  it('shows a plan that changes nothing', async () => {
    await call(commandIds.plan, ['Install']);
    const document = vscode.workspace.textDocuments.find(({ uri: { scheme } }) => scheme === 'vms-fleet');
    assert.match(document?.getText() ?? '', /## hall\\-a: /);
    await until('the rendered plan', () =>
      vscode.window.tabGroups.activeTabGroup.activeTab?.label.includes('Plan'),
    );
    assert.equal((await stateOf())?.version, from);
  });

  it('downloads it', async () => {
    await call(commandIds.download);
    await described(/· loaded/);
    assert.match(person.messages.at(-1)?.text ?? '', /^Download: 1 server downloaded\./);
  });

  it('does not arm it there: nothing would go on behind a restart, and that is said', async () => {
    person.leave();
    person = new Person(['Not Before a Time'], ['2099-11-28 22:00']);
    const node = (await row(server))?.node;
    await vscode.commands.executeCommand(commandIds.arm, node, [node]);
    const [asked] = person.typed;
    assert.match(asked?.value ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d$/);
    assert.equal(await asked?.validateInput?.('2099-02-31 10:00'), 'Write it like 2026-11-28 22:00.');
    assert.equal(await asked?.validateInput?.('2020-01-01 10:00'), 'That has passed.');
    const told = await until('the refusal', () =>
      person.messages.find(({ text }) => text.includes('arm.no-boot')),
    );
    assert.match(told.text, /^Install: nothing can be done now\. hall-a: blocked: /);
    assert.equal((await stateOf())?.version, from);
  });

  it('installs it after asking, and the server says the new version', async () => {
    await call(commandIds.install);
    assert.match(
      person.question?.detail ?? '',
      /hall-a: 1\.4\.2 → 1\.5\.0\n\nThe service restarts: recording stops meanwhile\./,
    );
    await described(/^1\.5\.0 · installed/);
    assert.equal((await stateOf())?.version, to);
    await until('the log', () => /\[hall-a\] \S+: .+/.test(outputChannel('VMS Fleet')));
  });

  it('rolls it back', async () => {
    await call(commandIds.rollback);
    assert.match(person.question?.text ?? '', /^Roll Back: 1 server\?/);
    await described(/^1\.4\.2/);
    assert.equal((await stateOf())?.version, from);
  });
});
