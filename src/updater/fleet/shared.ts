import { array, boolean, minLength, picklist, pipe, strictObject, union } from 'valibot';
import { DEFAULTS } from './defaults';
import {
  choice,
  clock,
  doc,
  field,
  healthUrl,
  jump,
  label,
  localFile,
  plainLine,
  remotePath,
  timeZone,
  user,
  whole,
  word,
} from './values';

const port = whole(1, 65535);
const command = pipe(array(word), minLength(1, 'needs at least one word'));

function commandField(title: string, text: string, example: string[]) {
  const more = ' Words, each as it stands: no shell reads them. Exit code 0 is success.';
  return field(command, title, text + more, { examples: [example] });
}

const commands = strictObject({
  reboot: commandField('Restart the machine', 'Restarts the machine.', ['systemctl', 'reboot']),
  serviceRestart: commandField('Restart the service', 'Restarts the product.', [
    'systemctl',
    'restart',
    'banalytics-box.service',
  ]),
  serviceStop: commandField('Stop the service', 'Stops the product.', [
    'systemctl',
    'stop',
    'banalytics-box.service',
  ]),
  serviceStart: commandField('Start the service', 'Starts the product.', [
    'systemctl',
    'start',
    'banalytics-box.service',
  ]),
  serviceStatus: commandField('Ask for the service', 'Exit code 0 says that the product runs.', [
    'systemctl',
    'is-active',
    '--quiet',
    'banalytics-box.service',
  ]),
});

const health = strictObject({
  command: commandField(
    'Health command',
    'Run on the server until it succeeds, for at most 30 seconds each time.',
    ['curl', '-fsS', 'http://127.0.0.1:8080/health'],
  ),
  port: field(
    union([port, pipe(array(port), minLength(1, 'needs at least one port'))]),
    'Health port',
    'A TCP port, or a list of them, that must be listened on.',
    { examples: [8080, [8080, 18080]] },
  ),
  url: field(
    healthUrl,
    'Health URL',
    'An `http(s)` address that must answer with a status below 400. It is asked for through the SSH connection, as the server sees it: `127.0.0.1` is the server. Certificates are not checked. **Never a secret in it.**',
    { examples: ['http://127.0.0.1:8080/health'] },
  ),
  settleSeconds: field(
    whole(0, 3600),
    'Settle time, seconds',
    'So long the service must stay up without a restart of its own.',
    { default: DEFAULTS.settleSeconds },
  ),
  timeoutSeconds: field(whole(1, 7200), 'Time limit, seconds', 'By then the checks must have passed.', {
    default: DEFAULTS.timeoutSeconds,
  }),
});

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const window = strictObject({
  from: pipe(
    clock,
    doc('From', 'Start, as `HH:MM`. A window may go past midnight.', { examples: ['22:00'] }),
  ),
  to: pipe(clock, doc('To', 'End, as `HH:MM`.', { examples: ['04:00'] })),
  days: field(
    pipe(array(picklist(DAYS)), minLength(1, 'needs at least one day')),
    'Days',
    'Days on which the window opens. Left out: every day.',
    { examples: [['sat', 'sun']] },
  ),
  timeZone: field(
    timeZone,
    'Time zone',
    'IANA name. Left out: the zone of the machine that VMS Fleet runs on.',
    { examples: ['Europe/Tallinn', 'UTC'] },
  ),
});

/** Fields of every product, at the system (for all its servers) or at one server. */
export const shared = {
  window: field(
    window,
    'Maintenance window',
    'When servers may be changed. Outside it a rollout waits; a download does not.',
    {
      defaultSnippets: [
        {
          label: 'window',
          description: 'At night on the weekend',
          body: { from: '${1:22:00}', to: '${2:04:00}', days: ['sat', 'sun'], timeZone: '${3:UTC}' },
        },
      ],
    },
  ),
  port: field(port, 'SSH port', 'Left out: what `~/.ssh/config` says, else 22.', { examples: [22] }),
  user: field(user, 'SSH user', 'Left out: what `~/.ssh/config` says, else your own name.', {
    examples: ['updater', 'CORP\\updater'],
  }),
  jump: field(
    jump,
    'Jump host',
    'The way in: the id of another server, a name in `~/.ssh/config`, or `user@host:port`.',
    { examples: ['bastion', 'me@gate.example:22'] },
  ),
  identityFile: field(
    localFile,
    'Key file',
    'Path of a private key on this machine; `~` is your home folder. A path only, **never the key itself**.',
    { examples: ['~/.ssh/id_ed25519'] },
  ),
  os: choice(
    { linux: 'Linux', windows: 'Windows' },
    'Operating system',
    'Left out: `linux` for Banalytics, else `windows`.',
  ),
  app: field(
    label,
    'Application',
    "Which of the product's applications runs here: `server`, `standalone`, `nvr` for Eocortex.",
    { examples: ['server', 'standalone', 'nvr'] },
  ),
  role: field(label, 'Role', 'What the server does in its system. Mirasys updates the `master` first.', {
    examples: ['master', 'recorder'],
  }),
  site: field(label, 'Site', 'The place, to group and filter by.', { examples: ['pier'] }),
  tags: field(array(label), 'Tags', 'Words to filter by.', { examples: [['ptz']] }),
  outOfBand: field(
    label,
    'Out-of-band access',
    "How to reach the machine when the network way is gone: an iDRAC, a KVM, a person's phone. Never a password.",
    { examples: ['iDRAC 10.0.9.11'] },
  ),
  stateDir: field(
    remotePath,
    'State folder',
    'Where VMS Fleet keeps packages, jobs, backups and history on the server. Left out: `/var/lib/vms-fleet`, or `C:\\ProgramData\\vms-fleet`.',
    { examples: ['/srv/vms-fleet'] },
  ),
  sudo: field(boolean(), 'Use sudo', 'Work through `sudo -n` where the login user is not root and may.', {
    default: DEFAULTS.sudo,
  }),
  commands: field(
    commands,
    'Commands',
    'How the machine and its service are commanded where it is not plain systemd or a Windows service. What a server does not say, its system says.',
  ),
  bootIdFile: field(
    remotePath,
    'Boot identity file',
    'A file whose content changes with each boot, for servers that share their kernel (containers). Linux default: `/proc/sys/kernel/random/boot_id`.',
    { examples: ['/run/boot-id'] },
  ),
  returnMinutes: field(
    whole(1, 240),
    'Minutes to return',
    'So long a restarted server may be away before it counts as lost.',
    { default: DEFAULTS.returnMinutes },
  ),
  restartDelaySeconds: field(
    whole(0, 600),
    'Delay of a restart, seconds',
    'Windows: so long the machine waits between the order to restart and the restart.',
    { default: DEFAULTS.restartDelaySeconds },
  ),
  restartReason: field(
    plainLine,
    'Reason of a restart',
    'Windows: shown to whoever is logged on at a machine that is restarted, and kept in its event log.',
    { default: DEFAULTS.restartReason },
  ),
  health: field(
    health,
    'Health check',
    'What must hold after an update, besides version and service; and while servers soak and are watched. What a server does not say, its system says.',
  ),
  settingsPaths: field(
    array(remotePath),
    'Settings',
    'Files and folders saved before an update, and put back by its rollback.',
    { examples: [['C:\\ProgramData\\Eocortex']] },
  ),
};
