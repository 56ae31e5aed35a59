// The interactive mode on a pseudo terminal, as the binary and on Node: it opens, takes text typed before it was there, streams, runs tools, is stopped,
// and gives the terminal back on every way out.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, vi } from "vitest";
import { roles } from "../../src/tui/theme/roles.ts";
import { hasPty, startOnTerminal, type TerminalProgram } from "../support/terminal.ts";
import { answerSteps, callSteps, test, textSteps, type World } from "../support/world.ts";

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
  more: Readonly<Record<string, string>> = {},
): TerminalProgram {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", ...more, HOME: world.home, LANG: "C.UTF-8", PI_OFFLINE: "1" };
  return startOnTerminal([...program, ...args], { world, env, ...size });
}

const hasFooter = (screen: string): boolean => screen.includes("scripted/");

/** Each mode that was switched on has been switched off. */
function expectBalanced(output: string): void {
  const count = (text: string): number => output.split(text).length - 1;
  expect(count("\u001b[?2004h")).toBe(count("\u001b[?2004l"));
  expect(count("\u001b[?2026h")).toBe(count("\u001b[?2026l"));
  expect(count("\u001b[>7u")).toBe(count("\u001b[<u"));
  expect(count("\u001b[>4;2m")).toBe(count("\u001b[>4;0m"));
  for (const mode of [1000, 1002, 1003, 1004, 1006, 1049])
    expect(count(`\u001b[?${mode}h`), `mode ${mode}`).toBe(count(`\u001b[?${mode}l`));
  expect(count("\u001b[?2031h")).toBe(count("\u001b[?2031l"));
  expect(count("\u001b[?7l")).toBe(count("\u001b[?7h"));
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

  test("tmux is asked about links behind the first paint, and nothing waits for it", async ({ world }) => {
    const gate = join(world.home, "gate");
    execFileSync("mkfifo", [gate]);
    const tmux = world.write("../home/bin/tmux", `#!/bin/sh\n[ "$3" = '#{client_termfeatures}' ] && cat ${gate}\n`);
    chmodSync(tmux, 0o755);
    const model = world.trace(answerSteps("See [the page](https://page.example/x)."));
    const env = { TMUX: "/nowhere,1,0", PATH: `${dirname(tmux)}:/usr/bin:/bin` };
    const terminal = open(world, program, ["--model", model, "go"], {}, env);
    // It has not answered yet.
    await terminal.until((screen) => screen.includes("See the page (https://page.example/x)."));
    await writeFile(gate, "256,RGB,hyperlinks,title\n");
    await terminal.until((screen) => screen.includes("See the page."));
    expect(terminal.output()).toContain("\u001b]8;;https://page.example/x");
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
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

  test.for([false, true])(
    "a move in the tree asks about a summary, unless the settings say not to: skipPrompt %s",
    async (skipPrompt, { world }) => {
      world.write("../home/.pi/agent/settings.json", JSON.stringify({ branchSummary: { skipPrompt } }));
      const terminal = open(world, program, ["--model", world.trace(answerSteps("First.")), "said before"]);
      await terminal.until((screen) => screen.includes("First."));
      terminal.type("/tree\r");
      await terminal.until((screen) => screen.includes("fold"));
      terminal.type("\u001b[A\r");
      // What was said there is to be said anew.
      const isMoved = (screen: string): boolean => /─\nsaid before/.test(screen);
      const screen = await terminal.until((shown) => shown.includes("What is left behind") || isMoved(shown));
      expect(isMoved(screen)).toBe(skipPrompt);
      terminal.hangUp();
      expect((await terminal.ended).status).toBe(129);
    },
  );

  test.for([
    ["SIGINT", 130, "regular"],
    ["SIGTERM", 143, "regular"],
    ["SIGHUP", 129, "regular"],
    ["SIGTERM", 143, "fullscreen"],
    ["SIGHUP", 129, "fullscreen"],
  ] as const)("%s ends it with %i, the terminal as it was (%s)", async ([signal, status, mode], { world }) => {
    const terminal = open(world, program, ["--tui-mode", mode, "--model", world.trace(answerSteps("unused"))]);
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

  test("a terminal that takes nothing any more does not hold up the end", async ({ world }) => {
    const lines = Array.from({ length: 4000 }, (_, at) => `line ${at} ${"x".repeat(60)}`).join("\n\n");
    const terminal = open(world, program, ["--model", world.trace(answerSteps(lines))]);
    await terminal.until(hasFooter);
    terminal.unread();
    terminal.type("go\r");
    expect((await terminal.ended).status).toBe(143);
  });

  test.for(["regular", "fullscreen"])("suspended and taken up again it draws anew and has the draft (%s)", async (mode, { world }) => {
    const terminal = open(world, program, ["--tui-mode", mode, "--model", world.trace(answerSteps("unused"))]);
    await terminal.until(hasFooter);
    terminal.type("a draft");
    await terminal.until((screen) => screen.includes("a draft"));
    const before = terminal.output().length;
    terminal.type("\u001a");
    await terminal.until(() => terminal.output().slice(before).includes("\u001b[?2004l"), "the terminal given back");
    await terminal.suspended();
    terminal.resize(60, 20);
    const resumed = terminal.output().length;
    terminal.signal("SIGCONT");
    await terminal.until(() => terminal.output().slice(before).includes("\u001b[?2004h"), "the terminal taken again");
    await terminal.until((screen) => screen.includes("a draft") && hasFooter(screen));
    // Nobody has told it of the other size.
    await terminal.until(() => /(?<!─)─{60}(?!─)/.test(terminal.output().slice(resumed)), "lines of the new width");
    expect(terminal.output().slice(resumed)).not.toContain("─".repeat(61));
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
    expectBalanced(terminal.output());
  });
});

describe.skipIf(!hasPty).each(programs)("fullscreen, %s", (_name, program) => {
  test("what was said stands on the terminal afterwards, or how to go on with it", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "seq 30" }), answerSteps(`Done.\n\n${"- an item\n".repeat(40)}`));
    const args = ["--tui-mode", "fullscreen", "--model", model];
    const first = open(world, program, [...args, "go"]);
    await first.until((screen) => screen.includes("- an item") && hasFooter(screen));
    first.type("\u0004");
    expect(await first.ended).toEqual({ status: 0, flags: "same" });
    const shown = first.scrollback().join("\n");
    expect(shown).toContain("❯ go\n\n● bash seq 30");
    expect(shown.split("- an item").length - 1).toBe(40);
    expect(shown).not.toContain("scripted/");
    expectBalanced(first.output());
    world.config('[fullscreen]\nexit_output = "resume-hint"\n');
    const second = open(world, program, [...args, "go"]);
    await second.until((screen) => screen.includes("- an item") && hasFooter(screen));
    second.type("\u0004");
    await second.ended;
    expect(second.scrollback().join("\n").trim()).toMatch(/^pi --session [0-9a-f-]{36}$/);
  });

  test("switched while it runs: the draft stays, a run goes on, and each line is in the history once", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "sleep 60" }), answerSteps("The end."));
    const terminal = open(world, program, ["--model", model, "go"]);
    await terminal.until((screen) => screen.includes("○ bash"));
    terminal.type("/fullscreen\r");
    await terminal.until(() => terminal.output().includes("\u001b[?1049h"), "the other screen");
    terminal.type("a draft");
    await terminal.until((screen) => screen.includes("a draft") && screen.includes("○ bash"));
    terminal.type("\u001b");
    await terminal.until((screen) => /Stopped|aborted/.test(screen) && screen.includes("a draft"));
    terminal.type("\u0003/fullscreen\r");
    await terminal.until(() => terminal.output().includes("\u001b[?1049l"), "the terminal's own screen");
    await terminal.until(hasFooter);
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
    const shown = terminal.scrollback().join("\n");
    for (const text of ["❯ go", "● bash"]) expect(shown.split(text).length - 1, text).toBe(1);
    expectBalanced(terminal.output());
  });
});

