import * as vscode from 'vscode';

/** Where a question stands among those of one command. */
export interface At {
  title: string;
  step: number;
  total: number;
  /** Whether there is a question before this one to go back to. */
  canGoBack: boolean;
}

export const goBack = Symbol('back');
/** Undefined: the person went away. */
export type Answer<T> = T | typeof goBack | undefined;

/** Keeps what was answered; going back and going away are passed on. */
export function keep<T>(answer: Answer<T>, use: (value: T) => void): Answer<'answered'> {
  if (answer === undefined) return undefined;
  if (answer === goBack) return goBack;
  use(answer);
  return 'answered';
}

/** A question of several; it keeps the answer itself. */
export interface Step {
  /** Whether it is asked at all, by the answers before it. */
  applies?: () => boolean;
  /** False: work between the questions, which has no number. */
  counts?: boolean;
  /** Resolves with `next` where it need not be asked after all, and is passed over on the way back. */
  ask: (at: At) => Promise<Answer<'next' | 'answered'>>;
}

/** Asks one question after the other, backwards too. True when all were answered, false when the person went away. */
export async function askAll(title: string, steps: readonly Step[]): Promise<boolean> {
  const asked: number[] = [];
  for (let index = 0; index < steps.length;) {
    const step = steps[index];
    if (step === undefined || step.applies?.() === false) {
      index += 1;
      continue;
    }
    const applying = steps.filter((one) => one.counts !== false && one.applies?.() !== false);
    const at = {
      title,
      step: applying.indexOf(step) + 1,
      total: applying.length,
      canGoBack: asked.length > 0,
    };
    const answer = await step.ask(at);
    if (answer === undefined) return false;
    if (answer === goBack) {
      index = asked.pop() ?? 0;
      continue;
    }
    if (answer === 'answered') asked.push(index);
    index += 1;
  }
  return true;
}

export interface TextQuestion {
  prompt: string;
  value?: string;
  placeholder?: string;
  /** Why the text will not do; undefined if it will. */
  fault: (text: string) => string | undefined;
}

/** An input box that says what is wrong while one types. */
export function askText(
  at: At,
  { prompt, value, placeholder, fault }: TextQuestion,
): Promise<Answer<string>> {
  const box = vscode.window.createInputBox();
  box.prompt = prompt;
  box.value = value ?? '';
  box.placeholder = placeholder;
  return answered(box, at, (answer) => [
    // Nothing is wrong with what one has not written yet.
    box.onDidChangeValue(
      (text) => (box.validationMessage = text.trim() === '' ? undefined : fault(text.trim())),
    ),
    box.onDidAccept(() => {
      box.validationMessage = fault(box.value.trim());
      if (box.validationMessage === undefined) answer(box.value.trim());
    }),
  ]);
}

export interface Choice<T> extends vscode.QuickPickItem {
  value: T;
}

export interface PickQuestion<T> {
  placeholder: string;
  items: readonly Choice<T>[];
  /** The item that is offered first. */
  active?: Choice<T> | undefined;
  /** An item made of what was typed, where that may be the answer too. */
  typed?: (text: string) => Choice<T> | undefined;
}

export function askPick<T>(
  at: At,
  { placeholder, items, active, typed }: PickQuestion<T>,
): Promise<Answer<T>> {
  const pick = vscode.window.createQuickPick<Choice<T>>();
  pick.placeholder = placeholder;
  pick.matchOnDescription = true;
  pick.items = items;
  if (active) pick.activeItems = [active];
  return answered(pick, at, (answer) => [
    pick.onDidChangeValue((text) => {
      const own = text.trim() === '' ? undefined : typed?.(text.trim());
      pick.items = own ? [...items, own] : items;
    }),
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen) answer(chosen.value);
    }),
  ]);
}

/** Shows it until it is answered. It stays when the focus goes elsewhere: the answer may have to be looked up there. */
function answered<T>(
  input: vscode.QuickInput & {
    buttons: readonly vscode.QuickInputButton[];
    onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
  },
  { title, step, total, canGoBack }: At,
  listen: (answer: (value: T) => void) => vscode.Disposable[],
): Promise<Answer<T>> {
  input.title = title;
  input.step = step;
  input.totalSteps = total;
  input.ignoreFocusOut = true;
  input.buttons = canGoBack ? [vscode.QuickInputButtons.Back] : [];
  return new Promise((resolve) => {
    const done = (answer: Answer<T>): void => {
      resolve(answer);
      listeners.dispose();
      input.dispose();
    };
    const listeners = vscode.Disposable.from(
      ...listen(done),
      input.onDidTriggerButton(() => done(goBack)),
      input.onDidHide(() => done(undefined)),
    );
    input.show();
  });
}
