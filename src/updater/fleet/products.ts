import { array, nullable, pipe, record, strictObject } from 'valibot';
import { DEFAULTS } from './defaults';
import type { ProductId } from './model';
import {
  choice,
  doc,
  field,
  installerWord,
  label,
  moduleKey,
  plainLine,
  releaseLine,
  remotePath,
  serviceName,
  version,
  webOrFolder,
  whole,
  windowsProgram,
} from './values';

/** Of more than one product. */
export const commonFields = {
  installer: field(
    strictObject({
      args: field(
        array(installerWord),
        'Arguments',
        'Words given to the installer so that it asks nothing. Left out: `/S` for Eocortex.',
        { examples: [['/S'], ['/qn', '/norestart']] },
      ),
      timeoutMinutes: field(
        whole(1, 240),
        'Time limit, minutes',
        'An installer that takes longer is ended, and the update has failed.',
        { default: DEFAULTS.eocortex.installerTimeoutMinutes },
      ),
    }),
    'Installer',
    'Eocortex, Mirasys: how the installer is run.',
  ),
  home: field(
    remotePath,
    'Home folder',
    'Eocortex, Banalytics: where the product is installed. Left out: `C:\\Program Files\\Eocortex`; `/opt/banalytics-box` for Banalytics on Linux, which has no default for Windows.',
    { examples: ['/opt/banalytics-box', 'C:\\Program Files\\Eocortex'] },
  ),
  restart: choice(
    {
      'if-needed': 'Eocortex: restart the machine if the installer asks for it, else the service',
      reboot: 'Restart the machine after every update',
      service: 'Restart the service alone, never the machine',
    },
    'Restart',
    'Eocortex, Banalytics: what is restarted for an update. Recording stops meanwhile. Left out: `if-needed` for Eocortex, `reboot` for Banalytics.',
  ),
  service: field(
    serviceName,
    'Service',
    'Eocortex, Banalytics: name of the service. Left out: `EocortexServer`; `banalytics-box.service`, or on Windows `BanalyticsBox`.',
    { examples: ['EocortexServer', 'banalytics-box.service'] },
  ),
};

export const eocortexFields = {
  version: field(
    version,
    'Version',
    'Eocortex: the version of the loaded package, which the system shall run. **Load Package** sets it. Left out: the highest version that is loaded.',
    { examples: ['4.4.12'] },
  ),
  program: field(
    windowsProgram,
    'Program',
    "Eocortex: the server's executable, whose version is read; below the home folder, or an absolute path.",
    { default: DEFAULTS.eocortex.program },
  ),
  uninstallName: field(
    plainLine,
    'Name of the installed product',
    'Eocortex: the name under which Windows lists the installed product (`DisplayName` of its uninstall entry), whose version is read.',
    { default: DEFAULTS.eocortex.uninstallName },
  ),
};

/** Of the system alone. */
export const eocortexSystemFields = {
  releaseLines: field(
    array(releaseLine),
    'Release lines',
    'Eocortex: release lines that came out after this VMS Fleet. The steps from line to line are counted with them.',
    { examples: [['4.5', '5.0']] },
  ),
};

export const banalyticsFields = {
  repository: field(
    webOrFolder,
    'Module repository',
    'Banalytics: root of a Maven repository, an `http(s)` address or a folder on this machine (relative to this file).',
    { examples: ['https://repo.example/maven', './repository'] },
  ),
  environment: field(
    label,
    'Environment',
    'Banalytics: the identifier under which this box is registered. Without it no upgrade is made.',
    { examples: ['5b3c8c1e-2f41-4f0e-9d0a-6a1f3a0d7c11'] },
  ),
  updateType: choice(
    {
      manual: 'Only when it is asked for',
      'on-boot': 'The server compares itself with the desired set at every start',
    },
    'Update type',
    'Banalytics: when a server synchronises with the desired set.',
    { default: DEFAULTS.updateType },
  ),
  restartOnFailure: choice(
    {
      stop: 'Stay down',
      immediately: 'At once',
      '10s': 'After 10 seconds',
      '30s': 'After 30 seconds',
      '1m': 'After a minute',
    },
    'Restart on failure',
    'Banalytics: when the service starts again after it failed.',
    { default: DEFAULTS.restartOnFailure },
  ),
  modules: field(
    record(
      moduleKey,
      pipe(
        nullable(version),
        doc('Version', 'The wanted version; `null`: not installed here.', { examples: ['1.4.2', null] }),
      ),
    ),
    'Modules',
    'Banalytics: the desired set, `"group:artifact": "version"`. A server\'s entries are laid over its system\'s, key by key; `null` means not installed there.',
    { examples: [{ 'com.banalytics.box:core': '1.4.2' }] },
  ),
};

export const mirasysFields = {
  licence: field(
    strictObject({
      covers: pipe(
        version,
        doc(
          'Covers',
          'The last release line or version that the licences cover: `9.5` covers everything up to and including line 9.5.',
          { examples: ['9.5'] },
        ),
      ),
    }),
    'Licence',
    'Mirasys: what the licences cover.',
  ),
  fileSystem: choice(
    {
      'keep-v7': 'Old storage stays as it is and readable',
      'v8-keep': 'Old storage is left and opened as an archive',
      'v8-erase': 'OLD RECORDINGS ARE DESTROYED',
    },
    'File system',
    'Mirasys: what becomes of V7 storage when a server goes to V8 or later. `v8-erase` counts only where it stands at the one server.',
  ),
};

/** Fields that only some products have; a wrong one is refused by name when the file is read. */
export const PRODUCT_FIELDS: Record<ProductId, readonly string[]> = {
  eocortex: [
    'installer',
    'home',
    'restart',
    'service',
    ...Object.keys(eocortexFields),
    ...Object.keys(eocortexSystemFields),
  ],
  mirasys: ['installer', ...Object.keys(mirasysFields)],
  banalytics: ['home', 'restart', 'service', ...Object.keys(banalyticsFields)],
};

/** The products that alone have a field; none: all have it. */
export const ownersOf = (name: string): ProductId[] =>
  (Object.keys(PRODUCT_FIELDS) as ProductId[]).filter((product) => PRODUCT_FIELDS[product].includes(name));

/** The words that a field of several products may be in each, where they differ. */
export const PRODUCT_WORDS: Record<string, Partial<Record<ProductId, readonly string[]>>> = {
  restart: { eocortex: ['if-needed', 'reboot', 'service'], banalytics: ['reboot', 'service'] },
};
