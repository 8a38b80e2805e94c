import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Questions, type QuestionOptions } from '../../../src/cli/questions';
import { Terminal, type Input } from '../../../src/cli/terminal';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Server } from '../../../src/updater/fleet/model';

const { fleet } = parseFleet(
  '{ "name": "F", "systems": { "s": { "product": "banalytics", "home": "/opt/b", "modules": { "com.banalytics.box:core": "1.0.0" }, "servers": { "box-1": { "host": "h", "os": "linux" } } } } }',
  '/f.fleet.jsonc',
);
const server = fleet?.systems[0]?.servers[0] as Server;
const key = { server, host: 'h', port: 22, keyType: 'ssh-ed25519', fingerprint: 'SHA256:abc' };
const password = { server, kind: 'password' as const, subject: 'pat@h', attempt: 1 };

/** A terminal at which each answer is typed as soon as something is asked. */
function at(tty: boolean, answers: string[], options: Partial<QuestionOptions> = {}) {
  const stdin: Input = Object.assign(new PassThrough(), { isTTY: tty });
  let text = '';
  let interruptions = 0;
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        const next = /[:?)] $/.test(chunk.toString()) ? answers.shift() : undefined;
        if (next !== undefined) setImmediate(() => (stdin as PassThrough).write(next));
        done();
      },
    }),
    { isTTY: tty },
  );
  const terminal = new Terminal({ stdin, stdout: new PassThrough(), stderr, env: {} }, false);
  const interrupted = () => (interruptions += 1);
  const given = { trustNewHostKeys: false, password: undefined, interrupted, ...options };
  return { questions: new Questions(terminal, given), text: () => text, interruptions: () => interruptions };
}

describe('questions at a terminal', () => {
  it('shows the fingerprint and takes only yes or no', async () => {
    const { questions, text } = at(true, ['what\r', 'yes\r']);
    expect(await questions.trustHostKey(key)).toBe(true);
    expect(text()).toContain('SHA256:abc');
    expect(await at(true, ['no\r']).questions.trustHostKey(key)).toBe(false);
  });

  it('never shows a secret', async () => {
    const { questions, text } = at(true, ['hunter2\r']);
    expect(await questions.secret(password)).toBe('hunter2');
    expect(text()).toBe('Password of pat@h (box-1): \n');
  });

  it('asks one after the other', async () => {
    const { questions, text } = at(true, ['one\r', 'two\r']);
    const both = [questions.secret(password), questions.secret({ ...password, subject: 'pat@i' })];
    expect(await Promise.all(both)).toEqual(['one', 'two']);
    expect(text()).toBe('Password of pat@h (box-1): \nPassword of pat@i (box-1): \n');
  });

  it('Ctrl-C answers nothing and interrupts the work; so does a signal the question', async () => {
    const { questions, interruptions } = at(true, ['\u0003']);
    expect(await questions.secret(password)).toBeUndefined();
    expect(interruptions()).toBe(1);
    expect(await at(true, []).questions.secret(password, AbortSignal.timeout(20))).toBeUndefined();
  });

  it('uses the variable once; a wrong one is asked about, or given up where nobody is there', async () => {
    const options = { password: 'from-env' };
    expect(await at(false, [], options).questions.secret(password)).toBe('from-env');
    expect(await at(false, [], options).questions.secret({ ...password, attempt: 2 })).toBeUndefined();
    const { questions, text } = at(true, ['typed\r'], options);
    expect(await questions.secret({ ...password, attempt: 2 })).toBe('typed');
    expect(text()).toContain('That was not right.');
    expect(text()).not.toContain('from-env');
  });
});

describe('where nobody sits', () => {
  it('no secret is known and nothing confirmed', async () => {
    const { questions } = at(false, []);
    expect(await questions.secret(password)).toBeUndefined();
    expect(await questions.confirm('Go on?')).toBe(false);
  });

  it('a new host key is refused with the way to accept it, or accepted by the option', async () => {
    await expect(at(false, []).questions.trustHostKey(key)).rejects.toMatchObject({
      code: 'hostkey.unknown',
      server: 'box-1',
      hint: expect.stringContaining('--trust-new-host-keys') as string,
    });
    const { questions, text } = at(false, [], { trustNewHostKeys: true });
    expect(await questions.trustHostKey(key)).toBe(true);
    expect(text()).toContain('SHA256:abc');
  });
});
