import { readdirSync, readFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Answer } from '../control';

/** One task, as its file in `C:\Windows\System32\Tasks` says it. */
export interface Task {
  /** `\Folder\Name`. */
  name: string;
  command: string;
  arguments: string;
  folder: string;
  enabled: boolean;
  atBoot: boolean;
  /** Local time at which it runs once. */
  once: Date | undefined;
  /** What happens if it is started while it runs: `IgnoreNew`, `Parallel`, `StopExisting`, `Queue`. */
  policy: string;
}

/** A task that runs. */
export interface Running {
  ended: Promise<number>;
  end: () => void;
}

export interface SchedulerParts {
  /** Of `C:\Windows\System32\Tasks` on this computer. */
  folder: string;
  hostName: () => string;
  start: (task: Task) => Running;
  /** Reads a file of the machine by its Windows path; undefined if there is none. */
  read: (path: string, folder: string) => Buffer | undefined;
  log: (line: string) => void;
}

const NOT_FOUND = 'ERROR: The system cannot find the file specified.\r\n';

/** The task scheduler of a machine. Its tasks are no session's children: they live until they end or the machine goes down. */
export class Scheduler {
  private readonly running = new Map<string, Running[]>();
  private readonly last = new Map<string, { result: number; at: Date }>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly parts: SchedulerParts) {}

  /** Runs the tasks that wait for a boot, and sets the clocks of the others. */
  boot(): void {
    for (const task of this.tasks()) {
      if (task.atBoot && task.enabled) this.run(task, 'at boot');
      this.wind(task);
    }
  }

  /** The machine goes down; its tasks are ended with everything else. */
  off(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.running.clear();
  }

  /** `schtasks` with these words. */
  command(words: string[], folder: string): Answer {
    const options = readOptions(words);
    const verb = [...options.keys()].find((key) =>
      ['create', 'run', 'end', 'delete', 'query', 'change'].includes(key),
    );
    if (verb === 'query') return this.query(options);
    const given = options.get('tn');
    if (verb === undefined || !given)
      return refusal('ERROR: Invalid syntax.\r\nType "SCHTASKS /?" for usage.\r\n');
    const name = given.startsWith('\\') ? given : `\\${given}`;
    if (verb === 'create') return this.create(name, options, folder);
    const task = this.tasks().find((each) => same(each.name, name));
    if (task === undefined) return refusal(NOT_FOUND);
    const shown = given.replace(/^\\/, '');
    switch (verb) {
      case 'run': {
        const started = this.run(task, 'by schtasks');
        const info = started ? '' : `INFO: scheduled task "${shown}" is currently running.\r\n`;
        return done(`${info}SUCCESS: Attempted to run the scheduled task "${shown}".\r\n`);
      }
      case 'end':
        for (const each of this.running.get(key(task.name)) ?? []) each.end();
        return done(`SUCCESS: The scheduled task "${shown}" has been terminated successfully.\r\n`);
      case 'delete':
        if (!options.has('f')) return refusal(`ERROR: Give /f: nobody is here to be asked.\r\n`);
        clearTimeout(this.timers.get(key(task.name)));
        rmSync(this.file(task.name), { force: true });
        return done(`SUCCESS: The scheduled task "${shown}" was successfully deleted.\r\n`);
      default:
        return refusal(`ERROR: This stand-in knows no /${verb}.\r\n`);
    }
  }

  tasks(): Task[] {
    return this.files().map((file) => ({
      name: '\\' + relative(this.parts.folder, file).replaceAll('/', '\\'),
      ...readTask(decode(readFileSync(file))),
    }));
  }

  isRunning(name: string): boolean {
    return (this.running.get(key(name)) ?? []).length > 0;
  }

  private run(task: Task, why: string): boolean {
    if (!task.enabled) return false;
    const before = this.running.get(key(task.name)) ?? [];
    if (before.length > 0 && task.policy === 'IgnoreNew') return false;
    if (task.policy === 'StopExisting') for (const each of before) each.end();
    this.parts.log(`task ${task.name} ${why}`);
    const started = this.parts.start(task);
    const at = new Date();
    const all = [...before, started];
    this.running.set(key(task.name), all);
    this.last.set(key(task.name), { result: 0x41301, at });
    void started.ended.then((result) => {
      const left = (this.running.get(key(task.name)) ?? []).filter((each) => each !== started);
      this.running.set(key(task.name), left);
      this.last.set(key(task.name), { result, at });
    });
    return true;
  }

  private wind(task: Task): void {
    clearTimeout(this.timers.get(key(task.name)));
    const wait = (task.once?.getTime() ?? 0) - Date.now();
    if (!task.enabled || task.once === undefined || wait < 0 || wait > 2 ** 31 - 1) return;
    const timer = setTimeout(() => this.run(task, 'by the clock'), wait);
    timer.unref();
    this.timers.set(key(task.name), timer);
  }

  private create(name: string, options: Map<string, string>, folder: string): Answer {
    const file = this.file(name);
    if (existsSync(file) && !options.has('f'))
      return refusal(`ERROR: The task name "${name.slice(1)}" already exists.\r\n`);
    let xml: string | undefined;
    const path = options.get('xml');
    if (path !== undefined) {
      const bytes = this.parts.read(path, folder);
      if (bytes === undefined) return refusal(NOT_FOUND);
      xml = decode(bytes);
    } else xml = written(options);
    if (xml === undefined)
      return refusal('ERROR: Invalid syntax.\r\nType "SCHTASKS /CREATE /?" for usage.\r\n');
    const fault = faultOf(xml);
    if (fault !== undefined) return refusal(`ERROR: ${fault}\r\n`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(`\ufeff${xml}`, 'utf16le'));
    this.parts.log(`task ${name} created`);
    const task = { name, ...readTask(xml) };
    const late = task.once !== undefined && task.once.getTime() < Date.now();
    this.wind(task);
    const warning = late ? 'WARNING: Task may not run because /ST is earlier than current time.\r\n' : '';
    return done(
      `${warning}SUCCESS: The scheduled task "${name.replace(/^\\/, '')}" has successfully been created.\r\n`,
    );
  }

  private query(options: Map<string, string>): Answer {
    const given = options.get('tn');
    const name = given === undefined || given.startsWith('\\') ? given : `\\${given}`;
    const found = this.tasks().filter((task) => name === undefined || same(task.name, name));
    if (name !== undefined && found.length === 0) return refusal(NOT_FOUND);
    if (options.has('xml'))
      return done(found.map(({ name }) => decode(readFileSync(this.file(name)))).join('\r\n'));
    const rows = found.map((task) => this.row(task, options.has('v')));
    const format = (options.get('fo') ?? 'TABLE').toUpperCase();
    if (format === 'LIST') {
      const blocks = rows.map((row) =>
        row.map(([field, value]) => `${`${field}:`.padEnd(15)}${value}\r\n`).join(''),
      );
      return done(blocks.map((block) => `\r\nFolder: \\\r\n${block}`).join(''));
    }
    if (format === 'CSV') {
      const quoted = (cells: string[]) =>
        cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',') + '\r\n';
      const columns = (row: [string, string][]) => (options.has('v') ? row : row.slice(1, 4));
      const head = rows[0] && !options.has('nh') ? quoted(columns(rows[0]).map(([field]) => field)) : '';
      return done(head + rows.map((row) => quoted(columns(row).map(([, value]) => value))).join(''));
    }
    const line = (a: string, b: string, c: string) => `${a.padEnd(40)} ${b.padEnd(22)} ${c.padEnd(15)}\r\n`;
    const head = options.has('nh')
      ? ''
      : line('TaskName', 'Next Run Time', 'Status') +
        `${'='.repeat(40)} ${'='.repeat(22)} ${'='.repeat(15)}\r\n`;
    const cells = rows.map((row) => line((row[1]?.[1] ?? '').slice(1), row[2]?.[1] ?? '', row[3]?.[1] ?? ''));
    return done(`\r\nFolder: \\\r\n${head}${cells.join('')}`);
  }

  private row(task: Task, verbose: boolean): [string, string][] {
    const status = !task.enabled ? 'Disabled' : this.isRunning(task.name) ? 'Running' : 'Ready';
    const last = this.last.get(key(task.name));
    return [
      ['HostName', this.parts.hostName()],
      ['TaskName', task.name],
      [
        'Next Run Time',
        task.once === undefined || task.once.getTime() < Date.now() ? 'N/A' : shown(task.once),
      ],
      ['Status', status],
      ['Logon Mode', 'Interactive/Background'],
      ...((verbose
        ? [
            ['Last Run Time', last === undefined ? '11/30/1999 12:00:00 AM' : shown(last.at)],
            ['Last Result', String((last?.result ?? 0x41303) | 0)],
            ['Task To Run', `${task.command} ${task.arguments}`.trim()],
            ['Start In', task.folder || 'N/A'],
            ['Scheduled Task State', task.enabled ? 'Enabled' : 'Disabled'],
            ['Run As User', 'SYSTEM'],
          ]
        : []) as [string, string][]),
    ];
  }

  private file(name: string): string {
    // A name is a path in the tasks' folder and leads nowhere else.
    return join(this.parts.folder, join('/', name.replaceAll('\\', '/')));
  }

  private files(folder = this.parts.folder): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .flatMap((path) => (statSync(path).isDirectory() ? this.files(path) : [path]));
  }
}

