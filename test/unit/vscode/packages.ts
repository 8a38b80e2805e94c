import type { PackageInfo } from '../../../src/updater/packages/package-info';

/** A package of the library: the core of a Banalytics box, if nothing else is said. */
export function info(over: Partial<PackageInfo> = {}): PackageInfo {
  return {
    ...{ sha256: 'a'.repeat(64), file: 'core.jar', size: 1024, product: 'banalytics', kind: 'core' },
    ...{ version: '1.4.2', arch: null, module: 'com.banalytics.box:core', dependsOn: [], uploaded: 0 },
    ...{ contents: null, source: '/tmp/core.jar', loadedAt: '2026-01-01T00:00:00Z' },
    ...over,
  };
}
