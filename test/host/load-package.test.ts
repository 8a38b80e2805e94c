import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import { commandIds } from '../../src/vscode/ids';
import { Person } from './person';
import { until } from '../lab/until';
import { extension, workspaceFolder } from './support';
import { api, row } from './tree';

/** Port 1 of loopback refuses at once. */
const text = `{
  // kept by every edit
  "systems": {
    "quay": {
      "product": "eocortex", // nothing loaded yet
      "servers": { "quay-1": { "host": "127.0.0.1", "port": 1, "app": "server" } }
    },
    "mole": {
      "product": "eocortex",
      "version": "4.2.18", // the last good one
      "servers": {
        "mole-1": { "host": "127.0.0.1", "port": 2, "app": "server" },
        "mole-nvr": { "host": "127.0.0.1", "port": 3, "app": "nvr" }
      }
    }
  }
}
`;

/** A real installer of a made-up product that calls itself Eocortex 4.3.1. */
describe('loading an Eocortex package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-host-'));
  const exe = join(folder, 'EocortexMainCommon Installer.exe');
  const file = join(workspaceFolder(), 'eocortex.fleet.jsonc');
  const uri = vscode.Uri.file(file);
  let person: Person;
  let server: Server;

  const installer = () =>
    gunzipSync(
      readFileSync(join(extension().extensionPath, 'test/unit/packages/fixtures/eocortex-4.3.1.exe.gz')),
    );
  const call = async (command: string, system: string, given: Person) => {
    person = given;
    const { node } = await until(`the row ${system}`, () => row(system));
    await vscode.commands.executeCommand(command, node, [node]);
  };
  const library = async () =>
    (await api()).updaterFor(uri).then((updater) => updater?.library.find({ product: 'eocortex' }) ?? []);

  before(async () => {
    writeFileSync(exe, installer());
    writeFileSync(file, text);
    server = createServer((_request, response) => response.end(installer()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => person.leave());
  after(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true });
  });

  it('is offered as Load where there is none, and as Replace where there is one', async () => {
    person = new Person();
    const [quay, mole] = [await until('quay', () => row('quay')), await row('mole')];
    assert.ok(quay.words.includes('loadable') && !quay.words.includes('replaceable'));
    assert.ok(mole?.words.includes('replaceable') === true && !mole.words.includes('loadable'));
    assert.match(mole.description, /^eocortex · 4\.2\.18 · 2 servers$/);
  });

  it('refuses what is no installer, and leaves the fleet file alone', async () => {
    const page = join(folder, 'page.exe');
    writeFileSync(page, '<!doctype html>');
    await call(commandIds.load, 'quay', new Person(['From a File'], [], [page]));
    assert.match(
      person.messages.at(-1)?.text ?? '',
      /^page\.exe is no installer: it looks like an HTML page/,
    );
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  it('lets the person say of an installer that does not say it itself that it is the whole product', async () => {
    const mute = join(folder, 'setup.exe');
    const name = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
    const bytes = installer()
      .toString('latin1')
      .replaceAll(name('MainCommon'), name('MainThings'))
      .replaceAll(name('complete'), name('ordinary'));
    writeFileSync(mute, Buffer.from(bytes, 'latin1'));
    await call(commandIds.load, 'quay', new Person(['From a File'], [], [mute]));
    assert.match(
      person.question?.text ?? '',
      /^setup\.exe does not say that it is the whole product: Eocortex/,
    );
    // Asked for the version they went away.
    assert.equal(person.typed.length, 1);
    assert.equal(readFileSync(file, 'utf8'), text);
    const wrong = new Person(['From a File'], ['9.9.9'], [mute]);
    await call(commandIds.load, 'quay', wrong);
    assert.match(
      wrong.messages.at(-1)?.text ?? '',
      /said to be of version 9\.9\.9, but is of version 4\.3\.1/,
    );
    await call(commandIds.load, 'quay', new Person(['From a File'], [''], [mute]));
    assert.match(person.messages.at(-1)?.text ?? '', /^quay: loaded Eocortex 4\.3\.1, complete distribution/);
    writeFileSync(file, text);
    await until('the file as it was', async () => (await row('quay'))?.words.includes('loadable'));
  });

  it('loads the first one from a file, without a question, and tells what it is', async () => {
    await call(commandIds.load, 'quay', new Person(['From a File'], [], [exe]));
    assert.equal(person.question, undefined);
    assert.match(
      person.messages.at(-1)?.text ?? '',
      /^quay: loaded Eocortex 4\.3\.1, complete distribution, x64, [\d.]+ KiB, SHA-256 [0-9a-f]{12}…\.$/,
    );
    assert.equal(
      readFileSync(file, 'utf8'),
      text.replace('// nothing loaded yet', '// nothing loaded yet\n      "version": "4.3.1",'),
    );
    await until('the other words', async () => (await row('quay'))?.words.includes('replaceable'));
    const expected = { version: '4.3.1', kind: 'installer', file: basename(exe) };
    assert.ok(
      (await library()).some(({ version, kind, file }) =>
        isDeepStrictEqual({ version, kind, file }, expected),
      ),
    );
  });

  it('replaces one from an address only after asking, with both versions and the whole hash', async () => {
    const { port } = server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/EocortexMainCommon%20Installer.exe?key=hunter2`;
    await call(commandIds.replacePackage, 'mole', new Person(['From an Address'], [address]));
    assert.equal(person.question?.text, 'mole: replace 4.2.18 by 4.3.1?');
    assert.deepEqual(person.question.buttons, ['Replace by 4.3.1']);
    assert.match(person.question.detail, /Edition: complete distribution\nArchitecture: x64\n/);
    assert.match(person.question.detail, /SHA-256: [0-9a-f]{64}\n/);
    assert.match(
      person.question.detail,
      /mole shall run 4\.3\.1 instead of 4\.2\.18\. No server is changed yet\./,
    );
    assert.ok(!JSON.stringify([person.messages, person.lists]).includes('hunter2'));
    assert.match(readFileSync(file, 'utf8'), /"version": "4\.3\.1", \/\/ the last good one/);
    await until('the new version', async () => (await row('mole'))?.description.includes('4.3.1'));
  });

  it('goes on with a download that broke off, when the person says so', async function () {
    this.timeout(60_000);
    // Behind its own end an installer may hold anything; it makes this one worth going on with.
    const big = Buffer.concat([installer(), Buffer.alloc(4 * 2 ** 20)]);
    const ranges: string[] = [];
    let well = false;
    const broken = createServer((request, response) => {
      const { range } = request.headers;
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
      if (range !== undefined) ranges.push(range);
      response.setHeader('etag', '"one"');
      response.setHeader('content-length', big.length - from);
      if (range !== undefined)
        response
          .writeHead(206, { 'content-range': `bytes ${from}-${big.length - 1}/${big.length}` })
          .flushHeaders();
      if (well) response.end(big.subarray(from));
      else response.write(big.subarray(from, from + 2 ** 20), () => setTimeout(() => response.destroy(), 50));
      // From the second MiB on nothing comes until somebody has looked after it.
      if (!well && from >= 2 ** 20) response.destroy();
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = broken.address() as AddressInfo;
      const address = `http://127.0.0.1:${port}/EocortexMainCommon.exe`;
      const one = new Person(['From an Address'], [address]);
      one.press = 'Go On';
      const asked = () => one.messages.find(({ buttons }) => buttons.includes('Go On'));
      const calling = call(commandIds.replacePackage, 'mole', one);
      const watch = setInterval(() => (well ||= asked() !== undefined), 5);
      await calling;
      clearInterval(watch);
      assert.match(asked()?.text ?? '', /127\.0\.0\.1.* What has come so far is kept\.$/);
      assert.ok(Number(/\d+/.exec(ranges.at(-1) ?? '')?.[0]) >= 2 ** 20, JSON.stringify(ranges));
      assert.ok((await library()).some(({ size }) => size === big.length));
    } finally {
      broken.closeAllConnections();
      await new Promise((resolve) => broken.close(resolve));
    }
  });

  it('offers what the library holds, and says that it is loaded already', async () => {
    const before = readFileSync(file, 'utf8');
    await call(commandIds.replacePackage, 'mole', new Person(['From the Library', '4.3.1']));
    assert.equal(person.question, undefined);
    assert.match(person.messages.at(-1)?.text ?? '', /The fleet file names 4\.3\.1 already\.$/);
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('lists a recorder with the rule that keeps it out, and offers it nothing', async () => {
    person = new Person();
    await (await (await api()).updaterFor(uri))?.refresh();
    const nvr = await until('the rule', async () => {
      const found = await row('mole-nvr');
      return found?.description.includes('not supported') === true ? found : undefined;
    });
    assert.match(nvr.description, /Only the applications .* \(eocortex\.app\)/);
    assert.deepEqual(nvr.words, ['server']);
  });
});
