/** Makes something of a value once, and gives it again for the same value: lists are never changed, only made anew. */
export function memo<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, { value: V }>();
  return (key) => {
    let known = made.get(key);
    if (known === undefined) made.set(key, (known = { value: make(key) }));
    return known.value;
  };
}

/** Keeps what was made of some values until one of them is another. */
export class Kept<V> {
  private last: { of: readonly unknown[]; value: V } | undefined;

  get(of: readonly unknown[], make: () => V): V {
    if (!this.last?.of.every((one, index) => one === of[index])) this.last = { of, value: make() };
    return this.last.value;
  }
}
