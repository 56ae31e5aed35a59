import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isPiError } from "../../../src/contracts/error.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

function newSession(directory: string): Session {
  const session = Session.create({ cwd: "/project", directory: join(directory, "a", "b") });
  onTestFinished(() => session.close());
  return session;
}

function linesOf(path: string | undefined): Record<string, unknown>[] {
  return readFileSync(path ?? "", "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

test("nothing is written before the first user message, then everything in order, for the owner only", () => {
  const session = newSession(temporaryDirectory());
  session.append({ type: "model_change", provider: "p", modelId: "m" });
  session.append({ type: "message", message: { role: "system", content: "", sections: { preamble: "x" }, timestamp: 0 } });
  expect(existsSync(session.filePath ?? "")).toBe(false);
  expect(session.isPersisted).toBe(false);
  session.append({ type: "message", message: userMessage("hello") });
  expect(session.isPersisted).toBe(true);
  const lines = linesOf(session.filePath);
  expect(lines.map((line) => line.type)).toEqual(["session", "model_change", "message", "message"]);
  expect(lines[0]).toEqual(session.header);
  expect(lines[1]?.parentId).toBe(null);
  expect(lines[2]?.parentId).toBe(lines[1]?.id);
  expect(Object.keys(lines[3] ?? {})).toEqual(["type", "id", "parentId", "timestamp", "message"]);
  expect(statSync(session.filePath ?? "").mode & 0o777).toBe(0o600);
  expect(statSync(join(session.filePath ?? "", "..")).mode & 0o777).toBe(0o700);
});

test("an opened session has the context, leaf, model and name it was closed with", async () => {
  const session = newSession(temporaryDirectory());
  session.append({ type: "model_change", provider: "p", modelId: "m" });
  session.append({ type: "thinking_level_change", thinkingLevel: "high" });
  session.append({ type: "message", message: userMessage("hello") });
  session.append({ type: "session_info", name: "a name" });
  const answer = session.append({ type: "message", message: assistantMessage("hi", { provider: "p", model: "m" }) });
  const before = session.context();
  session.close();
  const opened = await Session.open(session.filePath ?? "");
  onTestFinished(() => opened.close());
  expect(opened.context()).toEqual(before);
  expect(opened.leafId).toBe(answer.id);
  expect(opened.name).toBe("a name");
  expect(opened.context().model).toEqual({ provider: "p", modelId: "m" });
  expect(opened.context().thinkingLevel).toBe("high");
  expect(opened.entries()).toEqual(session.entries());
});

test("going back to an entry starts a second branch; an unknown entry is refused", () => {
  const session = newSession(temporaryDirectory());
  const first = session.append({ type: "message", message: userMessage("one") });
  session.append({ type: "message", message: assistantMessage("two") });
  session.navigate(first.id);
  const other = session.append({ type: "message", message: assistantMessage("three") });
  expect(session.context().entryIds).toEqual([first.id, other.id]);
  expect(session.children(first.id)).toHaveLength(2);
  expect(() => session.navigate("nowhere")).toThrow("Entry not found: nowhere");
  session.navigate(null);
  session.append({ type: "message", message: userMessage("another root") });
  expect(session.tree()).toHaveLength(2);
});

test("a fork copies the path with its ids and names its parent", () => {
  const directory = temporaryDirectory();
  const session = newSession(directory);
  const first = session.append({ type: "message", message: userMessage("one") });
  session.append({ type: "message", message: assistantMessage("two") });
  session.navigate(first.id);
  session.append({ type: "message", message: assistantMessage("three") });
  const fork = session.fork({ directory, cwd: "/elsewhere" });
  onTestFinished(() => fork.close());
  expect(fork.header).toMatchObject({ parentSession: session.filePath, cwd: "/elsewhere", version: 3 });
  expect(fork.id).not.toBe(session.id);
  expect(linesOf(fork.filePath).slice(1)).toEqual(session.branch());
  expect(fork.leafId).toBe(session.leafId);
});

test("what is no session is refused and left as it is", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "x.jsonl");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(path, '{"some":"json"}\n');
  const error = await Session.open(path).catch((reason: unknown) => reason);
  expect(isPiError(error) && error.message).toBe(`Session file is not a valid pi session: ${path}`);
  expect(readFileSync(path, "utf8")).toBe('{"some":"json"}\n');
  await expect(Session.open(join(directory, "none.jsonl"))).rejects.toMatchObject({ code: "session.not_found" });
});
