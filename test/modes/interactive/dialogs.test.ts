// Questions to the user as the screen shows them: how long there is time, one after another, answered once.

import { writeFileSync } from "node:fs";
import type { TUI } from "@earendil-works/pi-tui";
import { describe, expect, test, vi } from "vitest";
import { ExtensionEditorComponent } from "../../../src/sdk/npm/tui/choice-components.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";

test("a question that is called off by itself says how long there is still time", async () => {
  const at = await openInteractive({ columns: 60 });
  vi.useFakeTimers();
  try {
    const { context } = at.interaction.ui;
    const answers = [
      context.confirm("Go on?", "It takes a while.", { timeout: 3000 }),
      context.input("Name", "anything", { timeout: 5000 }),
    ];
    await vi.advanceTimersByTimeAsync(1);
    expect(at.drawn()).toMatch(/Go on\? \(3 s\)\nIt takes a while\.\n/);
    const before = at.device.writes.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(at.drawn()).toContain("Go on? (2 s)");
    expect(at.device.writes.length).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(2000);
    expect(at.drawn()).toContain("Name (2 s)");
    await vi.advanceTimersByTimeAsync(2000);
    expect(at.drawn()).not.toContain("Name");
    expect(await Promise.all(answers)).toEqual([false, undefined]);
    const idle = at.device.writes.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(at.device.writes.length).toBe(idle);
  } finally {
    vi.useRealTimers();
  }
});

