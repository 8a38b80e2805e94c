import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { QuickInput } from './quick-input';
import type { Session } from './session';
import { until } from '../lab/until';
import { exactly } from './exactly';

const extensionId = 'vms-fleet.vms-fleet';

/** One VS Code window, in the words of the person in front of it. Every method waits for what it names; none sleeps. */
export class Workbench {
  readonly page: Page;
  readonly quick: QuickInput;
  readonly #browser: Browser;
  readonly #session: Session;
  /** Output channels of windows before this one: closed, they live on for a while and tell what happens here too. */
  readonly #others: ReadonlySet<string>;

  private constructor(browser: Browser, page: Page, session: Session) {
    this.page = page;
    this.quick = new QuickInput(page);
    this.#browser = browser;
    this.#session = session;
    this.#others = new Set(this.#logs());
  }

  /** Opens a browser and the session's folder in it. */
  static async launch(session: Session): Promise<Workbench> {
    const executablePath = process.env['CHROME_PATH'];
    if (executablePath === undefined)
      throw new Error('CHROME_PATH is not set: start these tests by npm run e2e');
    const browser = await chromium.launch({ executablePath, timeout: 60_000 });
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      page.setDefaultTimeout(20_000);
      const workbench = new Workbench(browser, page, session);
      await workbench.open();
      return workbench;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Loads the page (again) and waits until the window and its extensions are there. */
  async open(url = this.#session.url): Promise<void> {
    await this.page.goto(url, { timeout: 60_000 });
    await this.page.locator('.activitybar .action-item').first().waitFor({ timeout: 60_000 });
    await this.page.locator('.statusbar-item').first().waitFor({ timeout: 60_000 });
  }

  /** Reloads the window as a person does: VS Code keeps what is open. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load', { timeout: 60_000 });
    await this.palette('Developer: Reload Window');
    await loaded;
    await this.page.locator('.statusbar-item').first().waitFor({ timeout: 60_000 });
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Runs a command by its whole title: `VMS Fleet: Refresh`. */
  palette(title: string): Promise<void> {
    return this.quick.command(title);
  }

  /** Opens a file of the workspace in an editor, by its name. */
  openFile(name: string): Promise<void> {
    return this.quick.file(name);
  }

  /** Shows the side bar that belongs to an icon of the activity bar. */
  async showContainer(title: string): Promise<void> {
    const icon = this.page
      .locator(`.activitybar .action-item:has(a.action-label[aria-label^="${title}"])`)
      .first();
    await icon.waitFor();
    await until(`the side bar ${title}`, async () => {
      if ((await icon.getAttribute('class'))?.split(' ').includes('checked')) return true;
      await icon.click();
      return undefined;
    });
  }

  /** A section of the side bar by its title: `Fleet`. */
  section(title: string): Locator {
    return this.page.locator('.sidebar .pane').filter({
      has: this.page.locator('.pane-header h3.title', { hasText: exactly(title) }),
    });
  }

  /**
   * A row of a tree in the side bar, scrolled to where it is not on the screen.
   * @param text the whole label; a pattern is matched against label and description together
   */
  async treeRow(text: string | RegExp, section?: string): Promise<Locator> {
    const body = (section === undefined ? this.page.locator('.sidebar') : this.section(section)).locator(
      '.pane-body',
    );
    const rows = body.locator('.monaco-list-row[role="treeitem"]');
    const row =
      typeof text === 'string'
        ? rows.filter({ has: this.page.locator('.label-name', { hasText: exactly(text) }) })
        : rows.filter({ hasText: text });
    const lists = body.locator('.monaco-list');
    let position = '';
    let still = 0;
    let down = true;
    await until(`the row ${String(text)}`, async () => {
      // The tooltip of the row under the mouse lies over the others until the mouse goes away.
      await this.page.mouse.move(0, 0);
      if (await this.#reachable(row.first())) return true;
      const before = position;
      position = await this.#turnWheel(lists, down);
      // At one end for a while: to the other, as rows come and go. The wheel takes effect a moment later.
      still = position === before ? still + 1 : 0;
      if (still === 3) {
        down = !down;
        still = 0;
      }
      return undefined;
    });
    return row.first();
  }

  /** Whether the mouse gets at it: a row at the edge of its list may be there and still lie under something. */
  async #reachable(row: Locator): Promise<boolean> {
    if (!(await row.isVisible())) return false;
    return row.hover({ trial: true, timeout: 1000 }).then(
      () => true,
      () => false,
    );
  }

  /** Turns the wheel over each list by one notch (VS Code takes 50 pixels for it); returns where the lists stood before. */
  async #turnWheel(lists: Locator, down: boolean): Promise<string> {
    const positions: (string | null)[] = [];
    for (const list of await lists.all()) {
      positions.push(
        await list.locator('.monaco-list-rows').first().getAttribute('style', { timeout: 1000 }),
      );
      await list.hover({ timeout: 1000 });
      await this.page.mouse.wheel(0, down ? 100 : -100);
    }
    return positions.join();
  }

