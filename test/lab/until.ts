/** Asks again until the answer is neither undefined nor false. `deadline` in ms; then an error that names what was waited for. */
export async function until<T>(
  what: string,
  ask: () => T | PromiseLike<T>,
  deadline = 20_000,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + deadline;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, false | undefined>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > end)
      throw new Error(`Waited ${deadline / 1000} s for ${what}: ${String(cause)}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
