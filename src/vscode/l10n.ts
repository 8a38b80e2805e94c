/** Sentences in the language of VS Code. It knows no VS Code itself: the page of the fleet view and the pure modules speak by it too. */

/** VS Code's language, and each English sentence in it; undefined where there is no translation. */
export interface Language {
  language: string;
  sentences: Readonly<Record<string, string>> | undefined;
}

let spoken: Language = { language: 'en', sentences: undefined };

/** Once, before anything is said: English as long as nobody has called it, as in the command line. */
export function speak(as: Language): void {
  spoken = as;
}

/** For Intl and for the page. */
export const spokenLanguage = (): Language => spoken;

/**
 * A whole sentence, with its values in the places {0}, {1} …, in whatever order the language wants them. Not where a module loads:
 * then the language is not known yet (`lazily`).
 */
export function t(sentence: string, ...values: readonly (string | number)[]): string {
  const said = spoken.sentences?.[sentence] ?? sentence;
  return said.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}

/** Words that a module keeps: made when they are first read. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
