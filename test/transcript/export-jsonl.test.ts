import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { Session } from "../../src/session/tree/session.ts";
import { exportJsonl } from "../../src/transcript/export-jsonl.ts";
import { sessionLines } from "../support/session-lines.ts";
import { tempTree } from "../support/temp-tree.ts";

function branched(): { text: string; leaf: string; other: string } {
  const lines = sessionLines({ extra: "kept" });
  const first = lines.user("first \u2028 line");
  const other = lines.assistant("one way");
  lines.user("another way", first);
  lines.add("of_another_writer", { payload: { b: 1, a: 2 } });
  const leaf = lines.assistant("the end");
  return { text: lines.text(), leaf, other };
}

async function exported(text: string, options: { all?: boolean; leafId?: string } = {}): Promise<string> {
  const tree = tempTree({ "s.jsonl": text });
  const session = await Session.open(tree.at("s.jsonl"), { readOnly: true });
  const { path } = await exportJsonl(session, { cwd: tree.path, sourcePath: tree.at("s.jsonl"), ...options });
  session.close();
  expect(path).toBe("pi-session-s.jsonl");
  return readFileSync(tree.at(path), "utf8");
}

test("the branch in use, byte for byte", async () => {
  const { text } = branched();
  const lines = text.split("\n");
  expect(await exported(text)).toBe([lines[0], lines[1], lines[3], lines[4], lines[5], ""].join("\n"));
});

test("another branch", async () => {
  const { text, other } = branched();
  const lines = text.split("\n");
  expect(await exported(text, { leafId: other })).toBe([...lines.slice(0, 3), ""].join("\n"));
});

test("the whole file", async () => {
  const { text } = branched();
  expect(await exported(text, { all: true })).toBe(text);
});

test("what other branches say of this one goes along: labels set and taken away there, and the name", async () => {
  const lines = sessionLines();
  const first = lines.user("first");
  const second = lines.assistant("second");
  lines.add("label", { targetId: second, label: "gone later" });
  const leaf = lines.user("third");
  const away = lines.assistant("elsewhere", {}, first);
  lines.add("label", { targetId: first, label: "begun" });
  lines.add("label", { targetId: away, label: "of the other branch" });
  lines.add("label", { targetId: first, label: "start" });
  lines.add("label", { targetId: second });
  lines.add("session_info", { name: "a name" });
  const tree = tempTree({ "b.jsonl": await exported(lines.text(), { leafId: leaf }) });
  const copy = await Session.open(tree.at("b.jsonl"), { readOnly: true });
  expect(copy.entries().map(({ type }) => type)).toEqual(["message", "message", "label", "message", "label", "label", "session_info"]);
  expect([first, second, leaf, away].map((id) => copy.label(id))).toEqual(["start", undefined, undefined, undefined]);
  expect(copy.name).toBe("a name");
  expect(copy.branch()).toHaveLength(7);
  copy.close();
});

test("is a session with the same context", async () => {
  const { text } = branched();
  const tree = tempTree({ "a.jsonl": text, "b.jsonl": await exported(text) });
  const [before, after] = await Promise.all(["a.jsonl", "b.jsonl"].map((name) => Session.open(tree.at(name), { readOnly: true })));
  expect(after?.context()).toEqual(before?.context());
  before?.close();
  after?.close();
});

test("damaged lines stay behind, and their children hang on what is left", async () => {
  const lines = sessionLines();
  const first = lines.user("first");
  lines.user("second");
  lines.user("third");
  const text = lines.text().replace('"second"', '"sec');
  for (const all of [true, false]) {
    const records = (await exported(text, { all }))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ parentId }) => parentId)).toEqual([undefined, null, first]);
  }
});

test("an old version becomes the present one", async () => {
  const text = `${JSON.stringify({ type: "session", id: "old", timestamp: "2025-01-01T00:00:00.000Z", cwd: "/x" })}
${JSON.stringify({ type: "message", timestamp: "2025-01-01T00:00:01.000Z", message: { role: "user", content: "hi", timestamp: 1 } })}
`;
  const [header, entry] = (await exported(text))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(header).toMatchObject({ version: 3, id: "old" });
  expect(entry).toMatchObject({ type: "message", parentId: null, message: { content: "hi" } });
});

test("a place that can be none is named", async () => {
  const tree = tempTree({ "s.jsonl": branched().text, "directory/x": "" });
  const session = await Session.open(tree.at("s.jsonl"), { readOnly: true });
  onTestFinished(() => session.close());
  for (const outputPath of ["directory", "s.jsonl/below"]) {
    const error = await exportJsonl(session, { cwd: tree.path, outputPath, over: "nothing" }).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: "io.write", message: expect.stringContaining(`cannot be exported to ${outputPath}: `) });
  }
});