test("a question with a limit of nothing has the time that it takes to answer", async () => {
  const at = await openInteractive({ columns: 60 });
  vi.useFakeTimers();
  try {
    const { context } = at.interaction.ui;
    const answer = context.confirm("Go on?", "It takes a while.", { timeout: 0 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(at.drawn()).toMatch(/Go on\?\nIt takes a while\.\n/);
    at.interaction.dialogs.cancelAll();
    expect(await answer).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test.for(["main", "alternate"] as const)(
  "what is asked is there in whole, else how much of it is not; the answer stays in sight: %s",
  async (kind) => {
    const at = await openInteractive({ columns: 40, rows: 14, kind });
    const { context } = at.interaction.ui;
    const words = Array.from({ length: 30 }, (_, count) => `word${count}`);
    const asked = context.confirm("May this command be run, whatever it does to your files?", `rm -rf ${"/a/path".repeat(8)} --last`);
    const shown = (await at.until((screen) => screen.includes("Yes"))).replace(/\s/g, "");
    for (const part of ["whatever it does to your files?", "/a/path".repeat(8), "--last"])
      expect(shown).toContain(part.replaceAll(" ", ""));
    at.device.keys("\r");
    expect(await asked).toBe(true);
    for (const ask of [
      () => context.select(words.join("\n"), ["one", "two"]),
      () => context.input(words.join("\n")),
      () => context.editor(words.join("\n"), "text"),
    ]) {
      const answer = ask();
      const screen = await at.until((text) => /word0\n(.*\n)*… 2\d more lines\n/.test(text));
      expect(screen).toMatch(/❯ one\n {2}two|> |text/);
      expect(screen).toContain("fake/fake");
      at.device.keys("\u001b");
      expect(await answer).toBeUndefined();
    }
  },
);

test.for([
  ["in the editor's place", {}],
  ["over the screen", { overlay: true }],
] as const)("a view of an extension's takes no key from whoever types: %s", async ([, how]) => {
  let now = 10_000;
  const at = await openInteractive({ columns: 60, now: () => now });
  vi.useFakeTimers();
  try {
    const keys: string[] = [];
    at.device.keys("half a ");
    const shown = at.interaction.ui.context.custom<string>(
      ((_tui: unknown, _theme: unknown, _keys: unknown, done: (value: string) => void) => ({
        render: () => ["a view of its own"],
        handleInput: (data: string) => {
          keys.push(data);
          if (data === "\r") done("taken");
        },
        invalidate: () => {},
      })) as never,
      how as never,
    );
    await vi.advanceTimersByTimeAsync(200);
    now += 200;
    at.device.keys("word");
    await vi.advanceTimersByTimeAsync(200);
    now += 200;
    expect(at.drawn()).not.toContain("a view of its own");
    expect(at.interaction.screen.editor.getText()).toBe("half a word");
    now += 300;
    await vi.advanceTimersByTimeAsync(300);
    expect(at.drawn()).toContain("a view of its own");
    at.device.keys("y");
    at.device.keys("\r");
    expect(await shown).toBe("taken");
    expect(keys).toEqual(["y", "\r"]);
    expect(at.drawn()).not.toContain("a view of its own");
    expect(at.interaction.screen.editor.getText()).toBe("half a word");
  } finally {
    vi.useRealTimers();
  }
});

test("a view that is called off before it was seen is never seen", async () => {
  const at = await openInteractive({ columns: 60 });
  at.device.keys("words");
  let done: (value: string) => void = () => {};
  const shown = at.interaction.ui.context.custom<string>(
    ((_tui: unknown, _theme: unknown, _keys: unknown, finish: (value: string) => void) => {
      done = finish;
      return { render: () => ["a view of its own"], invalidate: () => {} };
    }) as never,
    { overlay: true } as never,
  );
  done("before");
  expect(await shown).toBe("before");
  at.interaction.screen.whenQuiet(() => at.interaction.say("quiet now"));
  expect(await at.until((text) => text.includes("quiet now"))).not.toContain("a view of its own");
});

const pasted = "a\u001b[2Jb\u001b_Gi=1;AAAA\u001b\\c\u0007d";
const shown = "a␛[2Jb␛_Gi=1;AAAA␛\\c␇d";

test("what is pasted into a question or a list is shown, not obeyed, and is what was pasted", async () => {
  const at = await openInteractive();
  const answer = at.interaction.ui.context.input("A name?");
  await at.until((screen) => screen.includes("A name?"));
  at.device.keys(`\u001b[200~${pasted}\u001b[201~`);
  await at.until((screen) => screen.includes(shown));
  at.device.keys("\r");
  expect(await answer).toBe(pasted);
  at.device.keys("/settings\r");
  await at.until((screen) => screen.includes("›"));
  at.device.keys(`\u001b[200~${pasted}\u001b[201~`);
  await at.until((screen) => screen.includes(`› ${shown}`) && screen.includes("Nothing matches"));
  expect(at.device.writes.join("")).not.toMatch(/\u001b\[2J|\u001b_G/);
});

const editors: Record<string, [script: string, text: string, told: string]> = {
  "an editor that writes": ['printf " and more" >> "$1"', "one\ntwo and more", "and more"],
  "one that fails": ["exit 3", "one\ntwo", "ended with status 3: the text is as it was"],
};

const askers: Record<string, (at: InteractiveScreen, editor: string) => Promise<string | undefined>> = {
  "a text that is asked for": ({ interaction }, editor) => {
    Object.assign(interaction.env, { EDITOR: editor, PATH: "/usr/bin:/bin" });
    return interaction.ui.context.editor("Instructions", "one\ntwo");
  },
  "an extension that shows the editor itself, and names it": ({ interaction }, editor) =>
    interaction.ui.context.custom<string>(
      ((tui: TUI, _theme: unknown, keys: unknown, done: (value: string) => void) =>
        new ExtensionEditorComponent(tui, keys, "Instructions", "one\ntwo", done, () => done("left"), {}, editor)) as never,
    ),
};

describe.each(Object.entries(askers))("%s says its keys, and is written in the user's own editor", (_, ask) => {
  test.each(Object.entries(editors))("%s", async (_, [script, text, told]) => {
    const at = await openInteractive({ columns: 100 });
    const editor = `${at.directory}/editor.sh`;
    writeFileSync(editor, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    at.interaction.screen.editor.setText("a draft");
    const answer = ask(at, editor);
    await at.until((screen) => screen.includes("enter takes it · shift+enter new line · escape leaves · ctrl+g in $EDITOR"));
    at.device.keys("\u0007");
    await at.until((screen) => screen.includes(told));
    at.device.keys("\r");
    expect(await answer).toBe(text);
    expect(at.interaction.screen.editor.getText()).toBe("a draft");
  });
});

test("a clock that is set back keeps no question from being shown, and no answer", async () => {
  let clock = 10_000_000;
  const at = await openInteractive({ columns: 60, now: () => clock });
  at.device.keys("draft");
  at.drawn();
  clock -= 3_600_000;
  vi.useFakeTimers();
  try {
    const answer = at.interaction.ui.context.confirm("Go on?", "");
    await vi.advanceTimersByTimeAsync(1);
    clock += 300;
    await vi.advanceTimersByTimeAsync(300);
    expect(at.drawn()).toContain("Go on?");
    at.interaction.dialogs.cancelAll();
    expect(await answer).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test.for(["select", "input", "confirm", "editor"] as const)("what is no question holds up none of those behind it: %s", async (kind) => {
  const at = await openInteractive({ columns: 60 });
  const { context } = at.interaction.ui;
  const ask = context[kind] as (...of: unknown[]) => Promise<unknown>;
  const odd = ask(undefined, undefined).catch((error: unknown) => error);
  const next = context.confirm("Go on?", "");
  if (kind === "select") expect(await odd).toBeInstanceOf(TypeError);
  else {
    await at.until((screen) => screen.includes("undefined"));
    at.device.keys("\u001b");
    expect(await odd).toBe(kind === "confirm" ? false : undefined);
  }
  await at.until((screen) => screen.includes("Go on?"));
  at.device.keys("\r");
  expect(await next).toBe(true);
});

test("choices that are numbers are shown and given as they are", async () => {
  const at = await openInteractive({ columns: 60 });
  const answer = at.interaction.ui.context.select("How many?", [11, 22] as unknown as string[]);
  await at.until((screen) => screen.includes("22"));
  at.device.keys("\u001b[B\r");
  expect(await answer).toBe(22);
});

test("a dialog that cannot be shown is closed, and said: the keys are the editor's again, and what waited has its turn", async () => {
  const at = await openInteractive({ columns: 60 });
  let left = 0;
  at.interaction.choose({
    title: () => {
      throw new Error("no title");
    },
    items: [],
    take: () => {},
    cancelled: () => void left++,
  });
  await at.until((screen) => screen.includes("the dialog: no title"));
  expect(left).toBe(1);
  at.device.keys("typed");
  await at.until((screen) => screen.includes("typed"));
  expect(at.interaction.screen.isSomethingOpen).toBe(false);
  const { dialogs } = at.interaction;
  const odd = dialogs.input("Name", "", { placeholder: 7 as unknown as string });
  const next = dialogs.confirm("Go on?", "");
  await at.until((screen) => screen.includes("Go on?"));
  expect(await odd).toBeUndefined();
  at.device.keys("\r");
  expect(await next).toBe(true);
});
