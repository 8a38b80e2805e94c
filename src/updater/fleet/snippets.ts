/** Snippets that the editor offers in a fleet file: as a value, and as a first entry with its key. */
const server = { host: '${1:10.0.4.11}', user: '${2:updater}', outOfBand: '${3:iDRAC 10.0.9.11}' };
const box = { host: '${1:10.0.5.21}', user: '${2:updater}', environment: '${3:id}', outOfBand: '${4:KVM}' };

const eocortex = {
  product: 'eocortex',
  canary: 1,
  maxFailures: 0,
  // A snippet takes one backslash of each pair for its own, and JSON wants two.
  settingsPaths: ['${4:C:\\\\ProgramData\\\\Eocortex}'],
  servers: { '${1:srv-01}': { host: '${2:10.0.4.11}', user: '${3:updater}', app: 'server' } },
};
const mirasys = {
  product: 'mirasys',
  licence: { covers: '${1:9.5}' },
  servers: {
    '${2:master}': { host: '${3:10.0.4.11}', user: '${4:updater}', role: 'master' },
    '${5:recorder-1}': { host: '${6:10.0.4.12}', user: '${4:updater}', role: 'recorder' },
  },
};
const banalytics = {
  product: 'banalytics',
  repository: '${1:https://repo.example/maven}',
  canary: 1,
  modules: { 'com.banalytics.box:core': '${2:1.4.2}' },
  servers: { '${3:box-1}': { host: '${4:10.0.5.21}', user: '${5:updater}', environment: '${6:id}' } },
};

export const serverSnippets = {
  values: [
    { label: 'server', description: 'A server', body: server },
    { label: 'Banalytics box', description: 'A server of a Banalytics system', body: box },
  ],
  entries: [{ label: 'servers', description: 'A first server', body: { '${4:srv-01}': server } }],
};

const systems = { eocortex, mirasys, banalytics };
const each = (wrap: (name: string, body: object) => unknown) =>
  Object.entries(systems).map(([name, body]) => ({
    label: `${name} system`,
    description: `A system of ${name}`,
    body: wrap(name, body),
  }));

export const systemSnippets = {
  values: each((_, body) => body),
  entries: each((name, body) => ({ [`\${9:${name}}`]: body })),
  file: [
    {
      label: 'fleet',
      description: 'A fleet of one Banalytics system',
      body: { name: '${8:My fleet}', systems: { '${9:boxes}': banalytics } },
    },
  ],
};
