/** What every part of the bench is given. */
export interface Bench {
  /** Times that each comparison is done. */
  rounds: number;
  /** Smaller files, for trying the bench out. */
  quick: boolean;
  /** Big files over the slow line too. */
  full: boolean;
  say(line: string): void;
  /** Whether a program is there; one that is not is said loudly, once. */
  has(program: string): boolean;
  /** The built program of `bench/clients/<name>.ts`. */
  client(name: string): string;
}
