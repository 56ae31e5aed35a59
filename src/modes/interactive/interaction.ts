// One conversation at a terminal: keys and lines become actions, actions a state and effects, events what is shown. Made by run.
// Invariant: the screen follows the events that everybody hears and its own small state; what a session does is done by its owners.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { ImageContent } from "../../contracts/message.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { Host } from "../../platform/host.ts";
import { steady } from "../../platform/steady-time.ts";
import type { Session } from "../../session/tree/session.ts";
import type { ScreenKind, ScreenTerminal } from "../../tui/screen-terminal.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import { ownNote } from "./blocks/block.ts";
import { ChosenTheme } from "./chosen-theme.ts";
import { KnownCommands } from "./commands/known-commands.ts";
import { ProjectQuestion } from "./commands/project-question.ts";
import { runCommand } from "./commands/run-command.ts";
import { Dialogs } from "./dialogs.ts";
import type { PromptCompletion } from "./editor/completion.ts";
import { Composer } from "./editor/composer.ts";
import { takeDropped } from "./editor/dropped-pictures.ts";
import { promptCompletion } from "./editor/session-completion.ts";
import { offerWays, takeUp } from "./editor/take-up.ts";
import { perform } from "./effects.ts";
import { errorWords, ToldFailures } from "./error-words.ts";
import { extensionFace, hasRenderer } from "./extension-ui/renderers.ts";
import { runShortcut, shortcutFor } from "./extension-ui/shortcuts.ts";
import { TerminalUi } from "./extension-ui/terminal-ui.ts";
import { TranscriptFold } from "./fold.ts";
import { fullScreenOptions, leaveFullScreen } from "./full-screen.ts";
import type { ActionId, Keymap } from "./keymap.ts";
import { LiveSettings } from "./live-settings.ts";
import { LookInForce } from "./look-in-force.ts";
import { ownKeys } from "./own-keys.ts";
import { type ChoiceOptions, openChoice } from "./pickers/choice.ts";
import { Screen } from "./screen.ts";
import { firstState, type HeldText, type State, waitingTexts } from "./state.ts";
import { Status } from "./status/status.ts";
import { ShownPath } from "./stored.ts";
import type { Surface } from "./surface.ts";
import type { Themes } from "./themes.ts";
import { type Action, type Facts, update } from "./update.ts";

export interface InteractionDeps {
  sessions: SessionHost;
  terminal: ScreenTerminal;
  keys: Keymap;
  env: Host["env"];
  homeDir: string;
  platform: string;
  pid: number;
  approve(directory: string, isTrusted: boolean): void;
  now(): number;
  reflows: boolean;
  hidesThinking: boolean;
  screen: ScreenKind;
  themes: Pick<Themes, "name" | "themes" | "themeNamed" | "takeColours" | "follow" | "inForce" | "want" | "problem">;
}

export class Interaction implements Surface {
  readonly sessions: SessionHost;
  readonly surface = this;
  readonly keys: Keymap;
  readonly env: Host["env"];
  readonly homeDir: string;
  readonly platform: string;
  readonly status: Status;
  readonly screen: Screen;
  readonly dialogs: Dialogs;
  readonly ui: TerminalUi;
  /** Resolves when the user wants to go. */
  readonly left: Promise<void>;
  readonly colours: ChosenTheme;
  readonly composer: Composer;
  hasLeft = false;
  readonly #deps: InteractionDeps;
  readonly #fold: TranscriptFold;
  readonly #look: LookInForce;
  #state: State;
  #leave: () => void = () => {};
  readonly #completion: PromptCompletion;
  readonly #commands: KnownCommands;
  readonly #told = new ToldFailures();
  readonly #stored: ShownPath;
  readonly #settings: LiveSettings;
  readonly #projects = new ProjectQuestion(this);
  /** What stands on the screen. */
  #shown: Session | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #removers: (() => void)[] = [];

