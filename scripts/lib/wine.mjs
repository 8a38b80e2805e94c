import { ensureDebianPackages, isDebian } from './prepare.mjs';

/** What Windows-like machines are made of. */
export const WINE_PACKAGES = ['wine', 'wine64', 'nsis', 'wixl', 'gcc-mingw-w64-x86-64-win32', 'locales'];

/** Installs it where that can be done (root on Debian). Elsewhere the demo says what it leaves out. */
export async function installWine() {
  if (isDebian() && process.getuid?.() === 0) await ensureDebianPackages(WINE_PACKAGES);
}
