import { readFileSync } from 'node:fs';
import { find } from './find';

/**
 * Words before a command line that keep it and all that it starts on one processor: the programs of a Windows of wine's speak with its
 * server at every step, and one that has to wake up another processor for it takes thrice as long. None where that cannot be said.
 * @param nth which of the processors that there are, counted round
 */
export function onProcessor(nth: number): string[] {
  const taskset = find('taskset');
  const processors = allowed();
  const own = processors[nth % processors.length];
  return taskset === undefined || own === undefined ? [] : [taskset, '-c', String(own)];
}

/** Processors that this process may use. */
function allowed(): number[] {
  try {
    const [, list = ''] =
      /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return list.split(',').flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 || 0 }, (_, index) => first + index);
    });
  } catch {
    return []; // no Linux
  }
}
