import { beforeEach, describe, expect, it, vi } from 'vitest';
import { userPrompt } from '../../../src/commands/add-server-questions';
import { chooseVersions } from '../../../src/commands/choose-versions';
import { doctor } from '../../../src/commands/doctor';
import { install } from '../../../src/commands/install';
import { load } from '../../../src/commands/load';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { FleetSelection, FleetSession } from '../../../src/vscode/session';
import { window } from '../vscode/stub';
import { faces } from './fixtures';

vi.mock('vscode', () => import('../vscode/stub'));

const { fleet } = parseFleet(
  JSON.stringify({
    systems: {
      harbour: { product: 'eocortex', servers: { 'srv-1': { host: '192.0.2.1', app: 'server' } } },
      boxes: { product: 'banalytics', home: '/opt/box', servers: {} },
    },
  }),
  '/x/fleet.jsonc',
);
const session = {
  fleet,
  servers: fleet?.systems.flatMap(({ servers }) => servers),
  states: new Map(),
} as unknown as FleetSession;
const chosen = (id: string): FleetSelection[] => {
  const system = fleet?.systems.find((one) => one.id === id);
  return system ? [{ session, system, servers: [] }] : [];
};

describe('a system that has no servers yet', () => {
  beforeEach(() => void vi.clearAllMocks());

  it.each([
    ['install', install],
    ['doctor', doctor],
    ['chooseVersions', chooseVersions],
  ])('is what is meant where it is chosen: %s asks for no server of another', async (_name, command) => {
    await expect(command(faces, chosen('boxes'))).rejects.toMatchObject({
      message: 'There is no server yet in boxes.',
    });
    expect(window.showQuickPick).not.toHaveBeenCalled();
  });

  it('can have packages loaded for it', async () => {
    await load(faces, chosen('boxes'));
    expect(window.showQuickPick).not.toHaveBeenCalled();
    expect(window.showOpenDialog).toHaveBeenCalledOnce();
  });

  it('is offered its own servers alone where it was read before it had some', async () => {
    await install(faces, chosen('harbour'));
    const [items] = window.showQuickPick.mock.calls[0] as [{ label: string }[]];
    expect(items.map(({ label }) => label)).toEqual(['srv-1']);
  });
});

describe('the user of a server that is added', () => {
  it('is that of its system where none is written', () => {
    expect(userPrompt('updater')).toBe('User to log in as; empty: updater, as its system says');
    expect(userPrompt(undefined)).toMatch(/empty: as ~\/.ssh\/config says/);
  });
});
