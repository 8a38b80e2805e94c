/** A sentence with elements of the page in its places {0}, {1} …: the language decides where each stands. */
export function withElements(sentence: string, ...elements: readonly unknown[]): unknown[] {
  return sentence.split(/\{(\d+)\}/).map((part, index) => (index % 2 === 0 ? part : elements[Number(part)]));
}
