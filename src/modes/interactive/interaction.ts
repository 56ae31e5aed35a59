// One conversation at a terminal: keys and lines become actions, actions a state and effects, events what is shown. Made by run.
// Invariant: the screen follows the events that everybody hears and its own small state; what a session does is done by its owners.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { PiError } from "../../contracts/error.ts";
import type { ImageContent } from "../../contracts/message.ts";
import { viewsOf } from "../../contracts/tool-view.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import { gitBranch } from "../../platform/git-branch.ts";
import type { Host } from "../../platform/host.ts";
import type { ScreenTerminal } from "../../tui/screen-terminal.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Block } from "./blocks/block.ts";
import type { Drawn, Look } from "./blocks/look.ts";
import { findCommand, slashCommands } from "./commands/commands.ts";
import { errorWords, perform } from "./effects.ts";
import { TranscriptFold } from "./fold.ts";
import { homePath } from "./home-path.ts";
import type { ActionId, Keymap } from "./keymap.ts";
import { Screen } from "./screen.ts";
import { firstState, type State } from "./state.ts";
import { Activity, frameMs } from "./status/activity.ts";
import { SessionFigures } from "./status/figures.ts";
import type { FooterFacts } from "./status/footer.ts";
import { showStored } from "./stored.ts";
import type { Surface } from "./surface.ts";
import { type Action, type Facts, update } from "./update.ts";

export interface InteractionDeps {
  sessions: SessionHost;
  terminal: ScreenTerminal;
  keys: Keymap;
  theme: Theme;
  env: Host["env"];
  homeDir: string;
  platform: string;
  now(): number;
  reflows: boolean;
  doubleEscape: Facts["doubleEscape"];
}

const hintMs = 3000;

export class Interaction implements Surface {
  readonly sessions: SessionHost;
  readonly keys: Keymap;
  readonly env: Host["env"];
  readonly activity: Activity;
  readonly screen: Screen;
  /** Resolves when the user wants to go. */
  readonly left: Promise<void>;
  theme: Theme;
  readonly #deps: InteractionDeps;
  readonly #fold: TranscriptFold;
  readonly #figures = new SessionFigures();
  #state: State = firstState;
  #look: Look;
  #hint = "";
  #hintTimer: NodeJS.Timeout | undefined;
  #frames: NodeJS.Timeout | undefined;
  #branch = "";
  #leave: () => void = () => {};
  #sent: string[] = [];
  /** By the marker that stands for it in the text. */
  readonly #attachments = new Map<string, ImageContent>();
  #attachmentCount = 0;
  /** Of prompts of the command line, by their text. */
  readonly #carried = new Map<string, readonly ImageContent[]>();
  #turn: Promise<void> = Promise.resolve();
  /** Templates, skills and commands of extensions. */
  #named = new Set<string>();
  readonly #removers: (() => void)[] = [];

  constructor(deps: InteractionDeps) {
    this.#deps = deps;
    this.sessions = deps.sessions;
    this.keys = deps.keys;
    this.env = deps.env;
    this.theme = deps.theme;
    this.activity = new Activity(deps.now);
    this.#look = this.#newLook();
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.screen = new Screen(
      deps.terminal,
      {
        theme: () => this.theme,
        look: () => this.#look,
        keys: deps.keys,
        now: deps.now,
        queue: () => this.#state.queue,
        footer: () => this.#footer(),
        faceFor: (block) => this.faceFor(block),
        editor: {
          keys: deps.keys,
          onAction: (id) => this.#press(id),
          onOther: () => false,
          activity: () => this.#activityText(),
          isWholeValue: () => true,
        },
      },
      { reflows: deps.reflows, failed: (what, error) => this.say(`${what}: ${errorWords(error).text}`, "error") },
    );
    this.screen.editor.onSubmit = (text) => this.#dispatch({ type: "submit", text, isFollowUp: false });
    this.#fold = new TranscriptFold(this.screen, deps.now);
  }

  get device(): Surface["device"] {
    return this.#deps.terminal.device;
  }

