// The terminal in the hands of the user's own editor, as the binary and on Node: what is said meanwhile is there afterwards, and what stops, interrupts or
// ends one of the two leaves text and terminal as they should be.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, vi } from "vitest";
import { hasPty, startOnTerminal, type TerminalProgram } from "../support/terminal.ts";
import { answerSteps, callSteps, test, textSteps, type World } from "../support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const programs = [
  ["binary", [join(root, "dist/pi")]],
  ["node", [process.execPath, join(root, "dist/node/main.mjs")]],
] as const;

const paragraphs = Array.from({ length: 60 }, (_, at) => `said ${at}.`);

/** With an editor of these lines of bash, for the file `$1`; texts for it lie in `temp`. */
function open(
  world: World,
  program: readonly string[],
  script: string,
  model: string,
  mode = "regular",
): TerminalProgram & { temp: string } {
  const editor = world.write("../home/editor.sh", `${script}\n`);
  const temp = join(world.home, "temp");
  execFileSync("mkdir", ["-p", temp]);
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: world.home,
    LANG: "C.UTF-8",
    PI_OFFLINE: "1",
    TMPDIR: temp,
    EDITOR: `bash ${editor}`,
  };
  return { ...startOnTerminal([...program, "--tui-mode", mode, "--model", model], { world, env }), temp };
}

const hasFooter = (screen: string): boolean => screen.includes("scripted/");

/** Behind a text in the same answer. */
const second = (steps: object[]): object[] =>
  steps.map((step) => JSON.parse(JSON.stringify(step).replaceAll('"contentIndex":0', '"contentIndex":1')));

function draftOf(world: World): string {
  const drafts = join(world.home, ".pi/agent/drafts");
  const [name] = existsSync(drafts) ? readdirSync(drafts) : [];
  return name === undefined ? "" : readFileSync(join(drafts, name), "utf8");
}

describe.skipIf(!hasPty).each(programs)("%s", (_name, program) => {
  test.for(["regular", "fullscreen"])(
    "what is said while an editor has the terminal is there when it is back (%s)",
    async (mode, { world }) => {
      const [go, done] = ["go", "done"].map((name) => join(world.home, name));
      execFileSync("mkfifo", [go ?? "", done ?? ""]);
      const model = world.trace(
        callSteps("bash", { command: `read line < ${go}` }),
        [...textSteps(paragraphs.join("\n\n")), ...second(callSteps("bash", { command: `echo > ${done}` }, "call_2"))],
        answerSteps("The end."),
      );
      const terminal = open(world, program, `echo > ${go}\nread line < ${done}\nprintf ' and more' >> "$1"`, model, mode);
      await terminal.until(hasFooter);
      terminal.type("begin\r");
      await terminal.until((screen) => /bash · \d+ s/.test(screen));
      terminal.type("a draft\u0007");
      await terminal.until((screen) => screen.includes("a draft and more") && screen.includes("The end."));
      terminal.signal("SIGTERM");
      expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
      const shown = terminal.scrollback().join("\n");
      for (const said of paragraphs) expect(shown.split(said).length - 1, said).toBe(1);
    },
  );

  test.for(["regular", "fullscreen"])("what was said before an editor had the terminal stands there once (%s)", async (mode, { world }) => {
    const terminal = open(
      world,
      program,
      `echo editing; printf ' and more' >> "$1"`,
      world.trace(answerSteps(paragraphs.join("\n\n"))),
      mode,
    );
    await terminal.until(hasFooter);
    terminal.type("begin\r");
    await terminal.until((screen) => screen.includes("said 59."));
    for (const draft of ["a draft and more", "a draft and more and more"]) {
      terminal.type(draft === "a draft and more" ? "a draft\u0007" : "\u0007");
      await terminal.until((screen) => screen.includes(draft) && screen.includes("said 59.") && hasFooter(screen));
    }
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
    const shown = terminal.scrollback().join("\n");
    for (const said of paragraphs) expect(shown.split(said).length - 1, said).toBe(1);
  });

  test("an editor that is stopped and goes on has the terminal all the while", async ({ world }) => {
    const script = 'echo editing\nkill -TSTP 0\necho going on\nread -n 1 key\nprintf " and more" >> "$1"\necho closing';
    const terminal = open(world, program, script, world.trace(answerSteps("unused")));
    await terminal.until(hasFooter);
    terminal.type("a draft\u0007");
    await terminal.until((screen) => screen.includes("editing"));
    await terminal.suspended();
    terminal.signal("SIGCONT");
    await terminal.until((screen) => screen.includes("going on"));
    terminal.type("x");
    await terminal.until((screen) => screen.includes("a draft and more"));
    const between = terminal.output().split("going on")[1]?.split("closing")[0];
    expect(between?.trim()).toBe("x");
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
  });

  test("Ctrl-C in an editor that reads lines is for that editor", async ({ world }) => {
    const terminal = open(world, program, "echo editing\nread line", world.trace(answerSteps("unused")));
    await terminal.until(hasFooter);
    terminal.type("a draft\u0007");
    await terminal.until((screen) => screen.includes("editing"));
    terminal.type("\u0003");
    await terminal.until((screen) => screen.includes("ended with status") && /─\na draft *\n─/.test(screen));
    expect(readdirSync(terminal.temp)).toEqual([]);
    terminal.signal("SIGINT");
    expect(await terminal.ended).toEqual({ status: 130, flags: "same" });
  });

  test("an end from outside ends the editor, too; what it had saved is the draft, what it keeps for itself stays", async ({ world }) => {
    const script = 'stty raw\nprintf " and more" >> "$1"\necho swap > "$(dirname "$1")/.prompt.md.swp"\necho editing\nread -n 1 key';
    const terminal = open(world, program, script, world.trace(answerSteps("unused")));
    await terminal.until(hasFooter);
    terminal.type("a draft\u0007");
    await terminal.until((screen) => screen.includes("editing"));
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
    await vi.waitFor(() => expect(draftOf(world)).toBe("a draft and more"), { timeout: 60_000 });
    const [kept = ""] = readdirSync(terminal.temp);
    expect(readdirSync(join(terminal.temp, kept))).toEqual([".prompt.md.swp"]);
  });
});
