import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASIC_MEDIA, CORE, makeDemoRepository } from '../../demo/modules';
import { unwell } from '../../src/updater/rollout/health';
import { linux } from '../../src/updater/targets/linux';
import { createLab, type Box, type Lab } from '../lab/box';
import { Desk, localServer } from '../lab/links';
import { freePort, startSshd, type Sshd } from '../lab/sshd';
import { fleetOf, knownHosts, Operator, scratch } from './fleet-in-lab';

describe('the health of a server, over a real sshd', () => {
  const desk = new Desk();
  const web = createServer((asked, answer) => answer.writeHead(asked.url === '/up' ? 200 : 500).end());
  let sshd: Sshd;
  let strict: Sshd;
  let port = 0;

  beforeAll(async () => {
    const key = await desk.key('id_ed25519');
    sshd = await startSshd({ authorized: [key] });
    strict = await startSshd({ authorized: [key], config: ['AllowTcpForwarding no'] });
    await once(web.listen(0, '127.0.0.1'), 'listening');
    port = (web.address() as AddressInfo).port;
  });
  afterAll(async () => {
    desk.leave();
    web.close();
    await sshd?.stop();
    await strict?.stop();
  });

  async function said(health: object, at = sshd): Promise<string | undefined> {
    const more = { health: { settleSeconds: 0, timeoutSeconds: 1, ...health } };
    const link = await desk.links().get(localServer('pier', at.port, more));
    return (await unwell(link, linux))?.message;
  }

  it('is well where ports, command and URL are', async () => {
    const url = `http://127.0.0.1:${port}/up`;
    expect(await said({ ports: [port, sshd.port], command: ['test', '-d', '/'], url })).toBeUndefined();
  });

  it('is told as it is where one of them is not', async () => {
    const free = await freePort();
    expect(await said({ ports: [port, free] })).toBe(`Nothing listens on port ${free} of pier.`);
    expect(await said({ command: ['sh', '-c', 'exit 3'] })).toContain('ended with exit code 3');
    expect(await said({ url: `http://127.0.0.1:${port}/down` })).toContain('/down answered 500 on pier');
    expect(await said({ url: `http://127.0.0.1:${free}/up` })).toMatch(
      /gave no answer on pier: .*could not connect/,
    );
    expect(await said({ url: `http://127.0.0.1:${port}/up` }, strict)).toMatch(
      /gave no answer on pier: .*could not/,
    );
  });
});

describe('an update that is well by everything but its URL', () => {
  let lab: Lab;
  let box: Box;
  let place: Awaited<ReturnType<typeof scratch>>;
  let operator: Operator;

  beforeAll(async () => {
    place = await scratch();
    const repository = join(place.folder, 'repository');
    await makeDemoRepository(repository);
    lab = await createLab();
    const before = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0' };
    box = await lab.box('pier', { product: { repository, modules: before } });
    const boxes = { pier: box };
    const fleet = await fleetOf({
      ...{ folder: place.folder, lab, boxes, repository, restart: 'service' },
      modules: { [CORE]: '1.5.0', [BASIC_MEDIA]: '1.5.0' },
      more: {
        health: { settleSeconds: 1, timeoutSeconds: 6, url: 'http://127.0.0.1:8099/up' },
        onFailure: 'roll-back',
      },
    });
    operator = await Operator.at(place.folder, fleet, knownHosts(boxes));
  });
  afterAll(async () => {
    await operator?.updater.dispose();
    await lab?.dispose();
    await place?.remove();
  });

  it('is taken back, and both say why', async () => {
    const result = await operator.act('install', ['pier']);
    expect(result.outcome).toBe('failed');
    const [failure] = result.failures;
    // Nothing answers there before or after: so the way back is not proven either.
    expect(failure?.error.message).toMatch(
      /^http:\/\/127\.0\.0\.1:8099\/\S+ gave no answer on pier: .* Its rollback failed too: http:/,
    );
    expect(failure?.error).toMatchObject({ code: 'verify.health', step: 'check-health' });
    expect(await operator.state('pier')).toMatchObject({ version: '1.4.1' });
  });

  it('is done once it answers, and the next plan knows how long that took', async () => {
    // The box has neither Python nor a web server.
    await box.run(`cat >/usr/local/bin/answer <<'END'
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1:8099', Listen => 5, ReuseAddr => 1) or die $!;
while (my $asked = $listener->accept) {
  while (my $line = <$asked>) { last if $line =~ /^\\r?\\n$/ }
  print $asked "HTTP/1.0 200 OK\\r\\n\\r\\nwell";
  close $asked;
}
END`);
    const served = await box.run('systemd-run --unit=well --collect perl /usr/local/bin/answer');
    expect(served.stderr).not.toContain('Failed');
    expect(await operator.act('install', ['pier'])).toMatchObject({ outcome: 'done', failures: [] });
    const plan = await operator.plan('restart', ['pier']);
    expect(plan.servers[0]?.expected).toMatchObject({ basis: 'none' });
    const again = await operator.plan('install', ['pier'], '1.5.1');
    expect(again.servers[0]?.expected).toMatchObject({ basis: 'server', samples: 1 });
    expect(again.servers[0]?.expected?.seconds).toBeLessThan(120);
  });
});
