import { version } from '../../package.json';
import { asFleetError } from '../updater/errors';
import { readArguments, type Arguments, type Verb } from './arguments';
import { makeContext, type Context } from './context';
import type { Core } from './core';
import { exit, exitCodeOf, tell, type ExitCode } from './errors';
import { help } from './help';
import { Interrupt, type Signals } from './interrupt';
import { Terminal, type Streams } from './terminal';
import { act } from './verbs/act';
import { cancel, proceed, pause, resume, skip } from './verbs/again';
import { doctor } from './verbs/doctor';
import { load } from './verbs/load';
import { packages } from './verbs/packages';
import { plan } from './verbs/plan';
import { rollouts } from './verbs/rollouts';
import { status } from './verbs/status';

/** What the process hands in. */
export interface Surroundings extends Streams {
  cwd: string;
  signals: Signals;
  /** Ends the process at once: the second Ctrl-C. */
  leave: () => void;
  loadCore: () => Promise<Core>;
}

const run: Record<Verb, (context: Context) => Promise<ExitCode>> = {
  status,
  load,
  packages,
  plan,
  download: act,
  install: act,
  rollback: act,
  restart: act,
  rollouts,
  resume,
  pause,
  continue: proceed,
  skip,
  cancel,
  doctor,
};

/** Runs one command line; resolves with the exit code once everything is written. Never throws. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  // A mistake in the arguments must not put people's text where a program reads.
  let terminal = new Terminal(surroundings, argv.includes('--json'));
  const interrupt = new Interrupt(surroundings.signals, () => terminal, surroundings.leave);
  try {
    const request = readArguments(argv);
    if (request.ask === 'version') {
      terminal = new Terminal(surroundings, false);
      terminal.say(version);
      return exit.done;
    }
    if (request.ask === 'help') {
      terminal = new Terminal(surroundings, false);
      terminal.say(help(request.verb));
      return exit.done;
    }
    const code = await perform(request, terminal, interrupt, surroundings);
    return interrupt.signal.aborted ? exit.interrupted : code;
  } catch (thrown) {
    const error = thrown instanceof Error && thrown.name === 'AbortError' ? asFleetError(thrown) : thrown;
    // What fails after Ctrl-C fails because of it; a bug is still told.
    const code = exitCodeOf(error);
    if (!interrupt.signal.aborted || code !== exit.interrupted) tell(terminal, error);
    return interrupt.signal.aborted ? exit.interrupted : code;
  } finally {
    interrupt.dispose();
    await terminal.flush();
  }
}

async function perform(
  args: Arguments,
  terminal: Terminal,
  interrupt: Interrupt,
  { cwd, loadCore }: Surroundings,
): Promise<ExitCode> {
  const core = await loadCore();
  return run[args.verb](makeContext({ args, terminal, interrupt, core, cwd }));
}
