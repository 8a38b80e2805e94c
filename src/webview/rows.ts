import type { Server } from '../updater/fleet/model';
import type { ServerState } from '../updater/rollout/state';
import { serverCapabilities } from '../vscode/capabilities';
import { besideName, blockedBy, doneNow, moduleRows, percent, serverIcon } from '../vscode/describe';
import { capabilities, type Capability } from '../vscode/ids';
import { busyStatuses, failedStatuses, modulesToChange, oneLine, wantedVersion } from '../vscode/words';
import type { Offer, ServerRow } from './protocol';

const offers: Partial<Record<Capability, Offer>> = {
  [capabilities.downloadable]: 'download',
  [capabilities.installable]: 'install',
  [capabilities.rollbackable]: 'rollback',
  [capabilities.restartable]: 'restart',
  [capabilities.failed]: 'resume',
  [capabilities.running]: 'cancel',
};

/** One server as a line of the table. `part`: in a rollout that runs. */
export function rowOf(
  server: Server,
  state: ServerState,
  part: { wave: number; to: string | null } | undefined,
): ServerRow {
  const { id, system, product, site, tags } = server;
  const { id: icon, color } = serverIcon(state);
  const acting = state.rollout !== null;
  return {
    id,
    system,
    product,
    site: site ?? null,
    tags,
    status: state.status,
    icon,
    colour: color ?? null,
    asking: state.checking && !acting,
    version: state.version === null ? null : oneLine(state.version),
    target: (acting ? part?.to : null) ?? wantedVersion(server, state),
    percent: state.progress && state.progress.total > 0 ? percent(state.progress) : null,
    since: state.status === 'unknown' ? null : state.since,
    wave: part?.wave ?? null,
    note: oneLine(noteOf(server, state)),
    blocked: !acting && blockedBy(state) !== undefined,
    offers: serverCapabilities(state).flatMap((capability) => offers[capability] ?? []),
  };
}

function noteOf(server: Server, state: ServerState): string {
  const { status, detail, error, rollout } = state;
  if (busyStatuses.has(status)) return doneNow(state);
  if (failedStatuses.has(status) || status === 'unreachable' || status === 'unsupported')
    return besideName(server.id, error?.message ?? detail ?? '');
  if (rollout !== null) return detail ?? '';
  const blocked = blockedBy(state);
  if (blocked !== undefined) return blocked;
  const { version } = state;
  const changes = moduleRows(server, state).filter(({ differs }) => differs).length;
  return changes > 0 && (version === null || version === wantedVersion(server, state))
    ? modulesToChange(changes)
    : '';
}
