// Files as crashes, full disks and other programs leave them.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { textOf } from "../../../src/contracts/message.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { userMessage } from "../../support/messages.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const header = '{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00.000Z","cwd":"/x"}';

function line(id: string, parentId: string | null, text = id): string {
  return JSON.stringify({ type: "message", id, parentId, timestamp: "2026-01-01T00:00:00.000Z", message: userMessage(text) });
}

interface Opened {
  session: Session;
  path: string;
  warnings: string[];
  texts: () => string[];
}

async function openText(text: string | Uint8Array): Promise<Opened> {
  const path = join(temporaryDirectory(), "s.jsonl");
  writeFileSync(path, text);
  return { path, ...(await openPath(path)) };
}

async function openPath(path: string): Promise<Omit<Opened, "path">> {
  const warnings: string[] = [];
  const session = await Session.open(path, { onWarning: (warning) => warnings.push(warning.replace(path, "FILE")) });
  onTestFinished(() => session.close());
  const texts = (): string[] =>
    session.context().messages.map((message) => ("content" in message ? textOf(message.content) : message.role));
  return { session, warnings, texts };
}

test("a torn last line is set aside, told once, and not merged with the next append", async () => {
  const { session, path, warnings, texts } = await openText(
    `${header}\n${line("00000001", null)}\n${line("00000002", "00000001").slice(0, 70)}`,
  );
  expect(warnings).toEqual(["Session file FILE: the last line (3) was cut off and is set aside"]);
  expect(texts()).toEqual(["00000001"]);
  session.append({ type: "message", message: userMessage("next") });
  session.close();
  const again = await openPath(path);
  expect(again.texts()).toEqual(["00000001", "next"]);
  expect(again.warnings).toEqual(["Session file FILE: line 3 is damaged and is skipped"]);
});

test("a whole last line without LF counts, and the next append starts a new line", async () => {
  const { session, path, warnings, texts } = await openText(`${header}\n${line("00000001", null)}`);
  expect(texts()).toEqual(["00000001"]);
  session.append({ type: "message", message: userMessage("next") });
  session.close();
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
  expect((await openPath(path)).texts()).toEqual(["00000001", "next"]);
  expect(warnings).toEqual([]);
});

test("the torn line of another writer that came while we were at it is not merged either", async () => {
  const { session, path } = await openText(`${header}\n${line("00000001", null)}\n`);
  appendFileSync(path, '{"type":"message","id":"0000');
  session.append({ type: "message", message: userMessage("mine") });
  session.close();
  expect((await openPath(path)).texts()).toEqual(["00000001", "mine"]);
});

test("children of a damaged line hang on its parent when its head can be read", async () => {
  const damaged = `${line("00000002", "00000001").slice(0, 90)}###\n`;
  const text = `${header}\n${line("00000001", null)}\n${damaged}${line("00000003", "00000002")}\n`;
  const { session, warnings, texts } = await openText(text);
  expect(texts()).toEqual(["00000001", "00000003"]);
  expect(warnings).toEqual(["Session file FILE: line 3 is damaged and is skipped"]);
  expect(session.entries().map(({ id }) => id)).toEqual(["00000001", "00000003"]);
  expect(session.children("00000001")).toEqual(["00000003"]);
  expect(() => session.navigate("00000002")).toThrow("Entry not found: 00000002");
});

test("children of an unreadable line hang on the entry before it", async () => {
  const text = `${header}\n${line("00000001", null)}\ngarbage of some kind\n${line("00000003", "00000002")}\n${line("00000004", "00000003")}\n`;
  const { warnings, texts } = await openText(text);
  expect(texts()).toEqual(["00000001", "00000003", "00000004"]);
  expect(warnings).toEqual(["Session file FILE: line 3 is damaged and is skipped"]);
});

