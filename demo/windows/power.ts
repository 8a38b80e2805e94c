import type { Answer } from '../control';

export interface PowerParts {
  allowed: () => boolean;
  restart: () => void;
  turnOff: () => void;
  log: (line: string) => void;
}

const LONGEST_DELAY = 315_360_000;

/** `shutdown.exe` of a machine: the delay is kept, and can be taken back. */
export class Power {
  private pending: NodeJS.Timeout | undefined;

  constructor(private readonly parts: PowerParts) {}

  /** The machine goes down: nothing is pending any more. */
  off(): void {
    clearTimeout(this.pending);
    this.pending = undefined;
  }

  command(words: string[]): Answer {
    const options = new Map<string, string>();
    for (let at = 0; at < words.length; at++) {
      const name = /^[/-](\w+)$/.exec(words[at] ?? '')?.[1]?.toLowerCase();
      if (name === undefined || !['r', 's', 'a', 'f', 't', 'c', 'd'].includes(name)) return usage();
      options.set(name, ['t', 'c', 'd'].includes(name) ? (words[++at] ?? '') : '');
    }
    if (!this.parts.allowed()) return { code: 5, text: 'Access is denied.(5)\r\n' };
    if (options.has('a')) return this.takeBack();
    const seconds = options.has('t') ? Number(options.get('t') || NaN) : 30;
    const validDelay = Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_DELAY;
    const validReason = /^(?:[pu]:)?\d{1,2}:\d{1,2}$/i.test(options.get('d') ?? 'p:0:0');
    const validComment = (options.get('c') ?? '').length <= 512;
    if (options.has('r') === options.has('s') || !validDelay || !validReason || !validComment) return usage();
    if (this.pending !== undefined)
      return { code: 1190, text: 'A system shutdown has already been scheduled.(1190)\r\n' };
    const reason = options.get('d') ?? 'none';
    this.parts.log(
      `${options.has('r') ? 'restart' : 'shutdown'} in ${seconds} s, reason ${reason}: ${options.get('c') ?? ''}`,
    );
    const act = options.has('r') ? this.parts.restart : this.parts.turnOff;
    // Even at once it is a moment later: the program ends first, with 0.
    this.pending = setTimeout(act, Math.max(seconds * 1000, 300));
    return { code: 0, text: '' };
  }

  private takeBack(): Answer {
    if (this.pending === undefined)
      return {
        code: 1116,
        text: 'Unable to abort the system shutdown because no shutdown was in progress.(1116)\r\n',
      };
    this.off();
    this.parts.log('restart taken back');
    return { code: 0, text: '' };
  }
}

function usage(): Answer {
  return {
    code: 1,
    text: 'Usage: shutdown [/r | /s | /a] [/f] [/t xxx] [/d [p|u:]xx:yy [/c "comment"]]\r\n',
  };
}
