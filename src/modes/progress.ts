// Shows on the terminal, or in a log, that print mode is at work: the answer as it comes, a line for what was done, one live line for what is
// being done. Called by print mode, and loaded only where somebody watches.
// Invariant: one write after another, so that the two streams do not mix on a screen that both go to; the live line is gone when it ends.

import type { AgentEvent } from "../contracts/agent-event.ts";
import { textOf } from "../contracts/message.ts";
import { TerminalStream } from "../contracts/text/plain.ts";
import { type TextForm, textForm } from "../contracts/text/terminal-text.ts";
import { viewsOf } from "../contracts/tool-view.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import { RunTally } from "../harness/run/run-tally.ts";
import type { OutputStream } from "../platform/pipes/descriptor-output.ts";
import { type ProgressFacts, ProgressText } from "../transcript/text/progress-text.ts";
import type { ModeContext, ProgressKind } from "./mode.ts";

const refreshMs = 200;
const repeatAfterMs = 1000;
const clearLine = "\r\u001b[2K";

export interface Progress {
  /** Ends the live line, and the line of the answer; gives what has been shown of the answer that came last. */
  stop(): Promise<string>;
  /** The closing line. */
  summarize(): Promise<void>;
}

export interface ProgressPlace extends Pick<ModeContext, "io" | "env" | "takeWarnings"> {
  progress: ProgressKind;
  streamsAnswer: boolean;
}

export function startProgress(sessions: SessionHost, { io, env, progress, streamsAnswer, takeWarnings }: ProgressPlace): Progress {
  const tally = new RunTally(io.now);
  const form = progress.lines === "terminal" ? textForm({ stdout: io.stderr, env }) : plainForm;
  const hasLiveLine = progress.lines === "terminal" && !env.NO_COLOR && env.TERM !== "dumb";
  const text = new ProgressText({
    ...form,
    // The last column is left free: some terminals break the line there.
    ...(form.width === undefined ? {} : { width: form.width - 1 }),
    isVerbose: progress.isVerbose,
    toolViews: viewsOf(sessions.coding.conversation.tools),
  });
  const screen = new Screen(io, progress.lines !== "none");
  const answer = streamsAnswer ? new StreamedAnswer(screen) : undefined;
  const facts = (): ProgressFacts => {
    const { turns, toolCalls, usage, cost, durationMs } = tally.record({ kind: "done", text: "" }, undefined);
    return { turns, toolCalls, tokens: usage.totalTokens, cost, durationMs };
  };
  const repeats = new Repeats(io.now);
  const say = (lines: string[]): void => {
    const shown = progress.lines === "log" ? lines.filter((line) => repeats.isNew(line)) : lines;
    if (progress.lines !== "none") screen.say(shown);
  };
  const unsubscribe = sessions.subscribe((event: AgentEvent) => {
    tally.take(event);
    const lines = text.take(event);
    if (lines.length > 0) say(lines);
    return answer?.take(event);
  });
  const giveWarningsBack = progress.lines === "terminal" ? takeWarnings((line) => screen.say([line])) : undefined;
  const draw = (): void => screen.draw(text.live(facts()));
  const timer = hasLiveLine ? setInterval(draw, refreshMs) : undefined;
  if (hasLiveLine) draw();
  return {
    stop: async () => {
      clearInterval(timer);
      unsubscribe();
      giveWarningsBack?.();
      await screen.settle();
      return answer?.shown ?? "";
    },
    summarize: () => {
      const { session } = sessions.coding;
      say([text.summary(facts(), session.isPersisted ? session.id : undefined)]);
      return screen.settle();
    },
  };
}

const plainForm: TextForm = { paint: (text) => text, width: undefined };

/** In a log the same is said once a second at most. */
class Repeats {
  readonly #saidAt = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  isNew(line: string): boolean {
    // How long it took is not what makes it another thing.
    const what = line.replace(/(?<![\d.])[\d.]+ (?:ms|s|min)\b/g, "");
    const now = this.#now();
    const before = this.#saidAt.get(what);
    if (before !== undefined && now - before < repeatAfterMs) return false;
    for (const [old, at] of this.#saidAt) if (now - at >= repeatAfterMs) this.#saidAt.delete(old);
    this.#saidAt.set(what, now);
    return true;
  }
}

/** Both streams, and where the cursor is. */
class Screen {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #showsLines: boolean;
  #isLineOpen = false;
  #isLiveShown = false;
  #isDrawing = false;
  #last: Promise<void> = Promise.resolve();

  constructor({ stdout, stderr }: Pick<ModeContext["io"], "stdout" | "stderr">, showsLines: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#showsLines = showsLines;
  }

  say(lines: readonly string[]): void {
    void this.#then(async () => {
      await this.#endLine();
      await this.#write(this.#stderr, `${this.#cleared()}${lines.map((line) => `${line}\n`).join("")}`);
    });
  }

  /** Where a line of the answer is being written there is no place for it. */
  draw(line: string): void {
    if (this.#isDrawing || this.#isLineOpen) return;
    this.#isDrawing = true;
    void this.#then(async () => {
      this.#isDrawing = false;
      if (this.#isLineOpen) return;
      this.#isLiveShown = true;
      await this.#write(this.#stderr, `${clearLine}${line}`);
    });
  }

  /** Text of the answer. */
  write(text: string): Promise<void> {
    return this.#then(async () => {
      if (this.#isLiveShown) await this.#write(this.#stderr, this.#cleared());
      this.#isLineOpen = !text.endsWith("\n");
      await this.#write(this.#stdout, text);
    });
  }

  endLine(): void {
    void this.#then(() => this.#endLine());
  }

  /** Everything has been written, and the live line is gone. */
  settle(): Promise<void> {
    return this.#then(async () => {
      await this.#endLine();
      await this.#write(this.#stderr, this.#cleared());
    });
  }

  async #endLine(): Promise<void> {
    if (!this.#isLineOpen) return;
    this.#isLineOpen = false;
    await this.#write(this.#stdout, "\n");
  }

  #cleared(): string {
    const text = this.#isLiveShown ? clearLine : "";
    this.#isLiveShown = false;
    return text;
  }

  async #write(stream: OutputStream, text: string): Promise<void> {
    if (text === "" || (stream === this.#stderr && !this.#showsLines)) return;
    void (stream === this.#stderr ? stream.write(text, "drawn") : stream.write(text));
    await stream.flush();
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last;
  }
}

/** The text of answers as it comes, cleaned. */
class StreamedAnswer {
  readonly #screen: Screen;
  #stream = new TerminalStream();
  #blocks = 0;
  /** Of the last message, as it came; empty where it became another one. */
  shown = "";

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** A promise: the model waits for a slow terminal. */
  take(event: AgentEvent): Promise<void> | undefined {
    if (event.type === "message_start" && event.message.role === "assistant") {
      this.shown = "";
      this.#blocks = 0;
      return undefined;
    }
    if (event.type === "message_end" && event.message.role === "assistant") {
      this.#screen.endLine();
      // Who has changed the message has changed the answer: what was shown is not it.
      if (textOf(event.message.content) !== this.shown) this.shown = "";
      return undefined;
    }
    if (event.type !== "message_update") return undefined;
    const piece = event.assistantMessageEvent;
    if (piece.type === "text_start") {
      this.#stream = new TerminalStream();
      if (this.#blocks++ === 0) return undefined;
      this.shown += "\n";
      return this.#screen.write("\n");
    }
    if (piece.type !== "text_delta") return undefined;
    this.shown += piece.delta;
    const text = this.#stream.take(piece.delta);
    return text === "" ? undefined : this.#screen.write(text);
  }
}
