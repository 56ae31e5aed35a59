// The interactive mode: opens the terminal, shows the session in force, waits until the user goes, gives the terminal back. A record of the table of
// modes; loaded in no other one. Invariant: whatever happens, the terminal is as it was.

import { isUndecided, undecidedText } from "../../config/trust.ts";
import { PiError } from "../../contracts/error.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import { Terminal } from "../../platform/terminal/terminal.ts";
import { ScreenTerminal } from "../../tui/screen-terminal.ts";
import { beforeEnd, type Mode, type ModeContext } from "../mode.ts";
import { useCapabilities } from "./capabilities.ts";
import { colorDepth, escapeMs, guessedAppearance, isMultiplexed, isPlain, keyPlatform, reflows } from "./environment.ts";
import { Interaction } from "./interaction.ts";
import { createKeymap } from "./keymap.ts";
import { ownKeys } from "./own-keys.ts";
import { Themes } from "./themes.ts";

export const interactiveMode: Mode = {
  needs: "prompts or nothing",
  mayLackModel: true,
  status: "service",
  async run(at) {
    if (!at.io.stdin.isTerminal || !at.io.stdout.isTerminal) {
      throw new PiError("usage.no_terminal", "The interactive mode needs a terminal on stdin and stdout", {
        hint: 'pi -p "PROMPT" runs without one',
      });
    }
    if (isPlain(at.env) || at.tuiMode === "plain") {
      await plain(at, await at.open());
      return { kind: "done", text: "" };
    }
    const screen = at.tuiMode === "fullscreen" ? "alternate" : "main";
    const device = new Terminal();
    const terminal = new ScreenTerminal(device, { escapeMs: escapeMs(at.env), screen, followsPointer: !isMultiplexed(at.env) });
    const early: string[] = [];
    const giveWarningsBack = at.takeWarnings((line) => void early.push(line.replace(/^pi: /, "")));
    // Ctrl-C in a program that has the terminal is for that program.
    const giveInterruptBack = at.onInterrupt(() => device.isElsewhere);
    // Keys that come before there is anything to show are kept.
    terminal.open();
    try {
      return await converse(await at.open(), terminal, at, early);
    } finally {
      await terminal.end();
      giveInterruptBack();
      giveWarningsBack();
    }
  },
};

async function plain(at: ModeContext, sessions: SessionHost): Promise<void> {
  const { project } = sessions.launch.config;
  if (isUndecided(project)) at.warn(`${undecidedText(project)} Approve it with --approve, for good with pi trust.`);
  const { converseInLines } = await import("./plain/plain-mode.ts");
  await converseInLines(sessions, at);
  await sessions.end();
}

async function converse(sessions: SessionHost, terminal: ScreenTerminal, at: ModeContext, early: string[]): ReturnType<Mode["run"]> {
  const keys = createKeymap(keyPlatform(at.env, at.io.platform));
  const keyProblems = keys.use(ownKeys(sessions.launch));
  const { values } = sessions.launch.config;
  // First: whoever asks what the terminal can would ask tmux, and wait.
  const can = useCapabilities(at.env, values.terminal.images);
  const themes = new Themes(() => sessions.launch, colorDepth(at.env), guessedAppearance(at.env));
  const interaction = new Interaction({
    sessions,
    terminal,
    keys,
    themes,
    env: at.env,
    homeDir: at.io.homeDir,
    platform: at.io.platform,
    pid: at.io.pid,
    approve: (directory, isTrusted) => at.trust?.approve(directory, isTrusted),
    now: at.io.now,
    reflows: reflows(at.env),
    hidesThinking: values.hideThinking,
    screen: at.tuiMode === "fullscreen" ? "alternate" : "main",
  });
  terminal.on.resumed = () => interaction.resumed();
  terminal.on.printed = (line) => interaction.say(line, "info");
  at.takeWarnings((line) => interaction.say(line.replace(/^pi: /, ""), "warning"));
  interaction.screen.tui.setShowHardwareCursor(values.showHardwareCursor);
  interaction.start();
  const askColours = (): void => terminal.askColours((palette) => interaction.colours.takeColours(palette));
  if (colorDepth(at.env) !== "none") {
    askColours();
    terminal.onAppearance(askColours);
  }
  const learning = new AbortController();
  const timer = setTimeout(() => {
    void can.learn(sessions.launch.options.cwd, learning.signal).then((isMore) => isMore && interaction.renewLook());
  }, 0);
  for (const line of early) interaction.say(line, "warning");
  for (const problem of keyProblems) interaction.say(`Keys: ${problem}`, "warning");
  at.trust?.askBy(interaction.ui.context);
  try {
    const bound = sessions.extensions.bind({
      mode: "tui",
      uiContext: interaction.ui.context,
      onError: ({ extensionPath, event, error }) => interaction.say(`${extensionPath}: ${event}: ${error}`, "error"),
      shutdownHandler: () => interaction.quit(),
    });
    bound?.catch((error: unknown) => interaction.fail(error));
    if (at.picksSession) {
      const { openSessionPicker } = await import("./pickers/session-picker.ts");
      await beforeEnd(at.ending, new Promise<void>((closed, failed) => openSessionPicker(interaction, { closed }).catch(failed)));
    }
    await beforeEnd(at.ending, Promise.race([interaction.asked, interaction.left]));
    for (const [index, { text, images }] of at.prompts.entries()) interaction.submit(text, images, index > 0);
    await beforeEnd(at.ending, interaction.left);
  } finally {
    clearTimeout(timer);
    learning.abort();
    themes.stop();
    interaction.stop(interaction.hasLeft);
  }
  await sessions.end();
  return sessions.coding.lastOutcome ?? { kind: "done", text: "" };
}
