// What each shipped example shows at a terminal, and what it takes from the keys: a record an example.
// Used by the tests of shipped extensions. Invariant: each looks for what the example alone could have drawn.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { commandOf } from "../program.ts";
import { startOnTerminal, type TerminalProgram } from "../terminal.ts";
import { answerSteps, callSteps, type World } from "../world.ts";
import { exampleIn } from "./examples.ts";
import { programNamed, repository, service } from "./work.ts";

interface Stage {
  world: World;
  open(args?: readonly string[], env?: Record<string, string>): TerminalProgram;
}

export function stageOf(world: World, name: string): Stage {
  return {
    world,
    open: (args = ["--model", "demo"], env = {}) =>
      startOnTerminal([...commandOf("binary"), "-e", exampleIn(world, name), ...args], {
        world,
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: world.home, LANG: "C.UTF-8", PI_OFFLINE: "1", ...env },
        rows: 40,
      }),
  };
}

async function shows(terminal: TerminalProgram, ...wanted: (string | RegExp)[]): Promise<void> {
  const has = (screen: string) => (one: string | RegExp) => (typeof one === "string" ? screen.includes(one) : one.test(screen));
  await terminal.until((screen) => wanted.every(has(screen)), String(wanted));
}

/** Once the editor is there. */
const ready = (terminal: TerminalProgram): Promise<void> => shows(terminal, /─\n.*\n─/);
const escapeKey = "\u001b";
const down = "\u001b[B";
const enter = "\r";

/** A command's view comes up, and escape ends it. */
const view =
  (command: string, wanted: string | RegExp, close = escapeKey) =>
  async ({ open }: Stage): Promise<void> => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`${command}${enter}`);
    await shows(terminal, wanted);
    terminal.type(close);
    await terminal.until((screen) => (typeof wanted === "string" ? !screen.includes(wanted) : !wanted.test(screen)), "its end");
  };

