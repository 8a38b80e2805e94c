/** Files that the bundler and the tests load as text. */
declare module '*.sh' {
  const text: string;
  export default text;
}
declare module '*.bat' {
  const text: string;
  export default text;
}
declare module '*.c' {
  const text: string;
  export default text;
}
declare module '*.h' {
  const text: string;
  export default text;
}
declare module '*.nsi' {
  const text: string;
  export default text;
}
declare module '*.wxs' {
  const text: string;
  export default text;
}

declare module '*.rc' {
  const text: string;
  export default text;
}

/** The upper halves of the code pages of one byte a character: `cp866` → 128 characters. */
declare module 'iconv-lite/encodings/sbcs-data-generated' {
  const tables: Record<string, { chars: string } | undefined>;
  export default tables;
}
