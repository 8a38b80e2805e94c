import type { System } from '../fleet/model';

/** Why a system's rollout halts; undefined while its failures are borne. */
export function halted(system: System, failed: readonly string[]): string | undefined {
  if (failed.length <= system.maxFailures) return undefined;
  return `halted: ${failed.join(', ')} failed, and ${system.id} bears ${system.maxFailures}`;
}
