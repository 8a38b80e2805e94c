/**
 * The stable codes of everything that can go wrong with a server, a package or a fleet file.
 * Programs read them (`status --json`, events), so a code is never renamed.
 */
export type ErrorCode =
  | 'fleet.invalid'
  | 'usage'
  | 'host.unknown'
  | 'host.refused'
  | 'host.timeout'
  | 'hostkey.unknown'
  | 'hostkey.changed'
  | 'hostkey.revoked'
  | 'auth.failed'
  | 'auth.cancelled'
  | 'link.lost'
  | 'link.timeout'
  | 'remote.failed'
  | 'server.privileges'
  | 'server.unsupported'
  | 'space'
  | 'package.not-found'
  | 'package.corrupt'
  | 'package.mismatch'
  | 'package.unknown'
  | 'package.not-loaded'
  | 'repository.unreachable'
  | 'transfer.failed'
  | 'transfer.busy'
  | 'plan.blocked'
  | 'plan.changed'
  | 'job.failed'
  | 'job.interrupted'
  | 'job.busy'
  | 'job.unknown'
  | 'restart.refused'
  | 'restart.no-return'
  | 'verify.version'
  | 'verify.service'
  | 'verify.health'
  | 'rollout.unknown'
  | 'rollout.halted'
  | 'journal.failed'
  | 'journal.newer'
  | 'cancelled'
  | 'internal';

export interface ErrorDetails {
  /** What a person can do next, one sentence. */
  hint?: string;
  /** Id of the server it happened on. */
  server?: string;
  /** The step that was running, in the words of the journal. */
  step?: string;
  cause?: unknown;
}

/** An error meant for people: a stable code, one sentence of what happened, and what to do next. Anything else thrown is a bug. */
export class FleetError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly server: string | undefined;
  readonly step: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'FleetError';
    this.code = code;
    this.hint = details.hint;
    this.server = details.server;
    this.step = details.step;
  }

  /** The shape of `error` in `status --json` and in events. */
  toJSON(): ErrorInfo {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint ?? null,
      ...(this.step === undefined ? {} : { step: this.step }),
    };
  }
}

export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  hint: string | null;
  step?: string;
}

/** The same error with the step it happened in, where it does not name one itself. */
export function atStep(error: FleetError, step: string | null): FleetError {
  if (error.step !== undefined || step === null) return error;
  const { hint, server, cause } = error;
  return new FleetError(error.code, error.message, {
    step,
    ...(hint !== undefined && { hint }),
    ...(server !== undefined && { server }),
    cause,
  });
}

/** Any thrown value as an error for people; what is not ours becomes `internal` and keeps its cause. */
export function asFleetError(thrown: unknown, details: ErrorDetails = {}): FleetError {
  if (thrown instanceof FleetError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new FleetError('cancelled', 'Cancelled.', { ...details, cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new FleetError('internal', message, {
    hint: 'Show Log has the details.',
    ...details,
    cause: thrown,
  });
}
