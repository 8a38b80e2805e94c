import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import {
  hasChecks,
  serviceTrouble,
  untilItSays,
  untilWell,
  unwell,
} from '../../../src/updater/rollout/health';
import type { Facts } from '../../../src/updater/targets/facts';
import type { Link } from '../../../src/updater/targets/link';
import type { Platform, Probe, Probed } from '../../../src/updater/targets/platform';
import { fleetOf } from './fixtures';

function serverOf(health: object) {
  const [server] = servers(fleetOf({ s: { servers: 1, health } }));
  if (server === undefined) throw new Error('no server');
  return server;
}

async function told(health: object, probed: Partial<Probed> = {}, forward?: Link['forward']) {
  const asked: Probe[] = [];
  const platform = {
    probe: (_: Link, probe: Probe): Promise<Probed> => {
      asked.push(probe);
      return Promise.resolve({ listening: [80, 81], code: 0, ...probed });
    },
  } as unknown as Platform;
  const link = { server: serverOf(health), open: true, forward } as unknown as Link;
  const wrong = await unwell(link, platform);
  return { asked, code: wrong?.code, message: wrong?.message };
}
const command = ['check', '-q'];

describe('what the fleet file asks of a server', () => {
  it('is asked for in one go, and only where there is something to ask', async () => {
    expect(await told({ port: [80, 81], command })).toEqual({
      ...{ asked: [{ ports: [80, 81], command }], code: undefined, message: undefined },
    });
    expect((await told({})).asked).toEqual([]);
    expect(
      [{}, { port: 80 }, { command }, { url: 'http://x/' }].map((own) => hasChecks(serverOf(own))),
    ).toEqual([...[false, true, true, true]]);
  });

  it.each<[object, Partial<Probed>, string]>([
    [{ port: [80, 82] }, {}, 'Nothing listens on port 82 of s-0.'],
    [{ command }, { code: 7 }, 'The health check `check -q` ended with exit code 7 on s-0.'],
    [{ command }, { code: null }, 'The health check `check -q` did not end within 30 s on s-0.'],
  ])('%j is told as it is', async (health, probed, message) => {
    expect(await told(health, probed)).toMatchObject({ code: 'verify.health', message });
  });

  it('includes a URL, whose silence is its own trouble and not that of the link', async () => {
    const refused = () => Promise.reject(new FleetError('host.refused', 'Nobody there.'));
    expect(await told({ url: 'http://127.0.0.1/' }, {}, refused)).toMatchObject({
      ...{ code: 'verify.health', asked: [] },
      message: 'http://127.0.0.1/ gave no answer on s-0: Nobody there.',
    });
    const answering = (): Promise<never> => {
      throw new FleetError('cancelled', 'Stopped.');
    };
    const stop = AbortSignal.abort(new FleetError('cancelled', 'Stopped.'));
    const link = {
      server: serverOf({ url: 'http://x/' }),
      open: true,
      forward: answering,
    } as unknown as Link;
    await expect(unwell(link, {} as Platform, stop)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('waiting until a server is well', () => {
  const sick = new FleetError('verify.health', 'not yet');
  const signal = new AbortController().signal;

  it('ends when it is, or when its time is over', async () => {
    let looks = 0;
    const mends = () => Promise.resolve(++looks < 2 ? sick : null);
    expect(await untilWell(serverOf({ timeoutSeconds: 10 }), mends, signal)).toBeNull();
    expect(looks).toBe(2);
    looks = 0;
    const never = () => Promise.resolve((++looks, sick));
    expect(await untilWell(serverOf({ timeoutSeconds: 1 }), never, signal)).toBe(sick);
    expect(looks).toBe(1);
  });

  it('ends when nobody waits any more', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    await expect(
      untilWell(serverOf({ timeoutSeconds: 60 }), () => Promise.resolve(sick), stop.signal),
    ).rejects.toThrow();
  });
});

describe('the service of a server', () => {
  const { signal } = new AbortController();
  const facts = (state: 'running' | 'stopped' | 'unknown') =>
    ({ service: { name: 'box', state } }) as unknown as Facts;

  it('is in trouble where it does not run, and where the server does not say so', () => {
    const message = (now: Facts) => serviceTrouble(serverOf({}), now)?.message;
    expect(message(facts('running'))).toBeUndefined();
    expect(message({} as Facts)).toBeUndefined();
    expect(message(facts('stopped'))).toBe('The service box on s-0 is stopped.');
    expect(message(facts('unknown'))).toBe('s-0 does not say whether its service box is running.');
  });

  it('is asked for again until the server says it, as long as the fleet file gives it', async () => {
    let asked = 0;
    const says = (from: number) => () => Promise.resolve(facts(++asked >= from ? 'stopped' : 'unknown'));
    expect((await untilItSays(serverOf({ timeoutSeconds: 60 }), says(2), signal)).service?.state).toBe(
      'stopped',
    );
    expect(asked).toBe(2);
    asked = 0;
    expect((await untilItSays(serverOf({ timeoutSeconds: 1 }), says(2), signal)).service?.state).toBe(
      'unknown',
    );
    expect(asked).toBe(1);
  });
});