  constructor(given: InteractionDeps) {
    const deps = { ...given, now: steady(given.now) };
    this.#deps = deps;
    this.sessions = deps.sessions;
    this.#commands = new KnownCommands(deps.sessions);
    this.keys = deps.keys;
    this.env = deps.env;
    this.homeDir = deps.homeDir;
    this.platform = deps.platform;
    this.colours = new ChosenTheme({
      themes: deps.themes,
      changed: () => this.renewLook(),
      say: (text, level) => this.say(text, level),
    });
    this.status = new Status({ ...deps, draw: () => this.screen.tui.requestRender(), say: (text) => this.say(text) });
    this.#state = { ...firstState, hidesThinking: deps.hidesThinking };
    this.#look = new LookInForce({
      ...deps,
      rows: () => deps.terminal.rows,
      theme: () => this.theme,
      switches: () => ({ isExpanded: this.#state.isExpanded, hidesThinking: this.#state.hidesThinking }),
      hiddenThinking: () => this.ui?.display.hiddenThinkingLabel,
      changed: () => this.screen.lookChanged(),
      failed: (what, error) => this.#failed(what, error),
    });
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.composer = new Composer({
      agentDir: deps.sessions.launch.options.agentDir,
      cwd: () => deps.sessions.launch.options.cwd,
      pid: deps.pid,
      editor: () => this.screen.editor,
      queue: () => waitingTexts(this.#state),
      draw: () => this.screen.tui.requestRender(),
    });
    this.screen = new Screen(
      deps.terminal,
      {
        theme: () => this.theme,
        look: () => this.#look.current,
        keys: deps.keys,
        now: deps.now,
        queue: () => waitingTexts(this.#state),
        footer: () => this.status.footer(this.ui.display),
        drawsEntry: (name) => hasRenderer(this.sessions.extensions.inForce, "entryRenderer", name),
        faceFor: (block) =>
          extensionFace(block, {
            extensions: () => this.sessions.extensions.inForce,
            failed: (what, error) => this.#failed(what, error),
            cwd: () => this.sessions.launch.options.cwd,
            draw: () => this.screen.lookChanged(),
          }),
        earlier: (sink) => this.#stored.showEarlier(sink),
        editor: {
          keys: deps.keys,
          onAction: (id) => this.#press(id),
          onOther: (data) => runShortcut(data, this.sessions.extensions.inForce, (what, error) => this.#failed(what, error)),
          onPaste: (data) => takeDropped(data, this),
          beingRead: this.composer.beingRead,
          activity: () => this.#activityText(),
          isWholeValue: (textBefore) => this.#completion.isWhole(textBefore),
        },
      },
      {
        kind: deps.screen,
        reflows: deps.reflows,
        fullScreen: fullScreenOptions(this),
        failed: (what, error) => this.#failed(what, error),
      },
    );
    this.#completion = promptCompletion({
      sessions: deps.sessions,
      commands: this.#commands,
      homeDir: deps.homeDir,
      env: deps.env,
      now: deps.now,
    });
    this.screen.setCompletion(this.#completion);
    this.screen.onChange = () => this.composer.changed();
    this.screen.onSubmit = (text) => this.#dispatch({ type: "submit", text, isFollowUp: false });
    this.dialogs = new Dialogs({
      screen: this.screen,
      keys: deps.keys,
      theme: () => this.theme,
      editOutside: (text) =>
        import("./editor/external-editor.ts").then(({ editedOutside, editorPlace }) => editedOutside(text, editorPlace(this))),
    });
    this.ui = new TerminalUi({
      screen: this.screen,
      dialogs: this.dialogs,
      keys: deps.keys,
      theme: () => this.theme,
      themes: () => deps.themes.themes(),
      themeNamed: (name) => deps.themes.themeNamed(name),
      useTheme: (theme) => this.colours.give(theme),
      say: (text, level) => this.say(text, level),
      failed: (what, error) => this.#failed(what, error),
      setTitle: (title) => deps.terminal.setTitle(title),
      isExpanded: () => this.#state.isExpanded,
      setExpanded: (isExpanded) => {
        this.#state = { ...this.#state, isExpanded };
        this.renewLook();
      },
      completion: this.#completion,
      branch: () => this.status.branch,
    });
    this.#fold = new TranscriptFold(this.screen, deps.now);
    this.#stored = new ShownPath(this.screen, deps.now);
    this.#settings = new LiveSettings(deps.sessions.launch, {
      useTheme: (name) => this.colours.want(name),
      useScreen: (kind) => this.useScreen(kind),
      hideThinking: (hidesThinking) => {
        this.#state = { ...this.#state, hidesThinking };
      },
      useKeys: (launch) => {
        for (const problem of deps.keys.use(ownKeys(launch))) this.say(`Keys: ${problem}`, "warning");
      },
      showHardwareCursor: (isShown) => this.screen.tui.setShowHardwareCursor(isShown),
    });
  }

  choose(options: ChoiceOptions): () => void {
    return openChoice({ screen: this.screen, keys: this.keys, theme: () => this.theme, fail: (error) => this.fail(error) }, options);
  }

  get transcript(): Screen {
    return this.screen;
  }

  async copy(text: string): Promise<void> {
    await (await import("./editor/clipboard.ts")).copied(text, this);
    this.hint("Copied");
  }

  get theme(): Theme {
    return this.colours.current;
  }

  previewTheme(name: string | undefined): void {
    this.colours.preview(name);
  }

  get device(): Surface["device"] {
    return this.#deps.terminal.device;
  }

