import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  builtInCommands,
  capabilities,
  commandIds,
  contextKeys,
  settingIds,
  submenuIds,
  toolNames,
  viewContainerId,
  viewIds,
} from '../../../src/vscode/ids';
import { shownManifest } from './manifest';

interface Manifest {
  contributes: {
    commands: { command: string; title: string; category: string }[];
    menus: Record<string, { command?: string; submenu?: string; when?: string; group?: string }[]>;
    submenus: { id: string }[];
    views: Record<string, { id: string }[]>;
    viewsContainers: { activitybar: { id: string }[] };
    viewsWelcome: { view: string; when: string; contents: string }[];
    languageModelTools: { name: string; inputSchema: { type: string } }[];
    walkthroughs: {
      steps: { description: string; media: { markdown: string }; completionEvents: string[] }[];
    }[];
    configuration: { properties: Record<string, { description?: string; markdownDescription?: string }> };
  };
}

const { contributes } = shownManifest() as Manifest;
const menus = Object.values(contributes.menus).flat();
const whens = [...menus, ...contributes.viewsWelcome].flatMap(({ when }) => when ?? []);

describe('the table of ids and package.json', () => {
  it('name the same commands', () => {
    const named = contributes.commands.map(({ command }) => command);
    expect(named.sort()).toEqual(Object.values(commandIds).sort());
    for (const { category } of contributes.commands) expect(category).toBe('VMS Fleet');
  });

  it('name the same view container and views', () => {
    expect(contributes.viewsContainers.activitybar.map(({ id }) => id)).toEqual([viewContainerId]);
    expect(contributes.views[viewContainerId]?.map(({ id }) => id)).toEqual(Object.values(viewIds));
  });

  it('name the same settings, each described', () => {
    const { properties } = contributes.configuration;
    expect(Object.keys(properties).sort()).toEqual(Object.values(settingIds).sort());
    for (const { description, markdownDescription } of Object.values(properties))
      expect(description ?? markdownDescription).toMatch(/\.$/);
  });

  it('let no repository switch off the question before servers are changed', () => {
    const { confirmInstall } = settingIds;
    expect(contributes.configuration.properties[confirmInstall]).toMatchObject({ scope: 'application' });
  });

  it('know every command of a menu and of the welcome content', () => {
    const ours = new Set<string>(Object.values(commandIds));
    const others = new Set<string>([builtInCommands.problems, 'vscode.openFolder']);
    for (const { command, submenu } of menus) if (submenu === undefined) expect(ours).toContain(command);
    const linked = contributes.viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/\(command:([^)]+)\)/g)].map(([, command]) => command ?? ''),
    );
    expect(linked.length).toBeGreaterThan(4);
    for (const command of linked) expect(ours.has(command) || others.has(command)).toBe(true);
  });

  it('name the same submenus', () => {
    const named = contributes.submenus.map(({ id }) => id);
    expect(named).toEqual(Object.values(submenuIds));
    const used = menus.flatMap(({ submenu }) => submenu ?? []);
    expect([...new Set(used)]).toEqual(named);
    for (const id of named) expect(contributes.menus[id]?.length).toBeGreaterThan(1);
  });

  it('name the same tools for language models', () => {
    expect(contributes.languageModelTools.map(({ name }) => name)).toEqual(Object.values(toolNames));
  });

  it('know every command and file of the walkthrough', () => {
    const ours = new Set<string>(Object.values(commandIds));
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    for (const { description, media, completionEvents } of steps) {
      const linked = [...description.matchAll(/\(command:([^)]+)\)/g)].map(([, command]) => command);
      const events = completionEvents.map((event) => event.split(/:(.*)/));
      const awaited = events.flatMap(([kind, command]) => (kind === 'onCommand' ? [command] : []));
      for (const command of [...linked, ...awaited]) expect(ours).toContain(command);
      for (const [kind, key = ''] of events)
        if (kind === 'onContext') expect(Object.values(contextKeys)).toContain(key.split(' ')[0]);
      expect(readFileSync(media.markdown, 'utf8')).toMatch(/^## /);
    }
    expect(steps.length).toBeGreaterThan(4);
  });

  it('know every word and key that a condition asks for', () => {
    const words = new Set<string>(Object.values(capabilities));
    const keys = new Set<string>([...Object.values(contextKeys), ...Object.values(viewIds)]);
    for (const when of whens) {
      const patterns = [...when.matchAll(/viewItem =~ \/(.+?)\//g)].map(([, pattern]) => pattern ?? '');
      for (const word of patterns.flatMap((pattern) => pattern.replace(/\\b|[()]/g, '').split('|')))
        expect(words).toContain(word);
      for (const [key] of when.matchAll(/vmsFleet\.\w+/g)) expect(keys).toContain(key);
    }
  });

  it('puts what destroys last in the context menu', () => {
    const groups = contributes.menus['view/item/context']?.filter(
      ({ group }) => group?.startsWith('inline') !== true,
    );
    const last = groups?.filter(({ group }) => group?.startsWith('9_')).map(({ command }) => command);
    expect(last).toEqual([commandIds.restart, commandIds.rollback, commandIds.removePackage]);
  });
});
