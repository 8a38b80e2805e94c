import assert from 'node:assert/strict';
import { after, describe, it } from 'mocha';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../lab/until';

const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-editor-'));

/** What the editor offers at the mark `|` of a fleet file. */
async function offered(name: string, marked: string): Promise<string[]> {
  const file = join(folder, `${name}.fleet.jsonc`);
  writeFileSync(file, marked.replace('|', ''));
  const document = await vscode.workspace.openTextDocument(file);
  const at = document.positionAt(marked.indexOf('|'));
  // The first one waits until VS Code has read the schema.
  return until('what the editor offers', async () => {
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      at,
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    return labels.length > 0 && labels;
  });
}

const system = (product: string, more: string) =>
  `{ "systems": { "s": { "product": "${product}", ${more} } } }`;

describe('writing a fleet file', () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('offers a system the fields of its product', async () => {
    const banalytics = await offered('box', system('banalytics', '"|"'));
    for (const name of ['modules', 'repository', 'servers']) assert.ok(banalytics.includes(name), name);
    for (const name of ['version', 'licence', 'product']) assert.ok(!banalytics.includes(name), name);
    const mirasys = await offered('mirasys', system('mirasys', '"|"'));
    assert.ok(mirasys.includes('licence'));
    assert.ok(!mirasys.includes('modules'));
  });

  it('offers a server the fields of the product of its system', async () => {
    const server = await offered('server', system('eocortex', '"servers": { "a": { "host": "a", "|" } }'));
    assert.ok(server.includes('version'));
    assert.ok(!server.includes('environment'));
  });

  it('offers the words that a field may be there', async () => {
    const words = (product: string) => offered(`words-${product}`, system(product, '"restart": "|"'));
    assert.deepEqual((await words('eocortex')).sort(), ['"if-needed"', '"reboot"', '"service"']);
    assert.deepEqual((await words('banalytics')).sort(), ['"reboot"', '"service"']);
    const product = await offered('product', '{ "systems": { "s": { "product": "|" } } }');
    assert.deepEqual(product.sort(), ['"banalytics"', '"eocortex"', '"mirasys"']);
  });
});
