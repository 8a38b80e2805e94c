import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'mocha';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { commandIds, serverLogScheme, toolNames } from '../../src/vscode/ids';
import { Person } from './person';
import { until } from '../lab/until';
import { demoFleet } from './support';
import { row } from './tree';

describe('around a server', function () {
  this.timeout(60_000);
  if (demoFleet === undefined) {
    it('needs the demo fleet (--demo)');
    return;
  }
  const uri = vscode.Uri.file(demoFleet);
  let person = new Person();
  const call = async (command: string, label: string, picks: string[] = []) => {
    person.leave();
    person = new Person(picks);
    const { node } = await until(`the row ${label}`, () => row(label));
    await vscode.commands.executeCommand(command, node, [node]);
  };
  before(() => call(commandIds.refreshSelected, 'hall-a'));
  after(() => person.leave());

  it('opens a terminal that ssh enters without a question', async () => {
    const window = vscode.window as unknown as { createTerminal: unknown };
    const real = window.createTerminal;
    let opened: vscode.TerminalOptions | undefined;
    window.createTerminal = (options: vscode.TerminalOptions) => {
      opened = options;
      return { show: () => undefined };
    };
    try {
      await call(commandIds.openTerminal, 'hall-a');
    } finally {
      window.createTerminal = real;
    }
    assert.ok(Array.isArray(opened?.shellArgs));
    const args = [
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      ...opened.shellArgs,
      'echo',
      'hello',
    ];
    const { stdout } = await promisify(execFile)(opened.shellPath ?? '', args, { timeout: 20_000 });
    assert.equal(stdout, 'hello\n');
  });

  it('shows what was logged of one server alone', async () => {
    await call(commandIds.refreshSelected, 'hall-b');
    await call(commandIds.showServerLog, 'hall-a');
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.scheme, serverLogScheme);
    assert.match(document.getText(), /\[info\] \[hall-a\] facts: .* installed/);
    assert.doesNotMatch(document.getText(), /hall-b/);
    const before = document.lineCount;
    await call(commandIds.refreshSelected, 'hall-a');
    await until('the next line', () => document.lineCount > before);
  });

  it('says above each system how it stands', async () => {
    const document = await vscode.workspace.openTextDocument(uri);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
      50,
    );
    const titles = lenses
      .filter(({ range }) => document.lineAt(range.start.line).text.includes('"tram-depot"'))
      .map(({ command }) => command?.title ?? '');
    assert.match(titles[0] ?? '', /^2 servers: .*installed/);
    assert.match(titles[1] ?? '', /^Update/);
    assert.equal(titles[2], 'Open Fleet View');
  });

  it('copies a command line that does the same', async () => {
    await call(commandIds.copyCommandLine, 'hall-a', ['Show Plan']);
    const line = await vscode.env.clipboard.readText();
    assert.match(line, / plan -f \S+fleet\.jsonc\S* --server hall-a$/);
  });

  it('tells language models how the fleet stands, without asking anybody', async () => {
    const names = vscode.lm.tools.map(({ name }) => name);
    for (const name of Object.values(toolNames)) assert.ok(names.includes(name), name);
    const result = await vscode.lm.invokeTool(toolNames.getStatus, {
      input: { servers: ['hall-a'] },
      toolInvocationToken: undefined,
    });
    const [part] = result.content as vscode.LanguageModelTextPart[];
    const told = JSON.parse(part?.value ?? '') as {
      servers: number;
      details: { id: string; version: string }[];
    };
    assert.equal(told.servers, 1);
    assert.deepEqual(
      told.details.map(({ id }) => id),
      ['hall-a'],
    );
  });

  it('plans for language models with what the servers say', async () => {
    const result = await vscode.lm.invokeTool(toolNames.planUpdate, {
      input: { servers: ['hall-a'], action: 'restart' },
      toolInvocationToken: undefined,
    });
    const [part] = result.content as vscode.LanguageModelTextPart[];
    assert.match(part?.value ?? '', /"action":"restart","verdicts":\{"ready":1\}/);
  });
});
