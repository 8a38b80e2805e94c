import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type * as vscode from 'vscode';
import type { Server } from '../../src/updater/fleet/model';
import type { FleetLog } from '../../src/vscode/log';
import { WindowPrompts } from '../../src/vscode/prompts';
import { Secrets } from '../../src/vscode/secrets';
import { Person } from './person';

const server = { id: 'shed-1' } as Server;
const question = { server, kind: 'password' as const, subject: 'updater@192.0.2.1' };

/** SecretStorage as on a computer without a keyring, or a working one. */
function storage(works: boolean): vscode.SecretStorage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const run = <T>(value: () => T): Promise<T> =>
    works ? Promise.resolve(value()) : Promise.reject(new Error('no keyring'));
  const stand = {
    kept,
    get: (key: string) => run(() => kept.get(key)),
    store: (key: string, value: string) => run(() => void kept.set(key, value)),
    delete: (key: string) => run(() => void kept.delete(key)),
  };
  return stand as unknown as vscode.SecretStorage & { kept: Map<string, string> };
}

function memento(): vscode.Memento {
  const values = new Map<string, unknown>();
  const stand = {
    get: (key: string, fallback: unknown) => values.get(key) ?? fallback,
    update: (key: string, value: unknown) => Promise.resolve(void values.set(key, value)),
  };
  return stand as unknown as vscode.Memento;
}

describe('questions for passwords', () => {
  let person: Person;
  beforeEach(() => (person = new Person()));
  afterEach(() => person.leave());
  const log = { error: () => undefined } as unknown as FleetLog;

  it('are asked once, remembered where the person says so, and asked again when wrong', async () => {
    const place = storage(true);
    const list = memento();
    person.leave();
    person = new Person(['Remember', 'Only for Now'], ['first', 'second', 'third']);
    const prompts = new WindowPrompts(new Secrets(place, list, log));
    assert.equal(await prompts.secret({ ...question, attempt: 1 }), 'first');
    assert.equal(await prompts.secret({ ...question, attempt: 1 }), 'first');
    assert.deepEqual([...place.kept.values()], ['first']);
    // Mistyped: whether to remember was chosen already.
    assert.equal(await prompts.secret({ ...question, attempt: 2 }), 'second');
    assert.deepEqual([...place.kept.values()], ['second']);
    assert.equal(person.lists.length, 1);
    // Another window of the same person, and by then the password was changed.
    const later = new WindowPrompts(new Secrets(place, list, log));
    assert.equal(await later.secret({ ...question, attempt: 1 }), 'second');
    assert.equal(await later.secret({ ...question, attempt: 2 }), 'third');
    assert.equal(place.kept.size, 0);
    assert.equal(person.typed.length, 3);
    assert.ok(person.typed.every(({ password }) => password));
  });

  it('work without a keyring', async () => {
    person.leave();
    person = new Person(['Remember'], ['first']);
    const prompts = new WindowPrompts(new Secrets(storage(false), memento(), log));
    assert.equal(await prompts.secret({ ...question, attempt: 1 }), 'first');
    assert.equal(await prompts.secret({ ...question, attempt: 1 }), 'first');
  });

  it('come one after the other, and end when nobody needs the answer any more', async () => {
    person.leave();
    person = new Person([], []);
    const prompts = new WindowPrompts(new Secrets(storage(true), memento(), log));
    const gone = AbortSignal.abort();
    const [first, second] = await Promise.all([
      prompts.secret({ ...question, attempt: 1 }),
      prompts.secret({ ...question, attempt: 1 }, gone),
    ]);
    assert.deepEqual([first, second], [undefined, undefined]);
    assert.equal(person.typed.length, 1);
  });

  it('show the fingerprint of a new host key in a modal question', async () => {
    const prompts = new WindowPrompts(new Secrets(storage(true), memento(), log));
    const key = { host: '192.0.2.1', port: 22, keyType: 'ssh-ed25519', fingerprint: 'SHA256:abc' };
    assert.equal(await prompts.trustHostKey({ server, ...key }), true);
    assert.match(person.question?.text ?? '', /shed-1: .*192\.0\.2\.1:22/);
    assert.match(person.question?.detail ?? '', /ssh-ed25519\nSHA256:abc/);
  });
});
