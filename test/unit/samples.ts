import type { PackageInfo } from '../../src/updater/packages/package-info';
import type { Facts } from '../../src/updater/targets/facts';

/** What a server said: a Debian machine with plenty of room and version 1.0.0, if nothing else is said. */
export function factsOf(over: Partial<Facts> = {}): Facts {
  return {
    ...{ os: { family: 'linux', name: 'Debian 12' }, arch: 'x64', bootId: 'b' },
    ...{ freeBytes: { system: 20e9, state: 20e9 }, installed: { version: '1.0.0' } },
    ...{ loaded: [], history: [], job: null },
    ...over,
  };
}

/** A package of the library: the core of a Banalytics box, if nothing else is said. */
export function packageOf(over: Partial<PackageInfo> = {}): PackageInfo {
  return {
    ...{ sha256: 'a'.repeat(64), file: 'core.jar', size: 1024, product: 'banalytics', kind: 'core' },
    ...{ version: '1.4.2', arch: null, module: 'com.banalytics.box:core', dependsOn: [], uploaded: 0 },
    ...{ contents: null, source: '/tmp/core.jar', loadedAt: '2026-01-01T00:00:00Z' },
    ...over,
  };
}
