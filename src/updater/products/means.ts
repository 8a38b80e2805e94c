import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Platform } from '../targets/platform';
import { platformOf } from '../targets/read-facts';
import { productOf } from '.';
import type { Hands, Product } from './product';

/** What acting on a server takes, beyond planning for it. */
export interface Means {
  product: Product;
  hands: Hands;
  platform: Platform;
}

/** @throws FleetError `server.unsupported` where this version can at most plan for the server, from recorded facts */
export function meansFor(server: Server): Means {
  const product = productOf(server.product);
  const hands = product?.hands[server.os];
  const platform = platformOf(server);
  // By the fleet file alone: such a server is not even asked.
  const [excluded] = product?.excludes(server, null).filter(({ severity }) => severity === 'block') ?? [];
  if (excluded !== undefined)
    throw new FleetError('server.unsupported', `${excluded.message} (${excluded.rule})`, {
      server: server.id,
      hint: 'It is listed, and never touched.',
    });
  if (product === undefined || hands === undefined || platform === undefined)
    throw new FleetError(
      'server.unsupported',
      `This version cannot update ${product?.title ?? server.product} on ${server.os} yet.`,
      {
        server: server.id,
        hint:
          product === undefined
            ? 'A newer VMS Fleet may.'
            : 'It can plan for it from recorded facts: `vms-fleet plan --facts FILE`.',
      },
    );
  return { product, hands, platform };
}
