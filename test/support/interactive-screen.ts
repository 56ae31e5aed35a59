// The interactive mode inside the test: its interaction over a headless terminal and a session whose model is a script. Used by the tests of what a person
// does there. Invariant: waiting is for something to be seen, never for time to pass.

import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ExtensionFactory } from "../../src/contracts/extension.ts";
import type { SessionHost } from "../../src/harness/host/session-host.ts";
import { ExtensionLauncher } from "../../src/harness/launch/extension-launcher.ts";
import { Interaction } from "../../src/modes/interactive/interaction.ts";
import { createKeymap, type Keymap } from "../../src/modes/interactive/keymap.ts";
import { Themes } from "../../src/modes/interactive/themes.ts";
import { type ScreenKind, ScreenTerminal } from "../../src/tui/screen-terminal.ts";
import type { ColorDepth } from "../../src/tui/theme/theme.ts";
import { makeSessions, type RpcWorldOptions, textReply } from "./rpc-world.ts";
import { type ScreenDevice, screenDevice } from "./screen-device.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface InteractiveScreen {
  device: ScreenDevice;
  interaction: Interaction;
  sessions: SessionHost;
  directory: string;
  /** Resolves once the screen is so; rejects after a while with what it is. */
  until(is: (screen: string) => boolean, what?: string): Promise<string>;
  /** The screen as it is by now, all that is to be drawn drawn. */
  drawn(): string;
  /** Gone, as quitting does it; the session stays. */
  leave(): void;
}

export interface InteractiveScreenOptions extends Partial<RpcWorldOptions> {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  keys?: Keymap;
  /** `main` where nothing is said. */
  kind?: ScreenKind;
  /** `truecolor` where nothing is said. */
  depth?: ColorDepth;
  /** Of the background, as long as the terminal has not said. */
  appearance?: "dark" | "light";
  now?(): number;
  /** The one to show, in place of a new one. */
  sessions?: SessionHost;
  extension?: ExtensionFactory;
  /** What the terminal shows already. */
  before?: string;
}

const patienceMs = 60_000;

export async function openInteractive(given: InteractiveScreenOptions = {}): Promise<InteractiveScreen> {
  const { columns = 80, rows = 24, env = {}, ...world } = given;
  const directory = given.directory ?? temporaryDirectory();
  if (given.extension !== undefined) {
    const agentDir = join(directory, "agent");
    const place = { hostModules: () => ({}) as never, agentDir, env: {}, now: () => 0, warn: () => {} };
    world.deps = { ...world.deps, extensions: new ExtensionLauncher({ ...place, inline: [given.extension] }) };
  }
  const approvals = new Map<string, boolean>();
  const sessions = given.sessions ?? (await makeSessions({ reply: textReply("done"), ...world, approvals, directory })).sessions;
  const device = screenDevice(columns, rows);
  if (given.before !== undefined) device.write(given.before);
  const waiting = new Set<() => void>();
  const { write } = device;
  device.write = (text) => {
    write(text);
    for (const look of [...waiting]) look();
  };
  const themes = new Themes(() => sessions.launch, given.depth ?? "truecolor", given.appearance ?? "dark");
  onTestFinished(() => themes.stop());
  const interaction = new Interaction({
    sessions,
    terminal: new ScreenTerminal(device, { escapeMs: 10, screen: given.kind ?? "main" }),
    keys: given.keys ?? createKeymap("other"),
    themes,
    screen: given.kind ?? "main",
    env,
    homeDir: directory,
    platform: "linux",
    pid: process.pid,
    approve: (project, isTrusted) => void approvals.set(project, isTrusted),
    now: given.now ?? (() => Date.now()),
    reflows: true,
    hidesThinking: sessions.launch.config.values.hideThinking,
  });
  interaction.start();
  if (given.extension !== undefined)
    await sessions.extensions.bind({
      mode: "tui",
      uiContext: interaction.ui.context,
      onError: ({ event, error }) => interaction.say(`${event}: ${error}`, "error"),
    });
  let isGone = false;
  const leave = (): void => {
    if (isGone) return;
    isGone = true;
    interaction.stop(true);
  };
  onTestFinished(async () => {
    leave();
    await sessions.dispose();
  });
  const screen = (): string => device.screen().join("\n");
  return {
    device,
    interaction,
    sessions,
    directory,
    leave,
    drawn: () => {
      interaction.screen.tui.renderNow();
      return screen();
    },
    until: (is, what = "the screen") =>
      new Promise((resolve, reject) => {
        const done = (finish: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          finish();
        };
        const look = (): void => {
          const text = screen();
          if (is(text)) done(() => resolve(text));
        };
        const timer = setTimeout(() => done(() => reject(new Error(`${what} never came:\n${screen()}`))), patienceMs);
        waiting.add(look);
        look();
      }),
  };
}
