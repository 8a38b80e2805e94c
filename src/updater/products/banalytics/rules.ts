import type { Rule } from '../product';

/** SYSTEMS.md section 3, and what our own way of updating adds to it. */
export const rules: readonly Rule[] = [
  {
    id: 'banalytics.registered',
    severity: 'block',
    mendable: true,
    sentence: 'The environment needs a registered identifier; without it the upgrade is cancelled.',
  },
  {
    id: 'banalytics.portal',
    severity: 'block',
    sentence: 'The module repository must answer, or every needed file must be in the library already.',
  },
  {
    id: 'banalytics.one-sync',
    severity: 'skip',
    sentence: 'One synchronisation at a time per server.',
  },
  {
    id: 'banalytics.free-space',
    severity: 'block',
    sentence:
      'There must be room for the active, the staged and the backed-up modules, the downloaded archives and the models.',
  },
  {
    id: 'banalytics.dependents',
    severity: 'warn',
    sentence: 'A module is removed that others in the set depend on.',
  },
  {
    id: 'banalytics.empty-set',
    severity: 'block',
    sentence: 'An empty desired set is a mistake, never "remove everything".',
  },
  {
    id: 'banalytics.restart-window',
    severity: 'warn',
    sentence: 'Modules become active only after the restart; recording stops meanwhile.',
  },
  {
    id: 'banalytics.home',
    severity: 'block',
    mendable: true,
    sentence: 'The product must be set up on the server: modules are put into its home folder.',
  },
  {
    id: 'banalytics.service',
    severity: 'block',
    mendable: true,
    sentence: 'The service of the product must be known to the server; nothing else starts the modules.',
  },
  {
    id: 'banalytics.no-core',
    severity: 'block',
    sentence: 'The desired set names no version of the core.',
  },
  {
    id: 'banalytics.settings-kept',
    severity: 'warn',
    sentence:
      'User settings stay as they are now; those under `settingsPaths` are put back to what they were before the update.',
  },
  {
    id: 'banalytics.on-boot',
    severity: 'block',
    sentence:
      'A server with `updateType: "on-boot"` synchronises itself when it starts; VMS Fleet updates those in `manual` mode.',
  },
];
