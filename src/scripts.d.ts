declare module '*.sh' {
  const text: string;
  export default text;
}

declare module '*.bat' {
  const text: string;
  export default text;
}

/** The upper halves of the code pages of one byte a character: `cp866` → 128 characters. */
declare module 'iconv-lite/encodings/sbcs-data-generated' {
  const tables: Record<string, { chars: string } | undefined>;
  export default tables;
}