const key = (name: string) => name.toLowerCase();
const same = (one: string, other: string) => key(one) === key(other);
const done = (text: string): Answer => ({ code: 0, text });
const refusal = (text: string): Answer => ({ code: 1, text });

/** `/word value` pairs, names in lower case; a value is whatever does not begin with `/` and a letter. */
function readOptions(words: string[]): Map<string, string> {
  const flags = new Set([
    'create',
    'run',
    'end',
    'delete',
    'query',
    'change',
    'f',
    'v',
    'nh',
    'z',
    'it',
    'np',
    'i',
  ]);
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const name = /^[/-](\w+)$/.exec(words[at] ?? '')?.[1]?.toLowerCase();
    if (name === undefined) continue;
    const next = words[at + 1];
    const bare = flags.has(name) || (name === 'xml' && (next === undefined || /^\/\w+$/.test(next)));
    options.set(name, bare ? '' : (next ?? ''));
    if (!bare) at++;
  }
  return options;
}

/** The XML of a task that was described by switches. */
function written(options: Map<string, string>): string | undefined {
  const command = options.get('tr');
  const schedule = options.get('sc')?.toLowerCase();
  if (!command || schedule === undefined) return undefined;
  const time = /^(\d{1,2}):(\d\d)$/.exec(options.get('st') ?? '');
  if (schedule === 'once' && time === null) return undefined;
  const now = new Date();
  const two = (n: number | string) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const triggers: Record<string, string> = {
    onstart: '<BootTrigger><Enabled>true</Enabled></BootTrigger>',
    once: `<TimeTrigger><StartBoundary>${day}T${two(time?.[1] ?? 0)}:${time?.[2] ?? '00'}:00</StartBoundary></TimeTrigger>`,
  };
  const trigger = triggers[schedule];
  if (trigger === undefined) return undefined;
  const [, quoted, plain, rest = ''] = /^(?:"([^"]*)"|(\S+))\s*(.*)$/s.exec(command) ?? [];
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    `<Triggers>${trigger}</Triggers>`,
    '<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy><Enabled>true</Enabled></Settings>',
    `<Actions><Exec><Command>${escaped(quoted ?? plain ?? '')}</Command><Arguments>${escaped(rest)}</Arguments></Exec></Actions>`,
    '</Task>',
  ].join('\r\n');
}

