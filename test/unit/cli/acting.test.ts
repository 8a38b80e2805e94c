import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { NewEvent, Outcome } from '../../../src/updater/rollout/events';
import { blockedReason, planned, play, type Script } from './stage';

const none: Record<Outcome, number> = {
  done: 0,
  failed: 0,
  skipped: 0,
  blocked: 0,
  cancelled: 0,
  'not-started': 0,
};
const end = (outcome: 'done' | 'failed' | 'cancelled', counts: Partial<typeof none>): NewEvent => ({
  type: 'rollout-finished',
  outcome,
  counts: { ...none, ...counts },
});

const success: Script = {
  run: (emit) => {
    emit({ type: 'status', server: 'box-1', status: 'downloading', step: 'transfer', detail: null });
    emit({ type: 'progress', server: 'box-1', step: 'transfer', done: 5, total: 10 });
    emit({ type: 'server-finished', server: 'box-1', outcome: 'done', status: 'installed', error: null });
    emit(end('done', { done: 1 }));
    emit({ type: 'checking', server: 'box-1' });
    return Promise.resolve('done');
  },
};
const oneBlocked: Script = {
  ...success,
  plan: () => [
    planned('box-1'),
    planned('box-2', { verdict: 'blocked', path: [], reasons: [blockedReason] }),
  ],
};
const events = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { type: string; outcome?: string; rollout?: string; counts?: typeof none },
    );

