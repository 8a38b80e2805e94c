import type { System } from '../updater/fleet/model';
import type { ServerState } from '../updater/rollout/state';
import { t } from '../vscode/l10n';
import { serverCount, statusWords, tallied, wantedVersion } from '../vscode/words';

/** "12 servers: 10 installed 1.4.2, 1 failed, 1 unreachable". The most common first; where one status has one version, it is named. */
export function systemStatus(system: System, states: ReadonlyMap<string, ServerState>): string {
  const { servers } = system;
  const found = new Map<string, { n: number; versions: Set<string | null> }>();
  for (const { id } of servers) {
    const state = states.get(id);
    if (!state) continue;
    const word = statusWords()[state.status];
    const known = found.get(word) ?? { n: 0, versions: new Set() };
    known.n += 1;
    known.versions.add(state.status === 'installed' ? state.version : null);
    found.set(word, known);
  }
  const total = serverCount(servers.length);
  const parts = [...found].sort(([, a], [, b]) => b.n - a.n);
  if (parts.length === 0) return total;
  const said = parts.map(([word, { n, versions }]) => {
    const [version, ...others] = versions;
    const what = others.length === 0 && version ? `${word} ${version}` : word;
    // One word for all needs no number of its own.
    return parts.length === 1 ? what : tallied(n, what);
  });
  return `${total}: ${said.join(', ')}`;
}

/** "Update to 1.4.2…" where all its servers shall go to one version, else "Update…". */
export function updateTitle(system: System, states: ReadonlyMap<string, ServerState>): string {
  const wanted = new Set<string | null>();
  for (const server of system.servers) {
    const state = states.get(server.id);
    if (state) wanted.add(wantedVersion(server, state));
    if (wanted.size > 1) return t('Update…');
  }
  const [version] = wanted;
  return version ? t('Update to {0}…', version) : t('Update…');
}
