declare module '*.sh' {
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
