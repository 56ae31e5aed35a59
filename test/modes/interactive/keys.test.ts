// Every key of the keymap in every encoding that terminals have for it, cut at each byte; keys of the user's own.

import { matchesKey } from "@earendil-works/pi-tui";
import { describe, expect, test } from "vitest";
import { createKeymap, definitionsFor } from "../../../src/modes/interactive/keymap.ts";
import { ScreenTerminal } from "../../../src/tui/screen-terminal.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { deafDevice } from "../../support/screen-device.ts";

interface Named {
  shift: boolean;
  alt: boolean;
  ctrl: boolean;
  key: string;
}

function named(id: string): Named {
  const parts = id.split("+");
  const key = parts.pop() || "+";
  return { shift: parts.includes("shift"), alt: parts.includes("alt"), ctrl: parts.includes("ctrl"), key };
}

/** Of xterm: final letter, or number before `~`. */
const functional: Record<string, string> = { up: "A", down: "B", right: "C", left: "D", home: "H", end: "F" };
const numbered: Record<string, number> = { insert: 2, delete: 3, pageUp: 5, pageDown: 6 };
/** In the usual encoding; with a modifier they are like the arrows. */
const functionKeys: Record<string, string> = { f1: "P", f2: "Q", f3: "R", f4: "S" };
const coded: Record<string, number> = { enter: 13, tab: 9, escape: 27, backspace: 127, space: 32 };

const modifiers = ({ shift, alt, ctrl }: Named): number => 1 + Number(shift) + 2 * Number(alt) + 4 * Number(ctrl);
const codeOf = ({ key }: Named): number | undefined => coded[key] ?? (key.length === 1 ? key.codePointAt(0) : undefined);

function functionKey(one: Named, event = ""): string | undefined {
  const m = modifiers(one);
  const modified = m === 1 && event === "" ? "" : `;${m}${event}`;
  const letter = functional[one.key];
  if (letter !== undefined) return modified === "" ? `\u001b[${letter}` : `\u001b[1${modified}${letter}`;
  const f = functionKeys[one.key];
  if (f !== undefined && modified === "") return `\u001bO${f}`;
  const number = numbered[one.key];
  return number === undefined ? undefined : `\u001b[${number}${modified}~`;
}

/** What a terminal without any of the protocols sends; nothing where it cannot say it. */
function legacy(one: Named): string | undefined {
  const { shift, alt, ctrl, key } = one;
  const byFunction = functionKey(one);
  if (byFunction !== undefined) return byFunction;
  const before = alt ? "\u001b" : "";
  if (key === "tab" && shift) return ctrl || alt ? undefined : "\u001b[Z";
  if (key in coded) {
    if (ctrl || shift) return undefined;
    return before + String.fromCharCode(coded[key] ?? 0);
  }
  if (ctrl && shift) return undefined;
  if (ctrl) {
    const code = key === "-" ? 0x1f : key.toUpperCase().charCodeAt(0) & 0x1f;
    return before + String.fromCharCode(code);
  }
  return before + (shift ? key.toUpperCase() : key);
}

function kitty(one: Named): string[] {
  const byFunction = functionKey(one);
  if (byFunction !== undefined) return [byFunction, functionKey(one, ":1") ?? ""];
  const code = codeOf(one);
  const m = modifiers(one);
  // What is plain text stays plain text.
  if (code === undefined || (m === 1 && one.key.length === 1)) return [];
  return [`\u001b[${code}${m === 1 ? "" : `;${m}`}u`, `\u001b[${code};${m}:1u`];
}

function modifyOtherKeys(one: Named): string[] {
  const code = codeOf(one);
  const m = modifiers(one);
  if (code === undefined || m === 1) return [];
  const shown = one.shift && one.key.length === 1 ? one.key.toUpperCase().charCodeAt(0) : code;
  return [`\u001b[27;${m};${shown}~`];
}

/** What the screen is told of bytes, in the given pieces. */
function heard(pieces: readonly string[], isKitty: boolean): string[] {
  const device = deafDevice();
  const terminal = new ScreenTerminal(device, { escapeMs: 10 });
  terminal.on.isKey = keymap.knows;
  const told: string[] = [];
  terminal.start(
    (data) => told.push(data),
    () => {},
  );
  if (isKitty) device.keys("\u001b[?7u");
  told.length = 0;
  for (const piece of pieces) device.keys(piece);
  // An Escape alone is told of when nothing more can belong to it.
  terminal.flushInput();
  void terminal.end();
  return told;
}

