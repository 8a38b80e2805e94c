import { FleetError } from '../errors';

/** Throws `cancelled` once the signal was given. */
export function stopIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new FleetError('cancelled', 'Cancelled.', { cause: signal.reason as unknown });
}
