import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { servers, type Server } from '../../../src/updater/fleet/model';
import { openLibrary, type Library } from '../../../src/updater/packages/library';
import type { Need } from '../../../src/updater/products/product';
import { Supplies } from '../../../src/updater/rollout/supply';
import { basicMedia, jarOf } from '../packages/make';
import { answer, serve, type RepositoryServer } from '../packages/server';
import { fleetOf, scratch } from './fixtures';

const path = 'com/banalytics/box/module/basic-media/1.4.0/basic-media-1.4.0.jar';
const need = { package: null, module: basicMedia, version: '1.4.0' } as unknown as Need;

let repository: RepositoryServer;
let library: Library;
let supplies: Supplies;
let two: [Server, Server];
let jar: Buffer;
/** Lets the repository send the rest of the jar. */
let send: () => void;
let asked: Promise<void>;

beforeEach(async () => {
  repository = await serve();
  jar = await jarOf(basicMedia, '1.4.0', { more: [{ name: 'noise', text: randomBytes(600_000) }] });
  repository.files.set(path, jar);
  holdJar();
  library = openLibrary(await scratch());
  const fleet = fleetOf({ s: { servers: 2, repository: repository.root } });
  supplies = new Supplies(library, () => fleet);
  two = servers(fleet) as [Server, Server];
});

/** The jar is sent when the test says so. */
function holdJar(): void {
  const held = new Promise<void>((resolve) => (send = resolve));
  let begun = (): void => undefined;
  asked = new Promise<void>((resolve) => (begun = resolve));
  repository.before = (request, response) => {
    if (request.method !== 'GET' || request.url?.endsWith(path) !== true) return false;
    begun();
    void held.then(() => answer(request, response, jar));
    return true;
  };
}

function fetches(server: Server): { ended: Promise<string>; cancel: AbortController; seen: number[] } {
  const cancel = new AbortController();
  const seen: number[] = [];
  const ended = supplies
    .fetch(server, [need], (_file, done) => seen.push(done), cancel.signal)
    .then(
      () => 'fetched',
      (error: { code: string }) => error.code,
    );
  return { ended, cancel, seen };
}

const timesAsked = (): number => repository.requests.filter((line) => line === `GET ${path}`).length;

it('fetches once what two need, and tells both how far it is', async () => {
  const [a, b] = [fetches(two[0]), fetches(two[1])];
  await asked;
  send();
  expect(await Promise.all([a.ended, b.ended])).toEqual(['fetched', 'fetched']);
  expect(timesAsked()).toBe(1);
  expect([a.seen.at(-1), b.seen.at(-1)]).toEqual([jar.length, jar.length]);
});

it.each([0, 1])('goes on for the other when number %i is cancelled', async (gone) => {
  const both = [fetches(two[0]), fetches(two[1])];
  await asked;
  both[gone]?.cancel.abort();
  // At once, and not when the fetch has ended.
  expect(await both[gone]?.ended).toBe('cancelled');
  send();
  expect(await both[1 - gone]?.ended).toBe('fetched');
  expect(timesAsked()).toBe(1);
});

it('stops when nobody waits any more, and begins anew for the next', async () => {
  const [a, b] = [fetches(two[0]), fetches(two[1])];
  await asked;
  a.cancel.abort();
  b.cancel.abort();
  expect(await Promise.all([a.ended, b.ended])).toEqual(['cancelled', 'cancelled']);
  send();
  expect(await library.list()).toEqual([]);
  expect(await Promise.all([fetches(two[0]).ended, fetches(two[1]).ended])).toEqual(['fetched', 'fetched']);
  expect(timesAsked()).toBe(2);
});

it('asks nobody for one who was cancelled before', async () => {
  const cancel = new AbortController();
  cancel.abort();
  await expect(supplies.fetch(two[0], [need], () => undefined, cancel.signal)).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(repository.requests).toEqual([]);
});