  start(): void {
    this.#removers.push(
      this.sessions.subscribe((event) => this.#take(event)),
      this.sessions.onReplaced(() => this.showSession()),
    );
    this.showSession();
    this.screen.start();
  }

  stop(): void {
    for (const remove of this.#removers.splice(0)) remove();
    clearInterval(this.#frames);
    clearTimeout(this.#hintTimer);
    this.screen.stop();
  }

  quit(): void {
    this.#leave();
  }

  suspend(): void {
    this.screen.tui.leave();
    void this.#deps.terminal.device.flush().then(() => this.#deps.terminal.device.suspend());
  }

  resumed(): void {
    this.screen.tui.forget();
    this.screen.tui.requestRender();
  }

  say(text: string, level: "info" | "warning" | "error" = "info", hint = ""): void {
    this.#fold.say(text, level, hint);
  }

  hint(text: string): void {
    this.#hint = text;
    clearTimeout(this.#hintTimer);
    this.#hintTimer = setTimeout(() => {
      this.#hint = "";
      this.screen.tui.requestRender();
    }, hintMs);
    this.screen.tui.requestRender();
  }

  fail(error: unknown): void {
    if (this.wasTold(error)) return;
    const { text, hint } = errorWords(error);
    this.say(text, "error", hint);
  }

  wasTold(error: unknown): boolean {
    return error instanceof PiError && ["session.compaction_cancelled", "session.summarization_failed"].includes(error.code);
  }

  history(): readonly string[] {
    return this.#sent;
  }

  remember(text: string): void {
    this.#sent = [text, ...this.#sent.filter((one) => one !== text)];
    this.screen.editor.addToHistory(text);
  }

  giveBack(text: string): void {
    const { editor } = this.screen;
    const draft = editor.getExpandedText();
    editor.setText(draft === "" || draft === text ? text : `${text}\n\n${draft}`);
  }

  takeAttachments(text: string): ImageContent[] {
    const taken = [...this.#attachments].filter(([marker]) => text.includes(marker));
    for (const [marker] of taken) this.#attachments.delete(marker);
    const carried = this.#carried.get(text) ?? [];
    this.#carried.delete(text);
    return [...carried, ...taken.map(([, image]) => image)];
  }

  attach(image: ImageContent): void {
    const marker = `[image #${++this.#attachmentCount}]`;
    this.#attachments.set(marker, image);
    this.screen.editor.insertTextAtCursor(`${marker} `);
    this.screen.tui.requestRender();
  }

  inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  get platform(): string {
    return this.#deps.platform;
  }

  get externalEditor(): string {
    return "";
  }

  renewLook(): void {
    this.#look = this.#newLook();
    this.screen.lookChanged();
  }

  async runCommand(name: string, args: string): Promise<void> {
    if (name === "unknown") return this.#unknown(args);
    const command = findCommand(name);
    try {
      if (command === undefined) {
        const text = `/${name}${args === "" ? "" : ` ${args}`}`;
        await perform({ type: "send", text, behavior: this.sessions.coding.isStreaming ? "steer" : undefined }, this);
        return;
      }
      if (command.when === "idle" && this.sessions.coding.isStreaming) {
        this.giveBack(`/${name}${args === "" ? "" : ` ${args}`}`);
        this.say(`/${name} has to wait until the run has ended`, "warning", `${this.keys.keyOf("app.interrupt")} stops it`);
        return;
      }
      await command.run(args, this);
    } catch (error) {
      this.fail(error);
    }
  }

  showSession(): void {
    this.#fold.reset();
    this.screen.clear();
    this.activity.end();
    this.#state = { ...this.#state, queue: this.sessions.coding.queue.texts };
    const { conversation, session } = this.sessions.coding;
    this.#branch = gitBranch(this.sessions.launch.options.cwd);
    this.#look = this.#newLook();
    this.#figures.begin(conversation);
    showStored(session, this.#fold, (text) => this.say(text));
    void this.#learnNames();
    this.screen.tui.requestRender();
  }

  /** An extension's, for a block of its own. */
  faceFor(_block: Block): Drawn | undefined {
    return undefined;
  }

  /** As if it had been typed. */
  submit(text: string, images: readonly ImageContent[], isFollowUp: boolean): void {
    if (images.length > 0) this.#carried.set(text, images);
    this.#dispatch({ type: "submit", text, isFollowUp });
  }

  #take(event: AgentEvent): void {
    if (event.type === "queue_update") {
      this.#dispatch({ type: "queue", queue: { steering: event.steering, followUp: event.followUp } });
      return;
    }
    this.activity.take(event);
    this.#figures.take(event);
    this.#fold.take(event);
    if (this.activity.isBusy) this.#frames ??= setInterval(() => this.screen.tui.requestRender(), frameMs);
    else this.#stopFrames();
    if (event.type === "agent_settled") this.#branch = gitBranch(this.sessions.launch.options.cwd);
    this.screen.tui.requestRender();
  }

  #stopFrames(): void {
    clearInterval(this.#frames);
    this.#frames = undefined;
  }

  #press(id: ActionId): void {
    if (id === "app.message.followUp") {
      const text = this.screen.editor.getExpandedText().trim();
      this.screen.editor.setText("");
      this.#dispatch({ type: "submit", text, isFollowUp: true });
      return;
    }
    this.#dispatch({ type: "key", id });
  }

  #dispatch(action: Action): void {
    const { state, effects } = update(this.#state, action, this.#facts());
    this.#state = state;
    for (const effect of effects) void perform(effect, this).catch((error: unknown) => this.fail(error));
    this.screen.tui.requestRender();
  }

  #facts(): Facts {
    const { coding } = this.sessions;
    return {
      nowMs: this.#deps.now(),
      text: this.screen.editor.getExpandedText(),
      isRunning: coding.isStreaming,
      isShellRunning: coding.shell.isRunning && !coding.isStreaming,
      isCompacting: coding.compaction.isRunning,
      commands: new Set([...slashCommands.map(({ name }) => name), ...this.#named]),
      doubleEscape: this.#deps.doubleEscape,
      keyOf: (id) => this.keys.keyOf(id),
    };
  }

  #activityText(): string {
    const stop = this.keys.keyOf("app.interrupt");
    const text = this.activity.text(stop);
    return text === "" ? "" : this.theme.fg("accent", text);
  }

  #footer(): FooterFacts {
    const { conversation } = this.sessions.coding;
    const inForce = this.sessions.models.inForce;
    return {
      ...this.#figures.facts(conversation),
      directory: homePath(this.sessions.launch.options.cwd, this.#deps.homeDir),
      branch: this.#branch,
      name: conversation.name ?? "",
      model: inForce === undefined ? "no model" : `${inForce.provider}/${inForce.id}`,
      level: inForce?.reasoning === true ? conversation.thinkingLevel : "",
      statuses: [],
      hint: this.#hint,
    };
  }

  #newLook(): Look {
    return {
      theme: this.theme,
      toolViews: viewsOf(this.sessions.coding.conversation.tools),
      isExpanded: this.#state.isExpanded,
      hidesThinking: this.#state.hidesThinking,
      keyOf: (id) => this.keys.keyOf(id),
      now: this.#deps.now,
      highlight: () => undefined,
    };
  }

  async #learnNames(): Promise<void> {
    const { sessions } = this;
    const { listSlashCommands } = await import("../../harness/extensions/slash-commands.ts");
    const found = sessions.extensions.commands() ?? (await listSlashCommands(sessions.launch.resources).catch(() => []));
    if (sessions === this.sessions) this.#named = new Set(found.map(({ name }) => name));
  }

  async #unknown(name: string): Promise<void> {
    const { nearestName } = await import("../../contracts/nearest.ts");
    const near = nearestName(
      name,
      [...this.#facts().commands].filter((one) => !one.startsWith("app.")),
    );
    const again = `${this.keys.keyOf("tui.input.submit")} again sends it as it is`;
    this.say(`There is no command /${name}`, "warning", near === undefined ? again : `Did you mean /${near}? ${again}`);
  }
}
