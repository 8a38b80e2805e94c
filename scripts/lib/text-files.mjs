/** Files that are loaded as text, wherever something of ours is bundled: what runs on servers, and what the demo is made of. */
export const textEndings = ['.sh', '.bat', '.c', '.h', '.nsi', '.rc', '.wxs'];

/** The same for esbuild. @type {Record<string, 'text'>} */
export const textLoaders = Object.fromEntries(textEndings.map((ending) => [ending, 'text']));
