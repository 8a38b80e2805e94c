import type { Locator, Page } from 'playwright-core';
import { until } from '../lab/until';
import { exactly } from './exactly';

/** The command palette, quick picks and input boxes: one widget at the top of the window. */
export class QuickInput {
  readonly #page: Page;
  readonly widget: Locator;
  readonly #box: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.widget = page.locator('.quick-input-widget');
    this.#box = this.widget.locator('.quick-input-box input');
  }

  /** Runs a command by its whole title, as the palette shows it: `VMS Fleet: Refresh`. */
  async command(title: string): Promise<void> {
    await this.#type(`>${title}`);
    await this.#choose(title);
  }

  /** Opens a file of the workspace by its name. */
  async file(name: string): Promise<void> {
    await this.#type(name);
    await this.#choose(name);
  }

  /** Into the palette. An editor that is just opening takes the focus, and the palette goes with it: then it is opened again. */
  async #type(text: string): Promise<void> {
    await until('the palette to take what is typed', async () => {
      await this.#openPalette();
      await this.#box.fill(text, { timeout: 3000 });
      return true;
    });
  }

  /** Answers a quick pick by the label of one item. */
  async pick(label: string): Promise<void> {
    await this.#box.waitFor();
    await this.#box.fill(label);
    await this.#choose(label);
  }

  /** Answers a quick pick where several can be ticked, short enough to fit the screen: exactly these are ticked then. */
  async pickMany(labels: string[]): Promise<void> {
    const offered = await this.labels();
    const absent = labels.filter((label) => !offered.includes(label));
    if (absent.length > 0) throw new Error(`Not offered: ${absent.join(', ')}; but ${offered.join(', ')}`);
    for (const label of offered) {
      const tick = this.#row(label).locator('.monaco-checkbox');
      const ticked = (await tick.getAttribute('aria-checked')) === 'true';
      if (ticked !== labels.includes(label)) await tick.click();
    }
    const before = await this.#signature();
    await this.widget.locator('.quick-input-action .monaco-button').first().click();
    await this.#changed(before);
  }

  /** Answers an input box. Where the text is not taken, the box stays and says why: see `message`. */
  async input(text: string): Promise<void> {
    await this.#box.waitFor();
    await this.#box.fill(text);
    const before = await this.#signature();
    await this.#box.press('Enter');
    await this.#changed(before);
  }

  /** Labels of the items shown (of a long list the first screenful). */
  async labels(): Promise<string[]> {
    await this.#rows().first().waitFor();
    return this.#rows().locator('.quick-input-list-entry .label-name').allInnerTexts();
  }

  /** What the widget says under its box: the prompt, or why the text is not taken. */
  message(): Promise<string> {
    return this.widget.locator('.quick-input-message').innerText();
  }

  async cancel(): Promise<void> {
    await until('the quick input to close', async () => {
      if (await this.widget.isHidden()) return true;
      await this.#page.keyboard.press('Escape');
      return this.widget.isHidden();
    });
  }

  /** F1 is swallowed while an earlier quick input closes: asked again until the palette is there. */
  async #openPalette(): Promise<void> {
    await this.cancel();
    await until('the command palette', async () => {
      await this.#page.keyboard.press('F1');
      await this.#box.waitFor({ timeout: 1000 });
      return (await this.#box.inputValue()).startsWith('>');
    });
  }

  async #choose(label: string): Promise<void> {
    const before = await this.#signature();
    await this.#row(label).first().click();
    await this.#changed(before);
  }

  #rows(): Locator {
    return this.widget.locator('.quick-input-list .monaco-list-row');
  }

  #row(label: string): Locator {
    return this.#rows().filter({ has: this.#page.locator('.label-name', { hasText: exactly(label) }) });
  }

  /** What tells one question from the next in the same widget. */
  async #signature(): Promise<string> {
    if (await this.widget.isHidden()) return 'hidden';
    const texts = ['.quick-input-title', '.quick-input-message', '.quick-input-list'];
    const parts = texts.map((selector) =>
      this.widget.locator(selector).first().textContent({ timeout: 2000 }),
    );
    const placeholder = this.#box.getAttribute('placeholder', { timeout: 2000 });
    return JSON.stringify(
      await Promise.all([...parts, placeholder, this.#box.inputValue({ timeout: 2000 })]),
    );
  }

  async #changed(before: string): Promise<void> {
    await until('the answer to be taken', async () => (await this.#signature()) !== before);
  }
}