/** What the real one says of an XML that it cannot take; undefined if it can. */
function faultOf(xml: string): string | undefined {
  const encoding = /^<\?xml[^>]*\bencoding=["']([^"']+)["']/.exec(xml)?.[1];
  // It hands the text over in UTF-16, whatever the file was in.
  if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-16')
    return 'The task XML is malformed.\r\n(1,40)::ERROR: unable to switch the encoding';
  if (
    !/<Task\b[^>]*xmlns="http:\/\/schemas\.microsoft\.com\/windows\/2004\/02\/mit\/task"/.test(xml) ||
    !/<\/Task>\s*$/.test(xml)
  )
    return 'The task XML is malformed.\r\n(1,2)::ERROR: incorrect document syntax';
  if (readTask(xml).command === '')
    return 'The task XML is missing a required element or attribute.\r\n(2,2):Actions:';
  return undefined;
}

/** UTF-16 with a byte order mark, UTF-8 with one, or bytes of Windows-1252. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3).toString();
  return new TextDecoder('windows-1252').decode(bytes);
}

function readTask(xml: string): Omit<Task, 'name'> {
  const plain = xml.replace(/<!--[\s\S]*?-->/g, '');
  const settings = element(plain, 'Settings') ?? '';
  const action = element(plain, 'Exec') ?? '';
  const boot = element(plain, 'BootTrigger');
  const time = element(plain, 'TimeTrigger');
  const start = text(time ?? '', 'StartBoundary');
  return {
    command: (text(action, 'Command') ?? '').replace(/^"(.*)"$/, '$1'),
    arguments: text(action, 'Arguments') ?? '',
    folder: text(action, 'WorkingDirectory') ?? '',
    enabled: text(settings, 'Enabled') !== 'false',
    atBoot: (boot !== undefined && text(boot, 'Enabled') !== 'false') || /<BootTrigger\s*\/>/.test(plain),
    once: time === undefined || start === undefined ? undefined : new Date(start),
    policy: text(settings, 'MultipleInstancesPolicy') ?? 'IgnoreNew',
  };
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`).exec(xml)?.[1];
}

function text(xml: string, name: string): string | undefined {
  const found = element(xml, name)?.trim();
  if (found === undefined) return undefined;
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return found.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) =>
      hex !== undefined
        ? String.fromCodePoint(parseInt(hex, 16))
        : decimal !== undefined
          ? String.fromCodePoint(Number(decimal))
          : (named[name ?? ''] ?? whole),
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function shown(date: Date): string {
  return date.toLocaleString('en-US').replace(',', '');
}
