import { array, nullable, pipe, record, strictObject } from 'valibot';
import { DEFAULTS } from './defaults';
import type { ProductId } from './model';
import {
  choice,
  doc,
  field,
  label,
  moduleKey,
  releaseLine,
  remotePath,
  serviceName,
  version,
  webOrFolder,
  word,
} from './values';

export const installer = field(
  strictObject({
    args: field(
      array(word),
      'Arguments',
      'Words given to the installer so that it asks nothing. Left out: `/S` for Eocortex.',
      {
        examples: [['/S'], ['/qn', '/norestart']],
      },
    ),
  }),
  'Installer',
  'Eocortex, Mirasys: how the installer is run.',
);

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
  home: field(
    remotePath,
    'Home folder',
    'Banalytics: where the product is installed. There is no default for Windows.',
    { default: DEFAULTS.home },
  ),
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
  restart: choice(
    { reboot: 'Restart the machine', service: 'Restart the service alone' },
    'Restart',
    'Banalytics: what makes staged modules active. Recording stops meanwhile.',
    { default: DEFAULTS.restart },
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
  service: field(
    serviceName,
    'Service',
    'Banalytics: name of the service. Left out on Windows: `BanalyticsBox`.',
    { default: DEFAULTS.service },
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

/** Fields that only some products have; the editor offers all, a wrong one is refused by name when the file is read. */
export const PRODUCT_FIELDS: Record<ProductId, readonly string[]> = {
  eocortex: ['installer', ...Object.keys(eocortexSystemFields)],
  mirasys: ['installer', ...Object.keys(mirasysFields)],
  banalytics: Object.keys(banalyticsFields),
};
