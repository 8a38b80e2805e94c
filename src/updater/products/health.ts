import type { Server } from '../fleet/model';
import type { PlanStep } from '../plan/plan';
import type { JobLine } from '../targets/platform';

/** The checks behind an update, as a plan names them. */
export function healthSteps({ health }: Server, service: string): PlanStep[] {
  const { settleSeconds, ports = [], command, url } = health;
  return [
    { step: 'check-service', service, settleSeconds },
    ...ports.map((port): PlanStep => ({ step: 'check-port', port })),
    ...(command === undefined ? [] : [{ step: 'check-command', command: command.join(' ') }]),
    ...(url === undefined ? [] : [{ step: 'check-url', url }]),
  ];
}

/**
 * The checks that a job makes by itself, with nobody watching. A URL is not among them: what could ask for it is not on every
 * server, so a workstation does.
 * @param told the words of a command as the platform's runner takes them
 */
export function healthLines(
  { health }: Server,
  told: (command: readonly string[]) => readonly string[],
): JobLine[] {
  const { settleSeconds, timeoutSeconds, ports = [], command } = health;
  const timeout = String(timeoutSeconds);
  const step = (...words: [string, ...string[]]): JobLine => ({ kind: 'step', words });
  return [
    step('check-service', String(settleSeconds), timeout),
    ...ports.map((port) => step('check-port', String(port), timeout)),
    ...(command === undefined ? [] : [step('check-command', timeout, ...told(command))]),
  ];
}