const rows = Object.entries(definitionsFor("other")).flatMap(([id, { defaultKeys }]) =>
  [defaultKeys].flat().map((key) => ({ id, key: key as string })),
);
const keymap = createKeymap("other");

describe("each key of the keymap", () => {
  test.for(rows)("$id: $key", ({ id, key }) => {
    const one = named(key);
    const plain = legacy(one);
    const all = [
      ...(plain === undefined ? [] : [{ bytes: plain, isKitty: false }]),
      ...kitty(one).map((bytes) => ({ bytes, isKitty: true })),
      ...modifyOtherKeys(one).map((bytes) => ({ bytes, isKitty: false })),
    ];
    expect(all.length).toBeGreaterThan(0);
    for (const { bytes, isKitty } of all) {
      for (let at = 0; at < bytes.length; at++) {
        const pieces = at === 0 ? [bytes] : [bytes.slice(0, at), bytes.slice(at)];
        const told = heard(pieces, isKitty);
        expect(told, `${JSON.stringify(bytes)} cut at ${at}`).toHaveLength(1);
        expect(keymap.matches(told[0] ?? "", id), `${JSON.stringify(bytes)} is ${key}`).toBe(true);
      }
    }
  });

  test.for(["other", "wsl", "windows"] as const)("%s: each action has one that a plain terminal can send", (platform) => {
    const definitions = definitionsFor(platform);
    const unsayable = Object.keys(definitions).filter((id) => {
      const keys = [definitions[id]?.defaultKeys ?? []].flat();
      return keys.length > 0 && !keys.some((key) => legacy(named(key)) !== undefined);
    });
    expect(unsayable).toEqual([]);
  });
});

test("a letter that is typed is a key of what it stands for, and of nothing else", () => {
  const keys = createKeymap("other");
  const own = { "app.tools.expand": "?", "app.model.select": ["space", "Q"], "app.message.copy": "shift+q", "tui.editor.undo": "é" };
  for (const set of [{}, own, {}]) {
    keys.use(set);
    const said = Object.keys(definitionsFor("other")).flatMap((id) => keys.manager.getKeys(id as never).map((key) => ({ id, key })));
    for (const typed of [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(0x20 + at)), "é", "ш", "😀", "two"]) {
      const expected = new Set(said.filter(({ key }) => matchesKey(typed, key)).map(({ id }) => id));
      const found = Object.keys(definitionsFor("other")).filter((id) => keys.matches(typed, id));
      expect(found, JSON.stringify(typed)).toEqual(Object.keys(definitionsFor("other")).filter((id) => expected.has(id)));
    }
  }
  expect(keys.use(own)).toHaveLength(1);
  expect(keys.matches("?", "app.tools.expand") && keys.matches(" ", "app.model.select") && keys.matches("Q", "app.message.copy")).toBe(
    true,
  );
});

describe("Escape and another key right behind it", () => {
  const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).filter((key) => key !== "\u001b");

  test.for(controls)("%j: nobody's key is two keys", (control) => {
    const told: string[] = [];
    const device = deafDevice();
    const terminal = new ScreenTerminal(device, { escapeMs: 10, isDumb: true });
    const keys = createKeymap("other");
    terminal.on.isKey = (data) => keys.knows(data);
    terminal.start(
      (data) => void told.push(data),
      () => {},
    );
    device.keys(`\u001b${control}`);
    terminal.flushInput();
    expect(told).toEqual(keys.knows(`\u001b${control}`) ? [`\u001b${control}`] : ["\u001b", control]);
  });

  test.for(["A", "B", "C", "D"])("an arrow behind it, %s: held with Alt, as some terminals send it, where that is a key", (arrow) => {
    for (const isKey of [true, false]) {
      const told: string[] = [];
      const device = deafDevice();
      const terminal = new ScreenTerminal(device, { escapeMs: 10, isDumb: true });
      terminal.on.isKey = () => isKey;
      terminal.start(
        (data) => void told.push(data),
        () => {},
      );
      for (const form of ["[", "O"]) device.keys(`\u001b\u001b${form}${arrow}x`);
      terminal.flushInput();
      const expected = (form: string): string[] => (isKey ? [`\u001b[1;3${arrow}`, "x"] : ["\u001b", `\u001b${form}${arrow}`, "x"]);
      expect(told).toEqual([...expected("["), ...expected("O")]);
    }
  });

  test("both count: the list is closed, the text is cleared", async () => {
    const screen = await openInteractive();
    screen.device.keys("some words");
    await screen.until((text) => text.includes("some words"));
    const answer = screen.interaction.dialogs.select("A question", ["one", "two"]);
    await screen.until((text) => text.includes("A question"));
    screen.device.keys("\u001b\u0003");
    await screen.until((text) => !text.includes("A question") && !text.includes("some words"));
    expect(await answer).toBeUndefined();
  });

  test("one that an extension has registered stays one", async () => {
    let calls = 0;
    const screen = await openInteractive({
      extension: (pi) => {
        const { registerShortcut } = pi as unknown as { registerShortcut(key: string, how: object): void };
        registerShortcut("ctrl+alt+c", { handler: () => void calls++ });
      },
    });
    screen.device.keys("kept");
    screen.device.keys("\u001b\u0003");
    await screen.until((text) => text.includes("kept"));
    expect(calls).toBe(1);
  });
});

