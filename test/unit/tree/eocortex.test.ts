import { describe, expect, it } from 'vitest';
import { serverCapabilities } from '../../../src/vscode/capabilities';
import { describeServer, serverTooltip } from '../../../src/vscode/describe';
import { servers, type Server } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { initialState, type ServerState } from '../../../src/updater/rollout/state';
import { facts } from './fixtures';

const { fleet } = parseFleet(
  JSON.stringify({
    systems: {
      harbour: {
        product: 'eocortex',
        version: '4.4.12',
        servers: { a: { host: 'a' }, own: { host: 'b', version: '4.3.18' } },
      },
      lake: { product: 'eocortex', servers: { none: { host: 'c' } } },
    },
  }),
  '/x/fleet.jsonc',
);
if (fleet === undefined) throw new Error('no fleet');
const byId = new Map(servers(fleet).map((server) => [server.id, server]));
const states = initialState(fleet, '2026-01-01T00:00:00Z');

function at(id: string, over: Partial<ServerState>): [Server, ServerState] {
  const [server, state] = [byId.get(id), states.get(id)];
  if (server === undefined || state === undefined) throw new Error(`no ${id}`);
  return [server, { ...state, facts, version: '4.3.1', ...over }];
}
const next = (state: ServerState) => serverCapabilities(state).filter((word) => word.startsWith('next-'));
const block = [{ rule: 'eocortex.downgrade-line', severity: 'block' as const, message: 'It is older.' }];
const rollback = ['4.3.1', '4.1.40'];

describe("the three statuses of the vendor's table, each with its one action", () => {
  it.each<[string, Partial<ServerState>, string, string[], string | undefined]>([
    [
      'a',
      { status: 'not-downloaded' },
      'Not downloaded · 4.3.1 → 4.4.12',
      ['next-download'],
      'Download 4.4.12',
    ],
    [
      'own',
      { status: 'not-downloaded' },
      'Not downloaded · 4.3.1 → 4.3.18',
      ['next-download'],
      'Download 4.3.18',
    ],
    ['a', { status: 'loaded' }, 'Loaded · 4.3.1 → 4.4.12', ['next-install'], 'Install version 4.4.12'],
    [
      'a',
      { status: 'installed', version: '4.4.12', rollback },
      'Already installed · 4.4.12 (before: 4.3.1)',
      ['next-rollback'],
      'Roll back to 4.3.1',
    ],
    // Four numbers there, three in the file: it is the same version.
    ['a', { status: 'installed', version: '4.4.12.0' }, 'Already installed · 4.4.12.0', [], undefined],
    // The fleet file names none: what the plan found in the library.
    [
      'none',
      {
        status: 'not-downloaded',
        assessment: { status: 'not-downloaded', detail: null, error: null, reasons: [], to: '4.4.2' },
      },
      'Not downloaded · 4.3.1 → 4.4.2',
      ['next-download'],
      'Download 4.4.2',
    ],
    [
      'none',
      { status: 'installed', reasons: [{ rule: 'version.none', severity: 'skip', message: 'None.' }] },
      'no package loaded · 4.3.1',
      [],
      undefined,
    ],
    // What a rule forbids is offered by nothing.
    [
      'a',
      { status: 'loaded', reasons: block },
      'blocked: It is older. · Loaded · 4.3.1 → 4.4.12',
      [],
      undefined,
    ],
    [
      'a',
      { status: 'failed', detail: 'no room' },
      'failed: no room · 4.3.1 → 4.4.12',
      ['next-resume'],
      undefined,
    ],
    ['a', { status: 'unknown', facts: null, version: null }, 'not asked yet', [], undefined],
  ])('%s %j', (id, over, text, words, action) => {
    const [server, state] = at(id, over);
    expect(describeServer(server, state)).toBe(text);
    expect(next(state)).toEqual(words);
    const [, told] = /\*\*Action\*\* (.*)/.exec(serverTooltip(server, state)) ?? [];
    expect(told?.replaceAll('\\', '')).toBe(action);
  });

  it('offers nothing for a recorder that a rule keeps out, and says the rule', () => {
    const detail = 'Only the applications `server` and `standalone` … (eocortex.app)';
    const [server, state] = at('a', { status: 'unsupported', detail, rollback });
    expect(serverCapabilities(state)).toEqual(['server']);
    expect(describeServer(server, state)).toContain(
      'not supported: Only the applications server and standalone … (eocortex.app)',
    );
  });
});