test("an entry whose parent was never written goes on from the one before it, and that is told with its line, once", async () => {
  const text = `${header}\n${line("00000001", null)}\n${line("00000003", "00000002")}\n${line("00000004", "00000003")}\n`;
  const { session, path, texts, warnings } = await openText(text);
  expect(texts()).toEqual(["00000001", "00000003", "00000004"]);
  expect(session.tree()).toHaveLength(1);
  expect(warnings).toEqual([
    "Session file FILE: line 3 continues something that is not in the file, and is taken to follow the line before",
  ]);
  session.append({ type: "message", message: userMessage("next") });
  session.close();
  const again = await openPath(path);
  expect(again.texts()).toEqual(["00000001", "00000003", "00000004", "next"]);
  expect(again.warnings).toEqual(warnings);
});

test("an entry that hangs on itself, or on one that hangs on it, goes on from the one before it, and that is told", async () => {
  for (const parent of ["00000002", "00000003", "00000004"]) {
    const ids = [line("00000001", null), line("00000002", parent), line("00000003", "00000002"), line("00000004", "00000003")];
    const { session, texts, warnings } = await openText(`${header}\n${ids.join("\n")}\n`);
    expect(texts()).toEqual(["00000001", "00000002", "00000003", "00000004"]);
    expect(session.tree()).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining("line 3 continues something that is not ")]);
  }
});

test("a line of NULs in the middle costs what stood on it and nothing before it", async () => {
  const texts = ["00000001", "00000002", "00000003", "00000004"];
  const lines = texts.map((id, at) => line(id, texts[at - 1] ?? null));
  for (const lost of [1, 2]) {
    const damaged = lines.map((text, at) => (at === lost ? "\0".repeat(text.length) : text));
    const opened = await openText(`${header}\n${damaged.join("\n")}\n`);
    expect(opened.texts()).toEqual(texts.filter((_, at) => at !== lost));
    expect(opened.warnings).toEqual([expect.stringContaining(`line ${lost + 3} continues something that is not in the file`)]);
  }
  const first = await openText(`${header}\n${lines.slice(1).join("\n")}\n`);
  expect(first.texts()).toEqual(texts.slice(1));
});

test("a damage inside a line that looks right shows when it is read, and costs only that line", async () => {
  const damaged = line("00000002", "00000001").replace('"role":"user"', '"role":"us###');
  const text = `${header}\n${line("00000001", null)}\n${damaged}\n${line("00000003", "00000002")}\n`;
  const { session, warnings, texts } = await openText(text);
  expect(warnings).toEqual([]);
  expect(texts()).toEqual(["00000001", "00000003"]);
  expect(warnings).toEqual(["Session file FILE: line 3 is damaged and is skipped"]);
  expect(texts()).toEqual(["00000001", "00000003"]);
  expect(warnings).toHaveLength(1);
  expect(session.tree()).toHaveLength(1);
});

test("a leaf that turns out to be damaged gives way to its parent", async () => {
  const damaged = `${header}\n${line("00000001", null)}\n${line("00000002", "00000001").replace('"user"', '"us"er"')}\n`;
  const { session, texts } = await openText(damaged);
  expect(texts()).toEqual(["00000001"]);
  expect(session.leafId).toBe("00000001");
  const next = session.append({ type: "message", message: userMessage("next") });
  expect(next.parentId).toBe("00000001");
});

test("glued records on one line are all found", async () => {
  const { warnings, texts } = await openText(
    `${header}\n${line("00000001", null)}${line("00000002", "00000001")}\n${line("00000003", "00000002")}${line("00000004", "00000003")}`,
  );
  expect(texts()).toEqual(["00000001", "00000002", "00000003", "00000004"]);
  expect(warnings).toEqual([]);
});

test("a record glued to a torn one is found, the torn one is told", async () => {
  const torn = line("00000002", "00000001").slice(0, -9);
  const { warnings, texts } = await openText(`${header}\n${line("00000001", null)}\n${torn}${line("00000003", "00000001")}\n`);
  expect(texts()).toEqual(["00000001", "00000003"]);
  expect(warnings).toEqual(["Session file FILE: line 3 is damaged and is skipped"]);
});

