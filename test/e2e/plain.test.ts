// The interactive mode without a screen, on a pseudo terminal that understands lines alone (TERM=dumb): everything is asked and answered by lines, nothing is
// repainted, no escape sequence is written, and what is typed is lost on no way.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect } from "vitest";
import { hasPty, startOnTerminal, type TerminalProgram } from "../support/terminal.ts";
import { answerSteps, callSteps, recordsOf, test, type World } from "../support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const programs = [
  ["binary", [join(root, "dist/pi")]],
  ["node", [process.execPath, join(root, "dist/node/main.mjs")]],
] as const;

function open(world: World, program: readonly string[], args: readonly string[]): TerminalProgram {
  const env = { TERM: "dumb", PATH: "/usr/local/bin:/usr/bin:/bin", HOME: world.home, LANG: "C.UTF-8", PI_OFFLINE: "1" };
  return startOnTerminal([...program, ...args], { world, env, columns: 120, rows: 60 });
}

const begins = (screen: string): boolean => screen.includes("/quit or Ctrl-D quits");

/** It has gone, and so that the terminal is as it was. */
async function expectLeft(terminal: TerminalProgram, status = 0): Promise<void> {
  expect(await terminal.ended).toEqual({ status, flags: "same" });
  expect(terminal.output()).not.toContain("\u001b");
}

/** What the user has said, as it was sent. */
function prompts(world: World): string[] {
  return world.sessionFiles().flatMap((file) =>
    recordsOf(readFileSync(file, "utf8")).flatMap(({ message }) => {
      const { role, content } = (message ?? {}) as { role?: string; content?: string | { text: string }[] };
      if (role !== "user" || content === undefined) return [];
      return [typeof content === "string" ? content : content.map(({ text }) => text).join("")];
    }),
  );
}

