/** What a machine says of itself in the registry. */
export interface Identity {
  computerName: string;
  /** "Windows Server 2016 Standard". */
  productName: string;
  /** 14393. */
  build: number;
  /** "KB4486129". */
  hotfixes: string[];
  /** `Release` of .NET Framework 4; undefined: none is installed. */
  dotnetRelease: number | undefined;
  /** Accounts that the machine knows, with their SID, and whether each has a profile here. */
  accounts: { name: string; sid: string; profile: boolean }[];
}

const HEAD = 'Windows Registry Editor Version 5.00';
const NT = 'HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion';
const CONTROL = 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control';
const PACKAGES =
  'HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages';
const NET = 'HKEY_LOCAL_MACHINE\\Software\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full';
/** Where the stand-ins look accounts up. */
const ACCOUNTS = 'HKEY_LOCAL_MACHINE\\Software\\Lab\\Accounts';

/** Settings that all machines share, as a file for regedit (in UTF-16, see `regeditBytes`). */
export function templateRegistry(): string {
  return file({
    // No display, no sound, no dialogues of a crashed program that nobody could answer.
    'HKEY_CURRENT_USER\\Software\\Wine\\Drivers': { Graphics: 'null', Audio: '' },
    'HKEY_CURRENT_USER\\Software\\Wine\\WineDbg': { ShowCrashDialog: 0 },
  });
}

/** A machine's own settings, as a file for regedit. */
export function machineRegistry(identity: Identity): string {
  const { computerName, productName, build, hotfixes, dotnetRelease, accounts } = identity;
  const name = { ComputerName: computerName };
  return file({
    [NT]: {
      ProductName: productName,
      CurrentVersion: '6.3',
      CurrentMajorVersionNumber: 10,
      CurrentMinorVersionNumber: 0,
      CurrentBuild: String(build),
      CurrentBuildNumber: String(build),
      InstallationType: 'Server',
      EditionID: 'ServerStandard',
      CSDVersion: '',
    },
    [`${CONTROL}\\ProductOptions`]: { ProductType: 'ServerNT' },
    [`${CONTROL}\\Windows`]: { CSDVersion: 0 },
    [`${CONTROL}\\ComputerName\\ComputerName`]: name,
    [`${CONTROL}\\ComputerName\\ActiveComputerName`]: name,
    ...Object.fromEntries([
      [NET, dotnetRelease === undefined ? undefined : { Release: dotnetRelease, Version: '4.8.03761' }],
    ]),
    ...Object.fromEntries(
      hotfixes.map((hotfix) => [
        `${PACKAGES}\\Package_for_${hotfix}~31bf3856ad364e35~amd64~~10.0.1.0`,
        { CurrentState: 0x70, InstallName: `Package_for_${hotfix}~31bf3856ad364e35~amd64~~10.0.1.0.mum` },
      ]),
    ),
    [ACCOUNTS]: Object.fromEntries(accounts.map(({ name, sid }) => [name, sid])),
    ...Object.fromEntries(
      accounts.map(({ name, sid, profile }) => [
        `${NT}\\ProfileList\\${sid}`,
        profile ? { ProfileImagePath: `C:\\Users\\${name.replace(/^.*\\/, '')}` } : undefined,
      ]),
    ),
  });
}

type Values = Record<string, string | number>;

/** Undefined values: the key is removed. */
function file(keys: Record<string, Values | undefined>): string {
  const lines = Object.entries(keys).flatMap(([key, values]) =>
    values === undefined
      ? [`[-${key}]`, '']
      : [
          `[${key}]`,
          ...Object.entries(values).map(([name, value]) => `${quoted(name)}=${written(value)}`),
          '',
        ],
  );
  return [HEAD, '', ...lines].join('\r\n');
}

function written(value: string | number): string {
  return typeof value === 'number' ? `dword:${value.toString(16).padStart(8, '0')}` : quoted(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Regedit takes UTF-16 with a byte order mark. */
export function regeditBytes(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, 'utf16le');
}