describe.skipIf(!hasPty).each(programs)("themes, %s", (_name, program) => {
  const colours = (text: string): string => {
    const theme: { name: string; colors: Record<string, string> } = { name: "own", colors: {} };
    for (const [role, ground] of Object.entries(roles)) theme.colors[role] = ground === "bg" ? "" : text;
    return JSON.stringify(theme);
  };

  test("one that an extension brings is drawn with nothing said of it; one that nobody brings is told", async ({ world }) => {
    world.write("looks/late.json", colours("#010203"));
    world.write("brings.ts", `export default (pi) => pi.on("resources_discover", ({ cwd }) => ({ themePaths: [cwd + "/looks"] }));`);
    const start = (theme: string) =>
      open(world, program, ["-e", "brings.ts", "--use-theme", theme, "--model", "demo"], {}, { COLORTERM: "truecolor" });
    const terminal = start("late");
    await terminal.until(() => terminal.output().includes("38;2;1;2;3"), "the theme");
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
    expect(terminal.output()).not.toContain("Theme:");
    const other = start("gone");
    await other.until((screen) => screen.includes('Theme: there is no theme "gone"'));
    other.type("\u0004");
    expect((await other.ended).status).toBe(0);
  });

  test("a theme's file that is written anew is drawn at once; one that is wrong is told of and changes nothing", async ({ world }) => {
    const path = join(world.home, ".pi/agent/themes/own.json");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, colours("#010203"));
    const env = { COLORTERM: "truecolor" };
    const terminal = open(world, program, ["--use-theme", "own", "--model", world.trace(answerSteps("unused"))], {}, env);
    await terminal.until(() => terminal.output().includes("38;2;1;2;3"), "the theme");
    await terminal.until(hasFooter);
    const again = { text: "#0a0b0c" };
    // A watcher begins some time after it was asked for: the file is written until it is seen.
    const writing = setInterval(() => writeFileSync(path, colours(again.text)), 200);
    try {
      await terminal.until(() => terminal.output().includes("38;2;10;11;12"), "the other theme");
    } finally {
      clearInterval(writing);
    }
    writeFileSync(path, "{ no theme");
    await terminal.until((screen) => screen.includes("Theme: ") && screen.includes("own.json"));
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
  });
});

