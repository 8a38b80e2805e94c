import type { Plugin } from 'esbuild';

export declare const asProduct: {
  bundle: true;
  platform: 'node';
  target: string;
  format: 'cjs';
  plugins: Plugin[];
  external: string[];
  alias: Record<string, string>;
};
