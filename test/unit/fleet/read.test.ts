import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { Server } from '../../../src/updater/fleet/model';
import { parseFleet, readFleet } from '../../../src/updater/fleet/read';
import type { Problem } from '../../../src/updater/fleet/read';

const EXAMPLE = String.raw`{
  "name": "Harbour district",
  "systems": {
    "harbour": {
      "product": "eocortex",                      // eocortex | mirasys | banalytics
      "maxParallel": 3,                           // never above the product's own limit
      "canary": 1, "maxFailures": 0,              // first wave; failures that halt the rollout (0: the first one)
      "window": { "from": "22:00", "to": "04:00", "days": ["sat", "sun"], "timeZone": "Europe/Tallinn" },
      "installer": { "args": ["/S"] }, "settingsPaths": ["C:\\ProgramData\\Eocortex"],
      "servers": {
        "srv-01": { "host": "10.0.4.11", "port": 22, "user": "updater", "os": "windows", "app": "server",
                    "role": "recorder", "site": "pier", "tags": ["ptz"], "jump": "bastion", "outOfBand": "iDRAC 10.0.9.11" }
      }
    },
    "lake":  { "product": "mirasys", "licence": { "covers": "9.5" }, "fileSystem": "v8-keep",
               "servers": { "m": { "role": "master", "host": "10.0.6.1" }, "r1": { "role": "recorder", "host": "10.0.6.2" } } },
    "boxes": { "product": "banalytics", "home": "/opt/banalytics-box", "repository": "https://repo.example/maven", "updateType": "manual", "restart": "reboot",
               "restartOnFailure": "10s", "modules": { "com.banalytics.box:core": "1.4.2", "com.banalytics.box.module:basic-media": "1.4.0" },
               "servers": { "box-1": { "environment": "5b3c…", "modules": { "com.banalytics.box.module:basic-media": null }, "host": "10.0.5.21" } } }, // null: not installed
  }
}`;

const boxes = (system: object, servers: Record<string, object> = { a: {} }, product = 'banalytics') =>
  JSON.stringify({
    systems: {
      boxes: {
        product,
        ...system,
        servers: Object.fromEntries(
          Object.entries(servers).map(([id, own]) => [id, { host: `10.0.0.${id}`, ...own }]),
        ),
      },
    },
  });

function problemsOf(text: string): Problem[] {
  return parseFleet(text, '/x/fleet.jsonc').problems;
}

function messages(text: string): string[] {
  return problemsOf(text).map(({ message }) => message);
}

function serversOf(text: string): Record<string, Server> {
  const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return Object.fromEntries(
    fleet.systems.flatMap((system) => system.servers).map((server) => [server.id, server]),
  );
}