describe('acting verbs', () => {
  it.each(['download', 'install', 'rollback', 'restart'])('%s runs what it planned', async (verb) => {
    const { code, calls, stdout } = await play([verb, '--yes', '--server', 'box-1'], success);
    expect(code).toBe(0);
    expect(calls).toEqual([`plan ${verb} - box-1`, `run ${verb} confirmed=true`, 'dispose']);
    expect(stdout).toBe('box-1: downloading: transfer\nbox-1: done\nRollout done: 1 done\n');
  });

  it('prints every event on a line of its own, rollout-finished last, text on stderr', async () => {
    const { stdout, stderr } = await play(['install', '--yes', '--json'], success);
    expect(events(stdout).map(({ type }) => type)).toEqual([
      'status',
      'progress',
      'server-finished',
      'rollout-finished',
    ]);
    expect(events(stdout).every(({ rollout }) => rollout === 'r-1')).toBe(true);
    expect(stderr).toContain('Rollout done: 1 done');
  });

  it('changes nothing where a rule blocks, and tells people and programs why', async () => {
    const { code, stdout, stderr, calls } = await play(['install', '--yes', '--json'], oneBlocked);
    expect(code).toBe(3);
    expect(calls).toEqual(['plan install - box-1 box-2', 'dispose']);
    expect(stderr).toContain('banalytics.registered: The environment has no registered identifier.');
    expect(stderr).toContain('--skip-blocked');
    const lines = events(stdout);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['not-started', 'blocked', 'failed']);
    expect(lines.at(-1)).toMatchObject({
      type: 'rollout-finished',
      counts: { blocked: 1, 'not-started': 1 },
    });
  });

  it('leaves blocked servers out only with --skip-blocked', async () => {
    const { code, calls } = await play(['install', '--yes', '--skip-blocked'], oneBlocked);
    expect(code).toBe(0);
    expect(calls).toContain('run install confirmed=true');
    const all: Script = {
      plan: () => [planned('box-1', { verdict: 'blocked', path: [], reasons: [blockedReason] })],
    };
    expect(await play(['install', '--yes', '--skip-blocked'], all)).toMatchObject({ code: 3 });
  });

  it('has nothing to do where every server is skipped', async () => {
    const same = { rule: 'version.same', severity: 'skip' as const, message: 'It runs 1.4.2 already.' };
    const script: Script = { plan: () => [planned('box-1', { verdict: 'skip', path: [], reasons: [same] })] };
    const { code, calls, stdout } = await play(['install', '--json'], script);
    expect(code).toBe(0);
    expect(calls).not.toContain('run install confirmed=true');
    expect(events(stdout).at(-1)).toMatchObject({
      type: 'rollout-finished',
      outcome: 'done',
      counts: { skipped: 1 },
    });
  });

  it('refuses to ask nobody; a download disturbs nobody and is not asked about', async () => {
    const { code, stderr, calls } = await play(['install'], success);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(calls).not.toContain('run install confirmed=true');
    expect((await play(['download'], success)).calls).toContain('run download confirmed=true');
  });

  it('exits 1 with the error, its hint and how to go on', async () => {
    const script: Script = {
      run: (emit) => {
        const error = {
          code: 'link.lost' as const,
          message: 'The link was lost.',
          hint: 'Resume.',
          step: 'transfer',
        };
        emit({ type: 'server-finished', server: 'box-1', outcome: 'failed', status: 'failed', error });
        emit(end('failed', { failed: 1 }));
        return Promise.resolve('failed');
      },
    };
    const { code, stdout, stderr } = await play(['install', '--yes'], script);
    expect(code).toBe(1);
    expect(stdout).toContain('box-1: failed: transfer: The link was lost.\n  Resume.\n');
    expect(stderr).toContain('vms-fleet resume r-1');
  });

  it('says server, step and hint of an error, and keeps a stack for developers', async () => {
    const details = { server: 'box-1', step: 'swap', hint: 'Free some.' };
    const full: Script = { run: () => Promise.reject(new FleetError('space', 'No room.', details)) };
    expect(await play(['install', '--yes'], full)).toMatchObject({
      code: 1,
      stderr: 'vms-fleet: box-1: swap: No room.\n  Free some.\n',
    });
    const bug: Script = { run: () => Promise.reject(new TypeError('x is not a function')) };
    const plain = await play(['install', '--yes'], bug);
    expect(plain.code).toBe(1);
    expect(plain.stderr).not.toContain('    at ');
    expect((await play(['install', '--yes'], bug, { env: { VMS_FLEET_DEBUG: '1' } })).stderr).toContain(
      '    at ',
    );
  });

  it.each([
    [['pause', 'r-9'], 'pause r-9', /Nothing new begins/, 'Rollout r-9: pausing.'],
    [['continue', 'r-9'], 'proceed r-9', /^$/, 'Rollout r-9: going on.'],
    [
      ['skip', 'r-9', '--server', 'box-1', '--reason', 'a camera is being repaired'],
      'skip r-9 box-1 a camera is being repaired',
      /left out/,
      'Rollout r-9: leaving out box-1.',
    ],
  ])('passes %j on, and says what it means', async (argv, call, meaning, said) => {
    const { code, calls, stdout, stderr } = await play(argv);
    expect({ code, calls, stdout: stdout.trim() }).toEqual({
      code: 0,
      calls: [call, 'dispose'],
      stdout: said,
    });
    expect(stderr).toMatch(meaning);
    const json = await play([...argv, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 1, rollout: 'r-9', asked: argv[0] });
  });

  it('resumes without asking again, and cancels', async () => {
    const summary = {
      action: 'install' as const,
      fleet: 'Harbour',
      by: 'pat',
      startedAt: '2026-01-01T00:00:00Z',
    };
    const rollouts = [
      { ...summary, id: 'r-9', finishedAt: null, state: 'interrupted' as const, servers: [] },
    ];
    expect((await play(['resume', 'r-9'], { ...success, rollouts })).calls).toEqual([
      'resume r-9',
      'dispose',
    ]);
    expect((await play(['resume', 'r-9', '--server', 'box-2'], { ...success, rollouts })).calls).toContain(
      'resume r-9 only box-2',
    );
    expect(await play(['cancel', 'r-9'], { rollouts })).toMatchObject({
      code: 0,
      calls: ['cancel r-9', 'dispose'],
    });
  });
});

