import { realpathSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { extension } from './support';

type Load = (module: Module, file: string) => void;

/**
 * Activates the extension. @returns the ms in which VS Code's extension host did nothing but that: loading our code, and `activate`. In
 * between it waits for parts of its own, which is none of ours.
 */
export async function activate(): Promise<number> {
  const { main: bundle } = extension().packageJSON as { main: string };
  const main = realpathSync(join(extension().extensionPath, bundle));
  const loaders = (Module as unknown as { _extensions: Record<'.js', Load> })._extensions;
  const load = loaders['.js'];
  let spent = 0;
  const timed = <T>(work: () => T): T => {
    const begun = performance.now();
    try {
      return work();
    } finally {
      spent += performance.now() - begun;
    }
  };
  loaders['.js'] = (module, file) => {
    if (realpathSync(file) !== main) return load(module, file);
    // What it loads in its turn is part of it.
    loaders['.js'] = load;
    timed(() => load(module, file));
    const exported = module.exports as { activate: (...words: unknown[]) => unknown };
    module.exports = {
      ...exported,
      activate: (...words: unknown[]) => timed(() => exported.activate(...words)),
    };
  };
  try {
    await extension().activate();
  } finally {
    loaders['.js'] = load;
  }
  return spent;
}
