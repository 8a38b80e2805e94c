import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import { writeZip } from '../../demo/zip';
import { commandIds } from '../../src/vscode/ids';
import { Person } from './person';
import { until } from '../lab/until';
import { dataFolder, extension, workspaceFolder } from './support';
import { api, rowIn, rows, rowsOf, type Row } from './tree';

/** Nothing listens at these ports of loopback. */
const text = `{
  "name": "Views",
  "systems": {
    "vquay": {
      "product": "eocortex",
      "version": "4.2.18", // the last good one
      "servers": {
        "vquay-1": { "host": "127.0.0.1", "port": 1, "app": "server", "site": "vpier", "tags": ["ptz", "solar"] },
        "vquay-2": { "host": "127.0.0.1", "port": 2, "app": "server", "tags": ["ptz"] }
      }
    },
    "vboxes": {
      "product": "banalytics",
      "modules": { "com.banalytics.box:core": "1.4.2" },
      "servers": { "vbox-1": { "host": "127.0.0.1", "port": 3, "environment": "e1", "site": "vpier" } }
    }
  }
}
`;

describe('the views beside each other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-views-'));
  const file = join(workspaceFolder(), 'views.fleet.jsonc');
  const uri = vscode.Uri.file(file);
  let person: Person | undefined;

  /** Whoever stood there goes first: each stand-in puts back what it found. */
  const stand = (answers: string[] = []): Person => {
    person?.leave();
    return (person = new Person([], answers));
  };
  const call = async (command: string, node?: unknown, answers: string[] = []): Promise<Person> => {
    const given = stand(answers);
    await vscode.commands.executeCommand(command, node, node === undefined ? undefined : [node]);
    return given;
  };
  /** Our fleet is one of several where the demo's is open too. */
  const ours = (all: Row[]): Row[] => all.find(({ id }) => id === uri.toString())?.children ?? all;
  const labels = async () =>
    ours(await rows()).map(({ label, children }) => [label, ...children.map((one) => one.label)]);
  const updater = async () => {
    const found = await (await api()).updaterFor(uri);
    assert.ok(found);
    return found;
  };

  before(async () => {
    writeFileSync(file, text);
    await until('the fleet', async () => (await rowIn('tree', 'vbox-1')) !== undefined);
  });
  afterEach(async () => {
    await call(commandIds.groupBySystem);
    person?.leave();
  });
  after(async () => {
    await call(commandIds.clearFilter);
    person?.leave();
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true });
  });

  it('group servers by site and tag, and by system again', async () => {
    await call(commandIds.groupBySite);
    assert.deepEqual(await labels(), [
      ['vpier', 'vquay-1', 'vbox-1'],
      ['No site', 'vquay-2'],
    ]);
    const pier = await rowIn('tree', 'vpier');
    assert.ok(pier?.words.includes('system') === true);
    assert.match(pier.children[1]?.description ?? '', / · vboxes$/);
    await call(commandIds.groupByTag);
    assert.deepEqual(await labels(), [
      ['ptz', 'vquay-1', 'vquay-2'],
      ['solar', 'vquay-1'],
      ['No tag', 'vbox-1'],
    ]);
    const all = ours(await rows()).flatMap(({ id, children }) => [id, ...children.map((one) => one.id)]);
    assert.equal(new Set(all).size, all.length, 'two rows have one id');
    await call(commandIds.groupBySystem);
    assert.deepEqual(await labels(), [
      ['vquay', 'vquay-1', 'vquay-2'],
      ['vboxes', 'vbox-1'],
    ]);
  });

  it('act on the servers of a group', async () => {
    const asked: string[] = [];
    const one = await updater();
    // Whoever was being asked as the fleet was opened has answered by then.
    await one.refresh();
    const listening = one.events.on((event) => event.type === 'checking' && asked.push(event.server));
    await call(commandIds.groupBySite);
    await call(commandIds.refreshSelected, (await rowIn('tree', 'vpier'))?.node);
    listening.dispose();
    assert.deepEqual(asked, ['vquay-1', 'vbox-1']);
  });

  it('filter servers, and show all again where the person goes away', async () => {
    await call(commandIds.filterServers, undefined, ['VPIER vquay']);
    assert.deepEqual(await labels(), [['vquay', 'vquay-1']]);
    assert.match((await rowIn('tree', 'vquay'))?.description ?? '', /1 of 2 servers$/);
    assert.equal(person?.typed[0]?.value, '');
    await call(commandIds.filterServers);
    assert.equal(person?.typed[0]?.value, 'VPIER vquay');
    assert.deepEqual(await labels(), [['vquay', 'vquay-1']], 'what was there before stays');
    await call(commandIds.clearFilter);
    assert.equal((await labels()).length, 2);
  });

  const drop = async (on: string | undefined, type: string, value: string) => {
    const { drops } = await api();
    const target = on === undefined ? undefined : (await rowIn('tree', on))?.node;
    const data = new vscode.DataTransfer();
    data.set(type, new vscode.DataTransferItem(value));
    const { token } = new vscode.CancellationTokenSource();
    await drops.handleDrop?.(target, data, token);
  };
  const dragged = async (label: string): Promise<[type: string, value: string]> => {
    const { packages } = await api();
    const { node } = (await rowIn('packages', label)) ?? {};
    assert.ok(node, `no package ${label}`);
    const data = new vscode.DataTransfer();
    await packages.handleDrag?.([node], data, new vscode.CancellationTokenSource().token);
    const [[type, item] = assert.fail('nothing is dragged')] = [...data];
    return [type, await item.asString()];
  };
  const said = (pattern: RegExp) =>
    until(`${pattern}`, () => person?.messages.find((message) => pattern.test(message.text)));

  it('load an installer that is dropped on a system, and ask before it replaces one', async () => {
    const exe = join(folder, 'EocortexMainCommon Installer.exe');
    const packed = join(extension().extensionPath, 'test/unit/packages/fixtures/eocortex-4.3.1.exe.gz');
    writeFileSync(exe, gunzipSync(readFileSync(packed)));
    stand();
    await drop('vquay', 'text/uri-list', vscode.Uri.file(exe).toString());
    await said(/^vquay: loaded Eocortex 4\.3\.1/);
    assert.equal(person?.question?.text, 'vquay: replace 4.2.18 by 4.3.1?');
    assert.match(readFileSync(file, 'utf8'), /"version": "4\.3\.1", \/\/ the last good one/);
    const found = await until('the package', () => rowIn('packages', 'Eocortex 4.3.1'));
    assert.match(found.description, /^wanted by .*vquay.* · x64 · [\d.]+ [KM]iB · added /);
    assert.deepEqual(found.words, ['package']);
  });

  it('set the version of a system by a package that is dragged onto one of its servers', async () => {
    writeFileSync(file, text);
    await until('the old version, in the editor too', async () => {
      const shown = (await rowIn('tree', 'vquay'))?.description.includes('4.2.18');
      return shown === true && (await vscode.workspace.openTextDocument(uri)).getText() === text;
    });
    stand();
    await drop('vquay-2', ...(await dragged('Eocortex 4.3.1')));
    await said(/^vquay: loaded Eocortex 4\.3\.1/);
    assert.equal(person?.question?.text, 'vquay: replace 4.2.18 by 4.3.1?');
    assert.match(readFileSync(file, 'utf8'), /"version": "4\.3\.1", \/\/ the last good one/);
  });

  it('refuse a drop that makes no sense, and say why', async () => {
    const before = readFileSync(file, 'utf8');
    const eocortex = await dragged('Eocortex 4.3.1');
    stand();
    await drop('vboxes', ...eocortex);
    await said(/^Eocortex 4\.3\.1 is not for vboxes, which runs Banalytics\.$/);
    await call(commandIds.groupBySite);
    stand();
    await drop('vpier', ...eocortex);
    await said(/^Drop packages on a system or on a server/);
    await call(commandIds.groupBySystem);
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('want another module version for the one server that it was dropped on', async () => {
    const { library } = await updater();
    const jar = join(folder, 'core.jar');
    const properties = 'groupId=com.banalytics.box\nartifactId=core\nversion=1.5.9\n';
    await writeZip(jar, { 'META-INF/maven/com.banalytics.box/core/pom.properties': properties });
    await library.add(jar, { hints: { product: 'banalytics' } });
    const core = await dragged('core 1.5.9');
    stand();
    await drop('vbox-1', ...core);
    await said(/^vbox-1: the fleet file wants core 1\.5\.9 now\.$/);
    assert.equal(person?.question?.text, 'vbox-1: shall it run core 1.5.9?');
    assert.match(
      person?.question?.detail ?? '',
      /^core: 1\.4\.2 → 1\.5\.9\n\nOnly for vbox-1, a server of vboxes\./,
    );
    const written = readFileSync(file, 'utf8');
    assert.match(written, /"modules": { "com\.banalytics\.box:core": "1\.4\.2" }/);
    assert.match(written, /"vbox-1": .*"com\.banalytics\.box:core": "1\.5\.9"/s);
    stand();
    await drop('vbox-1', ...core);
    await said(/^The fleet file wants core 1\.5\.9 for vbox-1 already\.$/);
  });

  it('copy the hash of a package, and remove it after saying who needs it', async () => {
    const found = await until('the package', () => rowIn('packages', 'Eocortex 4.3.1'));
    await call(commandIds.copyHash, found.node);
    const hash = await vscode.env.clipboard.readText();
    assert.match(hash, /^[0-9a-f]{64}$/);
    await call(commandIds.removePackage, found.node);
    assert.equal(person?.question?.text, 'Remove Eocortex 4.3.1 from this computer?');
    assert.match(
      person?.question?.detail ?? '',
      /To be installed on: vquay-1, vquay-2\. It has not been sent there yet\./,
    );
    assert.equal(await (await updater()).library.get(hash), undefined);
    assert.ok((await rowsOf('packages')).every(({ id }) => id !== hash));
  });

  it('list rollouts, also one that another program runs, as it goes', async () => {
    const rollouts = join(dataFolder ?? '', 'rollouts');
    const id = '20260102T000000-abcdef';
    const journal = join(rollouts, `${id}.jsonl`);
    const owner = join(rollouts, `${id}.owner`);
    const say = (at: string, event: object) =>
      appendFileSync(
        journal,
        `${JSON.stringify({ at: `2026-01-02T00:00:0${at}.000Z`, rollout: id, ...event })}\n`,
      );
    const server = (name: string) => ({
      ...{ id: name, system: 'vquay', verdict: 'ready', from: '4.2.18', to: '4.3.1', path: [], reasons: [] },
      ...{ wave: 0, steps: [] },
    });
    const shown = (pattern: RegExp) =>
      until(`a rollout ${pattern}`, async () => {
        const found = await rowsOf('rollouts');
        const one = found.find(({ id: key }) => key.endsWith(id));
        if (!one || !pattern.test(`${one.label} ${one.description}`))
          throw new Error(`${one?.label} ${one?.description}`);
        return one;
      });
    try {
      mkdirSync(rollouts, { recursive: true });
      // The program that started us lives as long as we do.
      writeFileSync(owner, String(process.ppid));
      const plan = { schema: 1, action: 'install', to: null, parallel: {} };
      const head = {
        type: 'rollout-started',
        action: 'install',
        fleet: file,
        by: 'night@shift',
        resumed: false,
      };
      say('0', { ...head, plan: { ...plan, servers: [server('vquay-1'), server('vquay-2')] } });
      await shown(/^Install 4\.3\.1 running · 0 of 2 done/);
      await call(commandIds.groupByStatus);
      assert.ok(!JSON.stringify(await labels()).includes('Installing'));
      say('1', { type: 'status', server: 'vquay-1', status: 'installing', step: 'run', detail: 'setup' });
      const running = await shown(/^Install 4\.3\.1 running · 0 of 2 done · .* · night@shift/);
      assert.deepEqual(running.words, ['rollout', 'running', 'pausable']);
      await until('what is done to its server', async () =>
        (await rowIn('rollouts', 'vquay-1'))?.description.startsWith('installing: setup · 4.2.18 → 4.3.1'),
      );
      await until('its row to move to the others of its status', async () =>
        JSON.stringify(await labels()).includes('["Installing","vquay-1"]'),
      );
      await call(commandIds.groupBySystem);
      const { description } = (await rowIn('tree', 'vquay-1')) ?? {};
      assert.match(description ?? '', /^installing: setup/);
      say('2', {
        type: 'server-finished',
        server: 'vquay-1',
        outcome: 'done',
        status: 'installed',
        error: null,
      });
      await shown(/^Install 4\.3\.1 running · 1 of 2 done/);
      // It dies.
      rmSync(owner);
      const left = await shown(/^Install 4\.3\.1 interrupted · 1 of 2 done/);
      assert.ok(left.words.includes('resumable'));
      await call(commandIds.openFleetView, left.node);
      assert.deepEqual(person?.messages, []);
      await until('the fleet view', () =>
        vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).some(({ label }) => label === 'Fleet: Views'),
      );
    } finally {
      rmSync(journal, { force: true });
      rmSync(owner, { force: true });
    }
  });
});
