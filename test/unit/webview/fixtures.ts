import type { ServerRow } from '../../../src/webview/protocol';
import type { RolloutServer, RolloutView } from '../../../src/webview/rollout-view';

export function row(id: string, over: Partial<ServerRow> = {}): ServerRow {
  return {
    id,
    system: 'boxes',
    product: 'banalytics',
    site: null,
    tags: [],
    status: 'installed',
    icon: 'pass',
    colour: null,
    asking: false,
    version: '1.0.0',
    target: '1.0.0',
    percent: null,
    since: '2026-11-25T08:00:00.000Z',
    wave: null,
    note: '',
    blocked: false,
    offers: [],
    ...over,
  };
}

export function part(id: string, over: Partial<RolloutServer> = {}): RolloutServer {
  return {
    id,
    system: 'boxes',
    wave: 0,
    from: '1.0.0',
    to: '2.0.0',
    verdict: 'ready',
    steps: [],
    expected: null,
    windowed: false,
    phases: [],
    outcome: null,
    endedAt: null,
    error: null,
    ...over,
  };
}

export function rollout(servers: RolloutServer[], over: Partial<RolloutView> = {}): RolloutView {
  return {
    id: 'r',
    action: 'install',
    by: 'me@here',
    startedAt: at(0),
    resumedAt: null,
    asked: null,
    finishedAt: null,
    outcome: null,
    parallel: { boxes: 2 },
    servers,
    ...over,
  };
}

/** So many seconds after the beginning. */
export const at = (second: number): string => new Date(ms(second)).toISOString();
export const ms = (second: number): number => Date.UTC(2026, 10, 25, 8, 0, second);
