import { asFleetError, FleetError } from '../errors';
import type { FleetEvent, NewEvent } from './events';
import type { RolloutContext } from './rollout';
import type { WorkResult } from './work';

/** What a rollout tells, and how each server's part has ended. Whatever is told is journalled first, and done after. */
export class Telling {
  readonly results = new Map<string, WorkResult>();
  private broken: FleetError | null = null;

  /** @param onBroken it cannot go on: nothing may be begun any more */
  constructor(
    private readonly context: RolloutContext,
    private readonly onBroken: () => void,
  ) {}

  /** Why it cannot go on: its journal cannot be written, or a bug. */
  get fault(): FleetError | null {
    return this.broken;
  }

  async say(event: NewEvent): Promise<void> {
    const { context } = this;
    const { id } = context;
    const stamped = { ...event, at: context.now().toISOString(), rollout: id } as FleetEvent;
    try {
      await context.journal.append(stamped, event.type !== 'log' && event.type !== 'facts');
    } catch (cause) {
      if (cause instanceof FleetError) throw this.breakOff(cause);
      throw this.breakOff(
        new FleetError('journal.failed', `The journal of rollout ${id} cannot be written.`, {
          hint: 'Nothing new is begun; jobs on servers go on there. Make room on this machine, then resume the rollout.',
          cause,
        }),
      );
    }
    context.emit(stamped);
  }

  breakOff(why: unknown): FleetError {
    this.broken ??= asFleetError(why);
    this.onBroken();
    return this.broken;
  }

  queued(server: string, detail: string): Promise<void> {
    return this.say({ type: 'status', server, status: 'queued', step: 'queue', detail });
  }

  async finish(server: string, result: WorkResult, reason?: string): Promise<void> {
    this.results.set(server, result);
    const { outcome, status, error } = result;
    await this.say({
      type: 'server-finished',
      ...{ server, outcome, status, error: error?.toJSON() ?? null },
      ...(reason !== undefined && { reason }),
    });
  }

  notStarted(server: string, why: string, cancelled: boolean): Promise<void> {
    return this.finish(server, {
      outcome: cancelled ? 'cancelled' : 'not-started',
      status: 'unknown',
      error: new FleetError(
        cancelled ? 'cancelled' : 'rollout.halted',
        `${server} was not started: ${why}.`,
        { server, hint: 'Resume the rollout to go on with the servers that are not done.' },
      ),
    });
  }
}