describe.skipIf(!hasPty).each(programs)("before there is a screen, %s", (_name, program) => {
  test("an extension asks whether a project is trusted, and what it is answered counts", async ({ world }) => {
    world.write(".pi/config.toml", 'theme = "light"\n');
    world.write(
      "../home/.pi/agent/extensions/asks.ts",
      `export default (pi) => pi.on("project_trust", async ({ cwd }, { mode, hasUI, ui }) => {
        ui.notify("mode " + mode + " " + hasUI);
        const answer = await ui.select("Trust " + cwd + "?", ["Trust it", "\u001b[2JDo not"]);
        const isSure = await ui.confirm("Sure?", "It brings settings");
        return { trusted: answer === "Trust it" && isSure ? "yes" : "no", remember: true };
      });`,
    );
    const terminal = open(world, program, ["--model", world.trace(answerSteps("The answer."))]);
    await terminal.until((screen) => screen.includes("Which one? Its number:"));
    expect(terminal.output()).toContain("mode tui true");
    expect(terminal.output()).not.toContain("\u001b[2J");
    terminal.type("1\r");
    await terminal.until((screen) => screen.includes("[y/N]:"));
    terminal.type("y\r");
    await terminal.until(hasFooter);
    terminal.type("hello\r");
    await terminal.until((screen) => screen.includes("The answer."));
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
    expect(JSON.parse(world.read("../home/.pi/agent/trust.json"))).toEqual({ [world.cwd]: true });
  });
});

