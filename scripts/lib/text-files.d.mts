import type { Plugin } from 'esbuild';

export declare const textFiles: RegExp;
export declare function textOf(path: string, content: string): string;
export declare const texts: Plugin;