describe("keys of the user's own", () => {
  test("they take the place of the usual ones; none is none", () => {
    const keys = createKeymap("other");
    expect(keys.use({ "app.tools.expand": "ctrl+e", "app.suspend": [] })).toEqual([]);
    expect(keys.matches("\u0005", "app.tools.expand")).toBe(true);
    expect(keys.matches("\u000f", "app.tools.expand")).toBe(false);
    expect(keys.matches("\u001a", "app.suspend")).toBe(false);
    expect(keys.use({})).toEqual([]);
    expect(keys.matches("\u000f", "app.tools.expand")).toBe(true);
  });

  test("a key may be written in any case, and is the same key", () => {
    const keys = createKeymap("other");
    expect(keys.use({ "app.tools.expand": "Ctrl+E", "app.message.copy": ["PageUp"] })).toEqual([]);
    expect(keys.matches("\u0005", "app.tools.expand")).toBe(true);
    expect(keys.matches("\u001b[5~", "app.message.copy")).toBe(true);
    expect(keys.use({ "app.tools.expand": "Ctrl+E", "app.message.copy": "ctrl+e" })).toEqual([
      "ctrl+e is given to app.tools.expand and app.message.copy",
    ]);
  });

  test.each(["toString", "constructor", "__proto__"])("what every object has is no action: %s", (name) => {
    const own = JSON.parse(`{ ${JSON.stringify(name)}: "ctrl+e" }`) as Record<string, unknown>;
    expect(createKeymap("other").use(own)).toEqual([`no action is called ${JSON.stringify(name)}`]);
  });

  test("an unknown action, what is no key, and a key given twice are a line each, and the rest counts", () => {
    const keys = createKeymap("other");
    const problems = keys.use({
      "app.nonsense": "ctrl+e",
      "app.tools.expand": ["ctrl+nothing"],
      "app.model.select": "ctrl+e",
      "app.message.copy": ["ctrl+e", "f5"],
      "app.thinking.cycle": 7,
      $schema: "anything",
    });
    expect(problems).toEqual([
      'no action is called "app.nonsense"',
      '"ctrl+nothing" is no key (app.tools.expand): write ctrl+e, alt+enter, f5, pageUp',
      "7 is no key (app.thinking.cycle): write ctrl+e, alt+enter, f5, pageUp",
      "ctrl+e is given to app.model.select and app.message.copy",
    ]);
    expect(keys.matches("\u000f", "app.tools.expand")).toBe(true);
    expect(keys.matches("\u001b[15~", "app.message.copy")).toBe(true);
  });

  test("the configuration says them, with or without quotes, and hints show them", async () => {
    const screen = await openInteractive({ settings: { keys: { app: { model: { select: "ctrl+e" } }, "app.clear": ["f5"] } } });
    const { ownKeys } = await import("../../../src/modes/interactive/own-keys.ts");
    const keys = ownKeys(screen.sessions.launch);
    expect(keys).toEqual({ "app.model.select": ["ctrl+e"], "app.clear": ["f5"] });
    expect(screen.interaction.keys.use(keys)).toEqual([]);
    screen.device.keys("text\u001b[15~");
    await screen.until((text) => !text.includes("text"));
    screen.device.keys("\u001b[15~");
    await screen.until((text) => text.includes("f5 again quits"));
    screen.device.keys("\u0005");
    await screen.until((text) => /No model can be called|Model/.test(text));
  });
});
