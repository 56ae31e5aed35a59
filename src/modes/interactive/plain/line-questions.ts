// Questions that are answered by lines: a choice by its number, yes or no, a line, a text. Made by the mode without a screen, which gives it the lines that
// come. Invariant: they are asked one after another and none is lost; the newest that is open takes the line.

import type { DialogOptions } from "../dialogs.ts";
import type { ChoiceOptions } from "../pickers/choice.ts";
import { filtered, type PickerItem } from "../pickers/picker.ts";
import type { LineOptions } from "../pickers/typed-answer.ts";
import { Questions, timed } from "../questions.ts";
import { numbered } from "./numbered.ts";
import { SwitchList } from "./switch-list.ts";

interface OpenQuestion {
  ask(): void;
  /** Whether it was an answer, or belongs to one; else it is said to whom it would have been without the question. */
  take(line: string): boolean;
  /** What is pasted is one answer, however many lines it has. */
  isText: boolean;
  close(): void;
  /** It was left without an answer. */
  left?(): void;
}

export interface LineQuestionsHost {
  say(text: string): void;
  /** What is typed is not seen until the way back; nothing: that cannot be done here. */
  hideTyping(): Promise<(() => void) | undefined>;
}

type How = Pick<DialogOptions, "timeout" | "signal">;

export class LineQuestions {
  readonly #host: LineQuestionsHost;
  readonly #questions = new Questions(() => {});
  readonly #open: OpenQuestion[] = [];

  constructor(host: LineQuestionsHost) {
    this.#host = host;
  }

  /** Whether the next line, and no more of them, is an answer. */
  get wantsLine(): boolean {
    return this.#open.at(-1)?.isText === false;
  }

  take(line: string): boolean {
    return this.#open.at(-1)?.take(line) ?? false;
  }

  cancelAll(): void {
    this.#questions.cancelAll();
    for (const { close, left } of [...this.#open]) {
      close();
      left?.();
    }
  }

  select(title: string, options: readonly string[], how: How = {}): Promise<string | undefined> {
    const items = options.map((option) => ({ value: option, label: option }));
    return this.#questions.ask<string>(
      (answer, left) => this.#list({ title: timed(title, left()), items, take: answer, cancelled: () => answer(undefined) }),
      how,
    );
  }

  async confirm(title: string, message: string, how: How = {}): Promise<boolean> {
    const question = `${message === "" ? title : `${title}\n${message}`}\nyes or no:`;
    const answered = await this.#questions.ask<boolean>(
      (answer, left) =>
        this.#line(timed(question, left()), (line) => {
          if (/^y(es)?$/i.test(line)) answer(true);
          else if (/^(no?)?$/i.test(line)) answer(undefined);
          else this.#host.say("yes or no:");
        }),
      how,
    );
    return answered ?? false;
  }

  async input(
    title: string,
    prefill = "",
    { isHidden = false, placeholder = "", ...how }: How & LineOptions = {},
  ): Promise<string | undefined> {
    const showTyping = isHidden ? await this.#host.hideTyping() : undefined;
    if (isHidden && showTyping === undefined) {
      this.#host.say("What is typed cannot be hidden here. In the shell: pi auth login");
      return undefined;
    }
    const known = [prefill === "" ? "" : `now ${prefill}`, placeholder === "" ? "" : `such as ${placeholder}`].filter((one) => one !== "");
    const question = `${title}${known.length === 0 ? "" : ` (${known.join(", ")})`}, or an empty line for none:`;
    try {
      return await this.#questions.ask<string>(
        (answer, left) => this.#line(timed(question, left()), (line) => answer(line === "" ? undefined : line)),
        how,
      );
    } finally {
      showTyping?.();
    }
  }

  /** Several lines: a paste, or those that end with a backslash and the one behind them. */
  text(title: string, prefill = "", how: How = {}): Promise<string | undefined> {
    const question = `${title}${prefill === "" ? "" : `\n${prefill}\n`}\nA \\ at the end goes on in the next line, an empty line is none:`;
    return this.#questions.ask<string>((answer) => this.#line(question, (line) => answer(line === "" ? undefined : line), true), how);
  }

  /** Gives the way to close it. */
  choose({ title, items, chosen = "", filter = "", isLeftByTyping = false, take, flip, cancelled }: ChoiceOptions): () => void {
    if (flip !== undefined) {
      const switches = new SwitchList(typeof title === "string" ? title : title(), items, flip);
      const close = this.#push({
        ask: () => this.#host.say(switches.text()),
        isText: false,
        take: (line) => {
          if (line !== "") this.#host.say(switches.take(line));
          else {
            close();
            cancelled?.();
          }
          return true;
        },
      });
      return close;
    }
    return this.#list({
      title: typeof title === "string" ? title : title(),
      items,
      chosen,
      filter,
      isLeftByTyping,
      take: (value) => void take(value),
      cancelled: () => cancelled?.(),
    });
  }

  #list(of: {
    title: string;
    items: readonly PickerItem[];
    chosen?: string;
    filter?: string;
    isLeftByTyping?: boolean;
    take(value: string): void;
    cancelled(): void;
  }): () => void {
    const { title, items, chosen = "", filter = "", isLeftByTyping = false, take, cancelled } = of;
    let shown = filtered(items, filter);
    if (shown.length === 0) shown = items;
    const ask = (): void => this.#host.say([title, ...numbered(shown, chosen), howToChoose(isLeftByTyping)].join("\n"));
    const close = this.#push({
      ask,
      isText: false,
      left: cancelled,
      take: (line) => {
        const picked = /^\d+$/.test(line) ? shown[Number(line) - 1] : undefined;
        if (picked !== undefined) {
          close();
          take(picked.value);
          return true;
        }
        const found = line === "" || isLeftByTyping || /^\d+$/.test(line) ? [] : filtered(items, line);
        if (found.length > 0) {
          shown = found;
          ask();
          return true;
        }
        close();
        if (isLeftByTyping && line !== "") {
          cancelled();
          return false;
        }
        this.#host.say(line === "" ? "Nothing was chosen" : `Nothing there is ${JSON.stringify(line)}: nothing was chosen`);
        cancelled();
        return true;
      },
    });
    return close;
  }

  #line(question: string, take: (line: string) => void, isText = false): () => void {
    return this.#push({
      isText,
      ask: () => this.#host.say(question),
      take: (line) => {
        take(line);
        return true;
      },
    });
  }

  #push(asked: Omit<OpenQuestion, "close">): () => void {
    const question: OpenQuestion = {
      ...asked,
      close: () => {
        const at = this.#open.indexOf(question);
        if (at < 0) return;
        const wasNewest = at === this.#open.length - 1;
        this.#open.splice(at, 1);
        // What it was asked over waits again.
        if (wasNewest) this.#open.at(-1)?.ask();
      },
    };
    this.#open.push(question);
    question.ask();
    return question.close;
  }
}

function howToChoose(isLeftByTyping: boolean): string {
  return isLeftByTyping ? "Which one? Its number." : "Which one? Its number, words to look for, or an empty line for none.";
}
