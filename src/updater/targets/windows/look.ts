import { journalLine, type JournalLine } from '../platform';
import type { Section } from './kit';

/** How a job stands, as `job.bat look` tells it. */
export interface Look {
  alive: boolean;
  journal: JournalLine[];
  /** `done`, `failed` or `cancelled`, the step, the text; null while it has not ended. */
  exit: string[] | null;
}

export function readLook(sections: readonly Section[]): Look {
  const one = (word: string): Section | undefined => sections.find(({ words }) => words[0] === word);
  const exit = one('exit')?.lines[0]?.split('\t');
  return {
    alive: one('alive')?.words[1] === 'yes',
    journal: (one('journal')?.lines ?? []).flatMap((line) => {
      const words = line.split('\t');
      // A line that a power cut has torn lacks its last field.
      return words.length < 5 ? [] : [journalLine(words)];
    }),
    exit: exit === undefined || exit[0] === '' ? null : exit,
  };
}
