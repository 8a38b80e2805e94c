import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import * as net from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FleetError } from '../../src/updater/errors';
import { makeKey, startSshd, type Sshd } from '../lab/sshd';
import { Desk, localServer } from '../lab/links';
import { startPlainServer, type PlainServer } from '../lab/ssh2-server';

const deadline = 10_000;
const hello = { code: 0, stdout: 'hello' };
let sshd: Sshd;
let keys: Desk;
let desk: Desk;
const stops: (() => Promise<unknown>)[] = [];

/** A desk whose default key the sshd knows; `keys` made it once, as making keys takes time. */
beforeAll(async () => {
  keys = new Desk();
  const authorized = [await keys.key('id_ed25519'), await keys.key('locked', 'open sesame')];
  sshd = await startSshd({ authorized, hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
});
afterAll(async () => {
  keys.leave();
  await sshd.stop();
});
beforeEach(() => {
  desk = new Desk();
});
afterEach(async () => {
  desk.leave();
  for (const stop of stops.splice(0)) await stop();
});

function withKey(): void {
  desk.write('id_ed25519', readFileSync(keys.path('id_ed25519'), 'utf8').trimEnd());
}
async function plain(...args: Parameters<typeof startPlainServer>): Promise<PlainServer> {
  const server = await startPlainServer(...args);
  stops.push(() => server.stop());
  return server;
}

describe('host keys', () => {
  it('are asked for once, however many links need them, and kept', async () => {
    withKey();
    const links = desk.links();
    const servers = Array.from({ length: 6 }, (_, at) => localServer(`srv-${at}`, sshd.port));
    const made = await Promise.all(servers.map((server) => links.get(server)));
    expect(await made[5]!.exec('printf hello', { deadline })).toMatchObject(hello);
    expect(desk.keyQuestions).toHaveLength(1);
    expect(desk.keyQuestions[0]).toMatchObject({
      host: '127.0.0.1',
      port: sshd.port,
      keyType: 'ssh-ed25519',
      fingerprint: execFileSync('ssh-keygen', ['-lf', `${sshd.folder}/host_ed25519.pub`], {
        encoding: 'utf8',
      }).split(' ')[1],
    });
    expect(readFileSync(desk.store, 'utf8')).toBe(`[127.0.0.1]:${sshd.port} ${sshd.hostKeys[0]}\n`);
    expect(statSync(desk.store).mode & 0o777).toBe(0o600);
    await desk.links().get(servers[0]!);
    expect(desk.keyQuestions).toHaveLength(1);
  });

  it('that nobody accepts end the attempt', async () => {
    withKey();
    desk.trust = () => false;
    await expect(desk.links().get(localServer('srv', sshd.port))).rejects.toMatchObject({
      code: 'hostkey.unknown',
      server: 'srv',
    });
    expect(() => statSync(desk.store)).toThrow();
  });

  it('that changed stop everything without a question', async () => {
    withKey();
    const other = await makeKey(desk.path('other'));
    const file = desk.write('known_hosts', '# old', `[127.0.0.1]:${sshd.port} ${other}`);
    const error: unknown = await desk
      .links()
      .get(localServer('srv', sshd.port))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'hostkey.changed', server: 'srv' });
    const { message, hint } = error as { message: string; hint: string };
    const print = (name: string) =>
      execFileSync('ssh-keygen', ['-lf', name], { encoding: 'utf8' }).split(' ')[1]!;
    expect(message).toContain(print(desk.path('other.pub')));
    expect(message).toContain(print(`${sshd.folder}/host_ed25519.pub`));
    expect(message).toContain(`${file}:2`);
    expect(hint).toContain(`-R "[127.0.0.1]:${sshd.port}"`);
    expect(desk.keyQuestions).toEqual([]);
  });

  it('of another type than the known one are a change, unless the server has the known one too', async () => {
    withKey();
    desk.write('known_hosts', `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[2]}`);
    const link = await desk.links().get(localServer('srv', sshd.port));
    expect(link.open).toBe(true);
    const only = await startSshd({ authorized: [], hostKeys: ['ed25519'] });
    stops.push(() => only.stop());
    desk.write('known_hosts', `[127.0.0.1]:${only.port} ${sshd.hostKeys[2]}`);
    await expect(desk.links().get(localServer('srv', only.port))).rejects.toMatchObject({
      code: 'hostkey.changed',
    });
    expect(desk.keyQuestions).toEqual([]);
  });

  it('are found under hashed names, and their revocation is', async () => {
    withKey();
    const file = desk.write('known_hosts', `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[0]}`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    await desk.links().get(localServer('srv', sshd.port));
    expect(desk.keyQuestions).toEqual([]);
    appendFileSync(file, `@revoked * ${sshd.hostKeys[0]}\n`);
    await expect(desk.links().get(localServer('srv', sshd.port))).rejects.toMatchObject({
      code: 'hostkey.revoked',
    });
  });
});

describe('passwords', () => {
  const passwordServer = (right: string) =>
    plain((attempt) => {
      if (attempt.method === 'password' && attempt.password === right) attempt.accept();
      else attempt.reject(['password']);
    });

  it('that are wrong are asked for three times', async () => {
    const server = await passwordServer('right');
    desk.answer = ({ attempt }) => `wrong ${attempt}`;
    const error: unknown = await desk
      .links()
      .get(localServer('srv', server.port))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'auth.failed', server: 'srv' });
    // The command that it names goes to the very same place.
    expect((error as FleetError).hint).toContain(`ssh -p ${server.port} `);
    expect((error as Error).message).toContain('takes: password');
    expect((error as Error).message).toContain('password (3 times)');
    expect((error as Error).message).not.toContain('wrong');
    expect(desk.secretQuestions.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(desk.secretQuestions[0]).toMatchObject({ kind: 'password', subject: 'root@127.0.0.1' });
  });

  it('that are right at last are remembered for every link, and forgotten when they fail', async () => {
    const server = await passwordServer('right');
    desk.answer = ({ attempt }) => (attempt === 2 ? 'right' : 'wrong');
    const links = desk.links();
    await links.get(localServer('a', server.port));
    await links.get(localServer('b', server.port));
    expect(desk.secretQuestions.map(({ attempt }) => attempt)).toEqual([1, 2]);
    const strict = await passwordServer('another');
    desk.answer = () => 'another';
    await links.get(localServer('c', strict.port));
    expect(desk.secretQuestions.map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });

  it('are asked for once for many servers at the same moment', async () => {
    const server = await passwordServer('right');
    desk.answer = () => new Promise((resolve) => setTimeout(() => resolve('right'), 300));
    const links = desk.links();
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => links.get(localServer(`srv-${at}`, server.port))),
    );
    expect(desk.secretQuestions).toHaveLength(1);
    expect(server.connections).toBe(40);
  });

  it('that nobody gives are a cancelled login', async () => {
    const server = await passwordServer('right');
    await expect(desk.links().get(localServer('srv', server.port))).rejects.toMatchObject({
      code: 'auth.cancelled',
    });
  });

  it('answered after the server lost its patience are used on a second connection', async () => {
    const server = await plain((attempt) => {
      if (attempt.method === 'password' && attempt.password === 'right') attempt.accept();
      else attempt.reject(['password']);
    });
    let hangUp: () => Promise<void> = () => Promise.resolve();
    desk.answer = async () => {
      await hangUp();
      return 'right';
    };
    const line = net.createServer((near) => {
      const far = net.connect(server.port, '127.0.0.1');
      for (const end of [near, far]) end.on('error', () => undefined);
      near.pipe(far).pipe(near);
      hangUp = async () => {
        hangUp = () => Promise.resolve();
        near.destroy();
        far.destroy();
        await new Promise((resolve) => setTimeout(resolve, 100));
      };
    });
    line.listen(0, '127.0.0.1');
    await once(line, 'listening');
    stops.push(() => new Promise((resolve) => line.close(resolve)));
    await desk.links().get(localServer('srv', (line.address() as net.AddressInfo).port));
    expect(desk.secretQuestions).toHaveLength(1);
  });

  it('do not run the clock of the handshake while a person types', async () => {
    const server = await passwordServer('right');
    desk.answer = () => new Promise((resolve) => setTimeout(() => resolve('right'), 1_200));
    await desk.links({ connectTimeout: 500 }).get(localServer('srv', server.port));
  });

  it('go to keyboard-interactive where the server asks so, and codes are asked for apart', async () => {
    const server = await plain((attempt) => {
      if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
      attempt.prompt([{ prompt: 'Password: ', echo: false }], (password) => {
        if (password[0] !== 'right') return attempt.reject(['keyboard-interactive']);
        attempt.prompt([{ prompt: 'Verification code: ', echo: true }], (code) => {
          if (code[0] === '123456') attempt.accept();
          else attempt.reject(['keyboard-interactive']);
        });
      });
    });
    desk.answer = ({ subject, attempt }) =>
      subject.endsWith('(Verification code)') ? '123456' : attempt === 1 ? 'wrong' : 'right';
    await desk.links().get(localServer('srv', server.port));
    expect(desk.secretQuestions.map(({ subject }) => subject)).toEqual([
      'root@127.0.0.1',
      'root@127.0.0.1',
      'root@127.0.0.1 (Verification code)',
    ]);
  });

  it('follow a first half, where a server wants two', async () => {
    let half = false;
    const server = await plain((attempt) => {
      if (!half && attempt.method === 'password' && attempt.password === 'right') {
        half = true;
        attempt.reject(['keyboard-interactive'], true);
      } else if (half && attempt.method === 'keyboard-interactive')
        attempt.prompt([{ prompt: 'Code', echo: false }], (code) =>
          code[0] === '7' ? attempt.accept() : attempt.reject(),
        );
      else attempt.reject(['password']);
    });
    desk.answer = ({ subject }) => (subject.endsWith('(Code)') ? '7' : 'right');
    await desk.links().get(localServer('srv', server.port));
    expect(desk.secretQuestions).toHaveLength(2);
  });
});

