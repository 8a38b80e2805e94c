import { parseFleet } from '../../../src/updater/fleet/read';
import { servers, type Fleet, type Server } from '../../../src/updater/fleet/model';
import { initialState, type ServerState } from '../../../src/updater/rollout/state';
import { factsOf } from '../samples';

export const fleet: Fleet = (() => {
  const text = JSON.stringify({
    name: 'Test',
    systems: {
      boxes: {
        product: 'banalytics',
        home: '/opt/box',
        modules: { 'com.banalytics.box:core': '1.4.2', 'com.banalytics.box.module:onvif': '1.2.0' },
        servers: {
          'box-1': { host: '192.0.2.1', environment: 'e1' },
          'box-2': { host: '192.0.2.2', environment: 'e2' },
        },
      },
    },
  });
  const parsed = parseFleet(text, '/tmp/fleet.jsonc');
  if (!parsed.fleet) throw new Error(JSON.stringify(parsed.problems));
  return parsed.fleet;
})();

export const box: Server = (() => {
  const [first] = servers(fleet);
  if (!first) throw new Error('no server');
  return first;
})();

export function state(over: Partial<ServerState> = {}): ServerState {
  const found = initialState(fleet, '2026-01-01T00:00:00Z').get(box.id);
  if (!found) throw new Error('no state');
  return { ...found, ...over };
}

export const facts = factsOf({
  installed: { version: '1.4.1' },
  modules: { 'com.banalytics.box:core': '1.4.1', 'com.banalytics.box.module:yolo': '2.0.0' },
});
