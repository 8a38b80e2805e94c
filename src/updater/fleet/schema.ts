import { optional, picklist, pipe, record, strictObject, string } from 'valibot';
import type { InferOutput } from 'valibot';
import { DEFAULTS } from './defaults';
import {
  banalyticsFields,
  commonFields,
  eocortexFields,
  eocortexSystemFields,
  mirasysFields,
} from './products';
import { fleetRolloutFields, serverRolloutFields, systemRolloutFields } from './rollout-fields';
import { share } from './share';
import { shared } from './shared';
import { serverSnippets, systemSnippets } from './snippets';
import { doc, field, host, id, label, whole } from './values';

const anyServer = { ...shared, ...commonFields, ...eocortexFields, ...mirasysFields, ...banalyticsFields };

const server = strictObject({
  host: pipe(
    host,
    doc('Host', 'Address, host name, or name in `~/.ssh/config`.', { examples: ['10.0.4.11'] }),
  ),
  ...serverRolloutFields,
  ...anyServer,
});

const product = pipe(
  picklist(['eocortex', 'mirasys', 'banalytics']),
  doc('Product', "The system's product: it decides the rules, the steps and the fields.", {
    enumDescriptions: [
      'Eocortex: one whole installer per server',
      'Mirasys: the Master first',
      'Banalytics: a set of modules',
    ],
  }),
);

const system = strictObject({
  product,
  maxParallel: field(
    whole(1, 10_000),
    'At the same time',
    "Servers updated at the same time, never above the product's own limit.",
    { examples: [3] },
  ),
  canary: field(
    whole(0, 10_000),
    'Canary',
    'Size of the first wave, which must succeed before the others begin; 0: none.',
    { default: DEFAULTS.canary },
  ),
  maxFailures: field(
    share(0),
    'Failures borne',
    'So many failures are borne, one more halts the rollout; 0: the first one halts it. `"10%"` is of the servers that are to be changed, exactly: of 19 it bears one, of 20 two.',
    { default: DEFAULTS.maxFailures, examples: [0, 2, '10%'] },
  ),
  ...systemRolloutFields,
  ...anyServer,
  ...eocortexSystemFields,
  servers: field(
    record(
      id,
      pipe(
        server,
        doc('Server', 'One machine. What it does not say, its system says.', {
          defaultSnippets: serverSnippets.values,
        }),
      ),
    ),
    'Servers',
    'The servers by id. An id is unique in the whole file.',
    { defaultSnippets: serverSnippets.entries },
  ),
});

export const fleetFile = pipe(
  strictObject({
    $schema: optional(pipe(string(), doc('Schema', 'Address of the JSON Schema, for other editors.'))),
    name: field(label, 'Fleet', "Name of the fleet. Left out: the file's name.", {
      examples: ['Harbour district'],
    }),
    ...fleetRolloutFields,
    systems: pipe(
      record(
        id,
        pipe(
          system,
          doc(
            'System',
            'Servers of one product that are updated together. Fields of a server that stand here hold for all its servers.',
            { defaultSnippets: systemSnippets.values },
          ),
        ),
      ),
      doc('Systems', 'The systems by id.', { defaultSnippets: systemSnippets.entries }),
    ),
  }),
  doc('VMS Fleet', 'A fleet of video-surveillance servers. **Never a secret in this file.**', {
    defaultSnippets: systemSnippets.file,
  }),
);

export type FleetFile = InferOutput<typeof fleetFile>;
export type SystemEntry = InferOutput<typeof system>;
export type ServerEntry = InferOutput<typeof server>;
