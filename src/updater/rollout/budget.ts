import type { System } from '../fleet/model';
import { exceeds } from '../fleet/share';

/** Why a system's rollout halts, of so many servers that act; undefined while its failures are borne. */
export function halted(system: System, failed: readonly string[], acting: number): string | undefined {
  const { id, maxFailures, onFailure } = system;
  if (onFailure === 'keep' || !exceeds(failed.length, maxFailures, acting)) return undefined;
  return `halted: ${failed.join(', ')} failed, and ${id} bears ${maxFailures}`;
}