  start(): void {
    this.#removers.push(
      this.sessions.subscribe((event) => this.#take(event)),
      this.sessions.onReplaced(() => this.#replaced()),
      this.sessions.extensions.onStarted(() => this.#started()),
      this.sessions.changes.onUnqueued((texts) => this.composer.giveBack(texts.join("\n\n"))),
    );
    this.#deps.terminal.on.isKey = (data) => this.keys.knows(data) || shortcutFor(data, this.sessions.extensions.inForce) !== undefined;
    this.showSession();
    this.screen.start();
    // Behind the first paint.
    const timer = setTimeout(() => {
      takeUp(this);
      this.colours.follow();
      void this.#projects.ask().then(() => offerWays(this));
    }, 0);
    this.#removers.push(() => clearTimeout(timer));
  }

  /** Resolves when nothing more is asked about the project: what is said then is said of what counts. */
  get asked(): Promise<void> {
    return this.#projects.ask();
  }

  approve(directory: string, isTrusted: boolean): void {
    this.#deps.approve(directory, isTrusted);
  }

  /** `isAskedFor`: by the user, who has nothing more to say. */
  stop(isAskedFor: boolean): void {
    this.composer.stop(isAskedFor);
    for (const remove of this.#removers.splice(0)) remove();
    this.status.stop();
    this.screen.stop();
    if (this.screen.kind === "alternate") leaveFullScreen(this, this.#deps.terminal);
  }

  /** Draft, queue and what is shown stay. */
  useScreen(kind: ScreenKind): void {
    if (!this.screen.switchTo(kind)) this.hint("Close what lies over the screen first");
  }

  quit(): void {
    this.hasLeft = true;
    this.#leave();
  }

  hold(held: HeldText): void {
    this.#dispatch({ type: "hold", held });
    this.composer.changed();
  }

  letGo(held: HeldText): void {
    if (!this.#state.held.includes(held)) return;
    this.#dispatch({ type: "let go", held });
    this.composer.changed();
  }

  release(isStopped: boolean): void {
    this.#dispatch({ type: "release", isStopped });
    this.composer.changed();
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

  show(title: string, markdown: string): void {
    this.screen.add(ownNote(title, markdown));
  }

  hint(text: string, shownMs?: number): void {
    this.status.hint(text, shownMs);
  }

  fail(error: unknown): void {
    if (this.#told.has(error)) return;
    const { text, hint } = errorWords(error);
    this.say(text, "error", hint);
  }

  inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  renewLook(): void {
    this.#look.renew();
  }

  runCommand(name: string, args: string): Promise<void> {
    return runCommand(name, args, this, this.#commands);
  }

  async runChosen(name: string, args: string): Promise<void> {
    const { runSlash } = await import("./commands/commands.ts");
    await runSlash(name, args, this);
  }

  /** The same conversation read anew is on the screen already. */
  #replaced(): void {
    const { session } = this.sessions.coding;
    const isShown = session.id === this.#shown?.id && session.leafId === this.#shown.leafId;
    // What was on its way was on its way to the other one.
    if (this.#state.held.length > 0) this.release(true);
    this.#settings.take(this.sessions.launch);
    this.#stored.renew(session);
    if (isShown) this.#renewed();
    else this.showSession();
    void this.#projects.ask();
  }

  /** What extensions have brought can be typed and seen. */
  #started(): void {
    this.colours.settle();
    if (this.sessions.extensions.inForce !== undefined) this.#learn();
  }

  showSession(): void {
    this.status.beginSession();
    this.#fold.reset();
    this.screen.clear();
    this.#renewed();
    this.#stored.show(this.sessions.coding.session, this.#fold);
  }

  #renewed(): void {
    this.dialogs.cancelAll();
    this.ui.reset();
    const { session, queue } = this.sessions.coding;
    this.#shown = session;
    this.#state = { ...this.#state, queue: queue.texts };
    this.status.renew();
    this.#learn();
    this.renewLook();
  }

  #learn(): void {
    this.#commands.learn().catch((error: unknown) => this.fail(error));
  }

  #failed(what: string, error: unknown): void {
    this.say(`${what}: ${errorWords(error).text}`, "error");
  }

  /** As if it had been typed. */
  submit(text: string, images: readonly ImageContent[], isFollowUp: boolean): void {
    this.composer.carryAttachments(text, images);
    this.#dispatch({ type: "submit", text, isFollowUp });
  }

  #take(event: AgentEvent): void {
    if (event.type === "queue_update") {
      this.#dispatch({ type: "queue", queue: { steering: event.steering, followUp: event.followUp } });
      this.composer.changed();
      return;
    }
    this.#told.take(event);
    this.#fold.take(event);
    if (event.type === "agent_settled") {
      const { kind, message, hint } = this.sessions.coding.lastOutcome ?? {};
      // Of the others the answer itself has said it.
      if (event.outcome === "budget" && kind === "budget" && message !== undefined) this.say(message, "warning", hint);
    }
    this.status.take(event);
    this.screen.tui.requestRender();
  }

  #press(id: ActionId): void {
    if (id === "app.message.followUp") {
      const text = this.composer.text.trim();
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
      text: this.composer.text,
      isRunning: coding.isStreaming,
      isShellRunning: coding.shell.isRunning && !coding.isStreaming,
      isCompacting: coding.compaction.isRunning,
      isCommand: (name) => this.#commands.mayBe(name),
      doubleEscape: this.sessions.launch.config.values.doubleEscapeAction,
      keyOf: (id) => this.keys.keyOf(id),
    };
  }

  #activityText(): string {
    const text = this.status.activityText(this.ui.display);
    return text === "" ? "" : this.theme.fg("accent", text);
  }
}