describe.skipIf(!hasPty).each(programs)("plain, %s", (_name, program) => {
  test("a template that an extension brings is a command", async ({ world }) => {
    world.write("say.md", "Say $1, please.\n");
    world.write("brings.ts", `export default (pi) => pi.on("resources_discover", ({ cwd }) => ({ promptPaths: [cwd + "/say.md"] }));`);
    const terminal = open(world, program, ["-e", "brings.ts", "--model", world.trace(answerSteps("An answer."))]);
    await terminal.until(begins);
    terminal.type("/say hello\n");
    await terminal.until((text) => text.includes("An answer."));
    terminal.type("/quit\n");
    await expectLeft(terminal);
    expect(prompts(world).map((text) => text.trim())).toEqual(["Say hello, please."]);
  });

  test("a command that needs a screen, or is none, is told and not sent; the same again is", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("An answer."))]);
    await terminal.until(begins);
    terminal.type("/fullscreen\n");
    await terminal.until((screen) => screen.includes("There is no screen to change: this is plain mode (pi --tui-mode fullscreen"));
    terminal.type("/compakt\n");
    const screen = await terminal.until((text) => text.includes("There is no command /compakt (Did you mean /compact?"));
    expect(screen).not.toContain("An answer.");
    terminal.type("/compakt\n");
    await terminal.until((text) => text.includes("An answer."));
    terminal.type("/quit\n");
    await expectLeft(terminal);
  });

  test("the keys are printed, and what the model holds goes to a file", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("An answer."))]);
    await terminal.until(begins);
    terminal.type("/hotkeys\n");
    await terminal.until((text) => /\nKeys\nEnter: send.*\n[\s\S]*\nCtrl-D: quit\n[\s\S]*pi --tui-mode regular\n/.test(text));
    terminal.type("hello\n");
    await terminal.until((text) => text.includes("An answer.") && text.includes("ready"));
    terminal.type("/debug\n");
    await terminal.until((text) => /Written to .*pi-debug\.log/.test(text));
    const log = readFileSync(join(world.agentDir, "pi-debug.log"), "utf8");
    expect(log).toContain("terminal: lines alone, TERM dumb\n");
    expect(log).not.toContain("screen:");
    expect(log).toMatch(/messages:\n[\s\S]*"hello"[\s\S]*An answer\./);
    terminal.type("/quit\n");
    await expectLeft(terminal);
  });

  test("several models to cycle through are switched by their numbers, and kept when that is wanted", async ({ world }) => {
    const provider = {
      baseUrl: "http://127.0.0.1:9",
      apiKey: "k",
      api: "openai-completions",
      models: ["a1", "a2", "b1", "b2"].map((id) => ({ id })),
    };
    world.write("../home/.pi/agent/models.json", JSON.stringify({ providers: { local: provider } }));
    const terminal = open(world, program, ["--model", "local/a1"]);
    await terminal.until(begins);
    terminal.type("/scoped-models\n");
    await terminal.until((text) =>
      /1 {2}on {3}local\/a1\n2 {2}on {3}local\/a2\n3 {2}on {3}local\/b1\n4 {2}on {3}local\/b2\nWhich ones\?/.test(text),
    );
    terminal.type("none\n");
    await terminal.until((text) => /1 {2}off {2}local\/a1\n(?:\d {2}off {2}.*\n){3}Which ones\?/.test(text));
    terminal.type("3 1-9\n");
    await terminal.until((text) => text.includes("There is no 1-9 among them: nothing was switched"));
    terminal.type("b\n");
    await terminal.until((text) => /1 {2}off {2}local\/b1\n2 {2}off {2}local\/b2\nWhich/.test(text));
    terminal.type("2,1\n");
    await terminal.until((text) => /1 {2}on {3}local\/b1\n2 {2}on {3}local\/b2\nWhich/.test(text));
    terminal.type("\n");
    await terminal.until((text) => /To cycle through: local\/b2, local\/b1\n.*Keep that for later starts\?/.test(text));
    terminal.type("y\n");
    await terminal.until((text) => /models/.test(text.slice(text.lastIndexOf("Keep that"))));
    terminal.type("/quit\n");
    await expectLeft(terminal);
    expect(readFileSync(join(world.agentDir, "config.toml"), "utf8")).toMatch(/models = \["local\/b2", "local\/b1"\]/);
  });

  test("what a command writes is printed as it comes, and Ctrl-C stops one without end", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("An answer."))]);
    const lines = (): string[] => terminal.output().split(/\r?\n/);
    await terminal.until(begins);
    terminal.type("!printf 'first\\nhalf'; sleep 60\n");
    await terminal.until((text) => text.includes("\n  first\n"));
    terminal.type("\u0003");
    await terminal.until((text) => /\n {2}first\n(?:\^C)? {2}half\n\n! printf .*\n {2}stopped\n/.test(text));
    terminal.type("!yes 'again and again'\n");
    await terminal.until((text) => text.includes("the end of it follows when it is over"));
    terminal.type("\u0003");
    await terminal.until((text) => /\n! yes 'again and again'\n {2}stopped\n/.test(text));
    expect(lines().filter((line) => line === "  again and again")).toHaveLength(1020);
    expect(lines()).toContainEqual(expect.stringMatching(/^ {2}… [\d,]+ more lines, of which the last are:$/));
    terminal.type("!seq 1 1005\n");
    await terminal.until((text) => /\n! seq 1 1005\n {2}done\n/.test(text));
    const numbers = lines().flatMap((line) => (/^ {2}\d+$/.test(line) ? Number(line) : []));
    expect(numbers).toEqual(Array.from({ length: 1005 }, (_, index) => index + 1));
    terminal.type("/quit\n");
    await expectLeft(terminal);
  });

  test("lines are printed once and read as the terminal edits them", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo from-the-tool" }), answerSteps("The **answer**."));
    const terminal = open(world, program, ["--model", model]);
    await terminal.until(begins);
    terminal.type("go\r");
    const screen = await terminal.until((text) => text.includes("ready"));
    expect(screen).toMatch(/bash: echo from-the-tool\n[\s\S]*from-the-tool\n\nThe answer\.\nready/);
    terminal.type("!exit 3\r");
    await terminal.until((text) => text.includes("\n  exit 3\n"));
    terminal.type("/quit\r");
    await expectLeft(terminal);
  });

  test("what is pasted is one prompt, whatever is in it", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("One."))]);
    await terminal.until(begins);
    terminal.type("first line\n/quit\n\nlast line\n");
    await terminal.until((text) => text.includes("One.") && text.includes("ready"));
    terminal.type("\u0004");
    await expectLeft(terminal);
    expect(prompts(world)).toEqual(["first line\n/quit\n\nlast line"]);
  });

  test("Ctrl-C stops what runs and gives back what waits; twice on nothing it is the end", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "sleep 60" }), answerSteps("Second."));
    const terminal = open(world, program, ["--model", model, "go"]);
    await terminal.until((text) => text.includes("bash: sleep 60"));
    terminal.type("for later\n");
    await terminal.until((text) => text.includes("queued: goes in after this turn"));
    terminal.type("\u0003");
    await terminal.until((text) => text.includes("Not sent: for later") && text.includes("ended: aborted"));
    terminal.type("!sleep 60\n");
    await terminal.until((text) => text.includes("! sleep 60 …"));
    terminal.type("\u0003");
    await terminal.until((text) => /\n! sleep 60\n +stopped/.test(text));
    terminal.type("more\n");
    await terminal.until((text) => text.includes("Second.") && text.includes("ready"));
    terminal.type("\u0003");
    await terminal.until((text) => text.includes("Ctrl-C again quits"));
    terminal.type("\u0003");
    await expectLeft(terminal, 130);
  });

  test("the tree, a fork and another session are chosen by their numbers, or by words", async ({ world }) => {
    const model = world.trace(answerSteps("Answer one."), answerSteps("Answer two."), answerSteps("Answer three."));
    const terminal = open(world, program, ["--model", model]);
    await terminal.until(begins);
    terminal.type("prompt one\n");
    await terminal.until((text) => text.includes("Answer one.") && text.includes("ready"));
    terminal.type("/tree\n");
    await terminal.until((text) => /\d+ .*user: prompt one\n.*assistant: Answer one\.\nWhich one\?/.test(text));
    terminal.type("user prompt\n");
    await terminal.until((text) => /1 .*user: prompt one\nWhich one\?/.test(text));
    terminal.type("1\n");
    await terminal.until((text) => text.includes("What is left behind\n1  No summary"));
    terminal.type("1\n");
    await terminal.until((text) => text.includes("Not sent: prompt one"));
    terminal.type("prompt two\n");
    await terminal.until((text) => text.includes("Answer two."));
    terminal.type("/fork\n");
    await terminal.until((text) => text.includes("Fork before\n1  prompt two"));
    terminal.type("1\n");
    await terminal.until((text) => text.includes("Forked"));
    terminal.type("prompt three\n");
    await terminal.until((text) => text.includes("Answer three."));
    expect(world.sessionFiles()).toHaveLength(2);
    terminal.type("/resume\n");
    await terminal.until((text) => /Sessions\n1 .*\n2 .*\nWhich one\?/.test(text));
    terminal.type("\n");
    await terminal.until((text) => text.includes("Nothing was chosen"));
    terminal.type("/quit\n");
    await expectLeft(terminal);
  });

  test("a session that is open elsewhere is offered as a copy", async ({ world }) => {
    const model = world.trace(answerSteps("Said elsewhere."), answerSteps("unused"));
    const other = open(world, program, ["--model", model]);
    await other.until(begins);
    other.type("the other one\n");
    await other.until((text) => text.includes("Said elsewhere."));
    const terminal = open(world, program, ["--model", model]);
    await terminal.until(begins);
    terminal.type("/resume\n");
    await terminal.until((text) => text.includes("1  the other one"));
    terminal.type("1\n");
    const screen = await terminal.until((text) => text.includes("1  Go on in a copy of it"));
    expect(screen).not.toContain("--on-busy");
    terminal.type("1\n");
    await terminal.until((text) => text.includes("Said elsewhere.") && text.includes("Session opened"));
    for (const one of [terminal, other]) {
      one.type("/quit\n");
      await expectLeft(one);
    }
  });

  test("whoever has no model is offered one; a key is stored, and neither shown nor sent", async ({ world }) => {
    const terminal = open(world, program, []);
    await terminal.until((text) => text.includes("2  Store an API key") && begins(text));
    terminal.type("/login openai\n");
    await terminal.until((text) => text.includes("Store a key"));
    terminal.type("key\n");
    await terminal.until((text) => /1 +Store a key\nWhich/.test(text));
    terminal.type("1\n");
    await terminal.until((text) => text.includes("Key for openai (not shown)"));
    terminal.type("sk-very-secret-1234\n");
    await terminal.until((text) => text.includes("Saved the key for openai"));
    terminal.type("/trust\n");
    await terminal.until((text) => text.includes("1  Trust it, from now on"));
    terminal.type("\n");
    await terminal.until((text) => text.includes("Nothing was chosen"));
    terminal.type("/quit\n");
    await expectLeft(terminal);
    expect(terminal.output()).not.toContain("secret");
    expect(readFileSync(join(world.home, ".pi/agent/auth.json"), "utf8")).toContain("sk-very-secret-1234");
  });

  test("questions of an extension come one after another, and each has its answer", async ({ world }) => {
    const file = join(world.cwd, "asks.ts");
    mkdirSync(world.cwd, { recursive: true });
    writeFileSync(
      file,
      `export default (pi) => {
  pi.registerCommand("ask", { description: "Asks", handler: async (_args, ctx) => {
    const late = ctx.ui.input("Never answered", undefined, { timeout: 1 });
    const all = await Promise.all([
      ctx.ui.select("Which?", ["red", "green"]),
      ctx.ui.confirm("Sure?", "Really?"),
      ctx.ui.input("Name?", "somebody"),
      ctx.ui.editor("Text?", "before"),
      late,
    ]);
    ctx.ui.notify("answers " + JSON.stringify(all.map((one) => one ?? null)), "info");
  } });
};
`,
    );
    const terminal = open(world, program, ["-e", file, "--model", world.trace(answerSteps("unused"))]);
    await terminal.until(begins);
    terminal.type("/ask\n");
    await terminal.until((text) => text.includes("2  green"));
    terminal.type("2\n");
    await terminal.until((text) => text.includes("yes or no:"));
    terminal.type("perhaps\n");
    await terminal.until((text) => text.split("yes or no:").length === 3);
    terminal.type("yes\n");
    await terminal.until((text) => text.includes("Name? (such as somebody)"));
    terminal.type("Ada\n");
    await terminal.until((text) => text.includes("Text?\nbefore"));
    terminal.type("one\ntwo\n");
    await terminal.until((text) => text.includes('answers ["green",true,"Ada","one\\ntwo",null]'));
    terminal.type("/quit\n");
    await expectLeft(terminal);
  });
});
