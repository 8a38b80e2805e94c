/** Stands in for the person before the screen: answers questions that no test can click, and remembers what was asked and told. */
import * as vscode from 'vscode';

export interface Message {
  text: string;
  modal: boolean;
  detail: string;
  buttons: string[];
}

interface Item {
  label: string;
}

export class Person {
  readonly messages: Message[] = [];
  /** Title and labels of every list that was shown. */
  readonly lists: { title: string; labels: string[] }[] = [];
  private readonly window = vscode.window as unknown as Record<string, unknown>;
  private readonly real = new Map<string, unknown>();

  /** Button that is pressed in a notification that has it; all others are let be. */
  press: string | undefined;
  /** Every input box that was shown. */
  readonly typed: vscode.InputBoxOptions[] = [];

  /**
   * @param picks labels to pick, in turn, each from the next list; a missing one leaves the list unanswered
   * @param answers what to type, in turn; a missing one leaves the input box unanswered
   * @param files what to choose in the dialog that opens files; none: it is cancelled
   */
  constructor(
    private readonly picks: string[] = [],
    answers: string[] = [],
    files: string[] = [],
  ) {
    this.replace('showOpenDialog', () =>
      Promise.resolve(files.length > 0 ? files.map((file) => vscode.Uri.file(file)) : undefined),
    );
    this.replace('showInputBox', (options: vscode.InputBoxOptions) => {
      this.typed.push(options);
      return Promise.resolve(answers.shift());
    });
    for (const name of ['showInformationMessage', 'showWarningMessage', 'showErrorMessage'])
      this.replace(name, (text: string, ...rest: unknown[]) => this.message(text, rest));
    this.replace('showQuickPick', async (given: unknown, options: vscode.QuickPickOptions = {}) => {
      const items = (await given) as (string | Item)[];
      return this.pick(items, options);
    });
  }

  /** The last modal question. */
  get question(): Message | undefined {
    return this.messages.findLast(({ modal }) => modal);
  }

  /** Gives the screen back. */
  leave(): void {
    for (const [name, real] of this.real) this.window[name] = real;
  }

  private replace(name: string, stand: (...args: never[]) => unknown): void {
    this.real.set(name, this.window[name]);
    this.window[name] = stand;
  }

  /** Agrees to whatever is modal. */
  private message(text: string, rest: unknown[]): Promise<string | undefined> {
    const [first] = rest;
    const options = typeof first === 'object' && first !== null ? (first as vscode.MessageOptions) : {};
    const buttons = rest.filter((one): one is string => typeof one === 'string');
    const modal = options.modal === true;
    this.messages.push({ text, modal, detail: options.detail ?? '', buttons });
    return Promise.resolve(modal ? buttons[0] : buttons.find((button) => button === this.press));
  }

  private pick(items: (string | Item)[], options: vscode.QuickPickOptions): unknown {
    const labelOf = (item: string | Item) => (typeof item === 'string' ? item : item.label);
    this.lists.push({ title: options.title ?? '', labels: items.map(labelOf) });
    const wanted = this.picks.shift();
    const found = wanted === undefined ? undefined : items.find((item) => labelOf(item).includes(wanted));
    if (wanted !== undefined && found === undefined)
      throw new Error(`"${wanted}" is not among ${items.map(labelOf).join(', ')} (${options.title})`);
    return options.canPickMany === true && found !== undefined ? [found] : found;
  }
}
