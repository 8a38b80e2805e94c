import { describe, expect, it } from 'vitest';
import { leftOutNote, mustAsk, nothingToDo, question, split } from '../../../src/commands/confirmation';
import type { Plan, PlanServer } from '../../../src/updater/plan/plan';
import { planDocument } from '../../../src/vscode/plan-document';

const server = (id: string, over: Partial<PlanServer> = {}): PlanServer => ({
  id,
  system: 'boxes',
  verdict: 'ready',
  from: '1.4.1',
  to: '1.4.2',
  path: ['1.4.2'],
  reasons: [],
  wave: 0,
  steps: [{ step: 'stage' }, { step: 'restart', how: 'service' }],
  ...over,
});
const plan = (...servers: PlanServer[]): Plan => ({
  schema: 1,
  action: 'install',
  to: null,
  servers,
  parallel: { boxes: 2 },
});
const blocked = server('c', {
  verdict: 'blocked',
  reasons: [{ rule: 'x.space', severity: 'block', message: 'No room.' }],
});
const same = server('d', {
  verdict: 'skip',
  path: [],
  reasons: [{ rule: 'version.same', severity: 'skip', message: 'It is there.' }],
});

describe('the question before servers are changed', () => {
  it('names servers, versions, count, the restart, and who is left out by which rule', () => {
    const made = plan(
      server('a'),
      server('b', { path: ['1.4.2', '1.5.0'], steps: [{ step: 'restart-service' }] }),
      blocked,
      same,
    );
    const { message, detail, button } = question(made, split(made), []);
    expect(message).toBe('Install: 2 servers?');
    expect(detail).toContain('a: 1.4.1 → 1.4.2\nb: 1.4.1 → 1.4.2 → 1.5.0\n');
    expect(detail).toContain('a: The machine restarts: recording stops meanwhile.');
    expect(detail).toContain('b: The service restarts: recording stops meanwhile.');
    expect(detail).toContain(
      'Left out:\nc: blocked: No room. (x.space)\nd: nothing to do: It is there. (version.same)',
    );
    expect(button).toBe('Install, Leave Out 2');
    expect(leftOutNote([blocked, same])).toBe('2 servers left out: c (blocked), d (nothing to do).');
  });

  it('names one version where none changes', () => {
    const made = plan(server('a', { from: '1.4.1', to: '1.4.1', path: [] }));
    expect(question(made, split(made), []).detail).toMatch(/^a: 1\.4\.1$/m);
  });

  it('says how long it takes, and on what that rests', () => {
    const takes = (seconds: number, basis: 'server' | 'none' = 'server', down: number | null = 60) => ({
      expected: { seconds, downtimeSeconds: down, windowSeconds: seconds * 2, basis, samples: 2 },
    });
    const detail = (...servers: PlanServer[]) => {
      const made = plan(...servers);
      return question(made, split(made), []).detail;
    };
    expect(detail(server('a', takes(360)))).toContain(
      'It takes about 6 min, 60 s of it without recording (as on this server 2 times before).',
    );
    expect(detail(server('a', takes(360)), server('b', takes(600, 'server', 120)))).toContain(
      'Each takes about 6 min to 10 min, without recording 60 s to 2 min (as in earlier rollouts).',
    );
    expect(detail(server('a', takes(900, 'none', null)), server('b', takes(900, 'none', null)))).toContain(
      'Each takes about 15 min (assumed: no earlier rollout from this computer tells).',
    );
    expect(detail(server('a', takes(360)), server('b', takes(900, 'none', null)))).toContain(
      'Each takes about 6 min to 15 min, without recording 60 s (assumed for 1, else as in earlier rollouts).',
    );
    expect(detail(server('a'))).not.toContain('takes');
    const document = planDocument(plan(server('a', takes(360)), blocked), 'Pier');
    expect(document).toContain('| a | ready | 1\\.4\\.1 | 1\\.4\\.2 | 0 | 6 min |');
    expect(document).toMatch(/It takes about 6 min, .*as on this server/);
  });

  it('stays short with twenty servers and long notes', () => {
    const message = `Not in the library yet: ${'com.banalytics.box.module:onvif 1.3.0, '.repeat(9)}`;
    const reasons = [{ rule: 'package.not-loaded', severity: 'warn' as const, message }];
    const many = Array.from({ length: 20 }, (_, index) => server(`box-${index}`, { reasons }));
    const { detail } = question(plan(...many), split(plan(...many)), []);
    expect(detail).toContain('… and 5 more');
    expect(detail.match(/recording stops/g)).toHaveLength(1);
    expect(detail).toMatch(/Note:\nall: Not in the library yet: .{100,120} … \(package\.not-loaded\)$/);
  });

  it('says what is to be confirmed, the same sentence once', () => {
    const reasons = [{ rule: 'y', severity: 'confirm' as const, message: 'Really?' }];
    const made = plan(
      server('a', { verdict: 'confirm', reasons }),
      server('b', { verdict: 'confirm', reasons }),
    );
    expect(question(made, split(made), []).detail).toContain('To be confirmed:\nall: Really? (y)');
    expect(mustAsk('install', split(made))).toBe(true);
  });

  it.each(['window.closed', 'window.too-short'])(
    'offers to act outside the window where %s holds it up',
    (rule) => {
      const message =
        'Its maintenance window opens sat 22:00, in 5 h 12 min (sat 22:00–04:00, Europe/Tallinn).';
      const made = plan(server('a', { reasons: [{ rule, severity: 'warn', message }] }), server('b'), same);
      expect(question(made, split(made), [])).toMatchObject({
        button: 'Install in the Window, Leave Out 1',
        outsideWindow: 'Install Now, Outside the Window',
        detail: expect.stringContaining(`a: ${message}`) as string,
      });
      const open = plan(server('a'));
      expect(question(open, split(open), [])).toMatchObject({ button: 'Install', outsideWindow: undefined });
    },
  );

  it('must be asked when somebody is blocked, not when there is only nothing to do', () => {
    expect(mustAsk('install', split(plan(server('a'), blocked)))).toBe(true);
    expect(mustAsk('install', split(plan(server('a'), same)))).toBe(false);
    // It takes back what somebody wanted.
    expect(mustAsk('rollback', split(plan(server('a'))))).toBe(true);
    expect(nothingToDo(split(plan(blocked)))).toBe('c: blocked: No room. (x.space)');
  });
});

describe('the plan as a document', () => {
  it('has verdicts, reasons with their rules, waves and steps', () => {
    const text = planDocument(plan(server('a'), server('b', { wave: 1 }), blocked), 'F|leet');
    expect(text).toContain('2 of 3 servers would act');
    expect(text).toContain('- Wave 0: a\n- Wave 1: b');
    expect(text).toContain('blocked: No room\\. (x\\.space)');
    expect(text).toContain('2. **restart** how service');
    expect(text).toContain('F\\|leet');
  });
});
