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

/** Answers to a question of several. */
export const [offered, goBack] = ['\u0000offered', '\u0000back'];

/** What was shown of a question of several. */
export interface Step {
  title: string;
  /** Number and of how many: "2/6". */
  at: string;
  /** What was in the input box at first. */
  value: string;
  labels: string[];
  /** What was said of answers that would not do. */
  faults: string[];
}

/** A quick input of VS Code's, as far as questions of several use it. */
class QuickInput {
  title = '';
  step = 0;
  totalSteps = 0;
  value = '';
  validationMessage: string | undefined;
  items: Item[] = [];
  selectedItems: Item[] = [];
  buttons: vscode.QuickInputButton[] = [];
  private readonly valueChanges = new vscode.EventEmitter<string>();
  private readonly accepts = new vscode.EventEmitter<void>();
  private readonly hides = new vscode.EventEmitter<void>();
  private readonly presses = new vscode.EventEmitter<vscode.QuickInputButton>();
  readonly onDidChangeValue = this.valueChanges.event;
  readonly onDidAccept = this.accepts.event;
  readonly onDidHide = this.hides.event;
  readonly onDidTriggerButton = this.presses.event;

  /** @param answer what the person does when it is shown */
  constructor(private readonly answer: (input: QuickInput) => void) {}

  show(): void {
    this.answer(this);
  }

  dispose(): void {
    vscode.Disposable.from(this.valueChanges, this.accepts, this.hides, this.presses).dispose();
  }

  shown(): Step {
    const { title, step, totalSteps, value, items } = this;
    return { title, at: `${step}/${totalSteps}`, value, labels: items.map(({ label }) => label), faults: [] };
  }

  type(value: string): void {
    this.value = value;
    this.valueChanges.fire(value);
  }

  accept(): void {
    this.accepts.fire();
  }

  leave(): void {
    this.hides.fire();
  }

  back(): void {
    const [button] = this.buttons;
    if (!button) throw new Error(`There is no way back from "${this.title}", ${this.step}`);
    this.presses.fire(button);
  }
}

export class Person {
  readonly messages: Message[] = [];
  /** Title and labels of every list that was shown. */
  readonly lists: { title: string; labels: string[] }[] = [];
  private readonly window = vscode.window as unknown as Record<string, unknown>;
  private readonly real = new Map<string, unknown>();

  /** Button that is pressed in a message that has it; of modal ones else the first, all others are let be. */
  press: string | undefined;
  /** Every input box that was shown. */
  readonly typed: vscode.InputBoxOptions[] = [];
  /** Every question of several that was shown. */
  readonly steps: Step[] = [];

  /**
   * @param picks labels to pick, in turn, each from the next list (of several: parted by |); a missing one leaves the list unanswered
   * @param answers what to type, in turn; a missing one leaves the input box unanswered, in a question of several `offered` takes what
   * is in it already, and `goBack` goes back
   * @param files what to choose in the dialog that opens files, or the one name in that which saves; none: it is cancelled
   */
  constructor(
    private readonly picks: string[] = [],
    answers: string[] = [],
    files: string[] = [],
  ) {
    this.replace('showOpenDialog', () =>
      Promise.resolve(files.length > 0 ? files.map((file) => vscode.Uri.file(file)) : undefined),
    );
    this.replace('showSaveDialog', () => Promise.resolve(files.map((file) => vscode.Uri.file(file))[0]));
    this.replace('showInputBox', (options: vscode.InputBoxOptions) => {
      this.typed.push(options);
      return Promise.resolve(answers.shift());
    });
    this.replace('createInputBox', () => this.inputBox(answers));
    this.replace('createQuickPick', () => this.quickPick());
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
    const pressed = buttons.find((button) => button === this.press);
    return Promise.resolve(pressed ?? (modal ? buttons[0] : undefined));
  }

  private inputBox(answers: string[]): QuickInput {
    return new QuickInput((box) => {
      const step = box.shown();
      this.steps.push(step);
      for (;;) {
        const answer = answers.shift();
        if (answer === undefined) return box.leave();
        if (answer === goBack) return box.back();
        if (answer !== offered) box.type(answer);
        box.accept();
        if (box.validationMessage === undefined) return;
        step.faults.push(box.validationMessage);
      }
    });
  }

  /** What is not among the items is typed. */
  private quickPick(): QuickInput {
    return new QuickInput((pick) => {
      const step = pick.shown();
      this.steps.push(step);
      const wanted = this.picks.shift();
      if (wanted === undefined) return pick.leave();
      if (wanted === goBack) return pick.back();
      const find = () => pick.items.find(({ label }) => label.includes(wanted));
      if (!find()) pick.type(wanted);
      const found = find();
      if (!found) throw new Error(`"${wanted}" is not among ${step.labels.join(', ')}, and cannot be typed`);
      pick.selectedItems = [found];
      pick.accept();
    });
  }

  private pick(items: (string | Item)[], options: vscode.QuickPickOptions): unknown {
    const labelOf = (item: string | Item) => (typeof item === 'string' ? item : item.label);
    this.lists.push({ title: options.title ?? '', labels: items.map(labelOf) });
    const wanted = this.picks.shift();
    if (wanted === undefined) return undefined;
    const find = (label: string) => {
      const found = items.find((item) => labelOf(item).includes(label));
      if (found) return found;
      throw new Error(`"${label}" is not among ${items.map(labelOf).join(', ')} (${options.title})`);
    };
    return options.canPickMany === true ? wanted.split('|').map(find) : find(wanted);
  }
}
