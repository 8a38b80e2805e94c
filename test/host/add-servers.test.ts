import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { servers } from '../../src/updater/fleet/model';
import { commandIds } from '../../src/vscode/ids';
import { goBack, offered, Person } from './person';
import { until } from '../lab/until';
import { demoFleet, workspaceFolder } from './support';
import { api, row } from './tree';

/** One server of the demo under another name, in a fleet file of its own; port 1 of loopback refuses at once. */
const fleet = (port: number, identityFile: string) => `{
  // kept by every edit
  "systems": {
    "kiosks": {
      "product": "banalytics",
      "identityFile": ${JSON.stringify(identityFile)},
      "modules": { "com.banalytics.box:core": "1.4.1" },
      "servers": {
        "kiosk-1": { "host": "127.0.0.1", "port": 1, "environment": "e" } // the first
      }
    }
  }
} // ${port}
`;

describe('adding servers', function () {
  this.timeout(60_000);
  if (demoFleet === undefined) {
    it('needs the demo fleet (--demo)');
    return;
  }
  const demo = vscode.Uri.file(demoFleet);
  const file = join(workspaceFolder(), 'kiosks.fleet.jsonc');
  const inventory = join(workspaceFolder(), 'inventory.ini');
  let person = new Person();
  let place: { port: number; user: string };
  const text = () => readFileSync(file, 'utf8');
  /** Calls a verb on the system, as its context menu does. */
  const call = async (
    command: string,
    picks: string[],
    answers: string[],
    press?: string,
    files: string[] = [],
  ) => {
    person.leave();
    person = new Person(picks, answers, files);
    person.press = press;
    const node = (await row('kiosks'))?.node;
    assert.ok(node);
    await vscode.commands.executeCommand(command, node, [node]);
  };

  before(async () => {
    const found = servers((await (await api()).updaterFor(demo))!.fleet)[0]!;
    place = { port: found.port!, user: found.user! };
    writeFileSync(file, fleet(place.port, found.identityFile!));
    await until('the system', () => row('kiosks'));
  });
  afterEach(() => person.leave());
  after(() => [file, inventory].forEach((one) => rmSync(one, { force: true })));

  it('asks step by step, says what will not do, connects, and writes the entry', async () => {
    await call(
      commandIds.addServer,
      ['Directly', 'Directly'],
      [
        'me@@x',
        `${place.user}@127.0.0.1:${place.port}`,
        offered,
        goBack,
        '-x',
        'kiosk-1',
        'kiosk-2',
        'env-2',
      ],
    );
    assert.deepEqual(
      person.steps.map(({ at, value, faults }) => [at, value, faults.length]),
      [
        ['1/6', '', 1],
        ['2/6', place.user, 0],
        ['3/6', '', 0],
        ['4/6', 'kiosk-2', 0],
        ['3/6', '', 0],
        ['4/6', 'kiosk-2', 2],
        // It said what it runs: that is not asked any more.
        ['5/5', '', 0],
      ],
    );
    assert.match(
      text(),
      new RegExp(
        `"environment": "e" \\}, // the first\\n +"kiosk-2": \\{ "host": "127.0.0.1", "port": ${place.port}, "user": "${place.user}", "environment": "env-2" \\}\\n`,
      ),
    );
    await until('the server, asked', async () => {
      const found = await row('kiosk-2');
      return found !== undefined && !/not asked/.test(found.description);
    });
    assert.match(person.messages.at(-1)?.text ?? '', /kiosk-2 was added to kiosks/);
  });

  it('says why a connection fails, and goes back or writes it anyway', async () => {
    const before = text();
    // Back to the name, and away.
    await call(commandIds.addServer, ['Directly'], ['127.0.0.1:2', '', 'kiosk-3'], 'Go Back');
    assert.match(person.question?.detail ?? '', /127\.0\.0\.1 refuses connections on port 2\.\n\nCheck that/);
    assert.equal(text(), before);
    await call(
      commandIds.addServer,
      ['gate', 'Linux'],
      ['127.0.0.1:2', '', 'kiosk-3', ''],
      'Write It Anyway',
    );
    assert.equal(
      text(),
      before.replace(
        /(env-2" \})/,
        '$1,\n        "kiosk-3": { "host": "127.0.0.1", "port": 2, "jump": "gate" }',
      ),
    );
  });

  it('refuses what is there already before it connects', async () => {
    await call(commandIds.addServer, ['Directly'], ['127.0.0.1:1', '', 'kiosk-9'], 'OK');
    assert.match(person.question?.detail ?? '', /"kiosk-9" and "kiosk-1" are the same machine/);
  });

  it('imports from an Ansible inventory what the person picks', async () => {
    writeFileSync(
      inventory,
      '[pier]\nold ansible_host=127.0.0.1 ansible_port=1\npier-a ansible_host=192.0.2.1 ansible_user=ops ansible_password=hunter2\npier-b\npier-c\nme ansible_connection=local\n',
    );
    await call(commandIds.importInventory, ['pier-a|pier-c'], [], undefined, [inventory]);
    const { labels = [] } = person.lists.at(-1) ?? {};
    assert.deepEqual(labels, [
      ...['pier', 'pier-a', 'pier-b', 'pier-c'],
      'In the fleet file already: old (kiosk-1).',
      'Left out: me (Ansible reaches it by local, not by SSH).',
    ]);
    assert.match(
      text(),
      /"pier-a": \{ "host": "192\.0\.2\.1", "user": "ops", "tags": \["pier"\] \},\n +"pier-c": \{ "host": "pier-c", "tags": \["pier"\] \}\n/,
    );
    assert.doesNotMatch(text(), /hunter2|pier-b/);
    assert.match(text(), /\/\/ kept by every edit/);
  });

  it('says where an inventory is wrong, and writes nothing', async () => {
    const before = text();
    writeFileSync(inventory, '[pier]\na b\n');
    await call(commandIds.importInventory, [], [], undefined, [inventory]);
    assert.match(person.messages.at(-1)?.text ?? '', /inventory\.ini:2: Behind a host comes key=value/);
    assert.equal(text(), before);
  });
});
