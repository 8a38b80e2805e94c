import type { Server } from '../updater/fleet/model';
import { serverStatuses } from '../updater/rollout/events';
import type { ServerState } from '../updater/rollout/state';
import { lazily, spokenLanguage, t } from './l10n';
import { urgency } from './statuses';
import { statusWord, statusWords } from './words';

export const groupings = ['system', 'site', 'status', 'tag'] as const;
/** By what the fleet tree puts servers together. */
export type Grouping = (typeof groupings)[number];

/** How the fleet tree shows servers. */
export interface Arrangement {
  grouping: Grouping;
  /** Words of which each must be found in a server; empty: all are shown. */
  filter: string;
}

/** What is known of one server. */
export interface Known {
  server: Server;
  state: ServerState | undefined;
}

export interface Group {
  /** Stable: what the servers have in common; '' where they have nothing. */
  key: string;
  label: string;
  servers: Server[];
}

const none = lazily((): Record<Exclude<Grouping, 'system' | 'status'>, string> => ({
  site: t('No site'),
  tag: t('No tag'),
}));

/** In which groups a server stands: several where it has several tags, none where the filter leaves it out. */
export function keysOf(known: Known, { grouping, filter }: Arrangement): string[] {
  if (!passes(known, filter)) return [];
  const { server, state } = known;
  switch (grouping) {
    case 'system':
      return [server.system];
    case 'site':
      return [server.site ?? ''];
    case 'status':
      return [state?.status ?? 'unknown'];
    case 'tag':
      return server.tags.length > 0 ? [...new Set(server.tags)] : [''];
  }
}

/** Every word must be found in what a person knows a server by. */
export function passes({ server, state }: Known, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { id, host, system, site, tags, product, role } = server;
  const status = state ? [statusWords()[state.status], statusWord(product, state.status)] : [];
  const text = [id, host, system, site, role, ...tags, ...status].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Groups by anything but systems, in order: statuses that need a person first, names as people count, those without one last. */
export function groupsOf(all: readonly Known[], arrangement: Arrangement): Group[] {
  const groups = new Map<string, Server[]>();
  for (const known of all)
    for (const key of keysOf(known, arrangement)) {
      const group = groups.get(key);
      if (group) group.push(known.server);
      else groups.set(key, [known.server]);
    }
  const { grouping } = arrangement;
  const entries = [...groups].map(([key, servers]) => ({ key, label: labelOf(grouping, key), servers }));
  if (grouping === 'status') return entries.sort((a, b) => urgency(a.key) - urgency(b.key));
  return entries.sort(
    (a, b) => Number(a.key === '') - Number(b.key === '') || byName().compare(a.label, b.label),
  );
}

const byName = lazily(() => new Intl.Collator(spokenLanguage().language, { numeric: true }));

function labelOf(grouping: Grouping, key: string): string {
  if (grouping === 'status')
    return capital(statusWords()[serverStatuses.find((one) => one === key) ?? 'unknown']);
  return key === '' && grouping !== 'system' ? none()[grouping] : key;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