describe('parseFleet', () => {
  it('reads the example of the three products', () => {
    const { fleet, problems } = parseFleet(EXAMPLE, '/x/harbour.fleet.jsonc');
    expect(problems).toEqual([]);
    expect(fleet?.systems.map(({ id, product }) => [id, product])).toEqual([
      ['harbour', 'eocortex'],
      ['lake', 'mirasys'],
      ['boxes', 'banalytics'],
    ]);
    expect(fleet?.systems[0]).toMatchObject({
      maxParallel: 3,
      canary: 1,
      maxFailures: 0,
      window: { from: '22:00', timeZone: 'Europe/Tallinn' },
    });
    expect(fleet?.systems[0]?.servers[0]).toEqual({
      id: 'srv-01',
      system: 'harbour',
      product: 'eocortex',
      host: '10.0.4.11',
      port: 22,
      user: 'updater',
      jump: 'bastion',
      identityFile: undefined,
      os: 'windows',
      app: 'server',
      role: 'recorder',
      site: 'pier',
      tags: ['ptz'],
      outOfBand: 'iDRAC 10.0.9.11',
      stateDir: undefined,
      sudo: true,
      commands: {},
      bootIdFile: undefined,
      returnMinutes: 15,
      restartDelaySeconds: 5,
      restartReason: 'VMS Fleet: update',
      window: { from: '22:00', to: '04:00', days: ['sat', 'sun'], timeZone: 'Europe/Tallinn' },
      health: { settleSeconds: 5, timeoutSeconds: 120 },
      settingsPaths: ['C:\\ProgramData\\Eocortex'],
      eocortex: {
        version: undefined,
        releaseLines: [],
        installerArgs: ['/S'],
        installerTimeoutMinutes: 30,
        restart: 'if-needed',
        service: 'EocortexServer',
        home: 'C:\\Program Files\\Eocortex',
        program: 'EocortexServer.exe',
        uninstallName: 'Eocortex',
      },
      banalytics: undefined,
    });
    expect(fleet?.systems[2]?.servers[0]?.banalytics).toEqual({
      home: '/opt/banalytics-box',
      repository: 'https://repo.example/maven',
      updateType: 'manual',
      restart: 'reboot',
      restartOnFailure: '10s',
      service: 'banalytics-box.service',
      environment: '5b3c…',
      modules: { 'com.banalytics.box:core': '1.4.2', 'com.banalytics.box.module:basic-media': null },
    });
  });

  it('takes one port or a list of them, and an address without secrets, as health checks', () => {
    const health = (own: object) => serversOf(boxes({ health: own }, { a: {} })).a?.health;
    expect(health({ port: 80 })?.ports).toEqual([80]);
    expect(health({ port: [80, 443], url: 'https://[::1]:8443/up?full=1' })).toMatchObject({
      ...{ ports: [80, 443], url: 'https://[::1]:8443/up?full=1' },
    });
    expect(health({})).toEqual({ settleSeconds: 5, timeoutSeconds: 120 });
    const said = (own: object) =>
      messages(JSON.stringify({ systems: { s: { product: 'banalytics', health: own } } })).join(' ');
    expect(said({ port: '80' })).toContain('"port" must be a number or a list [ … ] of them, found text.');
    expect(said({ port: [] })).toContain('needs at least one port');
    expect(said({ port: [80, 0] })).toContain('must be at least 1');
    for (const url of [
      'ftp://x/',
      'http://u:p@x/',
      'http://x/?password=1',
      'http://x/#a',
      'http://',
      'http://x y/',
    ])
      expect(said({ url }), url).toMatch(/"url" must be|Never a secret/);
  });

  it('lays a server over its system, modules, commands and health key by key', () => {
    const { a, b } = serversOf(
      boxes(
        {
          user: 'u',
          tags: ['x'],
          returnMinutes: 20,
          sudo: false,
          health: { port: 80, settleSeconds: 9 },
          commands: { reboot: ['r'], serviceStop: ['s'] },
          modules: { 'g:a': '1.0', 'g:b': '1.0' },
        },
        {
          a: {},
          b: {
            user: 'v',
            tags: [],
            returnMinutes: 30,
            sudo: true,
            health: { port: 81 },
            commands: { reboot: ['q', 'a b'] },
            modules: { 'g:b': null, 'g:c': '2.0' },
          },
        },
      ),
    );
    expect(a).toMatchObject({
      user: 'u',
      tags: ['x'],
      returnMinutes: 20,
      sudo: false,
      banalytics: { modules: { 'g:a': '1.0', 'g:b': '1.0' } },
    });
    expect(b).toMatchObject({
      user: 'v',
      tags: [],
      returnMinutes: 30,
      sudo: true,
      health: { ports: [81], settleSeconds: 9, timeoutSeconds: 120 },
      commands: { reboot: ['q', 'a b'], serviceStop: ['s'] },
      banalytics: { modules: { 'g:a': '1.0', 'g:b': null, 'g:c': '2.0' } },
    });
  });

  it('has what Eocortex needs to know at the system and, over it, at one server', () => {
    const { a, b } = serversOf(
      boxes(
        {
          version: '4.4.12',
          restart: 'service',
          service: 'Eocortex Server$1',
          home: 'D:/Охрана & 100%!/Eocortex/',
          program: 'bin/Server.exe',
          uninstallName: 'Eocortex 4',
          installer: { args: ['/S', '/D=C:\\Program Files\\VMS'], timeoutMinutes: 240 },
          restartDelaySeconds: 0,
          restartReason: "Update, don't switch off",
          settingsPaths: ['C:\\Users\\Ünal & Söhne\\100%\\!a', '\\\\nas\\share\\', 'E:/'],
        },
        {
          a: {},
          b: {
            version: '4.3.1',
            restart: 'reboot',
            program: 'D:\\Server.exe',
            installer: { timeoutMinutes: 1 },
            restartDelaySeconds: 600,
          },
        },
        'eocortex',
      ),
    );
    expect(a).toMatchObject({
      restartDelaySeconds: 0,
      restartReason: "Update, don't switch off",
      settingsPaths: ['C:\\Users\\Ünal & Söhne\\100%\\!a', '\\\\nas\\share', 'E:\\'],
      eocortex: {
        version: '4.4.12',
        restart: 'service',
        service: 'Eocortex Server$1',
        home: 'D:\\Охрана & 100%!\\Eocortex',
        program: 'bin\\Server.exe',
        uninstallName: 'Eocortex 4',
        installerArgs: ['/S', '/D=C:\\Program Files\\VMS'],
        installerTimeoutMinutes: 240,
      },
    });
    expect(b).toMatchObject({
      restartDelaySeconds: 600,
      eocortex: {
        version: '4.3.1',
        restart: 'reboot',
        home: 'D:\\Охрана & 100%!\\Eocortex',
        program: 'D:\\Server.exe',
        installerArgs: ['/S', '/D=C:\\Program Files\\VMS'],
        installerTimeoutMinutes: 1,
      },
    });
    const paths = { home: '/opt/a/', stateDir: '/srv/b/' };
    expect(serversOf(boxes(paths)).a).toMatchObject({ stateDir: '/srv/b/', banalytics: { home: '/opt/a/' } });
  });

  it('bears the paths of a Windows system at a server that it lists and never touches', () => {
    const system = { settingsPaths: ['C:\\ProgramData\\Eocortex'], home: 'D:\\Eocortex' };
    const { recorder } = serversOf(
      boxes(system, { a: {}, recorder: { os: 'linux', app: 'nvr' } }, 'eocortex'),
    );
    expect(recorder?.os).toBe('linux');
  });

  it('takes a relative repository from the folder of the file, and the file name for want of a name', () => {
    const { fleet } = parseFleet(boxes({ repository: './maven' }), '/srv/pier.fleet.jsonc');
    expect(fleet?.name).toBe('pier.fleet');
    expect(fleet?.systems[0]?.servers[0]?.banalytics?.repository).toBe('/srv/maven');
  });

  it('has linux for banalytics and windows otherwise, and the service that belongs to it', () => {
    expect(serversOf(boxes({})).a).toMatchObject({
      os: 'linux',
      banalytics: { service: 'banalytics-box.service', home: '/opt/banalytics-box' },
    });
    expect(serversOf(boxes({}, { a: {} }, 'eocortex')).a?.os).toBe('windows');
    const windows = boxes({ os: 'windows', home: 'C:\\Banalytics' });
    expect(serversOf(windows).a?.banalytics?.service).toBe('BanalyticsBox');
  });

  it('lets the servers of a system jump through one of them', () => {
    expect(serversOf(boxes({ jump: 'a' }, { a: {}, b: {} }))).toMatchObject({
      a: { jump: undefined },
      b: { jump: 'a' },
    });
  });

  it.each<[string, string, RegExp]>([
    ['unknown key', boxes({ maxParalel: 1 }), /^Unknown key "maxParalel"\. Did you mean "maxParallel"\?$/],
    ['American licence', boxes({ license: {} }, {}, 'mirasys'), /Did you mean "licence"\?/],
    ['a suggestion of the own product only', boxes({ license: {} }), /^Unknown key "license"\.$/],
    [
      'field of another product',
      boxes({ licence: { covers: '9.5' } }),
      /"licence" is a field of mirasys systems; "boxes" is a banalytics system/,
    ],
    [
      'server field of another product',
      boxes({}, { a: { modules: {} } }, 'eocortex'),
      /"modules" is a field of banalytics systems/,
    ],
    ['host at the system', boxes({ host: 'x' }), /"host" belongs to a server/],
    ['canary at a server', boxes({}, { a: { canary: 1 } }), /"canary" belongs to the system/],
    ['password', boxes({}, { a: { password: 'hunter2' } }), /^Never a secret in a fleet file/],
    [
      'password as a server',
      boxes({}).replace('"a":{"host":"10.0.0.a"}', '"password":"hunter2"'),
      /^Never a secret/,
    ],
    ['private key', boxes({ identityFile: '-----BEGIN OPENSSH PRIVATE KEY-----' }), /^Never a secret/],
    ['password in an address', boxes({ repository: 'https://me:hunter2@repo.example' }), /^Never a secret/],
    ['password in a jump host', boxes({ jump: 'me:hunter2@gate' }), /^Never a secret/],
    ['wrong type', boxes({ port: '22' }), /^"port" must be a number, found text\.$/],
    ['port', boxes({ port: 0 }), /^"port" must be at least 1\.$/],
    ['fraction', boxes({ canary: 1.5 }), /^"canary" must be a whole number\.$/],
    [
      'endless number',
      boxes({}).replace('"product"', '"canary": 1e999, "product"'),
      /^"canary" must be a whole number/,
    ],
    ['maxParallel', boxes({ maxParallel: 0 }), /at least 1/],
    ['maxFailures', boxes({ maxFailures: -1 }), /at least 0/],
    [
      'maxFailures by percent',
      boxes({ maxFailures: '101%' }),
      /^"maxFailures" must be a whole percentage from "0%"/,
    ],
    ['maxFailures as a word', boxes({ maxFailures: 'few' }), /^"maxFailures" must be a whole percentage/],
    [
      'maxFailures as a list',
      boxes({ maxFailures: [] }),
      /must be a number or a percentage such as "25%", found a list/,
    ],
    ['an empty wave', boxes({ waves: [1, 0] }), /^Entry 2 of "waves" must be at least 1\.$/],
    ['a wave of 0 %', boxes({ waves: ['0%'] }), /^Entry 1 of "waves" must be a whole percentage from "1%"/],
    ['a wave by parts of a percent', boxes({ waves: ['2.5%'] }), /whole percentage/],
    ['no wave', boxes({ waves: [] }), /^"waves" needs at least one wave\.$/],
    ['waves at a server', boxes({}, { a: { waves: [1] } }), /"waves" belongs to the system/],
    ['a failover group of a system', boxes({ failoverGroup: 'x' }), /"failoverGroup" belongs to the servers/],
    [
      'a limit of sites at a system',
      boxes({ maxParallelPerSite: 1 }),
      /belongs to the fleet: it stands beside "systems"/,
    ],
    ['onFailure', boxes({ onFailure: 'rollback' }), /Did you mean "roll-back"\?/],
    ['returnMinutes', boxes({ returnMinutes: 241 }), /at most 240/],
    [
      'word of a list',
      boxes({ restart: 'rebot' }),
      /^"restart" must be "reboot" or "service", found "rebot"\. Did you mean "reboot"\?$/,
    ],
    [
      'restart of another product',
      boxes({ restart: 'if-needed' }),
      /^"restart" must be "reboot" or "service", found "if-needed"\. It is a word for eocortex systems; "boxes" is a banalytics system\.$/,
    ],
    [
      'restart of another product at a server',
      boxes({}, { a: { restart: 'if-needed' } }),
      /^"restart" must be "reboot" or "service", found "if-needed"\./,
    ],
    [
      'restart of Eocortex',
      boxes({ restart: 'ifneeded' }, {}, 'eocortex'),
      /^"restart" must be "if-needed", "reboot" or "service", found "ifneeded"\. Did you mean "if-needed"\?$/,
    ],
    [
      'restart that is no word',
      boxes({ restart: null }),
      /^"restart" must be "reboot" or "service", found null/,
    ],
    [
      'restart of Mirasys',
      boxes({ restart: 'reboot' }, {}, 'mirasys'),
      /^"restart" is a field of eocortex and banalytics systems; "boxes" is a mirasys system\.$/,
    ],
    [
      'version of a Banalytics system',
      boxes({ version: '1.4.2' }),
      /^"version" is a field of eocortex systems/,
    ],
    [
      'version',
      boxes({ version: '4' }, {}, 'eocortex'),
      /^"version" must be a version of two to four numbers/,
    ],
    ['delay', boxes({ restartDelaySeconds: 601 }), /^"restartDelaySeconds" must be at most 600\.$/],
    ['reason of two lines', boxes({ restartReason: 'a\nb' }), /^"restartReason" must be one line/],
    [
      'reason with a quote',
      boxes({ restartReason: 'a "b"' }),
      /^"restartReason" must be one line.* without "\.$/,
    ],
    ['empty reason', boxes({ restartReason: ' ' }), /^"restartReason" must be one line/],
    [
      'time limit',
      boxes({ installer: { timeoutMinutes: 241 } }, {}, 'eocortex'),
      /^"timeoutMinutes" must be at most 240\.$/,
    ],
    [
      'no time for the installer',
      boxes({ installer: { timeoutMinutes: 0 } }, {}, 'eocortex'),
      /^"timeoutMinutes" must be at least 1\.$/,
    ],
    ...['a\nb', 'a\u0000b', 'a\r', '/D="C:\\a b"', ''].map((word): [string, string, RegExp] => [
      `installer word ${JSON.stringify(word)}`,
      boxes({ installer: { args: ['/S', word] } }, {}, 'eocortex'),
      /^Entry 2 of "args" must be one word without " and line breaks/,
    ]),
    [
      'program outside',
      boxes({ program: '\\Server.exe' }, {}, 'eocortex'),
      /^"program" must be the path of a/,
    ],
    [
      'folder as program',
      boxes({ program: 'bin\\' }, {}, 'eocortex'),
      /^"program" must be the path of a file/,
    ],
    ['program by pattern', boxes({ program: '*.exe' }, {}, 'eocortex'), /^"program" must be the path of a/],
    [
      'name with a quote',
      boxes({ uninstallName: 'a"b' }, {}, 'eocortex'),
      /^"uninstallName" must be one line/,
    ],
    [
      'service by path',
      boxes({ service: 'a/b' }, {}, 'eocortex'),
      /^"service" must be the name of a service/,
    ],
    ['service with a space at its end', boxes({ service: 'a ' }), /^"service" must be the name of a service/],
    ...[...'"*?<>|'].map((never): [string, string, RegExp] => [
      `${never} in a Windows path`,
      boxes({ settingsPaths: ['C:\\a', `C:\\b${never}c`] }, { a: {}, b: {} }, 'eocortex'),
      new RegExp(`^"C:\\\\\\\\b.+c" holds \\${never}, which no path on Windows does\\.$`),
    ]),
    ['stream of a file', boxes({ home: 'C:\\a:b' }, { a: {} }, 'eocortex'), /holds :, which no path/],
    [
      'line break in a Windows path',
      boxes({ stateDir: 'C:\\a\nb' }, { a: {} }, 'eocortex'),
      /^"stateDir" must be an absolute path on the server, without control characters\.$/,
    ],
    [
      'product',
      boxes({}, {}, 'acme'),
      /^"product" must be "eocortex", "mirasys" or "banalytics", found "acme"\.$/,
    ],
    ['list for an object', '{"systems": []}', /^Expected an object \{ … \}, found a list/],
    ['text for an object', '{"systems": {"a": "b"}}', /^"a" must be an object \{ … \}, found text/],
    ['null', boxes({ site: null }), /"site" must be text in double quotes, found null/],
    ['time of day', boxes({ window: { from: '24:00', to: '04:00' } }), /"from" must be a time of day/],
    [
      'time zone',
      boxes({ window: { from: '22:00', to: '04:00', timeZone: 'Europe/Talinn' } }),
      /"timeZone" is not a known time zone/,
    ],
    [
      'time zone by offset',
      boxes({ window: { from: '22:00', to: '04:00', timeZone: '+03:00' } }),
      /not a known time zone/,
    ],
    ['closed window', boxes({ window: { from: '22:00', to: '22:00' } }), /the window never opens/],
    [
      'closed window of a server',
      boxes({}, { a: { window: { from: '22:00', to: '22:00' } } }),
      /never opens/,
    ],
    ['module key', boxes({ modules: { core: '1.0' } }), /^"core": a module is named "group:artifact"/],
    ['module key that climbs', boxes({ modules: { 'g:..': '1.0' } }), /a module is named/],
    ['module version', boxes({ modules: { 'g:a': 'latest' } }), /^"g:a" must be a version/],
    ['module version, one number', boxes({ modules: { 'g:a': '1' } }), /must be a version/],
    [
      'line break in a command',
      boxes({ commands: { reboot: ['a\nb'] } }),
      /^Entry 1 of "reboot" must be .* not hold control characters/,
    ],
    [
      'empty word in a command',
      boxes({ commands: { reboot: ['reboot', ''] } }),
      /^Entry 2 of "reboot" must be one character or more/,
    ],
    [
      'empty word in a health check',
      boxes({ health: { command: [''] } }),
      /^Entry 1 of "command" must be one character or more/,
    ],
    ['empty command', boxes({ commands: { reboot: [] } }), /at least one word/],
    ['relative path', boxes({ stateDir: 'var/lib' }), /must be an absolute path on the server/],
    ['tab in a path', boxes({ home: '/opt/\t' }), /without control characters/],
    [
      'Windows path for Linux',
      boxes({ stateDir: 'C:\\x' }),
      /is not an absolute path on Linux, which "a" runs/,
    ],
    [
      'Linux path for Windows',
      boxes({ stateDir: '/x' }, { a: {} }, 'mirasys'),
      /is not an absolute path on Windows/,
    ],
    ['no home on Windows', boxes({ os: 'windows' }), /"home" has no default/],
    ['host with a space', boxes({}, { a: { host: 'a b' } }), /"host" must be a host name/],
    ['host as an option', boxes({}, { a: { host: '-oProxyCommand=x' } }), /"host" must be a host name/],
    ['user as an option', boxes({ user: '-lroot' }), /"user" must be a user name/],
    ['jump as an option', boxes({ jump: '-J' }), /"jump" must be/],
    ['id as an option', boxes({}, { '-f': {} }), /^"-f": an id begins/],
    ['id with a line break', boxes({}, { 'a\nb': { host: 'h' } }), /an id begins/],
    ['reserved id', boxes({}, { constructor: {} }), /^"constructor" cannot be used/],
    ['same machine', boxes({}, { a: { host: 'H' }, b: { host: 'h' } }), /"b" and "a" are the same machine/],
    ['own jump host', boxes({}, { a: { jump: 'a' } }), /"a" cannot be its own jump host/],
    [
      'own address as jump host',
      boxes({}, { a: { host: 'gate', jump: 'gate' } }),
      /"a" cannot be its own jump host/,
    ],
    [
      'jump cycle',
      boxes({}, { x: { jump: 'a' }, a: { jump: 'b' }, b: { jump: 'a' } }),
      /in a circle: "a" → "b" → "a"/,
    ],
    ['twice', '{"systems": {}, "systems": {}}', /^"systems" stands here twice/],
    ['missing', '{}', /^"systems" is missing/],
    ['root', '5', /^The file must be an object/],
    ['root list', '[]', /found a list/],
    ['empty file', ' // nothing\n', /^The file is empty/],
    ['missing comma', '{"a": 1 "b": 2}', /^A comma is missing before this/],
    ['open brace', '{"systems": {', /closing brace/],
    ['single quotes', "{'systems': {}}", /double quotes/],
    ['open comment', '{ /* ', /never closed/],
    ['depth', '['.repeat(200_000), /^Nested deeper than 32/],
    ['size', `"${'x'.repeat(10 * 1024 * 1024)}"`, /larger than 10 MiB/],
  ])('refuses %s, once', (_, text, message) => {
    const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
    expect(fleet).toBeUndefined();
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('accepts every version of the pattern and jump hosts in every form', () => {
    const modules = { 'g:a': '1.2', 'g:b': '1.2.3.4', 'g.x-y:c_d': '10.0.1-SNAPSHOT.1' };
    expect(messages(boxes({ modules, jump: 'me@gate.example:22' }))).toEqual([]);
    expect(
      messages(
        boxes({ jump: 'Überwachung 1' }, { 'Überwachung 1': { host: 'h' }, 'Камера_2.a': { host: 'i' } }),
      ),
    ).toEqual([]);
  });

  it('tells a server id apart over systems, and the same address behind different jump hosts', () => {
    const both = {
      a: { product: 'mirasys', servers: { s: { host: 'x' } } },
      b: { product: 'mirasys', servers: { s: { host: 'y' } } },
    };
    expect(messages(JSON.stringify({ systems: both }))).toEqual([
      expect.stringMatching(/^A server "s" is also in system "a"/),
    ]);
    expect(messages(boxes({}, { a: { host: 'h', jump: 'east' }, b: { host: 'h', jump: 'west' } }))).toEqual(
      [],
    );
    expect(
      messages(boxes({}, { a: { host: 'h', home: '/opt/1' }, b: { host: 'h', home: '/opt/2' } })),
    ).toEqual([]);
  });

  it('reads how rollouts go', () => {
    const text = JSON.stringify({
      ...{ maxParallel: 9, maxParallelPerSite: 2 },
      systems: {
        s: {
          ...{ product: 'banalytics', canary: 1, waves: [1, '25%', '100%'], maxFailures: '10%' },
          ...{ soakMinutes: 30, watchMinutes: 60, onFailure: 'roll-back' },
          servers: { a: { host: 'a', failoverGroup: 'x' }, b: { host: 'b', failoverGroup: 'x' } },
        },
        t: { product: 'eocortex', servers: { c: { host: 'c' } } },
      },
    });
    const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
    expect(problems).toEqual([]);
    expect(fleet).toMatchObject({ maxParallel: 9, maxParallelPerSite: 2 });
    expect(fleet?.systems[0]).toMatchObject({
      ...{ canary: 1, waves: [1, '25%', '100%'], maxFailures: '10%' },
      ...{ soakMinutes: 30, watchMinutes: 60, onFailure: 'roll-back' },
      servers: [{ failoverGroup: 'x' }, { failoverGroup: 'x' }],
    });
    expect(fleet?.systems[1]).toMatchObject({
      ...{ canary: 0, waves: [], maxFailures: 0, soakMinutes: 0, watchMinutes: 0, onFailure: 'stop' },
    });
  });

  it('warns, and gives the fleet', () => {
    for (const [text, message] of [
      ['{"systems": {}}', /no systems yet/],
      [boxes({}, {}), /"boxes" has no servers yet/],
      ['{"systems": {"a": {"product": "mirasys"}}}', /"a" has no servers yet/],
      [boxes({ canary: 2 }), /"canary" is 2, but the system has 1 server:/],
      [boxes({ fileSystem: 'v8-erase' }, { a: {} }, 'mirasys'), /destroys recordings/],
      [boxes({ soakMinutes: 5 }), /"soakMinutes" does nothing without a second wave/],
      [boxes({}, { a: { failoverGroup: 'x' } }), /"a" is alone in failover group "x"/],
    ] as const) {
      const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
      expect(fleet).toBeDefined();
      expect(problems).toEqual([
        expect.objectContaining({ severity: 'warning', message: expect.stringMatching(message) as string }),
      ]);
    }
  });

  it('says the place: the value, the key that is unknown or second, the key of the object where one is missing', () => {
    const text =
      '\uFEFF{ "name": 5,\r\n  "systems": {\r\n    "b": { "product": "mirasys",\r\n\t"port": 1, "port": 2, "servers": { "s": { "hots": "x" } } } } }';
    expect(
      problemsOf(text).map(({ line, column, offset, length, path, message }) => [
        line,
        column,
        text.substr(offset, length),
        path.join('/'),
        message.split(' ').slice(-1)[0],
      ]),
    ).toEqual([
      [1, 11, '5', 'name', 'number.'],
      [4, 13, '"port"', 'systems/b/port', 'twice.'],
      [4, 37, '"s"', 'systems/b/servers/s/host', 'missing.'],
      [4, 44, '"hots"', 'systems/b/servers/s/hots', '"host"?'],
    ]);
    const windows = [
      '{ "systems": { "a": { "product": "eocortex", "settingsPaths": ["C:\\\\a",',
      '"C:\\\\b?"], "servers": { "s": { "host": "h",',
      '"restart": "rebot" }, "t": { "host": "i" } } } } }',
    ];
    const [word] = problemsOf(windows.join('\n'));
    expect(word).toMatchObject({ line: 3, column: 12, path: ['systems', 'a', 'servers', 's', 'restart'] });
    const [wrong] = problemsOf(windows.join('\n').replace('rebot', 'reboot'));
    expect(wrong).toMatchObject({ line: 2, column: 1, path: ['systems', 'a', 'settingsPaths', 1] });
    const [missing] = problemsOf('// x\n{}');
    expect(missing).toMatchObject({ line: 2, column: 1, offset: 5, length: 1 });
  });

  it('never throws, whatever the text, and points inside it', () => {
    const piece = fc.constantFrom(
      ...'{ } [ ] : , "systems" "servers" "a" "product" "banalytics" "host" "__proto__" "password" null true 1 -1e9 /* */ //'.split(
        ' ',
      ),
      '\n',
      '"\\u00"',
      '\u0000',
    );
    const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));
    const json = fc
      .record({ systems: fc.dictionary(fc.string(), fc.jsonValue()) })
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(soup, json, fc.string()), (text) => {
        const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
        if (fleet === undefined) expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { offset, length, line, column } of problems) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset + length).toBeLessThanOrEqual(Math.max(text.length, 1));
          expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads 5000 servers in seconds, and as many mistakes', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`s${index}`, {}]));
    const started = Date.now();
    expect(Object.keys(serversOf(boxes({}, many)))).toHaveLength(5000);
    const broken = Object.fromEntries(Object.keys(many).map((id) => [id, { hots: 1, port: 'x' }]));
    expect(problemsOf(boxes({}, broken))).toHaveLength(200);
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('readFleet', () => {
  let dir: string;
  beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'fleet-'))));
  afterAll(() => rm(dir, { recursive: true }));

  async function failure(name: string, content?: string | Uint8Array): Promise<FleetError> {
    const path = join(dir, name);
    if (content !== undefined) await writeFile(path, content);
    const thrown: unknown = await readFleet(path).catch((error: unknown) => error);
    if (!(thrown instanceof FleetError)) throw new Error('no FleetError');
    expect(thrown.code).toBe('fleet.invalid');
    return thrown;
  }

  it('gives the fleet and its warnings', async () => {
    const path = join(dir, 'good.fleet.jsonc');
    await writeFile(path, `\uFEFF${boxes({ canary: 2 })}`);
    const { fleet, problems } = await readFleet(path);
    expect(fleet).toMatchObject({ name: 'good.fleet', file: path });
    expect(problems).toHaveLength(1);
  });

  it('lists the first 20 errors, each with its place', async () => {
    const servers = Array.from({ length: 25 }, (_, index) => `"s${index}": {}`).join(',\n');
    const { message } = await failure(
      'bad.fleet.jsonc',
      `{"systems": {"b": {"product": "mirasys", "servers": {\n${servers}}}}}`,
    );
    const lines = message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(`${join(dir, 'bad.fleet.jsonc')}:2:1: "host" is missing.`);
    expect(lines[19]).toBe(`${join(dir, 'bad.fleet.jsonc')}:21:1: "host" is missing.`);
    expect(lines[20]).toBe('… and 5 more');
  });

  it('says what is wrong with the file itself', async () => {
    expect((await failure('missing.fleet.jsonc')).message).toMatch(/no such file/);
    expect((await failure('utf16.fleet.jsonc', Buffer.from('\uFEFF{}', 'utf16le'))).message).toMatch(
      /not UTF-8/,
    );
    expect((await failure('big.fleet.jsonc', Buffer.alloc(10 * 1024 * 1024 + 1, 32))).message).toMatch(
      /10 MiB/,
    );
    expect((await failure('.')).message).toMatch(/not a file/);
  });
});
