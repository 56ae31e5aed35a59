// The interactive mode without a screen: for screen readers, logs, terminals that understand lines alone. Lines are read as the terminal edits them, finished
// blocks are printed once, what goes on is said in words. Started by the mode. Invariant: no cursor motion, no colour, nothing said twice.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { ExtensionUIContext } from "../../../contracts/extension.ts";
import { plainText, visibleText } from "../../../contracts/text/plain.ts";
import { headlineOf, viewsOf } from "../../../contracts/tool-view.ts";
import { withoutTerminal } from "../../../extensions/no-ui.ts";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import { steady } from "../../../platform/steady-time.ts";
import type { Session } from "../../../session/tree/session.ts";
import { wholeLines } from "../../../tui/row.ts";
import { plainSystem } from "../../../tui/theme/built-in.ts";
import { Theme } from "../../../tui/theme/theme.ts";
import { beforeEnd, type ModeContext } from "../../mode.ts";
import { type Block, type BlockOf, ownNote } from "../blocks/block.ts";
import { faceOf } from "../blocks/faces.ts";
import type { Look } from "../blocks/look.ts";
import { KnownCommands } from "../commands/known-commands.ts";
import { runCommand } from "../commands/run-command.ts";
import { hasNothingToAsk } from "../editor/take-up.ts";
import { perform } from "../effects.ts";
import { errorWords, ToldFailures } from "../error-words.ts";
import { type BlockSink, TranscriptFold } from "../fold.ts";
import type { ChoiceOptions } from "../pickers/choice.ts";
import { firstState, type HeldText, type State } from "../state.ts";
import { StoredPath, showStored } from "../stored.ts";
import type { CommandHost } from "../surface.ts";
import { type Action, type Facts, update } from "../update.ts";
import { LineQuestions } from "./line-questions.ts";
import { LiveOutput } from "./live-output.ts";
import { typedTexts } from "./typed-texts.ts";

const help = "Lines are prompts; a \\ at the end goes on in the next one. !COMMAND runs, /stop or Ctrl-C stops, /quit or Ctrl-D quits.";

export async function converseInLines(sessions: SessionHost, at: ModeContext): Promise<void> {
  const lines = new PlainConversation(sessions, at);
  await lines.run();
}

