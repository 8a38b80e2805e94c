import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BASIC_MEDIA, CORE, installedName, makeModule, modulesInfo } from '../../demo/modules';
import { createLab, HOME, UNIT, type Box, type Lab } from '../lab/box';
import { command, must } from '../lab/command';
import { owner } from '../lab/owner';
import { startProxy } from '../lab/proxy';
import { RUNS, sweepDead } from '../lab/sweep';

const SMALL = 64 * 1024 * 1024;
let repository: string;
let lab: Lab;
let recorder: Box;
let bare: Box;

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'lab-repository-'));
  for (const version of ['1.4.1', '1.4.2']) await makeModule(repository, { module: CORE, version });
  await makeModule(repository, { module: BASIC_MEDIA, version: '1.4.0' });
  lab = await createLab();
  const modules = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0' };
  [recorder, bare] = await Promise.all([
    lab.box('recorder', { product: { repository, modules }, downtimeMs: 300 }),
    lab.box('bare', { smallDisk: { path: '/var/lib/vms-fleet', bytes: SMALL } }),
  ]);
});

afterAll(async () => {
  await lab.dispose();
  await rm(repository, { recursive: true });
});

/** The ssh client with the lab's key and no trust but in the given known hosts. */
async function ssh(box: Box, line: string, way: { host: string; port: number } = box, deadline = 15_000) {
  const trusted = await lab.knownHostsFile();
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${trusted}`,
    'ConnectTimeout=3',
  ];
  const set = [...options, `HostKeyAlias=${box.host}`, 'GlobalKnownHostsFile=/dev/null'].flatMap((option) => [
    '-o',
    option,
  ]);
  const argv = [
    'ssh',
    '-F',
    'none',
    '-i',
    box.identityFile,
    '-p',
    String(way.port),
    ...set,
    `${box.user}@${way.host}`,
    line,
  ];
  return command(argv, { deadline });
}

async function sees(box: Box, line: string): Promise<string> {
  const { stdout, stderr, code } = await ssh(box, line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim();
}

describe('a box', () => {
  test('is a server of its own: name, kernel identity, uptime, healthy systemd', async () => {
    expect(await sees(recorder, 'hostname')).toBe('recorder');
    expect(await sees(bare, 'hostname')).toBe('bare');
    const ids = [
      await sees(recorder, 'cat /proc/sys/kernel/random/boot_id'),
      await recorder.bootId(),
      await bare.bootId(),
    ];
    expect(ids[0]).toBe(ids[1]);
    expect(new Set([...ids, (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()]).size).toBe(
      3,
    );
    expect(Number((await sees(recorder, 'cat /proc/uptime')).split(' ')[0])).toBeLessThan(60);
    expect(await sees(bare, 'systemctl is-system-running --wait')).toBe('running');
  });

  test('comes back from its own reboot as a new boot', async () => {
    const before = await recorder.bootId();
    const start = performance.now();
    await ssh(recorder, 'systemctl reboot');
    const after = await recorder.waitForNewBoot(before, 10_000);
    console.log(`reboot to ssh: ${Math.round(performance.now() - start)} ms, of them 300 dark`);
    expect(await sees(recorder, 'cat /proc/sys/kernel/random/boot_id')).toBe(after);
    expect(after).not.toBe(before);
    expect(Number((await sees(recorder, 'cat /proc/uptime')).split(' ')[0])).toBeLessThan(10);
  });

  test('dies at once when its power is cut: no unit is stopped, the disk stays', async () => {
    const unit = `systemd-run --quiet --unit=farewell --property=ExecStop='/bin/touch /srv/farewell' sleep 600`;
    const left = 'ls -A /srv; rm -f /srv/farewell';

    let before = await bare.bootId();
    await sees(bare, `${unit}; echo on disk >/srv/kept`);
    await ssh(bare, 'systemctl reboot');
    before = await bare.waitForNewBoot(before, 10_000);
    expect(await sees(bare, left)).toBe('farewell\nkept');

    await sees(bare, unit);
    const live = ssh(bare, 'touch /run/live; sleep 600', undefined, 5000);
    await expect.poll(async () => (await bare.run('ls /run/live')).code).toBe(0);
    await bare.powerOff();
    expect(await Promise.race([live, delay(1000).then(() => 'silent')])).toBe('silent'); // nobody tells the client
    await bare.powerCycle();
    await bare.waitForNewBoot(before, 10_000);
    expect(await sees(bare, left)).toBe('kept');
  });

  test('ends what runs in it with its boot', async () => {
    const before = await bare.bootId();
    const [{ code }] = await Promise.all([bare.run('sleep 600'), ssh(bare, 'systemctl reboot')]);
    expect(code).not.toBe(0);
    await bare.waitForNewBoot(before, 10_000);
  });

  test('stays away after a reboot from which it is not to return, until it is switched on', async () => {
    const before = await bare.bootId();
    bare.neverReturn();
    await ssh(bare, 'systemctl reboot');
    await expect.poll(() => bare.on, { timeout: 10_000 }).toBe(false);
    await delay(1500);
    expect((await ssh(bare, 'true')).code).toBe(255);
    expect(await bare.readFile('/etc/hostname')).toBe('bare\n'); // its disk can be looked at meanwhile
    bare.powerOn();
    expect(await bare.waitForNewBoot(before, 10_000)).not.toBe(before);
  });

  test('has a small disk that is full when it is full, over a boot', async () => {
    const size = 'df --output=size -B1 /var/lib/vms-fleet | tail -1';
    expect(await sees(bare, size)).toBe(String(SMALL));
    const tooMuch = await ssh(bare, `head -c ${SMALL + 1} /dev/zero >/var/lib/vms-fleet/big`);
    expect(tooMuch.code).not.toBe(0);
    expect(tooMuch.stderr).toContain('No space left on device');
    const before = await bare.bootId();
    await bare.powerCycle();
    await bare.waitForNewBoot(before);
    expect(await sees(bare, size)).toBe(String(SMALL));
    expect(await sees(bare, 'stat -c %s /var/lib/vms-fleet/big')).toBe(String(SMALL));
  });

  test('shows another host key after a reinstallation', async () => {
    const old = bare.knownHostsLine;
    await bare.regenerateHostKey();
    expect(bare.knownHostsLine).not.toBe(old);
    expect(await sees(bare, 'echo trusted')).toBe('trusted');
  });

  test('two labs at once have networks of their own', async () => {
    const other = await createLab();
    try {
      expect(other.gateway).not.toBe(lab.gateway);
    } finally {
      await other.dispose();
    }
    expect(await sees(bare, 'echo still here')).toBe('still here');
  });
});

describe('the product in a box', () => {
  const recorded = async () => Number(await sees(recorder, `wc -l <${HOME}/data/recording.log`));

  test('runs as a service and records', async () => {
    expect(await sees(recorder, `systemctl is-active ${UNIT}`)).toBe('active');
    const before = await recorded();
    await expect.poll(recorded, { timeout: 5000 }).toBeGreaterThan(before);
    expect(await sees(recorder, `cat ${HOME}/data/version`)).toBe('1.4.1');
  });

  test('takes a staged set at its next boot', async () => {
    const next = { [CORE]: '1.4.2', [BASIC_MEDIA]: '1.4.0' };
    for (const [module, version] of Object.entries(next)) {
      const [group = '', artifact = ''] = module.split(':');
      const jar = join(repository, ...group.split('.'), artifact, version, `${artifact}-${version}.jar`);
      await recorder.writeFile(
        `${HOME}/modules-upgrade/${installedName(module, version)}`,
        await readFile(jar),
      );
    }
    await recorder.writeFile(`${HOME}/modules-upgrade/modules-info.properties`, modulesInfo(next));
    const before = await recorder.bootId();
    await ssh(recorder, 'reboot');
    await recorder.waitForNewBoot(before, 10_000);
    await expect
      .poll(() => sees(recorder, `cat ${HOME}/data/version || true`), { timeout: 5000 })
      .toBe('1.4.2');
    expect(await sees(recorder, `systemctl is-active ${UNIT}`)).toBe('active');
  });
});

test('ssh over a line pays its delay for every round trip', async () => {
  const direct = await timed(() => ssh(bare, 'true'));
  const line = await startProxy(bare, { delayMs: 25 });
  const slow = await timed(() => ssh(bare, 'true', line));
  await line.close();
  expect(slow - direct).toBeGreaterThan(4 * 50);
  expect(slow - direct).toBeLessThan(14 * 50);
});

test('ssh over a frozen line is held, not lost', async () => {
  const line = await startProxy(bare);
  const running = ssh(bare, 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done', line);
  await expect.poll(() => line.stats.down).toBeGreaterThan(1000);
  line.freeze(true);
  await delay(50);
  const before = line.stats;
  expect(await Promise.race([running.then(() => 'ended'), delay(2500).then(() => 'silent')])).toBe('silent');
  expect(line.stats).toEqual(before);
  line.freeze(false);
  expect(await running).toMatchObject({ code: 0, stdout: '1\n2\n3\n4\n5\n6\n' });
  await line.close();
});

test('a lab that is gone leaves nothing behind', async () => {
  const before = await traces(`vmslab-${owner}`);
  const brief = await createLab();
  await brief.box('brief');
  expect(await traces(`vmslab-${owner}`)).not.toEqual(before);
  await brief.dispose();
  expect(await traces(`vmslab-${owner}`)).toEqual(before);
});

test('what a killed run left behind goes with the next lab', async () => {
  const dead = `vmslab-${process.pid}-1-1`; // this pid, but another start
  const bridge = `vmslabx${process.pid}`;
  const leavings = [
    `netns add ${dead}-1`,
    `link add ${bridge} type bridge`,
    `link set ${bridge} alias ${dead}`,
  ];
  await must(['ip', '-batch', '-'], { deadline: 5000, stdin: `${leavings.join('\n')}\n` });
  await mkdir(join(RUNS, dead, 'box', 'root'), { recursive: true });
  await must(['mount', '-t', 'tmpfs', 'tmpfs', join(RUNS, dead, 'box', 'root')], { deadline: 5000 });
  expect(await traces(dead)).toHaveLength(4);
  sweepDead();
  expect(await traces(dead)).toEqual([]);
});

/** Mounts, network namespaces, bridges and folders that bear the name. */
async function traces(name: string): Promise<string[]> {
  const links = await must(['ip', 'link'], { deadline: 5000 });
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .filter((line) => !line.includes('/run/netns/'));
  const found = [...mounts, ...links.split('\n'), ...readdirSync('/run/netns'), ...readdirSync(RUNS)];
  return found.filter((line) => line.includes(name)).sort();
}

/** The best of three, in milliseconds: the machine has other work too. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}