describe('interruption', () => {
  /** Works until it is told to stop, then takes a moment to do so. */
  const patient = (begun: () => void): Script => ({
    run: (emit, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () =>
          setTimeout(() => {
            emit(end('cancelled', { cancelled: 1 }));
            resolve('cancelled');
          }, 20),
        );
        begun();
      }),
  });

  it.each(['SIGINT', 'SIGTERM'])('%s stops safely and says what that means; exit 130', async (signal) => {
    const signals = new EventEmitter();
    const played = await play(
      ['install', '--yes', '--json'],
      patient(() => setImmediate(() => signals.emit(signal))),
      {},
      signals,
    );
    expect(played.code).toBe(130);
    expect(played.stderr).toContain('Transfers stop and keep what has arrived');
    expect(events(played.stdout).at(-1)?.outcome).toBe('cancelled');
    expect(played.left).toBe(false);
    expect(signals.listenerCount(signal)).toBe(0);
  });

  it('a closed terminal lets go of the rollout and cancels nothing; exit 130', async () => {
    const signals = new EventEmitter();
    let given: AbortSignal | undefined;
    const script: Script = {
      run: (_emit, signal) => {
        given = signal;
        setImmediate(() => (signals.emit('SIGHUP'), signals.emit('SIGHUP')));
        return new Promise(() => undefined);
      },
    };
    const { code, stderr, calls, left } = await play(['install', '--yes'], script, {}, signals);
    expect({ code, left, aborted: given?.aborted }).toEqual({ code: 130, left: false, aborted: false });
    expect(calls.at(-1)).toBe('dispose');
    expect(stderr).toContain('What runs on servers goes on there.');
    expect(signals.listenerCount('SIGHUP')).toBe(0);
  });

  it('begins nothing where the terminal was closed while it was planned', async () => {
    const signals = new EventEmitter();
    const plan = () => {
      signals.emit('SIGHUP');
      return [planned('box-1')];
    };
    const { code, calls } = await play(['install', '--yes'], { ...success, plan }, {}, signals);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ code, calls }).toEqual({ code: 130, calls: ['plan install - box-1 box-2', 'dispose'] });
  });

  it('what Ctrl-C asked to stop is stopped although the terminal is closed meanwhile', async () => {
    const signals = new EventEmitter();
    const both = () => setImmediate(() => (signals.emit('SIGINT'), signals.emit('SIGHUP')));
    const played = await play(['install', '--yes', '--json'], patient(both), {}, signals);
    expect({ code: played.code, left: played.left }).toEqual({ code: 130, left: false });
    expect(events(played.stdout).at(-1)?.outcome).toBe('cancelled');
  });

  it('ends with rollout-finished for programs also while it still plans', async () => {
    const signals = new EventEmitter();
    const plan = (): never => {
      signals.emit('SIGINT');
      throw new DOMException('stopped', 'AbortError');
    };
    const { code, stdout } = await play(['install', '--yes', '--json'], { plan }, {}, signals);
    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toMatchObject({
      ...{ type: 'rollout-finished', outcome: 'cancelled' },
      counts: { ...none, 'not-started': 2 },
    });
  });

  it('the second Ctrl-C leaves at once', async () => {
    const signals = new EventEmitter();
    const twice = () =>
      setImmediate(() => {
        signals.emit('SIGINT');
        signals.emit('SIGINT');
      });
    expect((await play(['install', '--yes'], patient(twice), {}, signals)).left).toBe(true);
  });

  it('a reader that goes away does not stop a rollout', async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const played = await play(['install', '--yes', '--json'], success, { stdout: gone });
    expect(played.code).toBe(0);
  });
});

describe('the question before changes', () => {
  /** Types an answer once the question stands there. */
  const answering = (answer: string) => {
    const stdin = new PassThrough();
    let asked = false;
    return {
      stdin,
      tty: { stdin: true, stderr: true },
      onStderr: (text: string) => {
        if (asked || !text.includes('Go on? [y/N]')) return;
        asked = true;
        setImmediate(() => stdin.write(answer));
      },
    };
  };

  it('names servers, versions and count, and that recording stops', async () => {
    const { code, stderr, calls } = await play(['install'], success, answering('y\r'));
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Install on 2 servers of "Harbour":\n  box-1  1.2.0 → 1.4.2\n  box-2  1.2.0 → 1.4.2\n',
    );
    expect(stderr).toContain('Recording stops');
    expect(calls).toContain('run install confirmed=true');
  });

  it.each([
    ['no', 'n\r'],
    ['anything else', 'sure\r'],
    ['Enter', '\r'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s changes nothing', async (_what, keys) => {
    const { code, calls } = await play(['install'], success, answering(keys));
    expect(code).toBe(130);
    expect(calls).toEqual(['plan install - box-1 box-2', 'dispose']);
  });

  it('tells programs that nothing was done, server by server, and ends with rollout-finished', async () => {
    const { code, stdout, calls } = await play(['install', '--json'], success, answering('n\r'));
    expect(code).toBe(130);
    expect(calls).not.toContain('run install confirmed=true');
    expect(events(stdout).map(({ type, outcome }) => `${type} ${outcome}`)).toEqual([
      'server-finished not-started',
      'server-finished not-started',
      'rollout-finished cancelled',
    ]);
  });
});
