// Pastes and keys told apart, however what a terminal sends is cut: at each byte, in megabytes, with and without the markers of a paste.

import { expect, onTestFinished, test, vi } from "vitest";
import { markedPaste, PasteGate } from "../../src/tui/paste-gate.ts";

type Taken = ["keys" | "paste", string];

/** What came out, neighbours of a kind put together. */
function taking(pieces: Iterable<string>): Taken[] {
  vi.useFakeTimers();
  try {
    const taken: Taken[] = [];
    const add = (kind: Taken[0], text: string): void => {
      const last = taken.at(-1);
      if (kind === "keys" && last?.[0] === "keys") last[1] += text;
      else taken.push([kind, text]);
    };
    const gate = new PasteGate({ keys: (text) => add("keys", text), paste: (text) => add("paste", text) }, { escapeMs: 10 });
    for (const piece of pieces) gate.push(piece);
    vi.runAllTimers();
    return taken;
  } finally {
    vi.useRealTimers();
  }
}

function* cut(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

const marked = (text: string): string => `\u001b[200~${text}\u001b[201~`;
const nasty = "a\r\n/quit\r\u001b[A\u001b[200~\u0004\u001b]0;title\u0007\u001b[20 ünd 🙂";

test("a marked paste is one text, whatever is in it and wherever it is cut", () => {
  const all = `x${marked(nasty)}y\u001b[B`;
  const wanted: Taken[] = [
    ["keys", "x"],
    ["paste", nasty],
    ["keys", "y\u001b[B"],
  ];
  for (let at = 0; at <= all.length; at++) expect(taking([all.slice(0, at), all.slice(at)].filter((one) => one !== ""))).toEqual(wanted);
  for (const size of [1, 2, 3, 5, 7]) expect(taking(cut(all, size))).toEqual(wanted);
});

test("a paste whose end never comes ends with a pause, and its late end is no key", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const taken: Taken[] = [];
  const sink = { keys: (text: string) => void taken.push(["keys", text]), paste: (text: string) => void taken.push(["paste", text]) };
  const gate = new PasteGate(sink, { escapeMs: 10 });
  gate.push("\u001b[200~half of");
  vi.advanceTimersByTime(1500);
  gate.push(" it\r");
  vi.advanceTimersByTime(1500);
  expect(taken).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(taken.splice(0)).toEqual([["paste", "half of it\r"]]);
  gate.push("\u001b[A");
  expect(taken.splice(0)).toEqual([["keys", "\u001b[A"]]);
  gate.push("the rest\r\u001b[201~x");
  expect(taken.splice(0)).toEqual([
    ["paste", "the rest\r"],
    ["keys", "x"],
  ]);
  gate.push(marked("another"));
  gate.push("\u001b[200~");
  vi.advanceTimersByTime(5000);
  gate.push(marked("third"));
  expect(taken).toEqual([
    ["paste", "another"],
    ["paste", "third"],
  ]);
});

test("two pastes in one piece are two", () => {
  expect(taking([`${marked("one")}${marked("two")}`])).toEqual([
    ["paste", "one"],
    ["paste", "two"],
  ]);
});

test("an Escape is one, and a key that begins as a marker does stays itself", () => {
  expect(taking(["\u001b"])).toEqual([["keys", "\u001b"]]);
  expect(taking(["\u001b[2", "~"])).toEqual([["keys", "\u001b[2~"]]);
  expect(taking(["\u001b[200"])).toEqual([["keys", "\u001b[200"]]);
});

test("text that nobody can have typed is a paste without markers, too: its lines are not sent one by one", () => {
  const lines = Array.from({ length: 50 }, (_, at) => `line ${at} of what was copied`).join("\r");
  expect(taking(cut(lines, 128))).toEqual([["paste", lines]]);
  expect(taking(cut(`${lines}\r`, 128))).toEqual([["paste", `${lines}\r`]]);
});

test("a long line and Enter in one piece is typed by a program: it is sent", () => {
  const line = "word ".repeat(40).trim();
  expect(taking([`${line}\r`])).toEqual([
    ["paste", line],
    ["keys", "\r"],
  ]);
  expect(taking(["short\r"])).toEqual([["keys", "short\r"]]);
});

test("five megabytes cost what is in them once", () => {
  const text = "0123456789abcde\n".repeat(350_000);
  const sizes = [text, "x"];
  const spent = sizes.map((one) => {
    const before = process.cpuUsage();
    expect(taking(cut(marked(one), 4096)).map(([kind, pasted]) => [kind, pasted === one])).toEqual([["paste", true]]);
    expect(taking(cut(one.repeat(one === text ? 1 : 200), 4096)).map(([kind]) => kind)).toEqual(["paste"]);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  // Looking through all of it again for each piece takes seconds.
  expect(spent[0]).toBeLessThan(1500);
});

test.each(["\u001b\u001b[201~", "\u001b\u001b\u001b[201~\u001b[201~", "\u001b[201~"])(
  "what is marked has one end, whatever is in it: %j",
  (text) => {
    const around = markedPaste(`one${text}\r/quit`);
    expect(around.indexOf("\u001b[201~")).toBe(around.length - "\u001b[201~".length);
    expect(around).toContain("\r/quit");
  },
);
