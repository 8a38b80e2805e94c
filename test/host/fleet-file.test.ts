import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../lab/until';
import { Person } from './person';
import { workspaceFolder } from './support';
import { api, row, rows } from './tree';

/** Ports 1 and 2 of loopback refuse at once. */
const fleet = (server: string, version = '1.4.1') => `{
  // kept by every edit
  "name": "In the host",
  "systems": {
    "sheds": {
      "product": "banalytics",
      "home": "/opt/box",
      "modules": { "com.banalytics.box:core": "${version}" },
      "servers": {
        "${server}": { "host": "127.0.0.1", "port": 1, "environment": "e" },
        "shed-2": { "host": "127.0.0.1", "port": 2, "environment": "e" }
      }
    }
  }
}
`;

describe('a fleet file in the opened folder', () => {
  const file = join(workspaceFolder(), 'sheds.fleet.jsonc');
  const uri = vscode.Uri.file(file);
  const diagnostics = () =>
    vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'VMS Fleet');

  before(() => writeFileSync(file, fleet('shed-1')));
  after(() => rmSync(file, { force: true }));

  it('shows its system and servers, with ids that stay over an edit', async () => {
    const found = await until('the system', () => row('sheds'));
    const ids = found.children.map(({ id }) => id);
    assert.deepEqual(
      found.children.map(({ label }) => label),
      ['shed-1', 'shed-2'],
    );
    assert.equal(new Set(ids).size, 2);
    writeFileSync(file, fleet('shed-1', '1.4.2'));
    await until('the new version', async () => {
      const modules = (await row('shed-1'))?.children[0]?.children;
      return modules?.some(({ description }) => description.includes('1.4.2'));
    });
    assert.deepEqual(
      (await row('sheds'))?.children.map(({ id }) => id),
      ids,
    );
  });

  it('underlines what is wrong, at its line, and keeps the last good tree', async () => {
    writeFileSync(file, fleet('shed-1').replace('"port": 1', '"port": 700000'));
    const found = await until('a diagnostic', () => diagnostics()[0]);
    assert.equal(found.range.start.line, 9);
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.equal((await row('sheds'))?.children.length, 2);
    writeFileSync(file, fleet('shed-9'));
    await until('no diagnostic', () => diagnostics().length === 0);
    await until('the renamed server', () => row('shed-9'));
    assert.equal(await row('shed-1'), undefined);
  });

  it('says of a server that refuses that it is unreachable, and why', async () => {
    const updater = await (await api()).updaterFor(uri);
    assert.ok(updater);
    await updater.refresh();
    const server = await until('the status', async () => {
      const found = await row('shed-2');
      return found?.description.includes('unreachable') === true ? found : undefined;
    });
    assert.match(server.description, /unreachable: .+/);
    assert.equal(updater.state().get('shed-2')?.error?.code, 'host.refused');
  });

  it('is gone from the tree when it is deleted', async () => {
    rmSync(file);
    await until('an empty place', async () => (await row('sheds')) === undefined);
    assert.deepEqual(
      (await rows()).filter(({ id }) => id.includes('sheds')),
      [],
    );
  });
});

describe('a fleet file that VS Code does not watch: it was opened from elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-far-'));
  const file = join(folder, 'far.fleet.jsonc');
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is read again where it has changed, forgotten, and found again', async () => {
    const person = new Person([], [], [file]);
    await vscode.commands.executeCommand('vmsFleet.newFleetFile').then(undefined, assert.ifError);
    person.leave();
    writeFileSync(file, fleet('far-1'));
    await until('the system', () => row('far-1'));
    rmSync(file);
    await until('its end', async () => (await row('far-1')) === undefined);
    writeFileSync(file, fleet('far-2'));
    await until('the system again', () => row('far-2'));
  });

  it('is read before anything is done by it', async () => {
    writeFileSync(file, fleet('far-3'));
    await vscode.commands.executeCommand('vmsFleet.refresh');
    assert.notEqual(await row('far-3'), undefined);
    rmSync(file);
    await vscode.commands.executeCommand('vmsFleet.refresh');
    assert.equal(await row('far-3'), undefined);
  });

  it('stops what was to be done where it cannot be read', async () => {
    writeFileSync(file, fleet('far-4'));
    await vscode.commands.executeCommand('vmsFleet.refresh');
    rmSync(file);
    mkdirSync(file);
    const person = new Person();
    await vscode.commands.executeCommand('vmsFleet.refresh').then(undefined, () => undefined);
    person.leave();
    rmSync(file, { recursive: true });
    assert.match(
      person.messages.map(({ text }) => text).join('\n'),
      /far\.fleet\.jsonc cannot be read now: /,
    );
  });
});
