import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { Ask } from '../../../src/updater/targets/answers';
import type { ExecOptions, ExecResult, Link } from '../../../src/updater/targets/link';
import type { RemoteFiles } from '../../../src/updater/targets/sftp';
import { windows } from '../../../src/updater/targets/windows';
import { decodeOutput } from '../../../src/updater/targets/windows/code-page';
import { speak } from '../../../src/updater/targets/windows/kit';
import { readLook } from '../../../src/updater/targets/windows/look';
import { taskXml } from '../../../src/updater/targets/windows/task';
import { quoteWindows, windowsCommandLine, WordFiles } from '../../../src/updater/targets/windows/words';

describe('what a server printed', () => {
  it('is UTF-8, where it is', () => {
    expect(decodeOutput(Buffer.from('@@user\r\nсрв\\администратор\r\n'))).toBe(
      '@@user\r\nсрв\\администратор\r\n',
    );
  });

  it('is read in the OEM code page that it names, line by line', () => {
    const page = Buffer.from('    OEMCP    REG_SZ    866\r\n');
    const russian = Buffer.from([0xe1, 0xab, 0xe3, 0xa6, 0xa1, 0xa0, 0x0d, 0x0a]); // служба
    const modern = Buffer.from('Настройки\r\n');
    expect(decodeOutput(Buffer.concat([page, russian, modern]))).toBe(
      '    OEMCP    REG_SZ    866\r\nслужба\r\nНастройки\r\n',
    );
  });

  it('is read in code pages whose characters take two bytes', () => {
    const page = Buffer.from('OEMCP    REG_SZ    932\n');
    expect(decodeOutput(Buffer.concat([page, Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67])]))).toContain(
      'テスト',
    );
  });

  it('holds a stretch of UTF-16 where `wmic` spoke', () => {
    const wmic = Buffer.from('\ufeffLastBootUpTime=20261125130310.677000+060\r\r\n', 'utf16le');
    const text = decodeOutput(Buffer.concat([Buffer.from('@@boot\r\n'), wmic, Buffer.from('@@end\r\n')]));
    expect(text).toBe('@@boot\r\nLastBootUpTime=20261125130310.677000+060\r\r\n@@end\r\n');
  });

  it('keeps figures and Latin letters whatever the page is', () => {
    expect(decodeOutput(Buffer.from([0x34, 0x2e, 0x33, 0xff, 0x41]))).toMatch(/^4\.3.A$/);
  });
});

describe('words', () => {
  it.each([
    ['/S', '/S'],
    ['C:\\Program Files\\x', '"C:\\Program Files\\x"'],
    ['C:\\Program Files\\', '"C:\\Program Files\\\\"'],
    ['two \\\\', '"two \\\\\\\\"'],
    ['/D=C:\\Program Files\\Eocortex', '/D=C:\\Program Files\\Eocortex'],
    ['/D=C:\\a&b', '"/D=C:\\a&b"'],
    ['a&b', '"a&b"'],
    ['100%', '"100%"'],
    ['a^b', '"a^b"'],
    ['', '""'],
  ])('%j is handed to a program as %s', (word, quoted) => expect(quoteWindows(word)).toBe(quoted));

  it('are parted by spaces; one with a double quote cannot be handed over', () => {
    expect(windowsCommandLine(['/S', '/D=C:\\My Eocortex'])).toBe('/S /D=C:\\My Eocortex');
    expect(() => quoteWindows('a"b')).toThrow(FleetError);
  });

  it('stand in a plan as they are only where they are plain', () => {
    const words = new WordFiles();
    expect(['run', '4.3.5', 'a_b-c+1'].map((word) => words.refer(word))).toEqual(['run', '4.3.5', 'a_b-c+1']);
    expect(['C:\\x', '%PATH%', '@1', '-x', 'C:\\x'].map((word) => words.refer(word))).toEqual([
      '@1',
      '@2',
      '@3',
      '@4',
      '@1',
    ]);
    expect(words.files).toEqual({ '@1': 'C:\\x\n', '@2': '%PATH%\n', '@3': '@1\n', '@4': '-x\n' });
  });

  it.each([[''], ['a\nb'], ['a\rb'], ['a\tb'], ['\u0000'], ['x'.repeat(1001)], ['ж'.repeat(501)]])(
    '%j is refused: no batch script can read it',
    (word) =>
      expect(() => new WordFiles().refer(word)).toThrow(expect.objectContaining({ code: 'usage' }) as Error),
  );

  it('may be as long as `set /p` reads', () => {
    expect(new WordFiles().refer('ж'.repeat(500))).toBe('@1');
  });
});

