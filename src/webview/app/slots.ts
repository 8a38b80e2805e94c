/**
 * Which element of the document shows which line: a line keeps its own while it is drawn, the focus with it; one that leaves lends its
 * own to one that comes, for to change an element takes much less than to make one.
 */
export class Slots {
  private taken = new Map<string, number>();
  private made = 0;

  /**
   * @param keys of the lines that are drawn, from above to below
   * @returns the slot of each, in the same order
   */
  assign(keys: readonly string[]): number[] {
    const stays = new Set(keys);
    const freed = [...this.taken].flatMap(([key, slot]) => (stays.has(key) ? [] : [slot]));
    this.taken = new Map(keys.map((key) => [key, this.taken.get(key) ?? freed.shift() ?? this.made++]));
    return [...this.taken.values()];
  }
}
