import { BASIC_MEDIA, CORE, ONVIF, TELEGRAM_BOT, YOLO } from './modules';
import type { DemoServer } from './server';

type Modules = Record<string, string | null>;

export interface DemoServerPlan {
  site: string;
  tags?: string[];
  outOfBand?: string;
  environment: string;
  /** The set that is installed when the demo is made. */
  installed: Record<string, string>;
  /** Laid over the desired set of the system. */
  modules?: Modules;
}

export interface DemoSystemPlan {
  /** Lines above the system. */
  comment: string[];
  restart: 'reboot' | 'service';
  modules: Modules;
  servers: Record<string, DemoServerPlan>;
}

const OLDER = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0', [ONVIF]: '1.2.0', [TELEGRAM_BOT]: '1.0.3' };
const STEADY = { [CORE]: '1.4.2', [BASIC_MEDIA]: '1.4.1', [TELEGRAM_BOT]: '1.0.3' };
const NEWEST = {
  [CORE]: '1.5.0',
  [BASIC_MEDIA]: '1.5.0',
  [ONVIF]: '1.3.0',
  [TELEGRAM_BOT]: '1.1.0',
  [YOLO]: '2.1.0',
};

export const DEMO_SYSTEMS: Record<string, DemoSystemPlan> = {
  harbour: {
    comment: [
      'Two servers here run older modules than the set below wants: there is an update to install.',
      'Each machine restarts for it, and for some seconds it is really gone.',
      'To see a release that fails, ask for core 1.5.1: it was built broken.',
    ],
    restart: 'reboot',
    modules: NEWEST,
    servers: {
      'pier-1': {
        site: 'pier',
        tags: ['ptz', 'canary'],
        outOfBand: 'iDRAC 10.0.9.11',
        environment: '5b3c8c1e-2f41-4f0e-9d0a-6a1f3a0d7c11',
        installed: { ...OLDER, [YOLO]: '2.0.0' },
      },
      'pier-2': {
        site: 'pier',
        tags: ['ptz'],
        outOfBand: 'iDRAC 10.0.9.12',
        environment: '0d9e7f52-7f0b-4a55-8a3e-2a6f4b1c9e12',
        installed: { ...STEADY, [ONVIF]: '1.2.0', [YOLO]: '2.0.0' },
      },
      lighthouse: {
        site: 'breakwater',
        tags: ['solar', 'radio-link'],
        environment: 'c4a1b7d0-93e5-4f6d-b1f2-7e8d9c0a5b13',
        installed: NEWEST,
      },
    },
  },
  'tram-depot': {
    comment: [
      'These two run what they shall run. Raise a version here and save, and an update is due.',
      'Restarting the service is enough for them.',
    ],
    restart: 'service',
    modules: STEADY,
    servers: {
      'hall-a': {
        site: 'hall A',
        tags: ['indoor'],
        outOfBand: 'KVM port 4, key at the gate',
        environment: 'e2f8a6b4-1c3d-4e5f-8091-a2b3c4d5e614',
        installed: STEADY,
      },
      'hall-b': {
        site: 'hall B',
        tags: ['indoor'],
        outOfBand: 'KVM port 5, key at the gate',
        environment: '7a6b5c4d-3e2f-4011-9c8b-0f1e2d3c4b15',
        installed: { [CORE]: '1.4.2', [BASIC_MEDIA]: '1.4.1' },
        modules: { [TELEGRAM_BOT]: null },
      },
    },
  },
};

export interface FleetFileInput {
  systems: Record<string, DemoSystemPlan>;
  /** Those that there are; the plans of others are left out. */
  servers: DemoServer[];
  user: string;
  identityFile: string;
  repository: string;
  /** Lines of further systems, each system's own. */
  further?: string[][];
}

/** The text of the demo's fleet file, written for a person to read and change. */
export function fleetFileText(input: FleetFileInput): string {
  const systems = Object.entries(input.systems)
    .map(([id, plan]) => systemLines(id, plan, input))
    .filter((lines) => lines.length > 0)
    .concat(input.further ?? []);
  return [
    '// The fleet of the demo. Its servers are real SSH servers on this computer, with a stand-in for the product.',
    '// They share the kernel of this computer, so each has a boot identity and commands of its own.',
    '// Change what you like: the file is yours. Starting the demo afresh writes a new one.',
    '{',
    '  "name": "Demo city",',
    '  "systems": {',
    systems.map((lines) => lines.join('\n')).join(',\n\n'),
    '  }',
    '}',
    '',
  ].join('\n');
}

function systemLines(id: string, plan: DemoSystemPlan, input: FleetFileInput): string[] {
  const blocks = Object.entries(plan.servers).flatMap(([serverId, serverPlan]) => {
    const server = input.servers.find((each) => each.id === serverId);
    return server ? [serverLines(server, serverPlan).join('\n')] : [];
  });
  if (blocks.length === 0) return [];
  return [
    ...plan.comment.map((line) => `    // ${line}`),
    `    ${json(id)}: {`,
    '      "product": "banalytics",',
    `      "user": ${json(input.user)},`,
    `      "identityFile": ${json(input.identityFile)},`,
    '      "sudo": false, // nothing here needs more rights than yours',
    `      "repository": ${json(input.repository)},`,
    `      "restart": ${json(plan.restart)},`,
    '      "restartOnFailure": "10s",',
    '      "canary": 1, // one server first; the others only if it comes back well',
    '      "health": { "settleSeconds": 3, "timeoutSeconds": 60 },',
    '      // The desired set: which modules shall be installed, in which version.',
    '      "modules": {',
    modulesLines(plan.modules, '        '),
    '      },',
    '      "servers": {',
    blocks.join(',\n'),
    '      }',
    '    }',
  ];
}

function serverLines(server: DemoServer, plan: DemoServerPlan): string[] {
  const indent = '          ';
  const commands = Object.entries(server.commands).map(
    ([name, words]) => `${indent}  ${json(name)}: ${json(words)}`,
  );
  return [
    `        ${json(server.id)}: {`,
    `${indent}"host": "127.0.0.1",`,
    `${indent}"port": ${server.port},`,
    `${indent}"site": ${json(plan.site)},`,
    `${indent}"tags": ${json(plan.tags ?? [])},`,
    ...(plan.outOfBand === undefined ? [] : [`${indent}"outOfBand": ${json(plan.outOfBand)},`]),
    `${indent}"environment": ${json(plan.environment)},`,
    ...(plan.modules === undefined
      ? []
      : [
          `${indent}"modules": {`,
          modulesLines(plan.modules, `${indent}  `),
          `${indent}}, // null: not installed here`,
        ]),
    `${indent}"home": ${json(server.home)},`,
    `${indent}"stateDir": ${json(server.stateDir)},`,
    `${indent}"bootIdFile": ${json(server.bootIdFile)},`,
    `${indent}"commands": {`,
    commands.join(',\n'),
    `${indent}}`,
    '        }',
  ];
}

function modulesLines(modules: Modules, indent: string): string {
  return Object.entries(modules)
    .map(([module, version]) => `${indent}${json(module)}: ${json(version)}`)
    .join(',\n');
}

function json(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(json).join(', ')}]`;
  return JSON.stringify(value);
}
