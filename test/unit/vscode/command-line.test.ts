import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../src/updater/fleet/read';
import { commandLineText, shellOf, type CommandLine } from '../../../src/vscode/command-line';

const text = JSON.stringify({
  systems: {
    'night watch': { product: 'eocortex', servers: { a1: { host: 'a1' }, a2: { host: 'a2' } } },
    b: { product: 'eocortex', servers: { 'b 1': { host: 'b1' } } },
  },
});
const { fleet } = parseFleet(text, "/home/o'neil/my fleet.jsonc");
if (!fleet) throw new Error('no fleet');
const all = fleet.systems.flatMap(({ servers }) => servers);
const call = (ids: string[], over: Partial<CommandLine> = {}): CommandLine => ({
  program: ['vms-fleet'],
  verb: 'install',
  fleet,
  servers: all.filter(({ id }) => ids.includes(id)),
  dataFolder: undefined,
  ...over,
});

describe('a command line to paste', () => {
  it('names whole systems as such, and the whole fleet by nothing', () => {
    const line = (...ids: string[]) => commandLineText(call(ids), 'powershell').replace(/^.*\.jsonc' ?/, '');
    expect(line('a1', 'a2', 'b 1')).toBe('');
    expect(line('a1', 'a2')).toBe("--system 'night watch'");
    expect(line('a1', 'b 1')).toBe('--server a1 --system b');
  });

  it('reaches the program in a POSIX shell as it was meant', () => {
    const line = commandLineText(
      call(['a1', 'a2'], { program: ['printf', '%s\\n'], dataFolder: "/x y/'z" }),
      'posix',
    );
    const said = execFileSync(
      'sh',
      ['-c', `${line}; ${line.replace(/ printf .*/, " sh -c 'echo $VMS_FLEET_HOME'")}`],
      { encoding: 'utf8' },
    );
    expect(said.split('\n').slice(0, 6)).toEqual([
      'install',
      '-f',
      "/home/o'neil/my fleet.jsonc",
      '--system',
      'night watch',
      "/x y/'z",
    ]);
  });

  it('is quoted for cmd.exe and PowerShell, the data folder before it', () => {
    const over = {
      program: ['node', 'C:\\Program Files\\cli.js'],
      verb: 'status' as const,
      dataFolder: 'D:\\fleet data',
    };
    const every = ['a1', 'a2', 'b 1'];
    expect(commandLineText(call(every, over), 'cmd')).toBe(
      'set "VMS_FLEET_HOME=D:\\fleet data" && node "C:\\Program Files\\cli.js" status -f "/home/o\'neil/my fleet.jsonc"',
    );
    expect(commandLineText(call(every, over), 'powershell')).toBe(
      "$env:VMS_FLEET_HOME = 'D:\\fleet data'; node 'C:\\Program Files\\cli.js' status -f '/home/o''neil/my fleet.jsonc'",
    );
  });

  it('is for the shell that VS Code opens', () => {
    expect(
      ['/bin/zsh', 'C:\\Windows\\System32\\cmd.exe', 'C:\\x\\pwsh.exe', 'powershell', ''].map(shellOf),
    ).toEqual([...['posix', 'cmd', 'powershell', 'powershell', 'posix']]);
  });
});
