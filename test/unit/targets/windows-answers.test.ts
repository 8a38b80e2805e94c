import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/updater/targets/answers';
import {
  listening,
  plainVersion,
  readAnswers,
  readBootTime,
} from '../../../src/updater/targets/windows/answers';
import type { Section } from '../../../src/updater/targets/windows/kit';

const asks: Ask[] = [
  { ask: 'service', name: 'EocortexServer' },
  { ask: 'program', name: 'Eocortex', path: 'C:\\Program Files\\Eocortex\\EocortexServer.exe' },
  { ask: 'free', name: 'data', path: 'D:\\vms' },
];
const section = (words: string, text = ''): Section => ({
  words: words.split(/[ \t]/),
  lines: text.split('\n'),
});
const read = (...sections: Section[]) =>
  readAnswers([section('vms-fleet 1'), ...sections, section('end')], asks, 'C:\\ProgramData\\vms-fleet');

/** A key and its values as `reg query` prints them. */
const key = (path: string, values: Record<string, string>): string =>
  [
    '',
    `HKEY_LOCAL_MACHINE\\${path}`,
    ...Object.entries(values).map(([name, value]) => `    ${name}    REG_SZ    ${value}`),
    '',
  ].join('\n');
const uninstall = 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall';
const uninstall32 = 'SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall';
/** Both queries of `server.bat`: all names, then all versions. */
const programs = (...list: [path: string, name: string, version: string][]): Section =>
  section(
    'uninstall',
    [
      ...list.map(([path, name]) => key(path, { DisplayName: name })),
      'End of search: 2 match(es) found.',
      ...list.map(([path, , version]) => key(path, { DisplayVersion: version })),
    ].join('\n'),
  );

describe('free space', () => {
  it.each([
    ['English', '              12 Dir(s)  21,474,836,480 bytes free'.replaceAll(',', ''), 21_474_836_480],
    ['German', '              12 Verzeichnis(se),  21474836480 Bytes frei', 21_474_836_480],
    ['Russian', '              12 папок  21474836480 байт свободно', 21_474_836_480],
    ['French', '              12 Rép(s)   21474836480 octets libres', 21_474_836_480],
    ['Japanese', '              12 個のディレクトリ  21474836480 バイトの空き領域', 21_474_836_480],
    ['none left', '               3 Dir(s)               0 bytes free', 0],
  ])('is the last number of what `dir` prints: %s', (_language, line, bytes) => {
    const listing = ` Volume in drive C has no label.\n Volume Serial Number is 1234-5678\n\n${line}\n\n`;
    expect(read(section('free system', listing)).free.system).toEqual({ bytes, volume: 'C:' });
  });

  it('lies on the volume of the folder that was asked about', () => {
    const answers = read(
      section('free data', ' 1 Dir(s) 5 bytes free'),
      section('free state', ' 1 Dir(s) 7 bytes free'),
    );
    expect(answers.free).toEqual({ data: { bytes: 5, volume: 'D:' }, state: { bytes: 7, volume: 'C:' } });
  });

  it('is not there where nothing was printed', () => {
    expect(read(section('free system', '\n')).free).toEqual({});
  });
});

describe('the boot time', () => {
  it.each([
    ['\r\r\nLastBootUpTime=20261125130310.677000+060\r\r\n\r\r\n', '20261125T120310Z'],
    ['LastBootUpTime=20261125130310.500000-480', '20261125T210310Z'],
    ['LastBootUpTime=20261125130310.500000+000', '20261125T130310Z'],
    ['1795608190\r\n', '20261125T120310Z'],
    ["'wmic' is not recognized\n1795608190\n", '20261125T120310Z'],
  ])('is read from %j', (text, time) => {
    expect(readBootTime(text)).toBe(time);
  });

  it.each([
    '',
    'LastBootUpTime=',
    'Node - SRV\r\nERROR:\r\nDescription = Invalid class',
    '0',
    '16010101000000.000000+000',
  ])('is not known from %j', (text) => expect(readBootTime(text)).toBeNull());
});

describe('the service', () => {
  const german = (state: string) => `
SERVICE_NAME: EocortexServer
        TYP                : 10  WIN32_OWN_PROCESS
        STATUS             : ${state}
                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)
        BEENDEN_WIN32      : 0   (0x0)`;
  it.each([
    ['4  RUNNING', 'running'],
    ['1  STOPPED', 'stopped'],
    ['3  STOP_PENDING', 'stopped'],
    ['2  START_PENDING', 'stopped'],
    ['7  PAUSED', 'stopped'],
  ])('is told by its state in words that no language changes: %s', (state, told) => {
    expect(read(section('service', german(state))).service).toBe(told);
  });

  it.each([
    [
      '[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\nThe specified service does not exist as an installed service.',
    ],
    ['[SC] EnumQueryServicesStatus:OpenService ОШИБКА: 1060:\n\nУказанная служба не установлена.'],
  ])('is missing: %s', (text) => expect(read(section('service', text)).service).toBe('missing'));

  it.each([
    [
      'its service manager is not up yet',
      '[SC] OpenSCManager FAILED 1722:\n\nThe RPC server is unavailable.',
    ],
    ['it denies the answer', '[SC] EnumQueryServicesStatus:OpenService FEHLER 5:\n\nZugriff verweigert'],
    ['it says nothing', ''],
  ])('is unknown, not missing, where %s', (_, text) => {
    expect(read(section('service', text)).service).toBe('unknown');
  });

  it('is not known where nobody asked', () => expect(read().service).toBeNull());
});

