import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';

export type Input = Readable & { isTTY?: boolean };
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** What the command line is given from outside, so that a test decides it. */
export interface Streams {
  stdin: Input;
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
export type Style = keyof typeof styles;

/** Begins a sequence of ours until it is written. A server that wants its text to look like one does not know it. */
const own = `\ufdd0${randomBytes(8).toString('hex')}`;

/**
 * The one place that writes. Results go to stdout, people's text too unless stdout belongs to a program (`--json`); the live
 * region is some lines at the end of a terminal that are drawn again and again, and step aside for every other line.
 */
export class Terminal {
  /** Somebody is there to answer. */
  readonly interactive: boolean;
  /** stderr can be drawn upon. */
  readonly live: boolean;
  private readonly people: Output;
  private readonly colours: boolean;
  private region: string[] = [];
  private drawn = 0;
  private held = false;

  constructor(
    readonly streams: Streams,
    readonly json: boolean,
  ) {
    const { stdin, stdout, stderr, env } = streams;
    this.people = json ? stderr : stdout;
    const dumb = env.TERM === 'dumb';
    this.interactive = stdin.isTTY === true && stderr.isTTY === true;
    this.live = stderr.isTTY === true && !dumb && !(json && stdout.isTTY === true);
    this.colours = this.people.isTTY === true && !dumb && !env.NO_COLOR;
    // `| head` closes its end early. A rollout goes on all the same; there is only nobody left to tell.
    for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  }

  /** A document for a program: the only thing on stdout. */
  document(value: unknown): void {
    this.write(this.streams.stdout, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** One event for a program, on a line of its own. */
  line(value: unknown): void {
    this.write(this.streams.stdout, `${JSON.stringify(value)}\n`);
  }

  /** The text of a file, its line ends as they are. */
  file(text: string): void {
    this.write(this.streams.stdout, text.split('\r\n').map(printable).join('\r\n'));
  }

  /** Text for people. */
  say(text: string): void {
    this.write(this.people, `${shown(text)}\n`);
  }

  /** Text for people that is no result: warnings, errors, what is going on. */
  note(text: string): void {
    this.write(this.streams.stderr, `${shown(text)}\n`);
  }

  /** A question, the cursor staying behind it. */
  prompt(text: string): void {
    this.streams.stderr.write(shown(text));
  }

  /** Marks text that `say`, `note` and `prompt` show in a style. */
  paint(style: Style, text: string): string {
    return this.colours && text !== '' ? `${own}${styles[style]}m${text}${own}0m` : text;
  }

  /** Sets the live region; nothing where stderr is no terminal. Each line is cut to the width. */
  draw(lines: string[]): void {
    if (!this.live) return;
    // A terminal that does not know its size says 0.
    const columns = this.streams.stderr.columns || 80;
    const room = Math.max(1, (this.streams.stderr.rows || 24) - 2);
    const drawn =
      lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`] : lines;
    this.region = drawn.map((line) =>
      printable(line)
        .replaceAll('\n', ' ')
        .slice(0, columns - 1),
    );
    this.redraw();
  }

  /** Takes the live region away while a question stands there. */
  async asking<T>(question: () => Promise<T>): Promise<T> {
    this.erase();
    this.held = true;
    try {
      return await question();
    } finally {
      this.held = false;
      this.redraw();
    }
  }

  /** Resolves when everything written has left the process, or its reader is gone. */
  async flush(): Promise<void> {
    this.region = [];
    this.erase();
    await Promise.all(
      [this.streams.stdout, this.streams.stderr].map(
        (stream) =>
          new Promise<void>((resolve) => {
            if (!stream.writable) resolve();
            else stream.write('', () => resolve());
          }),
      ),
    );
  }

  private write(stream: Output, text: string): void {
    this.erase();
    if (stream.writable) stream.write(text);
    this.redraw();
  }

  private redraw(): void {
    if (this.held) return;
    this.erase();
    if (this.region.length === 0) return;
    this.streams.stderr.write(`${this.region.join('\n')}\n`);
    this.drawn = this.region.length;
  }

  private erase(): void {
    if (this.drawn === 0) return;
    this.streams.stderr.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }
}

/** What a server says is data: nothing in it may move the cursor, ring, hide or colour what follows, or turn the text around. */
export function printable(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g, '')
    .replace(/(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u009c|\u001b\\)/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** As it is written: what others said is made harmless first, and only then are our own sequences put in. */
const shown = (text: string): string => printable(text).replaceAll(own, '\u001b[');
