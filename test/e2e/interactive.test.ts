// The interactive mode on a pseudo terminal, as the binary and on Node: it opens, takes text typed before it was there, streams, runs tools, is stopped,
// and gives the terminal back on every way out.

import { join, resolve } from "node:path";
import { describe, expect } from "vitest";
import { hasPty, startOnTerminal, type TerminalProgram } from "../support/terminal.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const programs = [
  ["binary", [join(root, "dist/pi")]],
  ["node", [process.execPath, join(root, "dist/node/main.mjs")]],
] as const;

function open(
  world: World,
  program: readonly string[],
  args: readonly string[],
  size: { columns?: number; rows?: number } = {},
): TerminalProgram {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: world.home, LANG: "C.UTF-8", PI_OFFLINE: "1" };
  return startOnTerminal([...program, ...args], { cwd: world.cwd, env, ...size });
}

const hasFooter = (screen: string): boolean => screen.includes("scripted/");

/** Each mode that was switched on has been switched off. */
function expectBalanced(output: string): void {
  const count = (text: string): number => output.split(text).length - 1;
  expect(count("\u001b[?2004h")).toBe(count("\u001b[?2004l"));
  expect(count("\u001b[?2026h")).toBe(count("\u001b[?2026l"));
  expect(count("\u001b[>7u")).toBe(count("\u001b[<u"));
  expect(count("\u001b[>4;2m")).toBe(count("\u001b[>4;0m"));
  expect(output.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(output.lastIndexOf("\u001b[?25l"));
  expect(output).not.toContain("\u001b[3J");
}

describe.skipIf(!hasPty).each(programs)("%s", (_name, program) => {
  test("a prompt is typed, answered, and stays when the user has gone", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("The **answer**.\n\n- one\n- two"))]);
    await terminal.until(hasFooter);
    terminal.type("hello");
    await terminal.until((screen) => screen.includes("hello"));
    terminal.type("\r");
    await terminal.until((screen) => screen.includes("The answer."));
    terminal.type("\u0004");
    expect(await terminal.ended).toEqual({ status: 0, flags: "same" });
    const shown = terminal.scrollback().join("\n");
    expect(shown).toContain("❯ hello\n\nThe answer.\n\n- one\n- two\n");
    expectBalanced(terminal.output());
  });

  test("what is typed before the first paint is in the editor", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused"))]);
    terminal.type("early words");
    await terminal.until((screen) => /─\nearly words/.test(screen));
    terminal.type("\u0003\u0003\u0003");
    expect((await terminal.ended).status).toBe(0);
  });

  test("a message on the command line is sent at once; tools are shown with what came of them", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo from-the-tool" }), answerSteps("Done."));
    const terminal = open(world, program, ["--model", model, "go"]);
    const screen = await terminal.until((text) => text.includes("Done."));
    expect(screen).toMatch(/❯ go\n\n● bash echo from-the-tool\n {2}from-the-tool\n\nDone\./);
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
  });

  test("Escape stops a run; the session can be gone on with", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "sleep 60" }), answerSteps("Second."));
    const terminal = open(world, program, ["--model", model, "go"]);
    await terminal.until((text) => text.includes("○ bash sleep 60") && /bash · \d+ s/.test(text));
    terminal.type("\u001b");
    await terminal.until((text) => text.includes("●") && !/\d+ s · /.test(text));
    terminal.type("again\r");
    await terminal.until((text) => text.includes("Second."));
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
  });

  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends it with %i, the terminal as it was", async ([signal, status], { world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused"))]);
    await terminal.until(hasFooter);
    terminal.signal(signal);
    expect(await terminal.ended).toEqual({ status, flags: "same" });
    expectBalanced(terminal.output());
  });

  test("a terminal that is gone ends it as a hang-up does", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused"))]);
    await terminal.until(hasFooter);
    terminal.hangUp();
    expect((await terminal.ended).status).toBe(129);
  });

  test("suspended and taken up again it draws anew and has the draft", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused"))]);
    await terminal.until(hasFooter);
    terminal.type("a draft");
    await terminal.until((screen) => screen.includes("a draft"));
    const before = terminal.output().length;
    terminal.type("\u001a");
    await terminal.until(() => terminal.output().slice(before).includes("\u001b[?2004l"), "the terminal given back");
    terminal.resize(60, 20);
    terminal.signal("SIGCONT");
    await terminal.until(() => terminal.output().slice(before).includes("\u001b[?2004h"), "the terminal taken again");
    await terminal.until((screen) => screen.includes("a draft") && hasFooter(screen));
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
    expectBalanced(terminal.output());
  });
});

describe.skipIf(!hasPty)("without a terminal on both ends", () => {
  test("--mode interactive is refused, and says what runs there", async ({ world }) => {
    const { status, stderr } = await world.run(["--mode", "interactive"], {});
    expect(status).toBe(2);
    expect(stderr).toMatch(/needs a terminal on stdin and stdout.*pi -p/);
  });
});
