import type { OsFamily, Server } from '../fleet/model';
import type { PackageInfo } from '../packages/package-info';
import type { Hands } from '../products/product';
import type { Answers, WindowsAnswers } from './answers';
import type { Facts } from './facts';
import type { Link } from './link';
import { linux } from './linux';
import type { Platform } from './platform';
import { windows } from './windows';

const platforms: Partial<Record<OsFamily, Platform>> = { linux, windows };

/** How a server's operating system is spoken to; undefined where this version cannot. */
export function platformOf(server: Server): Platform | undefined {
  return platforms[server.os];
}

/** Asks a server everything in one round trip. `packages`: the library, which knows what lies there by its SHA-256. */
export async function readFacts(
  link: Link,
  platform: Platform,
  hands: Hands,
  packages: readonly PackageInfo[],
  signal?: AbortSignal,
): Promise<Facts> {
  const { server } = link;
  const answers = await platform.ask(link, hands.asks(server, platform), signal);
  return { ...common(server, answers, packages), ...hands.read(server, answers) };
}

const architectures: Record<string, string> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  i386: 'x86',
  i686: 'x86',
};

function common(server: Server, answers: Answers, packages: readonly PackageInfo[]): Facts {
  const free = (name: string): number => answers.free[name]?.bytes ?? 0;
  const home = answers.free.home;
  const build = answers.windows?.build;
  return {
    os: {
      family: server.os,
      name: answers.os.PRETTY_NAME ?? answers.os.NAME ?? answers.kernel,
      ...(build !== undefined && { build }),
    },
    arch: architectures[answers.machine] ?? answers.machine,
    bootId: answers.bootId,
    freeBytes: { system: free('system'), state: free('state'), ...(home && { home: home.bytes }) },
    installed: null,
    loaded: answers.packages.map(({ sha256, file }) => {
      const info = packages.find((one) => one.sha256 === sha256);
      // What this machine's library does not know, the server's own history may: a colleague installed it.
      const entry = answers.history.findLast((one) => one.package?.sha256 === sha256);
      return {
        version: info?.version ?? entry?.version ?? '',
        sha256,
        file,
        ...(info?.module && { module: info.module }),
        ...(info && { kind: info.kind }),
      };
    }),
    history: answers.history.map((entry) => entry.version),
    entries: answers.history,
    job: answers.job,
    sizes: answers.sizes,
    readOnly: Object.entries(answers.writable).flatMap(([name, may]) => (may ? [] : [name])),
    volumes: Object.fromEntries(Object.entries(answers.free).map(([name, { volume }]) => [name, volume])),
    tools: answers.tools,
    user: answers.user,
    ...windowsFacts(answers.windows),
  };
}

function windowsFacts(windows: WindowsAnswers | undefined): Partial<Facts> {
  if (windows === undefined) return {};
  const { computerName, hotfixes, dotnetRelease, runs32Bit } = windows;
  return {
    runs32Bit,
    ...(computerName !== undefined && { computerName }),
    ...(hotfixes !== undefined && { hotfixes }),
    ...(dotnetRelease !== undefined && { dotnetRelease }),
  };
}