describe('the task', () => {
  it('is ASCII, whatever its folder is called, and runs as the system at each boot', () => {
    const xml = taskXml('C:\\Данные & Co\'s "x" <1>\\jobs\\r-1');
    expect(xml).toMatch(/^[\r\n -~]*$/);
    expect(xml).not.toContain('encoding=');
    expect(xml).toContain('&#38; Co&#39;s &#34;x&#34; &#60;1&#62;\\jobs\\r-1</WorkingDirectory>');
    expect(xml).toContain('&#1044;');
    expect(xml).toContain('<BootTrigger><Enabled>true</Enabled></BootTrigger>');
    expect(xml).toContain('<UserId>S-1-5-18</UserId>');
    expect(xml).toContain('<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>');
    expect(xml).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
    expect(xml.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});

describe('a look at a job', () => {
  const part = (words: string, ...lines: string[]) => ({ words: words.split(' '), lines });
  it('tells its journal, without a line that a power cut has torn', () => {
    const look = readLook([part('alive yes'), part('journal', '0\tbegin\t1\tstop\t', '0\tbegin\t2\tru')]);
    expect(look).toEqual({
      alive: true,
      journal: [{ at: 0, event: 'begin', number: 1, step: 'stop', text: '' }],
      exit: null,
    });
  });
  it('tells how it ended', () => {
    expect(readLook([part('alive'), part('exit', 'done\t-\t')])).toMatchObject({
      alive: false,
      exit: ['done', '-', ''],
    });
    expect(readLook([part('alive'), part('exit', '')]).exit).toBeNull();
  });
});

/** A server that answers commands as it is told, and keeps the files it is given. */
function machine(answer: (command: string, files: Map<string, string>) => string) {
  const files = new Map<string, string>();
  const commands: string[] = [];
  const remote: RemoteFiles = {
    write: (path, data) => Promise.resolve(void files.set(path, data)),
    writeAt: () => Promise.reject(new Error('not asked for')),
    makeFolder: () => Promise.resolve(),
    size: (path) => Promise.resolve(files.has(path) ? Buffer.byteLength(files.get(path) ?? '') : undefined),
    rename: (from, to) => {
      if (files.has(to)) return Promise.reject(new FleetError('remote.failed', 'there is one'));
      files.set(to, files.get(from) ?? '');
      files.delete(from);
      return Promise.resolve();
    },
    remove: (path) => Promise.resolve(void files.delete(path)),
  };
  const link = {
    server: { id: 'srv' },
    files: remote,
    exec: (command: string, { onStdout }: ExecOptions): Promise<ExecResult> => {
      commands.push(command);
      const text = answer(command, files);
      onStdout?.(Buffer.from(text));
      return Promise.resolve({
        code: 0,
        signal: null,
        stdout: '',
        stderr: text === '' ? 'not recognized\r\n' : '',
      });
    },
  } as unknown as Link;
  return { link, files, commands };
}

describe('the script on a server', () => {
  const deadline = 1000;
  const asks: Ask[] = [{ ask: 'service', name: 'Eocortex Server' }];
  const isLaid = (files: Map<string, string>) =>
    [...files.keys()].some((name) => name.endsWith('/server.bat'));

  it('is laid when it is not there, whole before it has its name, and then asked in one round trip', async () => {
    const { link, files, commands } = machine((_command, laid) =>
      isLaid(laid) ? '\r\n@@vms-fleet 1\r\n@@end\r\n' : '',
    );
    const { sections } = await speak(link, 'C:\\st ate', ['facts'], { deadline, asks });
    expect(sections.at(-1)?.words).toEqual(['end']);
    expect(commands).toHaveLength(2);
    const [folder] = [...files.keys()].map((name) => name.replace(/\/[^/]*$/, ''));
    expect([...files.values()]).toContain('C:\\st ate\n');
    expect([...files.values()]).toContain('Eocortex Server\n');
    const script = files.get(`${folder}/server.bat`) ?? '';
    expect(script.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect([...files.keys()].filter((name) => name.endsWith('.new'))).toEqual([]);
    await speak(link, 'C:\\st ate', ['facts'], { deadline, asks });
    expect(commands).toHaveLength(3);
    // Nothing of the fleet file stands in a command line.
    for (const command of commands) expect(command).toMatch(/^cmd\.exe \/d \/c [\w\\.-]+( [\w-]+)*$/);
  });

  it('is laid anew where words of it are gone', async () => {
    let cleaned = true;
    const { link, commands } = machine(() => {
      if (!cleaned) return '@@vms-fleet 1\r\n@@end\r\n';
      cleaned = false;
      return '@@vms-fleet 1\r\n@@stale @state\r\n@@end\r\n';
    });
    await speak(link, 'C:\\state', ['prepare'], { deadline });
    expect(commands).toHaveLength(2);
  });

  it('has only what is gone, torn or stale laid anew; whoever reads the rest is not disturbed', async () => {
    let said = '';
    const { link, files } = machine(() => {
      const now = said;
      said = '@@end\r\n';
      return `@@vms-fleet 1\r\n${now}`;
    });
    said = '@@stale asks\r\n';
    await speak(link, 'C:\\st ate', ['facts'], { deadline, asks });
    const whole = new Map(files);
    const named = (end: string) => [...whole.keys()].find((name) => name.endsWith(end)) ?? end;
    expect(whole.get(named('/@state'))).toBe('C:\\st ate\n');
    const [word = '', questions = ''] = [...whole.keys()]
      .filter((name) => /\/(@\w+-1|asks-)/.test(name))
      .sort();
    expect(whole.get(questions)).toMatch(/^service\tnone\t@\w+-1\r\nend\r\n$/);
    files.set(named('/@state'), '');
    files.set(questions, 'x'.repeat(whole.get(questions)?.length ?? 0));
    files.set(word, 'Eocort');
    const disturbed: string[] = [];
    const remove = link.files.remove.bind(link.files);
    link.files.remove = (path, options) => {
      disturbed.push(path);
      return remove(path, options);
    };
    said = `@@stale ${questions.split('/').at(-1)}\r\n`;
    await speak(link, 'C:\\st ate', ['facts'], { deadline, asks });
    expect(files).toEqual(whole);
    expect(disturbed.sort()).toEqual([named('/@state'), questions, word].sort());
  });

  it('that finds its words gone again and again says which, and nobody waits for a shell', async () => {
    const { link, commands } = machine(() => '@@vms-fleet 1\r\n@@stale @state\r\n');
    await expect(speak(link, 'C:\\state', ['facts'], { deadline })).rejects.toMatchObject({
      code: 'remote.failed',
      message: expect.stringContaining('@state') as string,
    });
    expect(commands).toHaveLength(2);
  });

  it('is spoken to through bash where that is the login shell, and from then on at once', async () => {
    const { link, commands } = machine((command) =>
      command.startsWith('MSYS_NO_PATHCONV=1 ') ? '@@vms-fleet 1\n@@end\n' : '',
    );
    await speak(link, 'C:\\state', ['prepare'], { deadline });
    await speak(link, 'C:\\state', ['prepare'], { deadline });
    expect(commands.slice(2).map((command) => command.split(' ')[0])).toEqual([
      'MSYS_NO_PATHCONV=1',
      'MSYS_NO_PATHCONV=1',
    ]);
  });

  it('is heard behind whatever a login shell prints first', async () => {
    const { link } = machine(
      () => 'Welcome!\r\n@@end\r\n\r\n@@vms-fleet 1\r\n@@package\tabc\t1\ta b.exe\r\n@@free state\r\n 5\r\n',
    );
    const { sections } = await speak(link, 'C:\\state', ['facts'], { deadline });
    expect(sections.map(({ words }) => words)).toEqual([
      ['vms-fleet', '1'],
      ['package', 'abc', '1', 'a b.exe'],
      ['free', 'state'],
    ]);
    expect(sections.at(-1)?.lines).toContain(' 5');
  });

  it('says what the server said where nothing there runs it', async () => {
    const { link } = machine(() => '');
    await expect(speak(link, 'C:\\state', ['facts'], { deadline })).rejects.toMatchObject({
      code: 'remote.failed',
      message: expect.stringContaining('not recognized') as string,
      hint: expect.stringContaining('cmd.exe /d /c ver') as string,
    });
  });
});

describe('a pulse', () => {
  const boot = 'LastBootUpTime=20261125130310.677000+060\r\n';
  const pulse = (...parts: string[]) =>
    windows.pulse(
      machine(() => ['@@vms-fleet 1', '@@boot', boot, ...parts, '@@end', ''].join('\r\n')).link,
      'r-1',
    );

  it('is the boot time, and whether the job has ended', async () => {
    expect(await pulse()).toEqual({ bootId: '20261125T120310Z', ended: false });
    expect(await pulse('@@ended')).toEqual({ bootId: '20261125T120310Z', ended: true });
  });

  it('takes no clock that was set for a restart: while the mark of the job is there, the machine has not gone down', async () => {
    expect(await pulse('@@still-up')).toEqual({ bootId: null, ended: false });
  });
});

describe('a package on a server', () => {
  const begin = (stateDir: string, file: string) => {
    const { link, commands } = machine(
      () => '@@vms-fleet 1\r\n@@prepared\r\n@@free state\r\n 1 Dir(s) 5000 bytes free\r\n@@end\r\n',
    );
    Object.assign(link.server, { stateDir });
    return { begun: windows.beginPackage(link, { sha256: 'a'.repeat(64), file, size: 4000 }, 8), commands };
  };
  // C:\\ and the folder, \\packages\\, the hash, a \\, the name and .part
  const room = 259 - 3 - 10 - 64 - 1 - 5;

  it('lies in a path that Windows takes, or is refused before anything is sent', async () => {
    expect(await begin(`C:\\${'x'.repeat(room - 20)}`, 'y'.repeat(20)).begun).toEqual(new Map());
    const { begun, commands } = begin(`C:\\${'x'.repeat(room - 20)}`, 'y'.repeat(21));
    await expect(begun).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('260 characters') as string,
      hint: expect.stringContaining('stateDir') as string,
    });
    expect(commands).toEqual([]);
  });

  it('is not begun where its disk has no room', async () => {
    const { link } = machine(
      () => '@@vms-fleet 1\r\n@@prepared\r\n@@free state\r\n 1 Dir(s) 3999 bytes free\r\n@@end\r\n',
    );
    const place = { sha256: 'a'.repeat(64), file: 'x.exe', size: 4000 };
    await expect(windows.beginPackage(link, place, 8)).rejects.toMatchObject({ code: 'space' });
  });
});

describe('the state folder', () => {
  it('that may not be made is a matter of rights, and half an answer is none', async () => {
    const { link } = machine(() => '@@vms-fleet 1\r\n@@refused C:\\ProgramData\\vms-fleet\r\n');
    await expect(windows.prepare(link)).rejects.toMatchObject({ code: 'server.privileges' });
    const half = machine(() => '@@vms-fleet 1\r\n').link;
    await expect(windows.prepare(half)).rejects.toMatchObject({ code: 'remote.failed' });
  });
});

describe('a job on a server', () => {
  const job = {
    id: 'r-1',
    settings: {},
    lines: [{ kind: 'step' as const, words: ['stop'] as [string] }],
    files: {},
  };
  const server = (...said: string[]) => {
    const one = machine(() => ['@@vms-fleet 1', ...said, ''].join('\r\n'));
    Object.assign(one.link.server, { stateDir: 'C:\\s', restartDelaySeconds: 1, restartReason: 'x' });
    return one;
  };
  const plan = '/C:/s/jobs/r-1/plan';

  it('has a plan when all of it is there; an empty one, of a laying that was cut off, is laid anew', async () => {
    const { link, files } = server('@@started');
    files.set(plan, '');
    await windows.startJob(link, job);
    expect(files.get(plan)).toContain('step\t1\tstop\r\n');
    files.set(plan, 'set\tx\ty\r\n');
    await windows.startJob(link, job);
    expect(files.get(plan)).toBe('set\tx\ty\r\n');
    expect([...files.keys()].filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it.each([
    [['@@running'], undefined],
    [['@@started'], undefined],
    [['@@alive', '@@journal', '@@exit', 'done\t-\t', '@@looked'], undefined],
    [['@@busy r-2'], 'job.busy'],
    [['@@no-job'], 'job.unknown'],
    [['@@refused', 'ERROR: Access is denied.'], 'server.privileges'],
    [[], 'remote.failed'],
  ])('is cancelled only where the server says so: %j', async (said, code) => {
    const cancelled = windows.cancelJob(server(...said).link, 'r-1').catch((error: unknown) => error);
    expect(await cancelled).toEqual(code === undefined ? undefined : expect.objectContaining({ code }));
  });
});
