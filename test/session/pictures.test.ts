import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { Session } from "../../src/session/tree/session.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const picture = Buffer.from("the bytes of a picture");
const base64 = picture.toString("base64");

function stored(data: (hash: string) => string): { path: string; store: BlobFiles; hash: string } {
  const directory = temporaryDirectory();
  const store = new BlobFiles(join(directory, "blobs"));
  const hash = store.put(picture);
  const block = { type: "image", data: data(hash), mimeType: "image/png" };
  const base = { timestamp: "2026-01-01T00:00:00.000Z" };
  const lines = [
    { type: "session", version: 3, id: "s", ...base, cwd: "/" },
    { type: "message", id: "00000001", parentId: null, ...base, message: { role: "user", content: [block], timestamp: 1 } },
    { type: "custom_message", id: "00000002", parentId: "00000001", ...base, customType: "x", content: [block], display: true },
    { type: "message", id: "00000003", parentId: "00000002", ...base, message: { role: "user", content: "words", timestamp: 2 } },
    { type: "context_edit", id: "00000004", parentId: "00000003", ...base, targetId: "00000003", replacement: { content: [block] } },
  ];
  const path = join(directory, "s.jsonl");
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return { path, store, hash };
}

/** All that a session gives of its entries. */
async function given(path: string, blobs: BlobFiles | undefined, warnings: string[]): Promise<Record<string, string>> {
  const session = await Session.open(path, { readOnly: true, blobs, onWarning: (text) => warnings.push(text) });
  try {
    return Object.fromEntries(
      Object.entries({
        context: session.context().messages,
        branch: session.branch(),
        walk: [...session.walk()],
        entries: session.entries(),
        entry: session.branchIds().map((id) => session.entry(id)),
        entryAt: session.survey(() => (entry) => entry.id).map((row) => session.entryAt(row)),
        tree: session.tree(),
        lines: [...session.lines("all")],
        fork: session.fork({ directory: undefined }).context().messages,
      }).map(([name, value]) => [name, JSON.stringify(value)]),
    );
  } finally {
    session.close();
  }
}

test("a picture that is only referred to is whole wherever the session is read", async () => {
  const { path, store } = stored((hash) => `blob:sha256:${hash}`);
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(await given(path, store, warnings))) {
    expect(text.split(base64), name).toHaveLength(4);
    expect(text, name).not.toContain("blob:");
  }
  expect(warnings).toEqual([]);
});

const unusable: Record<string, (hash: string) => string> = {
  missing: () => `blob:sha256:${"a".repeat(64)}`,
  "in capitals": (hash) => `blob:sha256:${hash.toUpperCase()}`,
  "too short": (hash) => `blob:sha256:${hash.slice(1)}`,
  "a way out": () => "blob:sha256:../../../../etc/passwd",
  "another hash": (hash) => `blob:md5:${hash}`,
  "nothing at all": () => "blob:",
};

test.each(Object.entries(unusable))("a reference that is %s says so, and warns once", async (_, data) => {
  const { path, store } = stored(data);
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(await given(path, store, warnings))) {
    expect(text, name).not.toContain("blob:");
    expect(text.match(/\[image not available: image\/png, blob \w{1,12}\]/g), name).toHaveLength(3);
  }
  // The session, and the fork of it.
  expect(warnings).toHaveLength(2);
});

test("without a store, and with a store that was emptied, no reference gets out", async () => {
  const { path, store, hash } = stored((name) => `blob:sha256:${name}`);
  for (const blobs of [undefined, store]) {
    store.remove(hash);
    for (const [name, text] of Object.entries(await given(path, blobs, []))) {
      expect(text, name).toContain(`[image not available: image/png, blob ${hash.slice(0, 12)}]`);
      expect(text, name).not.toContain("blob:sha256");
    }
  }
});

test("opening and forking read no blob, and a fork keeps the reference", async () => {
  const { path, hash } = stored((name) => `blob:sha256:${name}`);
  const read: string[] = [];
  const blobs = {
    get: (name: string) => {
      read.push(name);
      return picture;
    },
  };
  const session = await Session.open(path, { blobs });
  const directory = temporaryDirectory();
  const fork = session.fork({ directory });
  expect(fork.entryCount).toBe(session.entryCount);
  fork.close();
  session.close();
  expect(read).toEqual([]);
  const reopened = await Session.open(fork.filePath ?? "", { readOnly: true });
  expect(JSON.stringify(reopened.context().messages)).toContain(hash.slice(0, 12));
  rmSync(directory, { recursive: true });
});

const large = Buffer.alloc(768, 7).toString("base64");

function written(
  entries: readonly string[],
  pictureStore: { put(bytes: Uint8Array): string } | undefined,
): { text: string; warnings: string[] } {
  const warnings: string[] = [];
  let count = 0;
  const session = Session.create(
    { cwd: "/", directory: temporaryDirectory(), id: "same" },
    { clock: () => 0, newId: () => `0000000${count++}`, pictureStore, onWarning: (text) => warnings.push(text) },
  );
  for (const data of entries) {
    const content = [{ type: "image" as const, data, mimeType: "image/png" }];
    session.append({ type: "message", message: { role: "user", content, timestamp: 0 } });
    session.append({ type: "custom_message", customType: "x", content, display: true });
  }
  expect(JSON.stringify(session.context().messages).split('"mimeType"')).toHaveLength(1 + 2 * entries.length);
  for (const data of entries) expect(JSON.stringify(session.context().messages)).toContain(JSON.stringify(data));
  session.close();
  return { text: readFileSync(session.filePath ?? "", "utf8"), warnings };
}

test("where it is wanted, lines only refer to pictures, which are stored once and before the line", async () => {
  const store = new BlobFiles(join(temporaryDirectory(), "blobs"));
  const { text } = written([large, large], store);
  const [blob, ...others] = store.list();
  expect(others).toEqual([]);
  expect(text.split(`"data":"blob:sha256:${blob?.hash}"`)).toHaveLength(5);
  expect(text).not.toContain(large);
  const path = join(temporaryDirectory(), "copy.jsonl");
  writeFileSync(path, text);
  const session = await Session.open(path, { blobs: store, readOnly: true });
  expect(JSON.stringify(session.entries()).split(large)).toHaveLength(5);
  expect([...session.lines("all")].map((line) => `${line}\n`).join("")).toBe(written([large, large], undefined).text.replace(/^.*\n/, ""));
});

test("small pictures, and data that would come back otherwise, stay in the line", () => {
  const store = new BlobFiles(join(temporaryDirectory(), "blobs"));
  for (const data of [base64, large.slice(0, 1020), `${large.slice(0, -1)}!`, `${large}\n`, `${large}=`]) {
    expect(written([data], store).text, data.slice(-8)).toBe(written([data], undefined).text);
  }
  expect(store.list()).toEqual([]);
});

test("a store that takes nothing leaves the picture in the line, and that is said once", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "blobs"), "no directory");
  const { text, warnings } = written([large, large], new BlobFiles(join(directory, "blobs")));
  expect(text).toBe(written([large, large], undefined).text);
  expect(warnings).toEqual([expect.stringContaining("Pictures are kept in the session's file")]);
});
