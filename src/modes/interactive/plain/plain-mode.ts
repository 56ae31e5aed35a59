// The interactive mode without a screen: for screen readers, logs, terminals that understand lines alone. Lines are read as the terminal edits them, finished
// blocks are printed once, what goes on is said in words. Started by the mode. Invariant: no cursor motion, no colour, nothing said twice.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { ExtensionUIContext } from "../../../contracts/extension.ts";
import { plainText, visibleText } from "../../../contracts/text/plain.ts";
import { headlineOf, viewsOf } from "../../../contracts/tool-view.ts";
import { withoutTerminal } from "../../../extensions/no-ui.ts";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import { LineSplitter } from "../../../platform/pipes/line-splitter.ts";
import { wholeLines } from "../../../tui/row.ts";
import { plainSystem } from "../../../tui/theme/built-in.ts";
import { Theme } from "../../../tui/theme/theme.ts";
import { beforeEnd, type ModeContext } from "../../mode.ts";
import type { Block } from "../blocks/block.ts";
import { faceOf } from "../blocks/faces.ts";
import type { Look } from "../blocks/look.ts";
import { errorWords } from "../error-words.ts";
import { TranscriptFold } from "../fold.ts";
import { StoredPath, showStored } from "../stored.ts";
import { typedSlash } from "../update.ts";

const help = "Lines are prompts; a \\ at the end goes on in the next one. !COMMAND runs, /stop stops, /quit or Ctrl-D quits.";

export async function converseInLines(sessions: SessionHost, at: ModeContext): Promise<void> {
  const lines = new PlainConversation(sessions, at);
  await lines.run();
}

class PlainConversation {
  readonly #sessions: SessionHost;
  readonly #at: ModeContext;
  readonly #fold: TranscriptFold;
  readonly #printed = new WeakSet<Block>();
  /** Waiting for a line: a question of an extension's. */
  #asked: ((line: string) => void) | undefined;
  #isQuitting = false;
  #begun = "";
  /** A line with a name that is none: the same again is sent. */
  #doubted = "";

  constructor(sessions: SessionHost, at: ModeContext) {
    this.#sessions = sessions;
    this.#at = at;
    this.#fold = new TranscriptFold(
      { add: (block) => this.#show(block), changed: (block) => this.#show(block), remove: () => {}, drawsEntry: () => false },
      at.io.now,
    );
  }

