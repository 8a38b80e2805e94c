/** What every part of the bench is given. */
export interface Bench {
  /** Times that each comparison is done. */
  rounds: number;
  /** Smaller files, for trying the bench out. */
  quick: boolean;
  /** The repository. */
  root: string;
  say: (line: string) => void;
  /** Whether a program is there; one that is not is said loudly, once. */
  has: (program: string) => boolean;
  /** Node's arguments that run `bench/clients/<name>.ts`, as it was built. */
  client: (name: string) => string[];
}
