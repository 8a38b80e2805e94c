import type { Prompts, SecretQuestion } from './link';
import { orAborted, Shared } from './waiting';

/**
 * Answers of the person, kept in memory only. An answer is there for every other link that needs it at the same moment,
 * and until it proves wrong; so a fleet with one password asks once.
 */
export class Secrets {
  readonly #prompts: Prompts;
  readonly #answers = new Map<string, string>();
  readonly #questions = new Shared<string | undefined>();

  constructor(prompts: Prompts) {
    this.#prompts = prompts;
  }

  /** The answer that was given last and not yet proved wrong. */
  remembered(subject: string): string | undefined {
    return this.#answers.get(subject);
  }

  /** Asks; several who ask the same at once share one question. Undefined: nobody answers. */
  ask(question: SecretQuestion, signal: AbortSignal): Promise<string | undefined> {
    const { kind, subject, attempt } = question;
    return this.#questions.run(`${kind} ${attempt} ${subject}`, signal, async (shared) => {
      const answer = await orAborted(this.#prompts.secret(question, shared), shared);
      if (answer !== undefined) this.#answers.set(subject, answer);
      return answer;
    });
  }

  /** Forgets an answer that was wrong, unless a newer one took its place. */
  wrong(subject: string, answer: string): void {
    if (this.#answers.get(subject) === answer) this.#answers.delete(subject);
  }

  forgetAll(): void {
    this.#answers.clear();
  }
}