describe('the account of the service', () => {
  const account = (name: string) =>
    section(
      'service-settings',
      key('SYSTEM\\CurrentControlSet\\Services\\EocortexServer', { ObjectName: name }),
    );
  const profiles = (...list: [sid: string, folder: string][]) =>
    section(
      'profiles',
      list
        .map(([sid, folder]) =>
          key(`SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\${sid}`, {
            ProfileImagePath: folder,
          }),
        )
        .join('\n'),
    );
  const sid = 'S-1-5-21-1-2-3-1104';

  it.each<[string, Section[], boolean | undefined]>([
    ['by its SID', [section('account-sid', sid), profiles([sid, 'C:\\Users\\somebody'])], true],
    [
      'not by the name where the SID is known',
      [section('account-sid', sid), profiles(['S-1-5-21-9', 'C:\\Users\\vms'])],
      false,
    ],
    [
      'not by a SID that only begins so',
      [section('account-sid', sid), profiles([`${sid}5`, 'C:\\Users\\x'])],
      false,
    ],
    [
      'by the name of the folder where no SID was told',
      [section('account-sid', ''), profiles(['S-1-5-21-9', 'C:\\Users\\VMS'])],
      true,
    ],
    ['by the folder with the domain behind', [profiles(['S-1-5-21-9', 'C:\\Users\\vms.CORP'])], true],
    [
      'not where nobody of that name was there',
      [profiles(['S-1-5-18', '%systemroot%\\system32\\config\\systemprofile'])],
      false,
    ],
    ['unknown without profiles', [], undefined],
  ])('has a profile: %s', (_name, sections, has) => {
    const { windows } = read(account('CORP\\vms'), ...sections);
    expect(windows).toMatchObject({ account: 'CORP\\vms' });
    expect(windows?.accountHasProfile).toBe(has);
  });

  it('is not asked for one where there is no account', () => {
    expect(read().windows).toMatchObject({ account: undefined, accountHasProfile: undefined });
  });
});

describe('the program', () => {
  it.each<[string, Section, { version: string; arch: string } | null]>([
    [
      'of 64 bits',
      programs([`${uninstall}\\Eocortex`, 'Eocortex', '4.3.5']),
      { version: '4.3.5', arch: 'x64' },
    ],
    [
      'of 32 bits',
      programs([`${uninstall32}\\{GUID}`, 'Eocortex', '3.6.57.0']),
      { version: '3.6.57', arch: 'x86' },
    ],
    [
      'whose name goes on',
      programs([`${uninstall}\\E`, 'Eocortex 4.3 (x64)', '4.3.5.120']),
      { version: '4.3.5.120', arch: 'x64' },
    ],
    [
      'before its client, whose name begins so too',
      programs([`${uninstall}\\A`, 'Eocortex Client', '4.4.2'], [`${uninstall}\\B`, 'Eocortex', '4.3.5']),
      { version: '4.3.5', arch: 'x64' },
    ],
    [
      'of several the newest',
      programs([`${uninstall}\\A`, 'Eocortex 4.3', '4.3.5'], [`${uninstall}\\B`, 'Eocortex 4.4', '4.4.2']),
      { version: '4.4.2', arch: 'x64' },
    ],
    ['of another name', programs([`${uninstall}\\A`, 'My Eocortex', '4.3.5']), null],
    ['without a version', section('uninstall', key(`${uninstall}\\A`, { DisplayName: 'Eocortex' })), null],
    ['none', section('uninstall', '\nEnde der Suche: 0 Übereinstimmung(en) gefunden.'), null],
  ])('is the one that is listed: %s', (_name, list, program) => {
    expect(read(list).windows?.program).toEqual(program);
  });

  it.each([
    ['4.3.1.0', '4.3.1'],
    ['4.3.0.0', '4.3'],
    ['4.0', '4.0'],
    ['4.10.0', '4.10'],
    [' 4.3.10 ', '4.3.10'],
  ])('has no zeros at its end: %s', (version, plain) => expect(plainVersion(version)).toBe(plain));
});