describe.skipIf(!hasPty).each(programs)("a project that nobody has decided about, %s", (_name, program) => {
  const greeting = `export default (pi) => pi.on("session_start", (_event, { ui }) => {
    console.log("printed one way");
    process.stdout.write("printed another way\\n");
    ui.notify("greetings of the project");
  });`;

  test("it is asked about on the screen, and what was said on the command line goes when that is answered", async ({ world }) => {
    world.write(".pi/extensions/greets.js", greeting);
    const terminal = open(world, program, ["--model", world.trace(answerSteps("The answer.")), "go"]);
    const asked = await terminal.until((screen) => screen.includes("Trust it this time"));
    expect(asked).not.toMatch(/❯ go|greetings/);
    terminal.type("\u001b[B\u001b[B\r");
    const shown = await terminal.until((screen) => screen.includes("The answer."));
    expect(shown).toMatch(/greetings of the project\n(.*\n)*❯ go\n/);
    // Not over what is drawn.
    for (const way of ["one", "another"]) expect(shown).toMatch(new RegExp(`^· printed ${way} way$`, "m"));
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
    expect(terminal.output()).not.toContain("skipped");
    expect(existsSync(join(world.agentDir, "trust.json"))).toBe(false);
  });

  test("on the screen an extension asks there, too", async ({ world }) => {
    world.write(".pi/extensions/greets.js", greeting);
    world.write(
      "../home/.pi/agent/extensions/asks.js",
      `export default (pi) => pi.on("project_trust", async (_event, { ui }) => {
        const answer = await ui.select("Trust it?", ["Let it be", "Of course"]);
        return { trusted: answer === "Of course" ? "yes" : "undecided" };
      });`,
    );
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused"))]);
    await terminal.until((screen) => screen.includes("Its number:"));
    terminal.type("1\r");
    await terminal.until((screen) => screen.includes("Trust it this time"));
    terminal.type("\u0003");
    await terminal.until((screen) => !screen.includes("Trust it this time"));
    terminal.type("/reload\r");
    await terminal.until((screen) => /Trust it\?\n❯ Let it be\n {2}Of course/.test(screen));
    terminal.type("\u001b[B\r");
    await terminal.until((screen) => screen.includes("greetings of the project"));
    terminal.type("\u0004");
    expect(await terminal.ended).toEqual({ status: 0, flags: "same" });
  });

  test("a signal while it is asked ends it as ever", async ({ world }) => {
    world.write(".pi/extensions/greets.js", greeting);
    const terminal = open(world, program, ["--model", world.trace(answerSteps("unused")), "go"]);
    await terminal.until((screen) => screen.includes("Trust it this time"));
    terminal.signal("SIGTERM");
    expect(await terminal.ended).toEqual({ status: 143, flags: "same" });
    expectBalanced(terminal.output());
  });
});

describe.skipIf(!hasPty).each(programs)("--resume, %s", (_name, program) => {
  test("the session is picked on the screen, and what was said on the command line goes on with it", async ({ world }) => {
    await world.run(["-p", "--model", world.trace(answerSteps("First answer.")), "the first prompt"]);
    await world.run(["-p", "--model", world.trace(answerSteps("Second answer.")), "the second prompt"]);
    const terminal = open(world, program, ["-r", "--model", world.trace(answerSteps("Third answer.")), "go on"]);
    await terminal.until((screen) => screen.includes("Sessions") && screen.includes("the first prompt"));
    terminal.type("first");
    await terminal.until((screen) => !screen.includes("the second prompt"));
    terminal.type("\r");
    const screen = await terminal.until((text) => text.includes("Third answer."));
    expect(screen).toMatch(/❯ the first prompt\n\nFirst answer\.[\s\S]*❯ go on\n\nThird answer\./);
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
  });

  test("plain: it is picked by its number", async ({ world }) => {
    await world.run(["-p", "--model", world.trace(answerSteps("First answer.")), "the first prompt"]);
    const terminal = open(world, program, ["-r", "--tui-mode", "plain", "--model", world.trace(answerSteps("Next answer.")), "go on"]);
    await terminal.until((screen) => screen.includes("1  the first prompt") && screen.includes("Which one?"));
    terminal.type("1\r");
    await terminal.until((text) => text.includes("Next answer."));
    terminal.type("/quit\r");
    expect((await terminal.ended).status).toBe(0);
    expect(world.sessionFiles()).toHaveLength(1);
  });
});

describe.skipIf(!hasPty)("without a terminal on both ends", () => {
  test("--mode interactive is refused, and says what runs there", async ({ world }) => {
    const { status, stderr } = await world.run(["--mode", "interactive"], {});
    expect(status).toBe(2);
    expect(stderr).toMatch(/needs a terminal on stdin and stdout.*pi -p/);
  });
});

