import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { command, must } from './command';

const DEADLINE = 10_000;

/** A private network of this machine and a lab's boxes. */
export interface Network {
  /** This machine's address in it, such as 10.99.7.1. */
  readonly gateway: string;
  /** The address of the box with this number (1 to 200). */
  address(box: number): string;
  /** Gives a box its cable: a fresh network namespace, so that no connection of the boot before lives on in it. */
  plug(box: number): Promise<void>;
  /** Takes the cable out: from now on nothing of the box reaches anybody. */
  unplug(box: number): Promise<void>;
  /** Name of the box's network namespace. */
  namespace(box: number): string;
}

/**
 * Makes a bridge with the first free range 10.99.x.0/24. Its name holds x, and only one can have the name: two labs never share a range.
 * @param lab kept as the bridge's alias; a sweep tells by it whose the bridge is
 */
export async function makeNetwork(lab: string): Promise<Network> {
  for (let x = 1; x <= 250; x++) {
    const bridge = `vmslab${x}`;
    if (taken(`10.99.${x}.`) || existsSync(`/sys/class/net/${bridge}`)) continue;
    const added = await ip(['link', 'add', bridge, 'type', 'bridge']);
    if (added.code !== 0 && existsSync(`/sys/class/net/${bridge}`)) continue; // another lab was faster
    if (added.code !== 0) throw new Error(`The lab's bridge cannot be made: ${added.stderr}`);
    await batch([
      `link set ${bridge} alias ${lab}`,
      `addr add 10.99.${x}.1/24 dev ${bridge}`,
      `link set ${bridge} up`,
    ]);
    return network(lab, bridge, x);
  }
  throw new Error('All ranges 10.99.x.0/24 of this machine are taken.');
}

function network(lab: string, bridge: string, x: number): Network {
  const address = (box: number) => `10.99.${x}.${box + 10}`;
  const namespace = (box: number) => `${lab}-${box}`;
  const port = (box: number) => `vl${x}b${box}`;
  return {
    gateway: `10.99.${x}.1`,
    address,
    namespace,
    plug: async (box) => {
      const inside = namespace(box);
      const card = `02:99:00:00:${hex(x)}:${hex(box)}`; // the same after each boot, as a real card's
      await batch([
        `netns add ${inside}`,
        `link add ${port(box)} type veth peer name eth0 address ${card} netns ${inside}`,
        `link set ${port(box)} master ${bridge} up`,
      ]);
      await batch(
        [
          `addr add ${address(box)}/24 dev eth0`,
          'link set lo up',
          'link set eth0 up',
          `route add default via 10.99.${x}.1`,
        ],
        inside,
      );
    },
    unplug: async (box) => {
      await ip(['link', 'del', port(box)]);
      await ip(['netns', 'del', namespace(box)]);
    },
  };
}

/** Whether an SSH server answers, within a second. */
export function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data: Buffer) => end(data.toString().startsWith('SSH-2.0')));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false));
  });
}

function taken(prefix: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address.startsWith(prefix)),
  );
}

function ip(args: readonly string[]) {
  return command(['ip', ...args], { deadline: DEADLINE });
}

async function batch(lines: readonly string[], namespace?: string): Promise<void> {
  const inside = namespace === undefined ? [] : ['-n', namespace];
  await must(['ip', ...inside, '-batch', '-'], { deadline: DEADLINE, stdin: `${lines.join('\n')}\n` });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
