import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { activate } from './loading';
import { report } from './report';
import { extension } from './support';

interface Manifest {
  contributes: { views: Record<string, { id: string }[]>; commands: { command: string }[] };
}

describe('activation', () => {
  it('activates without an error', async () => {
    const before = extension().isActive;
    const spent = await activate();
    assert.equal(extension().isActive, true);
    if (!before) report({ event: 'figure', title: 'loading and activating', ms: Math.round(spent) });
  });

  it('opens each view that the manifest names', async () => {
    const { views } = (extension().packageJSON as Manifest).contributes;
    const ids = Object.values(views).flat();
    assert.ok(ids.length > 0, 'the manifest names no view');
    for (const { id } of ids) await vscode.commands.executeCommand(`${id}.focus`);
  });

  it('has a handler for each command that the manifest names', async () => {
    await extension().activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const named = (extension().packageJSON as Manifest).contributes.commands.map(({ command }) => command);
    assert.ok(named.length > 0, 'the manifest names no command');
    assert.deepEqual(
      named.filter((command) => !registered.has(command)),
      [],
    );
  });
});