describe.skipIf(!hasPty)("what is written", () => {
  const program = programs[0][1];

  test("a draft outlives an end that nobody asked for, and is there once", async ({ world }) => {
    const model = world.trace(answerSteps("unused"));
    const first = open(world, program, ["--model", model]);
    await first.until(hasFooter);
    first.type("half a thought");
    await first.until((screen) => screen.includes("half a thought"));
    first.signal("SIGTERM");
    expect((await first.ended).status).toBe(143);
    const second = open(world, program, ["--model", model]);
    await second.until((screen) => screen.includes("half a thought") && /The text in the editor is from \d{4}-/.test(screen));
    second.type("\u0003");
    await second.until((screen) => !/─\nhalf a thought/.test(screen));
    second.type("\u001f");
    await second.until((screen) => /─\nhalf a thought/.test(screen), "the undone clearing");
    second.type("\u0003\u0004");
    expect((await second.ended).status).toBe(0);
    const third = open(world, program, ["--model", model]);
    await third.until(hasFooter);
    // The cleared text is the newest of the history, in another session, too.
    third.type("\u001b[A");
    await third.until((screen) => /─\nhalf a thought/.test(screen), "the history");
    expect(third.screen().join("\n")).not.toContain("The text in the editor is from");
    third.signal("SIGTERM");
    await third.ended;
  });

  test.for(["SIGKILL", "SIGHUP"])("what was queued and what was being written are there again after %s", async (signal, { world }) => {
    const model = world.trace([...textSteps("So far"), { type: "hang" }]);
    const first = open(world, program, ["--model", model, "go"]);
    await first.until((screen) => screen.includes("So far"));
    first.type("queued words\r");
    await first.until((screen) => screen.includes("next: queued words"));
    first.type("and a draft");
    await first.until((screen) => screen.includes("and a draft"));
    const drafts = join(world.agentDir, "drafts");
    const kept = (): string => readdirSync(drafts).reduce((text, name) => text + readFileSync(join(drafts, name), "utf8"), "");
    if (signal === "SIGKILL") await vi.waitFor(() => expect(kept()).toContain("draft"), { timeout: 60_000 });
    first.signal(signal);
    await first.ended;
    const second = open(world, program, ["--model", model]);
    await second.until((screen) => /─\nqueued words\n\nand a draft/.test(screen));
    second.type("\u0003\u0004");
    expect((await second.ended).status).toBe(0);
  });

  test("a prompt that is refused is in the editor again", async ({ world }) => {
    const terminal = open(world, program, []);
    await terminal.until((screen) => screen.includes("no model"));
    terminal.type("keep me\r");
    const screen = await terminal.until((text) => text.includes("✗"));
    expect(screen).toMatch(/─\nkeep me/);
    terminal.type("\u0003\u0004");
    expect((await terminal.ended).status).toBe(0);
  });

  test("a word that is no command is asked about, a path is text", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("One."), answerSteps("Two."))]);
    await terminal.until(hasFooter);
    terminal.type("/modle\r");
    const screen = await terminal.until((text) => text.includes("There is no command /modle"));
    expect(screen).toContain("Did you mean /model?");
    expect(screen).toMatch(/─\n\/modle/);
    terminal.type("\r");
    await terminal.until((text) => text.includes("One."));
    terminal.type("/usr/lib is full\r");
    await terminal.until((text) => text.includes("Two."));
    terminal.type("/quit\r");
    expect((await terminal.ended).status).toBe(0);
  });

  test("commands, files behind @ and paths are completed; Enter takes, and then sends", async ({ world }) => {
    world.write("src/deep/target-file.ts", "");
    const terminal = open(world, program, ["--model", world.trace(answerSteps("One."))]);
    await terminal.until(hasFooter);
    terminal.type("look at @target");
    await terminal.until((screen) => screen.includes("→ src/deep/target-file.ts"));
    terminal.type("\r");
    await terminal.until((screen) => screen.includes("look at @src/deep/target-file.ts"));
    terminal.type("\r");
    await terminal.until((screen) => screen.includes("❯ look at @src/deep/target-file.ts"));
    terminal.type("/hotk");
    await terminal.until((screen) => screen.includes("→ hotkeys"));
    terminal.signal("SIGTERM");
    await terminal.ended;
  });

  test("a command of the user's own runs; what it said is told to the model, or with !! is not", async ({ world }) => {
    const terminal = open(world, program, ["--model", world.trace(answerSteps("One."))]);
    await terminal.until(hasFooter);
    terminal.type("!echo seen-$((40+2)); exit 3\r");
    await terminal.until((screen) => /! echo seen.*\n {2}seen-42\n {2}exit 3/.test(screen));
    terminal.type("!!echo hidden-$((40+2))\r");
    await terminal.until((screen) => /!! echo hidden.*\n {2}hidden-42/.test(screen));
    terminal.type("go\r");
    await terminal.until((screen) => screen.includes("One."));
    terminal.type("\u0004");
    expect((await terminal.ended).status).toBe(0);
    const [file = ""] = world.sessionFiles();
    const commands = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.includes("bashExecution"));
    expect(commands.map((line) => JSON.parse(line).message.excludeFromContext === true)).toEqual([false, true]);
  });
});
