import type { ServerState } from '../updater/rollout/state';
import { count } from './table';

const BAR = 20;

/** The live view: a line for each server at work, one more for those that wait. */
export function activeLines(states: Iterable<ServerState>, now: Date): string[] {
  const inWork = [...states].filter(({ rollout }) => rollout !== null);
  const waiting = inWork.filter(({ status }) => status === 'queued');
  const active = inWork.filter(({ status }) => status !== 'queued');
  const width = Math.max(0, ...active.map(({ id }) => id.length));
  const lines = active.map((state) => activeLine(state, width, now));
  const [first] = waiting;
  if (first !== undefined)
    lines.push(
      `${count(waiting.length, 'server')} queued${first.detail === null ? '' : `: ${first.id} ${first.detail}`}`,
    );
  return lines;
}

function activeLine(
  { id, status, step, detail, progress, since }: ServerState,
  width: number,
  now: Date,
): string {
  const parts = [id.padEnd(width), status.padEnd('rolling-back'.length)];
  if (progress !== null && progress.total > 0) {
    const part = Math.min(1, Math.max(0, progress.done / progress.total));
    parts.push(`${bar(part)} ${String(Math.floor(part * 100)).padStart(3)} %`, progress.step);
  } else {
    parts.push(
      elapsed(now.getTime() - Date.parse(since)),
      [step, detail].filter((text) => text !== null).join(': '),
    );
  }
  return parts.join('  ').trimEnd();
}

function bar(part: number): string {
  const full = Math.round(part * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
}

/** "12 s", "3 min 05 s". */
function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