test("text that looks like an entry is not taken for one", async () => {
  const tricky = JSON.stringify({
    type: "message",
    id: "00000001",
    parentId: null,
    timestamp: "t",
    message: { role: "user", content: line("0000000f", null), nested: JSON.parse(line("0000000e", null)), timestamp: 1 },
  });
  const { session, warnings } = await openText(`${header}\n${tricky}${line("00000002", "00000001")}\n`);
  expect(session.entries().map(({ id }) => id)).toEqual(["00000001", "00000002"]);
  expect(warnings).toEqual([]);
});

test("NUL blocks: between lines, before a record, at the end", async () => {
  const nul = "\0".repeat(4096);
  const text = `${header}\n${nul}\n${line("00000001", null)}\n${nul}${line("00000002", "00000001")}\n${line("00000003", "00000002")}\n${nul}`;
  const { session, path, warnings, texts } = await openText(text);
  expect(texts()).toEqual(["00000001", "00000002", "00000003"]);
  expect(warnings).toEqual([]);
  session.append({ type: "message", message: userMessage("next") });
  session.close();
  expect((await openPath(path)).texts()).toEqual(["00000001", "00000002", "00000003", "next"]);
});

test("a record broken by raw newlines is put together again", async () => {
  const broken = line("00000002", "00000001", "one|two|three").replaceAll("|", "\n");
  const { warnings, texts } = await openText(`${header}\n${line("00000001", null)}\n${broken}\n${line("00000003", "00000002")}\n`);
  expect(texts()).toEqual(["00000001", "one\ntwo\nthree", "00000003"]);
  expect(warnings).toEqual([]);
});

test("U+2028, CRLF, blank lines and other key orders are no damage", async () => {
  const { parentId, id, ...rest } = JSON.parse(line("00000002", "00000001", "second"));
  const { warnings, texts } = await openText(
    `\n${header}\r\n${line("00000001", null, "a\u2028b")}\r\n\n   \n${JSON.stringify({ ...rest, parentId, id })}\n${JSON.stringify(
      { id: "00000003", type: "message", parentId: "00000002", message: userMessage("third") },
      null,
      1,
    ).replaceAll("\n", " ")}\n`,
  );
  expect(texts()).toEqual(["a\u2028b", "second", "third"]);
  expect(warnings).toEqual([]);
});

test("lines of any length around the chunk size are found", async () => {
  const lengths = [1, 400, 511, 512, 513, 1 << 20, (1 << 20) - 150, (1 << 20) + 150, 3 << 20, 7];
  const lines = lengths.map((length, at) => line(`0000000${at}`, at === 0 ? null : `0000000${at - 1}`, "z".repeat(length)));
  const { warnings, texts } = await openText(`${header}\n${lines.join("\n")}\n`);
  expect(texts().map((text) => text.length)).toEqual(lengths);
  expect(warnings).toEqual([]);
});

test("a line of 200 MB off the path costs no memory; the session goes on", async () => {
  const path = join(temporaryDirectory(), "s.jsonl");
  writeFileSync(path, `${header}\n${line("00000001", null)}\n`);
  const [before, after] = line("00000002", "00000001", "|").split("|");
  appendFileSync(path, before ?? "");
  const filler = Buffer.alloc(10 << 20, "x");
  for (let i = 0; i < 20; i++) appendFileSync(path, filler);
  appendFileSync(path, `${after}\n${line("00000003", "00000001")}\n`);
  const { session, texts, warnings } = await openPath(path);
  const used = process.memoryUsage().arrayBuffers;
  expect(texts()).toEqual(["00000001", "00000003"]);
  expect(process.memoryUsage().arrayBuffers - used).toBeLessThan(50 << 20);
  expect(warnings).toEqual([]);
  session.navigate("00000002");
  expect(texts()[1]).toHaveLength(200 << 20);
});

test("a parent that comes later in the file and a circle of parents do no harm", async () => {
  const text = `${header}\n${line("00000001", "00000002")}\n${line("00000002", null)}\n${line("00000003", "00000004")}\n${line("00000004", "00000003")}\n`;
  const { session, texts } = await openText(text);
  expect(texts().at(-1)).toBe("00000004");
  expect(session.context("00000001").entryIds).toEqual(["00000002", "00000001"]);
});

