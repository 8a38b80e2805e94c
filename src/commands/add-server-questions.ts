import type { Server, System } from '../updater/fleet/model';
import type { ServerEntry, SystemEntry } from '../updater/fleet/schema';
import { t } from '../vscode/l10n';
import { askPick, askText, keep, type Choice, type Step } from '../vscode/steps';
import { serverCount } from '../vscode/words';

export function systemChoices(systems: readonly System[]): Choice<System>[] {
  return systems.map((system) => ({
    label: system.id,
    description: `${system.product} · ${serverCount(system.servers.length)}`,
    value: system,
  }));
}

/** What an empty answer means: a server cannot say that it has none of the user that its system names. */
export function userPrompt(inherited: string | undefined): string {
  return inherited === undefined
    ? t('User to log in as; empty: as ~/.ssh/config says, else your own name')
    : t('User to log in as; empty: {0}, as its system says', inherited);
}

/** Directly (or as its system says), or by way of what others go by. */
export function jumpChoices(
  servers: readonly Server[],
  inherited: string | undefined,
): Choice<string | null>[] {
  const uses = new Map<string, number>();
  for (const { jump } of servers) if (jump !== undefined) uses.set(jump, (uses.get(jump) ?? 0) + 1);
  const usual =
    inherited === undefined
      ? { label: t('Directly'), description: t('or as ~/.ssh/config says'), value: null }
      : { label: t('Through {0}', inherited), description: t('as its system says'), value: null };
  const others = [...uses]
    .filter(([jump]) => jump !== inherited)
    .sort(([, a], [, b]) => b - a)
    .map(([jump, n]) => ({
      label: jump,
      description: n === 1 ? t('jump host of 1 server') : t('jump host of {0} servers', n),
      value: jump,
    }));
  return [usual, ...others];
}

export interface Asked {
  system: () => System;
  /** What the system says for all its servers. */
  written: () => SystemEntry;
  servers: readonly Server[];
  fault: (field: 'label', text: string) => string | undefined;
  /** Filled in by the answers. */
  entry: Partial<ServerEntry>;
}

/** What only some products, and fleets with sites, want to know. */
export function productSteps({ system, written, servers, fault, entry }: Asked): Step[] {
  /** An empty answer leaves the field out. */
  const set = (key: 'app' | 'environment' | 'site', value: string): void => {
    if (value === '') delete entry[key];
    else entry[key] = value;
  };
  return [
    {
      applies: () => system().product === 'banalytics' && written().environment === undefined,
      ask: async (at) => {
        const answer = await askText(at, {
          prompt: t('Identifier under which the box is registered; empty: to be written later'),
          value: entry.environment ?? '',
          fault: (text) => (text === '' ? undefined : fault('label', text)),
        });
        return keep(answer, (text) => set('environment', text));
      },
    },
    {
      applies: () => system().product === 'eocortex' && written().app === undefined,
      ask: async (at) => {
        const items = [
          { label: 'server', description: t('a server of the system'), value: 'server' },
          { label: 'standalone', description: t('a server that stands alone'), value: 'standalone' },
          { label: 'nvr', description: t('is listed, and never touched'), value: 'nvr' },
        ];
        const active = items.find(({ value }) => value === entry.app);
        const answer = await askPick(at, { placeholder: t('What runs there?'), items, active });
        return keep(answer, (app) => set('app', app));
      },
    },
    {
      applies: () => written().site === undefined && servers.some(({ site }) => site !== undefined),
      ask: async (at) => {
        const sites = [...new Set(servers.flatMap(({ site }) => site ?? []))].sort();
        const items = [
          ...sites.map((site) => ({ label: site, value: site })),
          { label: t('No site'), description: t('or written later'), value: '' },
        ];
        const answer = await askPick(at, {
          placeholder: t('Where does it stand? Type the name of another site'),
          items,
          active: items.find(({ value }) => value === entry.site),
          typed: (typed) =>
            fault('label', typed) === undefined && !sites.includes(typed)
              ? { label: typed, description: t('a new site'), value: typed, alwaysShow: true }
              : undefined,
        });
        return keep(answer, (site) => set('site', site));
      },
    },
  ];
}