export const shown: Record<string, (stage: Stage) => Promise<void>> = {
  "border-status-editor.ts": async ({ open }) => shows(open(), /─+ scripted\/demo · \w+ /, /ctx /),
  "custom-footer.ts": async ({ open, world }) => {
    repository(world.cwd);
    const terminal = open();
    await ready(terminal);
    terminal.type(`/footer${enter}`);
    await shows(terminal, /↑0 ↓0 \$0\.000 +demo \(main\)/);
  },
  "custom-header.ts": async ({ open }) => {
    const terminal = open();
    await shows(terminal, "██████████████");
    terminal.type(`/builtin-header${enter}`);
    await shows(terminal, "Built-in header restored");
  },
  "doom-overlay": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    // The game's data is not shipped: it says that it is not there.
    terminal.type(`/doom-overlay /nothing/here.wad${enter}`);
    await shows(terminal, /Failed to load DOOM/);
  },
  "entry-renderer.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`/status-card all well${enter}`);
    await shows(terminal, "[status] all well");
  },
  "message-renderer.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`/status warn disk is full${enter}`);
    await shows(terminal, "[WARN] disk is full");
  },
  "github-issue-autocomplete.ts": async ({ open, world }) => {
    const issues = JSON.stringify([{ number: 4711, title: "Door sticks", state: "OPEN" }]);
    repository(world.cwd)("remote", "add", "origin", "git@github.com:own/repo.git");
    const terminal = open(["--model", "demo"], programNamed(world, "gh", `echo '${issues}'`));
    await ready(terminal);
    terminal.type("fix #47");
    await shows(terminal, /#4711.*\[open\] Door sticks/);
  },
  "handoff.ts": async ({ open, world }) => {
    const { server, model } = await service(
      world,
      { say: [{ text: "an answer" }], stop: "stop" },
      { say: [{ text: "The next task" }], stop: "stop" },
    );
    const terminal = open(["--model", model]);
    await ready(terminal);
    terminal.type(`hello${enter}`);
    await shows(terminal, "an answer");
    terminal.type(`/handoff paint the door${enter}`);
    await shows(terminal, "Edit handoff prompt", "The next task");
    expect(JSON.stringify(server.requests[1]?.body)).toContain("paint the door");
  },
  "qna.ts": async ({ open, world }) => {
    const { model } = await service(
      world,
      { say: [{ text: "Which door?" }], stop: "stop" },
      { say: [{ text: "Q: Which door?\nA: " }], stop: "stop" },
    );
    const terminal = open(["--model", model]);
    await ready(terminal);
    terminal.type(`hello${enter}`);
    await shows(terminal, "Which door?");
    terminal.type(`/qna${enter}`);
    await shows(terminal, "Q: Which door?", "Questions loaded");
  },
  "hidden-thinking-label.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`/thinking-label Musing${enter}`);
    await shows(terminal, "label set to: Musing");
  },
  "interactive-shell.ts": async ({ open, world }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`!i test -t 0 && echo at-a-terminal > seen.txt${enter}`);
    await shows(terminal, "(interactive command completed successfully)");
    expect(world.read("seen.txt")).toBe("at-a-terminal\n");
  },
  "mac-system-theme.ts": async ({ open, world }) => {
    const terminal = open(["--model", "demo"], programNamed(world, "osascript", 'echo asked >> "$HOME/asked"; echo true'));
    await ready(terminal);
    const asked = join(world.home, "asked");
    await expect.poll(() => existsSync(asked) && readFileSync(asked, "utf8"), { timeout: 60_000 }).toMatch(/^asked/);
  },
  "minimal-mode.ts": async ({ open, world }) => {
    const model = world.trace(callSteps("bash", { command: "echo $((40 + 2)) words" }), answerSteps("Done."));
    const terminal = open(["--model", model]);
    await ready(terminal);
    terminal.type(`go${enter}`);
    await shows(terminal, "$ echo $((40 + 2)) words", "Done.");
    expect(terminal.screen().join("\n")).not.toContain("42 words");
  },
  "built-in-tool-renderer.ts": async ({ open, world }) => {
    world.write("a.txt", "one\ntwo\n");
    const terminal = open(["--model", world.trace(callSteps("read", { path: "a.txt" }), answerSteps("Done."))]);
    await ready(terminal);
    terminal.type(`go${enter}`);
    await shows(terminal, /read a\.txt/, /\d lines/, "Done.");
  },
  "modal-editor.ts": async ({ open }) => {
    const terminal = open();
    await shows(terminal, / INSERT$/m);
    terminal.type("abc");
    await shows(terminal, "abc");
    terminal.type(escapeKey);
    await shows(terminal, / NORMAL$/m);
    terminal.type("0x");
    await shows(terminal, /\nbc/);
  },
  "rainbow-editor.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type("ultrathink");
    await shows(terminal, "ultrathink");
    await terminal.until(() => terminal.output().includes("38;2;233;137;115m"), "its first colour");
  },
  "overlay-qa-tests.ts": view("/overlay-edge", /edge|Edge/),
  "overlay-test.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`/overlay-test${enter}`);
    await shows(terminal, "Search", "Settings", "Cancel");
    terminal.type(`words${enter}`);
    await shows(terminal, 'Search: "words"');
  },
  "preset.ts": async ({ open, world }) => {
    world.write("../home/.pi/agent/presets.json", JSON.stringify({ careful: { tools: ["read"], instructions: "Slowly." } }));
    const terminal = open();
    await ready(terminal);
    terminal.type(`/preset${enter}`);
    await shows(terminal, "Select Preset", "careful");
    terminal.type(enter);
    await shows(terminal, 'Preset "careful" activated', "preset:careful");
  },
  "question.ts": async ({ open, world }) => {
    const ask = callSteps("question", { question: "Which door?", options: [{ label: "left" }, { label: "right" }] });
    const terminal = open(["--model", world.trace(ask, answerSteps("Done."))]);
    await ready(terminal);
    terminal.type(`go${enter}`);
    await shows(terminal, "Which door?", "> 1. left");
    terminal.type(`${down}${enter}`);
    await shows(terminal, "right", "Done.");
  },
  "questionnaire.ts": async ({ open, world }) => {
    const options = [
      { value: "l", label: "left" },
      { value: "r", label: "right" },
    ];
    const ask = callSteps("questionnaire", { questions: [{ id: "door", prompt: "Which door?", options }] });
    const terminal = open(["--model", world.trace(ask, answerSteps("Done."))]);
    await ready(terminal);
    terminal.type(`go${enter}`);
    await shows(terminal, "Which door?", "left");
    terminal.type(`${down}${enter}`);
    await shows(terminal, /door.*right/, "Done.");
  },
  "snake.ts": view("/snake", /SNAKE|Snake/, "q"),
  "space-invaders.ts": view("/invaders", /INVADERS|Invaders/, "q"),
  "tic-tac-toe.ts": view("/tic-tac-toe", "X (You)"),
  "summarize.ts": async ({ open, world }) => {
    const { model } = await service(world, { say: [{ text: "an answer" }], stop: "stop" });
    const terminal = open(["--model", model]);
    await ready(terminal);
    terminal.type(`hello${enter}`);
    await shows(terminal, "an answer");
    terminal.type(`/summarize${enter}`);
    await shows(terminal, "No authentication configured for openai/gpt-5.2");
  },
  "todo.ts": async ({ open, world }) => {
    const terminal = open(["--model", world.trace(callSteps("todo", { action: "add", text: "sweep" }), answerSteps("Done."))]);
    await ready(terminal);
    terminal.type(`go${enter}`);
    await shows(terminal, "Done.");
    terminal.type(`/todos${enter}`);
    await shows(terminal, /Todos/, /#1.*sweep/);
  },
  "tools.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`/tools${enter}`);
    await shows(terminal, "Tool Configuration", /read +enabled/);
    terminal.type(enter);
    await shows(terminal, /read +disabled/);
  },
  "widget-placement.ts": async ({ open }) => shows(open(), /Above editor widget.*─\n.*─\n.*Below editor widget/s),
  "working-indicator.ts": async ({ open }) => {
    const terminal = open();
    await shows(terminal, "Indicator: custom spinner");
    terminal.type(`/working-indicator dot${enter}`);
    await shows(terminal, "Indicator: static dot");
  },
  "working-message-test.ts": async ({ open, world }) => {
    const server = await world.wire({ hang: true });
    world.config(
      `[providers.local]\napi = "openai-completions"\nbase_url = "${server.url}"\napi_key = "k"\n[[providers.local.models]]\nid = "m"\n`,
    );
    const terminal = open(["--model", "local/m"]);
    await ready(terminal);
    terminal.type(`hello${enter}`);
    await shows(terminal, "Working... (custom)");
  },
  "titlebar-spinner.ts": async ({ open }) => {
    const terminal = open();
    await ready(terminal);
    terminal.type(`hello${enter}`);
    await terminal.until(() => /\u001b\]0;π - project/.test(terminal.output()), "the title");
  },
};