test("an id or a type of any length is one", async () => {
  const id = "x".repeat(300_000);
  const odd = JSON.stringify({ type: id, id: "00000003", parentId: id, timestamp: "2026-01-01T00:00:00.000Z" });
  const lines = [header, line("00000001", null), line(id, "00000001", "long"), odd, line("00000004", "00000003")];
  const { session, texts, warnings } = await openText(`${lines.join("\n")}\n`);
  expect(texts()).toEqual(["00000001", "long", "00000004"]);
  expect(session.branchIds()).toEqual(["00000001", id, "00000003", "00000004"]);
  expect(warnings).toEqual([]);
});

test("however many entries go on from what is nowhere, each follows the line before it", async () => {
  const idOf = (at: number): string => (0x10000000 + at).toString(16);
  const count = 200_000;
  const lines = Array.from({ length: count }, (_, at) => line(idOf(at), (0x20000000 + at).toString(16)));
  const { session } = await openText(`${header}\n${lines.join("\n")}\n`);
  expect(session.branchIds()).toEqual(lines.map((_, at) => idOf(at)));
});

test("of two entries with one id the later one has it", async () => {
  const { session } = await openText(`${header}\n${line("00000001", null, "old")}\n${line("00000001", null, "new")}\n`);
  expect(session.entry("00000001")).toMatchObject({ message: userMessage("new") });
  expect(session.context().messages).toHaveLength(1);
});

test.each(["", "\n\n", " \r\n\t\r\n", "\ufeff", "\ufeff\n"])(
  "a blank file (%j) becomes a session where the caller says of which directory",
  async (text) => {
    const path = join(temporaryDirectory(), "s.jsonl");
    writeFileSync(path, text);
    const session = await Session.open(path, { cwd: "/here" });
    onTestFinished(() => session.close());
    expect(readFileSync(path, "utf8")).toBe("");
    session.append({ type: "message", message: userMessage("one") });
    expect(session.storageLost).toBe(undefined);
    const again = await openPathReadOnly(path);
    expect(again.header).toMatchObject({ cwd: "/here", id: session.id });
    expect(again.context()).toEqual(session.context());
  },
);

async function openPathReadOnly(path: string): Promise<Session> {
  const session = await Session.open(path, { readOnly: true });
  onTestFinished(() => session.close());
  return session;
}

test("no header, an empty file, a directory, a newer version: each is refused by name and left as it is", async () => {
  const directory = temporaryDirectory();
  const newer = header.replace('"version":3', '"version":4');
  for (const [text, code] of [
    [`${line("00000001", null)}\n`, "session.invalid"],
    ["", "session.invalid"],
    ["\n\n", "session.invalid"],
    ["\0\0\0", "session.invalid"],
    [`${newer}\n${line("00000001", null)}\n`, "session.version"],
  ] as const) {
    const path = join(directory, "s.jsonl");
    writeFileSync(path, text);
    await expect(Session.open(path)).rejects.toMatchObject({ code });
    expect(readFileSync(path, "utf8")).toBe(text);
  }
  await expect(Session.open(directory)).rejects.toMatchObject({ code: "session.invalid" });
  const path = join(directory, "newer.jsonl");
  writeFileSync(path, `${newer}\n${line("00000001", null)}\n`);
  const session = await Session.open(path, { readOnly: true });
  expect(session.context().messages).toHaveLength(1);
  session.close();
});

test("a walk goes on where a damage is found midway, and takes everything else", async () => {
  const ids = Array.from({ length: 200 }, (_, number) => (0x1000 + number).toString(16).padStart(8, "0"));
  const lines = ids.map((id, number) => line(id, ids[number - 1] ?? null));
  // A sound head, so that only reading the line tells.
  lines[150] = (lines[150] ?? "").replace(/"message":\{/, '"message":[');
  const { path } = await openText(
    `${JSON.stringify({ type: "session", version: 3, id: "s", timestamp: "2026-01-01T00:00:00.000Z", cwd: "/" })}\n${lines.join("\n")}\n`,
  );
  const session = await openPathReadOnly(path);
  expect([...session.walk()].map(({ id }) => id)).toEqual(ids.filter((_, number) => number !== 150));
  session.close();
});
