import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Link } from '../../src/updater/targets/link';
import { linux } from '../../src/updater/targets/linux';
import { transfer } from '../../src/updater/targets/transfer';
import { Desk, localServer } from '../lab/links';
import { startPlainServer } from '../lab/ssh2-server';
import { startSshd, type Sshd } from '../lab/sshd';

/** What servers do at sites where nobody looked after them. */
let keys: Desk;
let key = '';
let desk: Desk;
const sshds: Sshd[] = [];

beforeAll(async () => {
  keys = new Desk();
  key = await keys.key('id_ed25519');
});
afterAll(() => keys.leave());
beforeEach(() => {
  desk = new Desk();
  desk.write('id_ed25519', readFileSync(keys.path('id_ed25519'), 'utf8').trimEnd());
});
afterEach(async () => {
  desk.leave();
  for (const sshd of sshds.splice(0)) await sshd.stop();
});

async function sshdWith(...config: string[]): Promise<Sshd> {
  const sshd = await startSshd({ authorized: [key], config });
  sshds.push(sshd);
  return sshd;
}

describe('a login shell that prints something before every command, its last line without an end', () => {
  const noise =
    'Welcome\\nend\\nboot\\tnot-this-one-1\\nboot not-this-one-2\\njournal\\t1\\nWe are watching:';
  let link: Link;
  let folder: string;

  beforeEach(async () => {
    const sshd = await sshdWith(`ForceCommand printf '${noise}'; exec sh -c "$SSH_ORIGINAL_COMMAND"`);
    folder = desk.home;
    const bootIdFile = path.join(folder, 'boot_id');
    writeFileSync(bootIdFile, 'the-boot-identity\n');
    const server = localServer('noisy', sshd.port, { stateDir: path.join(folder, 'state'), bootIdFile });
    link = await desk.links().get(server);
  });

  it('is no answer, nor is what a machine says while it goes down', async () => {
    expect(await linux.ask(link, [])).toMatchObject({ bootId: 'the-boot-identity' });
    const goingDown = () => link.exec('kill -9 $$', { deadline: 20_000 });
    const killed = { server: link.server, exec: goingDown } as unknown as Link;
    await expect(linux.ask(killed, [])).rejects.toMatchObject({ code: 'link.lost', server: 'noisy' });
  });

  it('does not hide that the machine is back', async () => {
    expect(await linux.pulse(link, null)).toEqual({ bootId: 'the-boot-identity', ended: false });
    const job = path.join(folder, 'state/jobs/j-1');
    mkdirSync(job, { recursive: true });
    writeFileSync(path.join(job, 'exit'), 'done\t-\t\n');
    expect(await linux.pulse(link, 'j-1')).toEqual({ bootId: 'the-boot-identity', ended: true });
  });

  it('does not make a package that arrived whole look damaged', async () => {
    const bytes = randomBytes(100_000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const source = { path: path.join(folder, 'a.jar'), file: 'a.jar', size: bytes.length, sha256 };
    writeFileSync(source.path, bytes);
    expect(await transfer(link, linux, source)).toBe('sent');
    expect(await transfer(link, linux, source)).toBe('had');
  });

  it('does not eat the first line of a job’s journal', async () => {
    const lines: string[] = [];
    await linux.startJob(link, {
      id: 'j-2',
      settings: {},
      lines: [{ kind: 'step', words: ['commit'] }],
      files: {},
    });
    const end = await linux.followJob(link, 'j-2', 0, ({ event, step }) => lines.push(`${event} ${step}`));
    expect(lines.filter((line) => line !== ' ')).toEqual(['begin commit', 'end commit']);
    expect(end).toMatchObject({ kind: 'exit', state: 'done' });
  });
});

describe('a server that takes few logins at once', () => {
  it('drops some of many by chance, and all get in', async () => {
    const sshd = await sshdWith('MaxStartups 3:60:40');
    const links = desk.links();
    const ids = Array.from({ length: 20 }, (_, at) => `s${at}`);
    const roots = ids.map((id) => links.fresh(localServer(id, sshd.port), { deadline: 30_000 }));
    const settled = await Promise.allSettled(roots);
    expect(sshd.log()).toContain('past MaxStartups');
    expect(settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([]);
  });
});

describe('a password that is wrong', () => {
  it('is called wrong, also where nobody is there to give another', async () => {
    const server = await startPlainServer((attempt) => attempt.reject(['password']));
    try {
      desk.answer = ({ attempt }) => (attempt === 1 ? 'wrong' : undefined);
      await expect(desk.links().get(localServer('srv', server.port))).rejects.toMatchObject({
        code: 'auth.failed',
        message: expect.stringContaining('is not the one that was given') as string,
      });
    } finally {
      await server.stop();
    }
  });
});
