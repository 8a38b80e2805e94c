// A headless Chromium, driven by playwright-core.
import { chromium as playwright } from 'playwright-core';
import { chromium as findChromium, ensureDebianPackages, isDebian } from './prepare.mjs';

/** Absolute path of a Chromium, installed first where that can be done; throws with what to do where not. */
export async function ensureChromium() {
  if (!findChromium() && isDebian()) await ensureDebianPackages(['chromium', 'fonts-dejavu-core']);
  const path = findChromium();
  if (path) return path;
  throw new Error('No Chromium found. Install chromium or Google Chrome, or set CHROME_PATH to its program.');
}

/** @returns {Promise<import('playwright-core').Browser>} */
export async function launchBrowser() {
  return await playwright.launch({
    executablePath: await ensureChromium(),
    timeout: 60_000,
    // Our own handler ends everything in order; playwright's would exit before it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
