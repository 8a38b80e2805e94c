import type { Fleet, Server } from '../updater/fleet/model';
import type { Plan, Reason } from '../updater/plan/plan';
import type { ServerState } from '../updater/rollout/state';
import { failedStatuses, oneLine, wantedVersion } from '../vscode/words';

/*
 * What a language model is told. Bounded whatever the size of the fleet: counts of everything, details of a few.
 */

/** Servers told of one by one, and systems counted. */
export const mostServers = 40;
const mostSystems = 100;
const mostReasons = 5;
const longestText = 240;

/** All systems by status and version, and of the servers those that need a person first. */
export function statusResult(
  fleet: Fleet,
  servers: readonly Server[],
  states: ReadonlyMap<string, ServerState>,
): object {
  const known = servers.flatMap((server) => {
    const state = states.get(server.id);
    return state ? [{ server, state }] : [];
  });
  const shown = [...known].sort((a, b) => urgency(a.state) - urgency(b.state)).slice(0, mostServers);
  const bySystem = new Map<string, ServerState[]>();
  for (const { state } of known) {
    const states = bySystem.get(state.system);
    if (states) states.push(state);
    else bySystem.set(state.system, [state]);
  }
  return {
    fleet: text(fleet.name),
    servers: known.length,
    statuses: tally(known.map(({ state }) => state.status)),
    systems: [...bySystem].slice(0, mostSystems).map(([id, states]) => ({
      id,
      product: states[0]?.product,
      servers: states.length,
      statuses: tally(states.map(({ status }) => status)),
      versions: tally(states.map(({ version }) => version ?? 'not known')),
    })),
    ...leftOut('systemsLeftOut', bySystem.size - mostSystems),
    details: shown.map(({ server, state }) => ({
      id: server.id,
      system: server.system,
      ...(server.site !== undefined && { site: text(server.site) }),
      status: state.status,
      since: state.since,
      version: state.version,
      wanted: wantedVersion(server, state),
      ...(state.step !== null && { step: text(state.step) }),
      ...(state.detail !== null && { detail: text(state.detail) }),
      ...reasons(state.reasons),
      ...(state.error && {
        error: { code: state.error.code, message: text(state.error.message), hint: state.error.hint },
      }),
    })),
    ...leftOut('detailsLeftOut', known.length - mostServers),
  };
}

/** What an action would do: verdicts counted, and of the servers those that are held up first. */
export function planResult(fleet: Fleet, plan: Plan): object {
  const order = ['blocked', 'confirm', 'ready', 'skip'];
  const shown = [...plan.servers]
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .slice(0, mostServers);
  return {
    fleet: text(fleet.name),
    action: plan.action,
    verdicts: tally(plan.servers.map(({ verdict }) => verdict)),
    waves: 1 + plan.servers.reduce((highest, { wave }) => Math.max(highest, wave), 0),
    parallel: Object.fromEntries(Object.entries(plan.parallel).slice(0, mostSystems)),
    details: shown.map(({ id, system, verdict, from, to, path, wave, reasons: why }) => ({
      ...{ id, system, verdict, from, to, path, wave },
      ...reasons(why),
    })),
    ...leftOut('detailsLeftOut', plan.servers.length - mostServers),
    note: 'Nothing was changed. Only a person can start it, in VS Code or by the command line.',
  };
}

function urgency({ status, rollout, reasons }: ServerState): number {
  if (failedStatuses.has(status)) return 0;
  if (status === 'unreachable') return 1;
  if (rollout !== null) return 2;
  if (reasons.some(({ severity }) => severity === 'block')) return 3;
  return status === 'installed' ? 5 : 4;
}

function reasons(all: readonly Reason[]): object {
  if (all.length === 0) return {};
  return {
    reasons: all
      .slice(0, mostReasons)
      .map(({ rule, severity, message }) => ({ rule, severity, message: text(message) })),
    ...leftOut('reasonsLeftOut', all.length - mostReasons),
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 20);
  return Object.fromEntries(most);
}

function leftOut(name: string, n: number): object {
  return n > 0 ? { [name]: n } : {};
}

function text(said: string): string {
  const line = oneLine(said);
  return line.length > longestText ? `${line.slice(0, longestText)}…` : line;
}
