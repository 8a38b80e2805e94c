import { FleetError, type ErrorCode, type ErrorInfo } from '../updater/errors';
import type { Terminal } from './terminal';

/** The exit codes of DESIGN.md section 5. */
export const exit = { done: 0, failed: 1, usage: 2, blocked: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** What the person wrote or gave, rather than what a server did. */
const badInput: ErrorCode[] = [
  'usage',
  'fleet.invalid',
  'package.not-found',
  'package.corrupt',
  'package.mismatch',
  'package.unknown',
  'rollout.unknown',
];

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof FleetError)) return exit.failed;
  if (badInput.includes(error.code)) return exit.usage;
  if (error.code === 'plan.blocked') return exit.blocked;
  return error.code === 'cancelled' ? exit.interrupted : exit.failed;
}

/** Says an error: server, step, what happened, what to do next. The stack of a bug is for developers only. */
export function tell(terminal: Terminal, thrown: unknown): void {
  const debug = terminal.streams.env.VMS_FLEET_DEBUG === '1';
  if (thrown instanceof FleetError) {
    const { server, step, message, hint } = thrown;
    const text = ['vms-fleet', server, step, message].filter((part) => part !== undefined).join(': ');
    terminal.note(terminal.paint('red', text));
    if (hint !== undefined) terminal.note(`  ${hint}`);
    if (debug && thrown.stack !== undefined) terminal.note(thrown.stack);
    if (debug && thrown.cause instanceof Error)
      terminal.note(`caused by ${thrown.cause.stack ?? thrown.cause.message}`);
    return;
  }
  terminal.note(
    terminal.paint(
      'red',
      `vms-fleet: internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    ),
  );
  if (!debug)
    terminal.note('  This is a fault of vms-fleet itself. VMS_FLEET_DEBUG=1 shows where it happened.');
  else if (thrown instanceof Error && thrown.stack !== undefined) terminal.note(thrown.stack);
}

/** An error that belongs to one server of a list, with its hint below. */
export function serverError(error: ErrorInfo): string[] {
  const step = error.step === undefined ? '' : `${error.step}: `;
  return [`${step}${error.message}`, ...(error.hint === null ? [] : [error.hint])];
}
