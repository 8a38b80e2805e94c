import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servers as serversOf } from '../../src/updater/fleet/model';
import type { Plan } from '../../src/updater/plan/plan';
import { createLab, type Box, type Lab } from '../lab/box';
import { until } from '../lab/until';
import { after, before, fleetOf, knownHosts, Operator, repositoryOf, scratch } from './fleet-in-lab';

const patience = 60_000;

/** Installs that servers begin by themselves, with no workstation awake. */
// Side by side: they mostly wait.
describe.concurrent('an armed install on real Linux', () => {
  let lab: Lab;
  let place: Awaited<ReturnType<typeof scratch>>;
  let repository: string;
  const operators: Operator[] = [];

  beforeAll(async () => {
    place = await scratch();
    repository = await repositoryOf(place.folder);
    lab = await createLab();
  });
  afterAll(async () => {
    for (const { updater } of operators) await updater.dispose();
    await lab?.dispose();
    await place?.remove();
  });

  /** A box, and operators in front of it, each at a workstation of his own. */
  async function scene(name: string): Promise<{ box: Box; someone: () => Promise<Operator> }> {
    const box = await lab.box(name, { product: { repository, modules: before } });
    const boxes = { [name]: box };
    const someone = async (): Promise<Operator> => {
      const { folder } = await scratch();
      const fleet = await fleetOf({ folder, lab, boxes, repository, modules: after });
      const one = await Operator.at(folder, fleet, knownHosts(boxes));
      operators.push(one);
      return one;
    };
    return { box, someone };
  }

  function plan(operator: Operator, id: string, seconds: number): Promise<Plan> {
    const arming = { at: new Date(Date.now() + seconds * 1000) };
    return operator.updater.plan({
      action: 'install',
      servers: [operator.server(id)],
      to: null,
      arming,
    });
  }

  /** Resolves when it waits there. The rollout is left to itself when the operator leaves. */
  async function arm(operator: Operator, id: string, seconds: number): Promise<string> {
    const planned = await plan(operator, id, seconds);
    expect(planned.servers[0]).toMatchObject({ verdict: 'ready', path: ['1.5.0'] });
    const waits = operator.next('status', ({ step }) => step === 'wait');
    void operator.updater.run(planned, { confirmed: true }).catch(() => undefined);
    return (await waits).rollout ?? '';
  }

  const ends = async (box: Box): Promise<string> => {
    let exit = '';
    await until(
      'the job ends',
      async () => (exit = (await box.run('cat /var/lib/vms-fleet/jobs/*/exit')).stdout) !== '',
      patience,
    );
    return exit;
  };

  it('begins at its time with nobody there, although the machine restarted while it waited', async () => {
    const { box, someone } = await scene('a1');
    const anna = await someone();
    const planned = await plan(anna, 'a1', 30);
    expect((await box.run('test -e /var/lib/vms-fleet')).code).toBe(1);
    expect(planned.servers[0]?.startsAt).toBeDefined();

    const begun = Date.now();
    const rollout = await arm(anna, 'a1', 30);
    // Its packages are there already, nothing of the product is touched.
    const journal = 'cat /var/lib/vms-fleet/jobs/*/journal';
    await until('it waits', async () => (await box.run(journal)).stdout.includes('\twait\t'), patience);
    expect(await anna.state('a1')).toMatchObject({ status: 'queued', version: '1.4.1' });
    await anna.updater.dispose();

    const bert = await someone();
    const seen = await bert.state('a1');
    expect(seen).toMatchObject({ status: 'queued', version: '1.4.1' });
    expect(seen.detail).toContain('armed');
    expect(seen.facts?.job).toMatchObject({ id: `${rollout}-1`, step: 'wait', state: 'running' });
    const refused = (await bert.plan('install', ['a1'])).servers[0];
    expect(refused).toMatchObject({ verdict: 'skip' });
    expect(refused?.reasons.map(({ message }) => message).join(' ')).toContain('armed');

    await box.powerCycle();
    expect(await ends(box)).toMatch(/^done\t/);
    const lines = (await box.run(journal)).stdout.trim().split('\n');
    const waited = lines.map((line) => line.split('\t')).filter(([, , , step]) => step === 'wait');
    expect(waited.map(([, event]) => event)).toEqual(['begin', 'begin', 'end']);
    expect(Number(waited.at(-1)?.[0]) * 1000).toBeGreaterThanOrEqual(begun + 29_000);
    expect(await bert.state('a1')).toMatchObject({
      status: 'installed',
      version: '1.5.0',
      rollback: ['1.4.1'],
    });
    const left = 'ls /etc/systemd/system | grep vms-fleet; readlink /var/lib/vms-fleet/lock';
    expect((await box.run(left)).stdout).toBe('');

    // Whoever armed it finds out later, and nothing is done a second time.
    const later = await Operator.at(join(anna.dataDir, '..'), anna.updater.fleet, knownHosts({ a1: box }));
    operators.push(later);
    expect(await later.updater.resume(rollout)).toMatchObject({ outcome: 'done', failures: [] });
    expect((await box.run('ls /var/lib/vms-fleet/jobs')).stdout.trim().split('\n')).toHaveLength(1);
  });

  it('is disarmed by whoever armed it, from a workstation that had left', async () => {
    const { box, someone } = await scene('a2');
    const anna = await someone();
    const rollout = await arm(anna, 'a2', 600);
    await anna.updater.dispose();
    const again = await Operator.at(join(anna.dataDir, '..'), anna.updater.fleet, knownHosts({ a2: box }));
    operators.push(again);
    await again.updater.cancel(rollout);
    expect(await ends(box)).toMatch(/^cancelled\t/);
    await until(
      'nobody holds the server',
      async () => (await box.run('test -L /var/lib/vms-fleet/lock')).code === 1,
      patience,
    );
    expect(await again.state('a2')).toMatchObject({ version: '1.4.1', rollback: [] });
    expect((await again.plan('install', ['a2'])).servers[0]?.verdict).toBe('ready');
  });

  it('does not begin behind its time: the machine was off, and says so', async () => {
    const { box, someone } = await scene('a3');
    const anna = await someone();
    const planned = await plan(anna, 'a3', 20);
    const [server] = planned.servers;
    if (server?.startsAt === undefined) throw new Error('it is not armed');
    server.startsBy = new Date(Date.parse(server.startsAt) + 5_000).toISOString();
    const waits = anna.next('status', ({ step }) => step === 'wait');
    void anna.updater.run(planned, { confirmed: true }).catch(() => undefined);
    await waits;
    await anna.updater.dispose();
    await box.powerOff();
    await until('its time passes', () => Date.now() > Date.parse(server.startsBy ?? '') + 2_000, patience);
    box.powerOn();
    expect(await ends(box)).toMatch(/^failed\twait\t.*had passed/);
    const state = await (await someone()).state('a3');
    expect(state).toMatchObject({ version: '1.4.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');
  });

  it('goes by how long it is from now, whatever the clock of the server shows', async () => {
    const { box, someone } = await scene('a4');
    const anna = await someone();
    // The kernel's clock is everybody's here; what the scripts ask is set apart.
    await box.run(
      `printf '%s\\n' '#!/bin/sh' '[ "$1" = +%s ] && { echo $(($(/usr/bin/date +%s) - 86400)); exit; }' 'exec /usr/bin/date "$@"' > /usr/local/bin/date && chmod 755 /usr/local/bin/date`,
    );
    const begun = Date.now();
    await arm(anna, 'a4', 20);
    expect(
      anna.events.some((event) => event.type === 'log' && /clock is \d+ s behind/.test(event.message)),
    ).toBe(true);
    await anna.updater.dispose();
    expect(await ends(box)).toMatch(/^done\t/);
    expect(Date.now() - begun).toBeGreaterThan(19_000);
    expect(Date.now() - begun).toBeLessThan(60_000);
    expect(await (await someone()).state('a4')).toMatchObject({ version: '1.5.0' });
  });

  it('partners are both armed, one behind the other, and both disarmed', async () => {
    const boxes = {
      p1: await lab.box('p1', { product: { repository, modules: before } }),
      p2: await lab.box('p2', { product: { repository, modules: before } }),
    };
    const { folder } = await scratch();
    const fleet = await fleetOf({ folder, lab, boxes, repository, modules: after });
    for (const server of serversOf(fleet)) server.failoverGroup = 'pair';
    const anna = await Operator.at(folder, fleet, knownHosts(boxes));
    operators.push(anna);
    const planned = await anna.updater.plan({
      ...{ action: 'install', servers: serversOf(fleet), to: null },
      arming: { at: new Date(Date.now() + 3_600_000) },
    });
    const [first, second] = planned.servers;
    expect(Date.parse(second?.startsAt ?? '')).toBeGreaterThan(Date.parse(first?.startsBy ?? ''));
    const stop = new AbortController();
    const running = anna.updater.run(planned, { confirmed: true, signal: stop.signal });
    const waits = (box: Box) => async () =>
      (await box.run('cat /var/lib/vms-fleet/jobs/*/journal')).stdout.includes('\twait\t');
    for (const box of Object.values(boxes)) await until('it waits', waits(box), patience);

    stop.abort();
    expect((await running).outcome).toBe('cancelled');
    const said = anna.events.flatMap((event) =>
      event.type === 'server-finished' ? [event.error?.message] : [],
    );
    expect(said.sort()).toEqual(['p1', 'p2'].map((id) => `${id} was disarmed before it began.`));
    for (const box of Object.values(boxes)) expect(await ends(box)).toMatch(/^cancelled\t/);
  });
});
