import type { Verb } from './arguments';

const about: Record<Verb, { usage: string; text: string }> = {
  status: {
    usage: 'status [--facts-out FILE]',
    text: 'Asks the servers and shows version, status and what to do next. Exit 1 if a server did not answer.',
  },
  load: {
    usage:
      'load [FILE|URL…] [--system ID]… [--product P] [--package-version V] [--arch A] [--kind K] [--module G:A]',
    text:
      'Puts packages into the library, each looked into first; a broken-off download goes on when it is loaded again. ' +
      'With --system, an installer is also what that system shall run: its version goes into the fleet file, in place of the one before. ' +
      'With nothing named, all that the fleet file wants, from its repositories; with --module and --package-version, that one from there.',
  },
  packages: { usage: 'packages', text: 'Lists the library: edition, version, architecture, size, SHA-256.' },
  plan: {
    usage:
      'plan [--action install|download|rollback|restart] [--to V] [--facts FILE] [--ignore-window] [--arm [--at TIME]]',
    text: 'Shows what would happen and why; changes nothing. With --facts no server is asked. Exit 3 if a server is blocked.',
  },
  download: {
    usage: 'download [--to V] [--skip-blocked]',
    text: 'Brings loaded packages to the servers and verifies them there.',
  },
  install: {
    usage: 'install [--to V] [--yes] [--skip-blocked] [--ignore-window] [--arm [--at TIME]]',
    text:
      'Downloads what is missing, installs, restarts and verifies; each server in its maintenance window. ' +
      'With --arm it is laid down on the servers, which begin by themselves when their windows let them; this computer may be switched off.',
  },
  rollback: {
    usage: 'rollback [--to V] [--yes] [--skip-blocked] [--ignore-window]',
    text: 'Goes one update back, or down to V.',
  },
  restart: {
    usage: 'restart [--yes] [--skip-blocked] [--ignore-window]',
    text: 'Restarts the machines and waits until they are back.',
  },
  rollouts: {
    usage: 'rollouts [ID] [--report json|csv|html]',
    text: 'Lists the rollouts started from here, or tells one event by event. With --report writes who, when, what, how long and the recording gap of each server.',
  },
  resume: {
    usage: 'resume ID [--server ID]…',
    text: 'Goes on with a rollout that was interrupted or had failures: with all servers that are not done, or with those named.',
  },
  pause: { usage: 'pause ID', text: 'Begins nothing new in a rollout that runs; what runs goes on.' },
  continue: { usage: 'continue ID', text: 'Lets a paused rollout go on.' },
  skip: {
    usage: 'skip ID --server ID --reason TEXT',
    text: 'Leaves a server out of a rollout that has not begun on it.',
  },
  cancel: {
    usage: 'cancel ID',
    text: 'Stops a rollout: transfers keep their part, jobs not yet at their restart are undone.',
  },
  doctor: { usage: 'doctor', text: 'Checks this workstation and the servers, and says what to repair.' },
};

const options = `Options
  -f FILE                 the fleet file; without it the one in this folder
  --server ID             only this server (may be repeated)
  --system ID             all servers of this system (may be repeated)
  --json                  one JSON document on stdout; verbs that act print one event per line
                          and end with rollout-finished, or rollout-left where servers are armed or not at
                          their end. People's text goes to stderr
  --to V                  the version to go to; without it what the fleet file wants
  --yes                   answers ordinary questions, never a destructive one
  --skip-blocked          acts on the others where a rule blocks some servers
  --ignore-window         acts now, outside maintenance windows too
  --arm                   servers begin by themselves; cancel ID disarms them, resume ID sees what became of it
  --at TIME               not before then (2026-11-28T22:00, or with a zone)
  --password-env NAME     the environment variable that holds the password or passphrase
  --trust-new-host-keys   accepts the host keys of servers never seen before; a changed key is always refused
  --facts FILE            plan from recorded facts; status --facts-out FILE records them
  -h, --help   --version

Exit codes
  0 done   1 some server failed (status: did not answer)   2 bad usage or bad input
  3 a rule blocks a selected server and nothing was changed   130 interrupted

Environment
  VMS_FLEET_HOME          folder of the library and the journals   NO_COLOR  no colours
  VMS_FLEET_DEBUG=1       what developers need`;

/** The text of `--help`, or of `<verb> --help`. */
export function help(verb?: Verb): string {
  if (verb !== undefined) return `vms-fleet ${about[verb].usage}\n\n${about[verb].text}\n\n${options}`;
  const list = Object.values(about).map(({ usage, text }) => `  ${usage}\n      ${text}`);
  return `vms-fleet <verb> [-f FILE] [--server ID]… [--system ID]… [--json]\n\nUpdates fleets of video-surveillance servers over SSH.\n\nVerbs\n${list.join('\n')}\n\n${options}`;
}