  /** Labels of the rows on the screen, from the top. */
  async treeLabels(section: string): Promise<string[]> {
    const rows = this.section(section).locator('.monaco-list-row[role="treeitem"] .label-name');
    await rows.first().waitFor();
    return rows.allInnerTexts();
  }

  async expand(row: Locator): Promise<void> {
    await this.#setExpanded(row, 'true');
  }

  async collapse(row: Locator): Promise<void> {
    await this.#setExpanded(row, 'false');
  }

  async #setExpanded(row: Locator, wanted: 'true' | 'false'): Promise<void> {
    await until(`the row to be expanded: ${wanted}`, async () => {
      if ((await row.getAttribute('aria-expanded')) === wanted) return true;
      await row.locator('.monaco-tl-twistie').click();
      return undefined;
    });
  }

  /** Selects several rows; the last one is where a following context menu opens. */
  async select(rows: Locator[]): Promise<void> {
    for (const [index, row] of rows.entries())
      await row.click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
  }

  /** Right click on a row, then an entry of its menu. */
  async contextMenu(row: Locator, item: string): Promise<void> {
    const entry = (await this.#openMenu(row)).filter({ hasText: exactly(item) });
    // A menu takes no click in its first tenth of a second.
    await until(`the menu entry ${item} to be taken`, async () => {
      await entry.first().click({ timeout: 2000 });
      await entry.first().waitFor({ state: 'hidden', timeout: 1000 });
      return true;
    });
  }

  /** What the context menu of a row offers. */
  async contextMenuItems(row: Locator): Promise<string[]> {
    const entries = await this.#openMenu(row);
    const labels = await entries.locator('.action-label:not(.separator)').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return labels.map((label) => label.trim());
  }

  async #openMenu(row: Locator): Promise<Locator> {
    const entries = this.page.locator('.context-view .monaco-menu .action-item');
    await until('the context menu', async () => {
      await row.click({ button: 'right', timeout: 2000 });
      await entries.first().waitFor({ timeout: 2000 });
      return true;
    });
    return entries;
  }

  /** A button in a row that shows on hover, by its tooltip. */
  async rowAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.locator(`.actions a.action-label[aria-label^="${title}"]`).click();
  }

  /** The whole text of the status bar item that holds `text`. */
  async statusBar(text: string | RegExp): Promise<string> {
    const item = this.page.locator('.statusbar-item', { hasText: text }).first();
    await item.waitFor();
    return item.innerText();
  }

  /** Waits for a notification that holds `text`. With `button`, presses that button of it. Returns its message. */
  async notification(text: string | RegExp, button?: string, timeout = 30_000): Promise<string> {
    const toast = this.page
      .locator('.notifications-toasts .notification-list-item', { hasText: text })
      .first();
    await toast.waitFor({ timeout });
    const message = await toast.locator('.notification-list-item-message').innerText();
    if (button !== undefined) await toast.locator('.monaco-button', { hasText: exactly(button) }).click();
    return message;
  }

  /** Waits for the modal question, presses a button of it, returns what it asked: message and detail. */
  async modal(button: string): Promise<string> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    const asked = await box.locator('.dialog-message-container').innerText();
    await box.locator('.monaco-button', { hasText: exactly(button) }).click();
    await box.waitFor({ state: 'hidden' });
    return asked;
  }

  /** The page inside the webview in front. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  /** What the extension has written to its output channel in this window; '' while there is none. */
  outputChannel(name: string): string {
    const ending = join(extensionId, `${name}.log`);
    return this.#logs()
      .filter((file) => file.endsWith(ending) && !this.#others.has(file))
      .map((file) => readFileSync(join(this.#session.logs, file), 'utf8'))
      .join('');
  }

  #logs(): string[] {
    return readdirSync(this.#session.logs, { recursive: true, encoding: 'utf8' }).sort();
  }

  /** Saves `out/screenshots/<name>.png`; returns its path. */
  async screenshot(name: string): Promise<string> {
    const folder = join('out', 'screenshots');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name.replace(/[^\w.-]+/g, '-')}.png`);
    await this.page.screenshot({ path });
    return path;
  }
}