describe('the rest', () => {
  it('tells Windows and its build by the registry, else by `ver` in whatever language', () => {
    const named = read(
      section(
        'windows',
        key('SOFTWARE\\X', { ProductName: 'Windows Server 2016 Standard', CurrentBuildNumber: '14393' }),
      ),
    );
    expect(named.os.NAME).toBe('Windows Server 2016 Standard');
    expect(named.windows?.build).toBe(14_393);
    const bare = read(section('ver', '\nMicrosoft Windows [Версия 10.0.17763.5936]\n'));
    expect(bare.os.NAME).toBe('Microsoft Windows [Версия 10.0.17763.5936]');
    expect(bare.windows?.build).toBe(17_763);
  });

  it('tells the machine behind a 32-bit shell, and whether programs of 32 bits run', () => {
    expect(read(section('arch x86 AMD64')).machine).toBe('amd64');
    expect(read(section('arch AMD64')).machine).toBe('amd64');
    expect(read(section('wow64')).windows?.runs32Bit).toBe(true);
    expect(read().windows?.runs32Bit).toBe(false);
  });

  it.each([
    ['S-1-16-12288', true],
    ['S-1-16-16384', true],
    ['S-1-16-8192', false],
    ['', false],
  ])('tells rights by the level %j', (level, root) => {
    const user = section('user', `срв\\администратор\n\nОбязательная метка\\Высокий  Метка  ${level}`);
    expect(read(user).user).toEqual({ name: 'срв\\администратор', root });
  });

  it('lists each hotfix once, by whichever way it was told; none where nobody looked', () => {
    const told =
      'HotFixID  \r\r\nKB4486129 \r\r\nKB5000001\n    HKEY_X\\Package_for_KB4486129~31bf3856ad364e35~amd64~~10.0.1.0';
    expect(read(section('hotfixes', told)).windows?.hotfixes).toEqual(['KB4486129', 'KB5000001']);
    expect(read(section('hotfixes', '')).windows?.hotfixes).toEqual([]);
    expect(read().windows?.hotfixes).toBeUndefined();
  });

  it('reads .NET as `reg query` writes numbers', () => {
    const told = section('dotnet', '\nHKEY_X\\Full\n    Release    REG_DWORD    0x80eb1\n');
    expect(read(told).windows?.dotnetRelease).toBe(528_049);
  });

  it('counts whole packages alone', () => {
    const sha = 'a'.repeat(64);
    const one = (file: string): Section => ({ words: ['package', sha, '12', file], lines: [] });
    expect(read(one('Установщик Eocortex.exe'), one('x.exe.part')).packages).toEqual([
      { sha256: sha, file: 'Установщик Eocortex.exe', size: 12 },
    ]);
    expect(read({ words: ['package', 'backup', '1', 'x'], lines: [] }).packages).toEqual([]);
  });

  it('believes no half answer', () => {
    expect(() => readAnswers([section('vms-fleet 1'), section('free system', '5')], asks, 'C:\\x')).toThrow(
      expect.objectContaining({ code: 'remote.failed' }) as Error,
    );
  });
});

describe('the job', () => {
  const about = section('job r-1', 'action\tinstall\nto\t4.3.5\nby\tme@desk\nsince\t1000');
  const journal = (...lines: string[]) => section('journal', lines.join('\n'));

  it('runs, and is in the step that began last', () => {
    const { job } = read(
      about,
      section('alive yes'),
      journal('0\tbegin\t1\tstop\t', '0\tend\t1\tstop\t', '0\tbegin\t2\trun\t'),
      section('looked'),
    );
    expect(job).toMatchObject({ id: 'r-1', action: 'install', to: '4.3.5', state: 'running', step: 'run' });
  });

  it('is interrupted where nobody runs it, a torn last line or not', () => {
    const { job } = read(
      about,
      section('alive'),
      journal('0\tbegin\t1\tstop\t', '0\tbeg'),
      section('looked'),
    );
    expect(job).toMatchObject({ state: 'interrupted', step: 'stop' });
  });

  it('has ended, with its text', () => {
    const { job } = read(
      about,
      section('alive'),
      journal(),
      section('exit', 'failed\trun\tthe installer ended with exit code 5'),
    );
    expect(job).toMatchObject({
      state: 'failed',
      step: 'run',
      message: 'the installer ended with exit code 5',
    });
  });

  it('has not ended where its end says nothing', () => {
    expect(read(about, section('alive'), journal(), section('exit', '')).job).toMatchObject({
      state: 'interrupted',
    });
  });
});

describe('what listens', () => {
  it('is a TCP port without another end, in whatever language', () => {
    const said = [
      'Активные подключения',
      '  Имя    Локальный адрес        Внешний адрес          Состояние',
      '  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING',
      '  TCP    10.0.0.5:8080          0.0.0.0:0              ПРОСЛУШИВАНИЕ\r',
      '  TCP    10.0.0.5:49700         10.0.0.9:443           ESTABLISHED',
      '  TCP    [::]:18080             [::]:0                 ABHÖREN',
      '  TCP    [::1]:5009             [::]:0                 LISTENING',
      '  UDP    0.0.0.0:123            *:*',
      '  TCP    127.0.0.1:9            127.0.0.1:01',
      'TCP nonsense',
    ];
    expect([...listening(said)]).toEqual([135, 8080, 18080, 5009]);
    expect([...listening([])]).toEqual([]);
  });
});