describe('keys', () => {
  it('with a passphrase are opened, and asked about once', async () => {
    const identityFile = keys.path('locked');
    desk.answer = ({ attempt }) => (attempt === 1 ? 'wrong' : 'open sesame');
    const links = desk.links();
    const link = await links.get(localServer('a', sshd.port, { identityFile }));
    expect(await link.exec('printf hello', { deadline })).toMatchObject(hello);
    await links.get(localServer('b', sshd.port, { identityFile }));
    expect(desk.secretQuestions.map(({ kind, subject, attempt }) => ({ kind, subject, attempt }))).toEqual([
      { kind: 'passphrase', subject: identityFile, attempt: 1 },
      { kind: 'passphrase', subject: identityFile, attempt: 2 },
    ]);
  });

  it('come from the agent first, the wanted one before the others', async () => {
    const agent = spawn('ssh-agent', ['-D', '-a', desk.path('agent')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    stops.push(async () => {
      agent.kill();
      await once(agent, 'exit');
    });
    await once(agent.stdout, 'data');
    desk.env = { SSH_AUTH_SOCK: desk.path('agent') };
    // More wrong keys than the server would look at before it hangs up.
    for (let at = 0; at < 7; at++) {
      await makeKey(desk.path(`extra${at}`));
      execFileSync('ssh-add', ['-q', desk.path(`extra${at}`)], { env: desk.env, stdio: 'ignore' });
    }
    execFileSync('ssh-add', ['-q', keys.path('id_ed25519')], { env: desk.env, stdio: 'ignore' });
    desk.write('wanted.pub', readFileSync(keys.path('id_ed25519.pub'), 'utf8').trimEnd());
    const wanted = localServer('srv', sshd.port, { identityFile: '~/.ssh/wanted' });
    const link = await desk.links().get(wanted);
    expect(await link.exec('printf hello', { deadline })).toMatchObject(hello);
    await expect(desk.links().get(localServer('srv', sshd.port))).rejects.toMatchObject({
      code: 'auth.failed',
      message: expect.stringContaining('agent (8 keys)') as string,
    });
    expect(desk.secretQuestions).toEqual([]);
  });

  it('that cannot serve are named in the error, and so is an agent that is not there', async () => {
    desk.env = { SSH_AUTH_SOCK: desk.path('nobody') };
    const identityFile = desk.write('nonsense', 'no key at all');
    const error: unknown = await desk
      .links()
      .get(localServer('srv', sshd.port, { identityFile }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'auth.failed' });
    expect((error as Error).message).toContain(identityFile);
    expect((error as Error).message).toContain(desk.path('nobody'));
    expect((error as Error).message).toContain('takes: publickey');
  });
});

describe('jump hosts', () => {
  let behind: Sshd;
  beforeAll(async () => {
    behind = await startSshd({ authorized: [(await keys.key('inner')).trim()] });
  });
  afterAll(() => behind.stop());

  it('come from ssh config, through Include, each with its own key and host key', async () => {
    withKey();
    desk.write(
      'config',
      'Include more',
      'Host inner',
      '  HostName 127.0.0.1',
      `  Port ${behind.port}`,
      '  ProxyJump gate',
    );
    desk.write('more', 'Host gate', '  HostName localhost', `  Port ${sshd.port}`, '  User root');
    const server = localServer('srv', 0, {
      host: 'inner',
      port: undefined,
      identityFile: keys.path('inner'),
    });
    const links = desk.links();
    const link = await links.get(server);
    const { stdout } = await link.exec('echo $SSH_CONNECTION', { deadline });
    expect(stdout.trim().split(' ')[3]).toBe(String(behind.port));
    expect(desk.keyQuestions.map(({ host, port }) => `${host}:${port}`)).toEqual([
      `localhost:${sshd.port}`,
      `127.0.0.1:${behind.port}`,
    ]);
    expect(sshd.log()).toContain('Accepted publickey for root');
  });

  it('are shared by the servers behind them, and end with them', async () => {
    withKey();
    const gate = localServer('gate', sshd.port);
    desk.servers.set('gate', gate);
    const links = desk.links();
    const before = sshd.log().split('Accepted publickey').length;
    const servers = ['a', 'b', 'c'].map((id) =>
      localServer(id, behind.port, { jump: 'gate', identityFile: keys.path('inner') }),
    );
    const made = await Promise.all(servers.map((server) => links.get(server)));
    const gateLink = await links.get(gate);
    expect(sshd.log().split('Accepted publickey').length - before).toBe(1);
    const running = made.map((link) => link.exec('sleep 30', { deadline: 20_000 }));
    gateLink.close();
    for (const [at, result] of (await Promise.allSettled(running)).entries())
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'link.lost', server: servers[at]!.id },
      });
  });

  it('say which of them failed', async () => {
    withKey();
    const server = localServer('srv', 1, { jump: `root@127.0.0.1:${sshd.port}` });
    await expect(desk.links().get(server)).rejects.toMatchObject({ code: 'host.refused', server: 'srv' });
    const lost = localServer('srv', behind.port, { jump: 'root@127.0.0.1:1' });
    await expect(desk.links().get(lost)).rejects.toMatchObject({
      code: 'host.refused',
      server: 'srv',
      message: expect.stringContaining('By way of root@127.0.0.1:1') as string,
    });
  });

  it('that go round in a circle are an error, not a wait', async () => {
    const a = localServer('a', 1, { jump: 'b' });
    const b = localServer('b', 2, { jump: 'a' });
    for (const server of [a, b]) desk.servers.set(server.id, server);
    const links = desk.links();
    const results = await Promise.allSettled([links.get(a), links.get(b)]);
    expect(results[0]).toMatchObject({ reason: { code: 'fleet.invalid' } });
    expect((results[0] as PromiseRejectedResult).reason).toHaveProperty(
      'message',
      expect.stringContaining('a → b → a'),
    );
    expect(results[1].status).toBe('rejected');
  });
});
