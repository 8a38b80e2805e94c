import { expect, it } from 'vitest';
import { Slots } from '../../../src/webview/app/slots';

it('a line keeps its element while it is drawn; one that leaves lends its own to one that comes', () => {
  const slots = new Slots();
  expect(slots.assign(['a', 'b', 'c'])).toEqual([0, 1, 2]);
  expect(slots.assign(['b', 'c', 'd'])).toEqual([1, 2, 0]);
  // All others came: none has to be moved.
  expect(slots.assign(['e', 'f', 'g'])).toEqual([1, 2, 0]);
  // The one with the focus stays, wherever the others go.
  expect(slots.assign(['e', 'x', 'y'])).toEqual([1, 2, 0]);
  expect(slots.assign(['y', 'e'])).toEqual([0, 1]);
});

it('elements that nobody needs are given up, and made again', () => {
  const slots = new Slots();
  slots.assign(['a', 'b', 'c']);
  expect(slots.assign([])).toEqual([]);
  const again = slots.assign(['d', 'e', 'f', 'g']);
  expect(new Set(again).size).toBe(4);
  expect(slots.assign(['g', 'f', 'e', 'd'])).toEqual([...again].reverse());
});
