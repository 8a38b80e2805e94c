import { describe, expect, it } from 'vitest';
import { readArguments, verbs } from '../../../src/cli/arguments';
import { help } from '../../../src/cli/help';
import { FleetError } from '../../../src/updater/errors';

function refusal(...argv: string[]): { message: string; hint: string | undefined } {
  try {
    readArguments(argv);
  } catch (error) {
    if (error instanceof FleetError && error.code === 'usage')
      return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`"${argv.join(' ')}" was accepted`);
}

describe('arguments', () => {
  it('reads a whole line, options before and after the verb', () => {
    const line =
      '-f x.fleet.jsonc install --server a --server b --system s --to 1.4.2 --yes --skip-blocked --ignore-window --json';
    expect(readArguments(line.split(' '))).toMatchObject({
      ask: 'verb',
      verb: 'install',
      file: 'x.fleet.jsonc',
      servers: ['a', 'b'],
      systems: ['s'],
      to: '1.4.2',
      yes: true,
      skipBlocked: true,
      ignoreWindow: true,
      json: true,
    });
  });

  it('reads when an armed install begins, by the clock here or with a zone', () => {
    const arming = (...words: string[]) => {
      const asked = readArguments(['install', ...words]);
      return asked.ask === 'verb' ? asked.arming : null;
    };
    expect(arming()).toBeUndefined();
    expect(arming('--arm')).toEqual({ at: null });
    expect(arming('--arm', '--at', '2099-11-28T22:00')).toEqual({ at: new Date(2099, 10, 28, 22, 0) });
    expect(arming('--arm', '--at', '2099-11-28T22:00+02:00')).toEqual({
      at: new Date('2099-11-28T20:00:00Z'),
    });
    for (const at of ['22:00', 'tomorrow', '2099-02-31T10:00', '2099-13-01T10:00', '2099-11-28T25:00'])
      expect(refusal('install', '--arm', '--at', at).message).toBe(`--at: "${at}" is not a time.`);
    expect(refusal('install', '--arm', '--at', '2020-01-01T00:00').message).toContain('has passed');
    expect(refusal('install', '--at', '2099-11-28T22:00').hint).toContain('--arm');
    expect(refusal('plan', '--action', 'restart', '--arm').message).toBe('Only an install can be armed.');
    expect(refusal('rollback', '--arm').message).toContain('--arm');
  });

  it('plans an install unless told otherwise', () => {
    expect(readArguments(['plan'])).toMatchObject({ action: 'install', to: null });
    expect(readArguments(['plan', '--action', 'rollback'])).toMatchObject({ action: 'rollback' });
    expect(refusal('plan', '--action', 'erase').message).toBe('There is no action "erase".');
  });

  it('takes every verb of the contract, and explains each in the help', () => {
    for (const verb of verbs) {
      const ofRollout = ['resume', 'cancel', 'pause', 'continue', 'skip'].includes(verb);
      const words = [
        ...(ofRollout ? ['id'] : []),
        ...(verb === 'skip' ? ['--server', 'a', '--reason', 'broken'] : []),
      ];
      expect(readArguments([verb, ...words])).toMatchObject({ verb });
      expect(help()).toContain(`\n  ${verb}`);
      expect(help(verb)).toMatch(new RegExp(`^vms-fleet ${verb}\\b`));
    }
  });

  it('names the nearest verb and option', () => {
    expect(refusal('instal')).toEqual({
      message: 'There is no verb "instal".',
      hint: 'Did you mean install?',
    });
    expect(refusal('sttaus').hint).toBe('Did you mean status?');
    expect(refusal('status', '--sevrer', 'a')).toEqual({
      message: 'There is no option --sevrer.',
      hint: 'Did you mean --server?',
    });
    expect(refusal('xyzzy').hint).toContain('--help');
  });

  it('refuses in one line what is missing, too much or out of place', () => {
    expect(refusal().message).toContain('a verb is missing');
    expect(refusal('skip', 'r', '--server', 'a').message).toBe('"skip" needs a server and a reason.');
    expect(refusal('skip', 'r', '--server', 'a', '--reason', ' ').message).toContain('a reason');
    expect(refusal('resume').message).toBe('"resume" needs the id of a rollout.');
    expect(refusal('cancel', 'a', 'b').message).toContain('"b"');
    expect(refusal('status', 'box-1')).toMatchObject({ hint: expect.stringContaining('--server') as string });
    expect(refusal('status', '--to', '1.0')).toEqual({
      message: '"status" takes no --to.',
      hint: 'It belongs to plan, download, install, rollback.',
    });
    // It was agreed to when it began.
    expect(refusal('resume', 'r-1', '--yes').message).toBe('"resume" takes no --yes.');
    for (const line of [
      ['status', '-f'],
      ['status', '--json=yes'],
      ['install', '--to', 'latest'],
    ])
      expect(refusal(...line).message).not.toContain('\n');
  });

  it('answers --help and --version wherever they stand', () => {
    expect(readArguments(['--version'])).toEqual({ ask: 'version' });
    expect(readArguments(['install', '--help'])).toEqual({ ask: 'help', verb: 'install' });
    expect(readArguments(['-h'])).toEqual({ ask: 'help', verb: undefined });
  });
});
