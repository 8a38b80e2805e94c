export function sentencesIn(source: string, name?: string): string[];
export function bareWordsIn(source: string, name?: string): string[];
export function bundle(): Record<string, string>;
export function bareWords(): string[];