  async run(): Promise<void> {
    const { extensions, coding } = this.#sessions;
    const giveWarningsBack = this.#at.takeWarnings((line) => this.#say(line));
    const unsubscribe = this.#sessions.subscribe((event) => this.#take(event));
    try {
      const { entries, aboveText } = new StoredPath(coding.session).next();
      if (aboveText !== "") this.#say(`${aboveText}: /tree has them all`);
      showStored(entries, aboveText === "", this.#fold);
      this.#say(help);
      await extensions.bind({
        mode: "tui",
        uiContext: this.#ui(),
        shutdownHandler: () => void this.#at.io.stdin.release(),
        onError: ({ extensionPath, event, error }) => this.#say(`error: ${extensionPath}: ${event}: ${error}`),
      });
      const { ending, picksSession, prompts } = this.#at;
      const reading = this.#read();
      // Told when it is waited for.
      reading.catch(() => undefined);
      if (picksSession) await beforeEnd(ending, Promise.race([this.#pickSession(), reading]));
      for (const { text } of prompts) await this.#send(text);
      await beforeEnd(ending, reading);
    } finally {
      unsubscribe();
      giveWarningsBack();
      this.#at.io.stdin.release();
    }
  }

  async #read(): Promise<void> {
    const splitter = new LineSplitter(1 << 20);
    for await (const chunk of this.#at.io.stdin.chunks()) {
      for (const { text } of splitter.push(chunk)) {
        await this.#line(text);
        if (this.#isQuitting) return;
      }
    }
  }

  /** By its number. */
  async #pickSession(): Promise<void> {
    const { storedSessions } = await import("../../../harness/host/stored-sessions.ts");
    const found = await storedSessions(this.#sessions.launch, { all: false, limit: 20 });
    for (const [index, { name, firstPrompt }] of found.entries()) this.#say(`${index + 1}  ${visibleText(name ?? firstPrompt ?? "")}`);
    if (found.length === 0) {
      this.#say("There is no stored session yet");
      return;
    }
    this.#say("Which one? Its number; anything else changes nothing.");
    const answer = await new Promise<string>((resolve) => {
      this.#asked = resolve;
    });
    const picked = found[/^\d+$/.test(answer) ? Number(answer) - 1 : -1];
    if (picked !== undefined) await this.#line(`/resume ${picked.path}`);
  }

  async #line(line: string): Promise<void> {
    const asked = this.#asked;
    if (asked !== undefined) {
      this.#asked = undefined;
      asked(line.trim());
      return;
    }
    if (line.endsWith("\\")) {
      this.#begun += `${line.slice(0, -1)}\n`;
      return;
    }
    const text = (this.#begun + line).trim();
    this.#begun = "";
    if (text === "") return;
    const shell = /^(!!?)\s*(\S[\s\S]*)$/.exec(text);
    try {
      if (text === "/quit") this.#isQuitting = true;
      else if (text === "/stop") await this.#sessions.coding.abort();
      else if (shell !== null) await this.#shell(shell[2] ?? "", shell[1] === "!!");
      else if (!(await this.#command(text))) await this.#send(text);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #command(text: string): Promise<boolean> {
    if (!text.startsWith("/")) return false;
    const { typedCommand } = await import("../../../harness/commands/slash.ts");
    const typed = typedCommand(text, this.#sessions.launch.options.cwd);
    if (typed === undefined) return this.#isRefused(text);
    if (typed.params === undefined) {
      // The lines that answer come by the way this one came.
      this.#choose(typed.command.slash.name, typed.command.slash.argument ?? "").catch((error: unknown) => this.#fail(error));
      return true;
    }
    const result = await typed.command.run(typed.params as never, { sessions: this.#sessions });
    this.#say(result === undefined ? "done" : JSON.stringify(result, null, 2));
    return true;
  }

  /** Of the commands that sessions do not have: templates, skills and those of extensions are words that go in. */
  async #isRefused(text: string): Promise<boolean> {
    const name = typedSlash(text)?.name;
    if (name === undefined || this.#doubted === text) return false;
    const [{ screenCommands }, { KnownCommands }] = await Promise.all([
      import("../commands/own.ts"),
      import("../commands/known-commands.ts"),
    ]);
    const ofScreen = screenCommands.find((one) => one.name === name && one.about !== "");
    if (ofScreen !== undefined) {
      this.#say(`/${name} needs a screen${ofScreen.shell === undefined ? "" : `; in the shell: ${ofScreen.shell}`}`);
      return true;
    }
    const known = new KnownCommands(this.#sessions);
    await known.learn();
    if (await known.has(name)) return false;
    this.#doubted = text;
    const near = await known.nearest(name);
    this.#say(`There is no command /${name}.${near === undefined ? "" : ` Did you mean /${near}?`} The same line again sends it as it is.`);
    return true;
  }

  /** What there is to choose from, by its number. */
  async #choose(name: string, argument: string): Promise<void> {
    if (name === "resume") return this.#pickSession();
    const { offeredCommands } = await import("../commands/commands.ts");
    const values =
      (await offeredCommands()
        .find((one) => one.name === name)
        ?.complete?.(this.#sessions)) ?? [];
    if (values.length === 0) {
      this.#say(`/${name} ${argument}: say which`);
      return;
    }
    const numbered = values.map(({ label, description = "" }, index) => `${index + 1}  ${`${label}  ${description}`.trimEnd()}`);
    const answer = await this.#ask(`${numbered.join("\n")}\nWhich one? Its number; anything else changes nothing.`);
    const picked = values[/^\d+$/.test(answer) ? Number(answer) - 1 : -1];
    if (picked !== undefined) await this.#line(`/${name} ${picked.value}`);
  }

  async #send(text: string): Promise<void> {
    try {
      const { intake } = this.#sessions;
      const received = await intake.receive({ text, source: "interactive", streamingBehavior: "steer" });
      const begun = intake.begin(received, { streamingBehavior: "steer" });
      if (begun.disposition === "queued") this.#say("queued: goes in after this turn");
      if (begun.disposition !== "handled") begun.done?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #shell(command: string, excludeFromContext: boolean): Promise<void> {
    const { output, exitCode, cancelled } = await this.#sessions.coding.shell.run(command, { excludeFromContext });
    this.#say(`${visibleText(output).trimEnd()}\n${cancelled ? "stopped" : `exit ${exitCode ?? 1}`}`);
  }

  #take(event: AgentEvent): void {
    this.#fold.take(event);
    if (event.type === "tool_execution_start") {
      const view = viewsOf(this.#sessions.coding.conversation.tools).get(event.toolName);
      this.#say(`${event.toolName}: ${visibleText(headlineOf(view, event.args as Record<string, unknown>))}`);
    }
    if (event.type === "agent_settled") this.#say(event.outcome === "done" ? "ready" : `ended: ${event.outcome}`);
  }

  #show(block: Block): void {
    // What the user has typed stands there already.
    if (block.isLive || this.#printed.has(block) || block.kind === "prompt") return;
    this.#printed.add(block);
    const width = Math.max(20, this.#at.io.stdout.columns - 1);
    this.#print(wholeLines(faceOf(block).draw(width, this.#look()), width).map(plainText));
  }

  #look(): Look {
    return {
      theme: new Theme(plainSystem, "none"),
      toolViews: viewsOf(this.#sessions.coding.conversation.tools),
      isExpanded: true,
      hidesThinking: this.#sessions.launch.config.values.hideThinking,
      hiddenThinking: () => undefined,
      keyOf: () => "",
      now: this.#at.io.now,
      pictures: { areShown: false, maxColumns: 0, maxRows: () => 0, forTerminal: () => null },
      transform: (markdown) => markdown,
      highlight: () => undefined,
    };
  }

  #fail(error: unknown): void {
    const { text, hint } = errorWords(error);
    this.#say(`error: ${text}${hint === "" ? "" : ` (${hint})`}`);
  }

  #say(text: string): void {
    this.#print(visibleText(text).split("\n"));
  }

  #print(lines: readonly string[]): void {
    void this.#at.io.stdout.write(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  }

  #ask(question: string): Promise<string> {
    this.#say(question);
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }

  #ui(): ExtensionUIContext {
    return {
      ...withoutTerminal,
      select: async (title, options) => {
        const numbered = options.map((option, index) => `${index + 1}. ${option}`).join("\n");
        const answer = await this.#ask(`${title}\n${numbered}\nNumber, or nothing:`);
        return options[Number(answer) - 1];
      },
      confirm: async (title, message) => /^y(es)?$/i.test(await this.#ask(`${title}\n${message}\nyes or no:`)),
      input: async (title) => (await this.#ask(`${title}:`)) || undefined,
      editor: async (title) => (await this.#ask(`${title}:`)) || undefined,
      notify: (message, level = "info") => this.#say(level === "info" ? message : `${level}: ${message}`),
      setStatus: () => {},
      setWidget: () => {},
      setTitle: () => {},
      setEditorText: () => {},
    };
  }
}
