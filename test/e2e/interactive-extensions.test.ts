// What extensions show at a terminal: dialogs, widgets, a view of their own, renderers, keys; and that none of it ends the run.

import { join, resolve } from "node:path";
import { describe, expect } from "vitest";
import { hasPty, startOnTerminal, type TerminalProgram } from "../support/terminal.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const binary = join(resolve(import.meta.dirname, "../.."), "dist/pi");

function open(world: World, extension: string, ...answers: object[][]): TerminalProgram {
  const path = world.write("extension.ts", extension);
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: world.home, LANG: "C.UTF-8", PI_OFFLINE: "1" };
  return startOnTerminal([binary, "-e", path, "--model", world.trace(...(answers.length > 0 ? answers : [answerSteps("unused")]))], {
    world,
    env,
  });
}

async function quit(terminal: TerminalProgram): Promise<void> {
  terminal.type("\u0003");
  terminal.type("\u0004");
  expect(await terminal.ended).toEqual({ status: 0, flags: "same" });
}

describe.skipIf(!hasPty)("extensions at a terminal", () => {
  test("dialogs queue, and each is answered; statuses, widgets and notices are shown", async ({ world }) => {
    const terminal = open(
      world,
      `export default (pi) => {
        pi.on("session_start", (_event, ctx) => {
          ctx.ui.setStatus("one", "status-one");
          ctx.ui.setWidget("above", ["widget above"]);
          ctx.ui.setWidget("below", ["widget below"], { placement: "belowEditor" });
        });
        pi.registerCommand("ask", { handler: async (_args, ctx) => {
          const both = await Promise.all([ctx.ui.select("First?", ["red", "green"]), ctx.ui.confirm("Second?", "Really"), ctx.ui.input("Third?", "a hint")]);
          ctx.ui.notify("mode " + ctx.mode + " " + JSON.stringify(both));
        } });
      };`,
    );
    await terminal.until((screen) => screen.includes("status-one") && /widget above\n─/.test(screen) && screen.includes("widget below"));
    terminal.type("/ask\r");
    await terminal.until((screen) => screen.includes("First?") && !screen.includes("Second?"));
    terminal.type("\u001b[B\r");
    await terminal.until((screen) => screen.includes("Second?") && screen.includes("Really"));
    terminal.type("\r");
    await terminal.until((screen) => screen.includes("Third?"));
    terminal.type("typed\r");
    await terminal.until((screen) => screen.includes('mode tui ["green",true,"typed"]'));
    await quit(terminal);
  });

  test("a view of its own has the keys until it is done; one that throws is a line", async ({ world }) => {
    const terminal = open(
      world,
      `import { Text } from "@earendil-works/pi-tui";
      import { CustomEditor, DynamicBorder } from "@earendil-works/pi-coding-agent";
      export default (pi) => {
        pi.registerCommand("view", { handler: async (_args, ctx) => {
          const got = await ctx.ui.custom((tui, theme, keys, done) => ({
            lines: ["view: press x"],
            render() { return new Text(theme.fg("accent", this.lines[0]), 0, 0).render(40); },
            handleInput(data) { if (data === "x") done("x!"); },
            invalidate() {},
          }));
          ctx.ui.notify("got " + got);
        } });
        pi.registerCommand("broken", { handler: async (_args, ctx) => {
          const got = await ctx.ui.custom(() => ({ render() { throw new Error("no lines"); }, invalidate() {} }));
          ctx.ui.notify("after " + got);
        } });
        pi.registerShortcut("ctrl+y", { handler: (ctx) => ctx.ui.notify("shortcut pressed") });
        pi.on("session_start", (_event, ctx) => {
          ctx.ui.setEditorComponent((tui, theme, keys) => new (class extends CustomEditor {
            handleInput(data) { super.handleInput(data === "q" ? "Q" : data); }
          })(tui, theme, keys));
          ctx.ui.setWidget("wide", ["w".repeat(500)]);
        });
      };`,
    );
    await terminal.until((screen) => screen.includes("scripted/") && screen.includes("wwww"));
    terminal.type("/view\r");
    await terminal.until((screen) => screen.includes("view: press x"));
    terminal.type("x");
    await terminal.until((screen) => screen.includes("got x!"));
    terminal.type("/broken\r");
    await terminal.until((screen) => screen.includes("no lines") && screen.includes("after undefined"));
    terminal.type("\u0019");
    await terminal.until((screen) => screen.includes("shortcut pressed"));
    terminal.type("aqa");
    await terminal.until((screen) => /─\naQa/.test(screen));
    await quit(terminal);
  });

  test("messages, entries and tools in their own dress; what is printed does not reach the screen as it is", async ({ world }) => {
    const terminal = open(
      world,
      `import { Text } from "@earendil-works/pi-tui";
      export default (pi) => {
        pi.registerMessageRenderer("card", (message, options, theme) => new Text("CARD " + message.content + " " + options.expanded, 0, 0));
        pi.registerEntryRenderer("note", (entry) => new Text("ENTRY " + entry.data.what, 0, 0));
        pi.registerTool({ name: "paint", label: "Paint", description: "x", parameters: { type: "object", properties: {} },
          execute: async () => ({ content: [{ type: "text", text: "plain" }], details: { n: 7 } }),
          renderCall: (args, theme) => new Text("CALL paint", 0, 0),
          renderResult: (result, { isPartial }) => new Text("RESULT " + result.details.n, 0, 0) });
        pi.registerCommand("say", { handler: async () => {
          console.log("\\u001b[2Jprinted");
          pi.sendMessage({ customType: "card", content: "hello", display: true });
          pi.appendEntry("note", { what: "kept" });
        } });
      };`,
      callSteps("paint", {}),
      answerSteps("Done."),
    );
    await terminal.until((screen) => screen.includes("scripted/"));
    terminal.type("/say\r");
    await terminal.until(
      (screen) => screen.includes("CARD hello false") && screen.includes("ENTRY kept") && screen.includes("␛[2Jprinted"),
    );
    terminal.type("go\r");
    await terminal.until((screen) => screen.includes("CALL paint") && screen.includes("RESULT 7") && screen.includes("Done."));
    await quit(terminal);
  });

  test("a text editor that an extension shows lends the terminal to the editor it names, and has the text back", async ({ world }) => {
    const editor = world.write("editor.sh", '#!/bin/sh\nprintf " and more" >> "$1"\n');
    const terminal = open(
      world,
      `import { ExtensionEditorComponent } from "@earendil-works/pi-coding-agent";
      export default (pi) => {
        pi.registerCommand("write", { handler: async (_args, ctx) => {
          const text = await ctx.ui.custom((tui, _theme, keys, done) =>
            new ExtensionEditorComponent(tui, keys, "Write it", "begun", done, () => done("left"), undefined, ${JSON.stringify(`sh ${editor}`)}));
          ctx.ui.notify("got " + text);
        } });
      };`,
    );
    await terminal.until((screen) => screen.includes("scripted/"));
    terminal.type("/write\r");
    await terminal.until((screen) => screen.includes("Write it") && screen.includes("ctrl+g in $EDITOR"));
    terminal.type("\u0007");
    await terminal.until((screen) => screen.includes("begun and more"));
    terminal.type("\r");
    await terminal.until((screen) => screen.includes("got begun and more"));
    await quit(terminal);
  });

  test("process.exit in an extension leaves the terminal as it was", async ({ world }) => {
    const terminal = open(world, `export default (pi) => { pi.registerCommand("bye", { handler: () => process.exit(7) }); };`);
    await terminal.until((screen) => screen.includes("scripted/"));
    terminal.type("/bye\r");
    expect(await terminal.ended).toEqual({ status: 7, flags: "same" });
  });
});