class PlainConversation implements CommandHost {
  readonly sessions: SessionHost;
  readonly surface = undefined;
  readonly env: CommandHost["env"];
  readonly homeDir: string;
  readonly platform: string;
  readonly dialogs: LineQuestions;
  readonly transcript: BlockSink;
  readonly status: CommandHost["status"] = {
    begin: (what) => {
      this.say(`${what} …`);
      return () => {};
    },
  };
  /** The terminal's own. */
  readonly keys = { matches: () => false, keyOf: (id: string) => (id === "app.clear" ? "Ctrl-C" : "") };
  readonly #at: ModeContext;
  readonly #now: () => number;
  readonly #fold: TranscriptFold;
  readonly #commands: KnownCommands;
  readonly #printed = new WeakSet<Block>();
  readonly #live = new WeakMap<Block, LiveOutput>();
  readonly #quitting = new AbortController();
  readonly #told = new ToldFailures();
  #shown: Session | undefined;
  #state: State;
  #turn: Promise<void> = Promise.resolve();
  /** What is just being sent: who typed it sees it. */
  #sending = "";
  /** There is no editor to put anything into. */
  readonly composer: CommandHost["composer"] = {
    remember: () => {},
    giveBack: (text) => {
      if (text !== this.#sending) this.say(`Not sent: ${text}`);
    },
    returnCommand: (text) => this.composer.giveBack(text),
    takeAttachments: () => [],
    carryAttachments: () => {},
  };

  constructor(sessions: SessionHost, at: ModeContext) {
    this.sessions = sessions;
    this.#at = at;
    this.#now = steady(at.io.now);
    this.env = at.env;
    this.homeDir = at.io.homeDir;
    this.platform = at.io.platform;
    this.#state = { ...firstState, hidesThinking: sessions.launch.config.values.hideThinking };
    this.#commands = new KnownCommands(sessions);
    this.dialogs = new LineQuestions({
      say: (text) => this.say(text),
      hideTyping: async () => (await import("../../../platform/terminal/hidden-typing.ts")).hideTyping(),
    });
    this.transcript = {
      add: (block) => this.#show(block),
      changed: (block) => this.#show(block),
      remove: () => {},
      drawsEntry: () => false,
    };
    this.#fold = new TranscriptFold(this.transcript, this.#now);
  }

  async run(): Promise<void> {
    const { extensions } = this.sessions;
    const { ending, picksSession, prompts } = this.#at;
    const removers = [
      this.#at.takeWarnings((line) => this.say(line)),
      this.sessions.subscribe((event) => this.#take(event)),
      this.sessions.onReplaced(() => this.#replaced()),
      extensions.onStarted(() => extensions.inForce && this.#learn()),
      this.sessions.changes.onUnqueued((texts) => this.composer.giveBack(texts.join("\n\n"))),
      this.#at.onInterrupt(() => this.#interrupt()),
    ];
    try {
      this.#learn();
      this.#showStored(this.sessions.coding.session);
      this.say(help);
      const bound = extensions.bind({
        mode: "tui",
        uiContext: this.#ui(),
        shutdownHandler: () => this.quit(),
        onError: ({ extensionPath, event, error }) => this.say(`error: ${extensionPath}: ${event}: ${error}`),
      });
      const reading = this.#read();
      // Told when it is waited for.
      reading.catch(() => undefined);
      // What extensions ask meanwhile is answered by lines.
      await beforeEnd(ending, Promise.race([bound, reading]));
      if (picksSession) await beforeEnd(ending, Promise.race([this.#pickSession(), reading]));
      else if (hasNothingToAsk(this.sessions)) (await import("../commands/first-start.ts")).offerFirstStart(this);
      for (const { text, images } of prompts) await this.#send(text, images);
      await beforeEnd(ending, reading);
    } finally {
      for (const remove of removers) remove();
      this.dialogs.cancelAll();
      this.#at.io.stdin.release();
    }
  }

  async #read(): Promise<void> {
    for await (const text of typedTexts(this.#at.io.stdin.chunks(), () => this.dialogs.wantsLine)) {
      this.#line(text);
      if (this.#quitting.signal.aborted) return;
      // Whoever was answered may ask again.
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
  }

  async #pickSession(): Promise<void> {
    const { openSessionPicker } = await import("../pickers/session-picker.ts");
    await new Promise<void>((closed, failed) => openSessionPicker(this, { closed }).catch(failed));
  }

  #line(line: string): void {
    if (this.dialogs.take(line.trim())) return;
    const text = line.trim();
    if (text === "") return;
    this.#sending = text;
    if (text === "/stop") this.#dispatch({ type: "key", id: "app.interrupt" });
    else this.#dispatch({ type: "submit", text, isFollowUp: false });
    this.#sending = "";
  }

  /** Whether that was its meaning: a second one, on nothing, ends the program. */
  #interrupt(): boolean {
    const { state, effects } = update(this.#state, { type: "key", id: "app.clear" }, this.#facts());
    if (effects.some(({ type }) => type === "quit")) return false;
    this.dialogs.cancelAll();
    this.#state = state;
    this.#perform(effects);
    return true;
  }

  #dispatch(action: Action): void {
    const { state, effects } = update(this.#state, action, this.#facts());
    this.#state = state;
    this.#perform(effects);
  }

  #perform(effects: ReturnType<typeof update>["effects"]): void {
    for (const effect of effects) void perform(effect, this).catch((error: unknown) => this.fail(error));
  }

  #facts(): Facts {
    const { coding } = this.sessions;
    return {
      nowMs: this.#now(),
      text: "",
      isRunning: coding.isStreaming,
      isShellRunning: coding.shell.isRunning && !coding.isStreaming,
      isCompacting: coding.compaction.isRunning,
      isCommand: (name) => this.#commands.mayBe(name),
      doubleEscape: "none",
      keyOf: (id) => this.keys.keyOf(id),
    };
  }

  #learn(): void {
    this.#commands.learn().catch((error: unknown) => this.fail(error));
  }

  #replaced(): void {
    const { session } = this.sessions.coding;
    if (this.#state.held.length > 0) this.release(true);
    const before = this.#shown;
    this.dialogs.cancelAll();
    this.#learn();
    if (session.id === before?.id) return;
    this.#fold.reset();
    // Of one that has come of it everything was printed.
    if (session.header.parentSession !== undefined && session.header.parentSession === before?.filePath) this.#shown = session;
    else this.#showStored(session);
  }

  #showStored(session: Session): void {
    this.#shown = session;
    const { entries, aboveText } = new StoredPath(session).next();
    if (aboveText !== "") this.say(`${aboveText}: /tree has them all`);
    showStored(entries, aboveText === "", this.#fold);
  }

  async #send(text: string, images: ModeContext["prompts"][number]["images"]): Promise<void> {
    try {
      const { intake } = this.sessions;
      const received = await intake.receive({ text, images, source: "interactive", streamingBehavior: "steer" });
      const begun = intake.begin(received, { streamingBehavior: "steer" });
      if (begun.disposition !== "handled") begun.done?.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #take(event: AgentEvent): void {
    if (event.type === "queue_update") {
      const { steering, followUp } = this.#state.queue;
      const waits = event.steering.length + event.followUp.length;
      if (waits > steering.length + followUp.length) this.say("queued: goes in after this turn");
      this.#dispatch({ type: "queue", queue: { steering: event.steering, followUp: event.followUp } });
      return;
    }
    this.#told.take(event);
    this.#fold.take(event);
    if (event.type === "tool_execution_start") {
      const view = viewsOf(this.sessions.coding.conversation.tools).get(event.toolName);
      this.say(`${event.toolName}: ${visibleText(headlineOf(view, event.args as Record<string, unknown>))}`);
    }
    if (event.type === "compaction_start") this.say("compacting …");
    if (event.type === "agent_settled") this.say(event.outcome === "done" ? "ready" : `ended: ${event.outcome}`);
  }

  #show(block: Block): void {
    if (block.kind === "shell" && !this.#printed.has(block) && (block.isLive || this.#live.has(block))) this.#showCommand(block);
    // What the user has typed stands there already.
    if (block.isLive || this.#printed.has(block) || block.kind === "prompt") return;
    this.#printed.add(block);
    const width = Math.max(20, this.#at.io.stdout.columns - 1);
    this.#print(wholeLines(faceOf(block).draw(width, this.#look()), width).map(plainText));
  }

  #showCommand(block: BlockOf<"shell">): void {
    let live = this.#live.get(block);
    if (live === undefined) {
      live = new LiveOutput((lines) => this.#print(lines.map((line) => visibleText(plainText(line)))));
      this.#live.set(block, live);
    }
    if (block.isLive) live.take(block);
    else {
      this.#printed.add(block);
      live.end(block);
    }
  }

  #look(): Look {
    return {
      theme: new Theme(plainSystem, "none"),
      toolViews: viewsOf(this.sessions.coding.conversation.tools),
      isExpanded: true,
      hidesThinking: this.#state.hidesThinking,
      hiddenThinking: () => undefined,
      keyOf: () => "",
      now: this.#now,
      pictures: { areShown: false, maxColumns: 0, maxRows: () => 0, forTerminal: () => null },
      transform: (markdown) => markdown,
      highlight: () => undefined,
    };
  }

  choose(options: ChoiceOptions): () => void {
    const { take } = options;
    return this.dialogs.choose({
      ...options,
      take: (value) => Promise.resolve(take(value)).catch((error: unknown) => this.fail(error)),
    });
  }

  inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  runCommand(name: string, args: string): Promise<void> {
    return runCommand(name, args, this, this.#commands);
  }

  async runChosen(name: string, args: string): Promise<void> {
    const { runSlash } = await import("../commands/commands.ts");
    await runSlash(name, args, this);
  }

  show(title: string, markdown: string): void {
    this.#show(ownNote(title, markdown));
  }

  fail(error: unknown): void {
    if (this.#told.has(error)) return;
    const { text, hint } = errorWords(error);
    this.say(text, "error", hint);
  }

  say(text: string, level: "info" | "warning" | "error" = "info", hint = ""): void {
    this.#print(visibleText(`${level === "info" ? "" : `${level}: `}${text}${hint === "" ? "" : ` (${hint})`}`).split("\n"));
  }

  hint(text: string): void {
    this.say(text);
  }

  async copy(text: string): Promise<void> {
    const { copyText } = await import("../../../platform/processes/clipboard.ts");
    this.say((await copyText(text, this.env)) ? "Copied" : "No program here takes what is to be copied");
  }

  approve(directory: string, isTrusted: boolean): void {
    this.#at.trust?.approve(directory, isTrusted);
  }

  showSession(): void {}

  hold(held: HeldText): void {
    this.say(`queued: goes in when ${held.callOff === undefined ? "that has ended" : "an extension has seen it"}`);
    this.#dispatch({ type: "hold", held });
  }

  letGo(held: HeldText): void {
    this.#dispatch({ type: "let go", held });
  }

  release(isStopped: boolean): void {
    this.#dispatch({ type: "release", isStopped });
  }

  quit(): void {
    this.#quitting.abort();
    this.#at.io.stdin.release();
  }

  #print(lines: readonly string[]): void {
    void this.#at.io.stdout.write(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  }

  #ui(): ExtensionUIContext {
    const { dialogs } = this;
    return {
      ...withoutTerminal,
      select: (title, options, how) => dialogs.select(title, options, how),
      confirm: (title, message, how) => dialogs.confirm(title, message, how),
      input: (title, placeholder, how) => dialogs.input(title, "", { ...how, ...(placeholder !== undefined && { placeholder }) }),
      editor: (title, prefill) => dialogs.text(title, prefill),
      notify: (message, level = "info") => this.say(message, level),
      setStatus: () => {},
      setWidget: () => {},
      setTitle: () => {},
      setEditorText: () => {},
    };
  }
}
