// The messages of a session that is gone on with: read when they are needed, and the same as if they had been read at once.

import { truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { StoredContext } from "../../../src/harness/conversation/stored-context.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { writeLargeSession } from "../../support/session-fixtures.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function short(): Promise<{ path: string; session: Session }> {
  const begun = Session.create({ cwd: "/project", directory: temporaryDirectory() });
  begun.append({ type: "message", message: userMessage("first") });
  begun.append({ type: "message", message: assistantMessage("answer") });
  begun.close();
  await begun.released();
  const path = begun.filePath ?? "";
  const session = await Session.open(path);
  onTestFinished(() => session.close());
  return { path, session };
}

function large(): string {
  const path = join(temporaryDirectory(), "large.jsonl");
  writeLargeSession(path, { entries: 12_000, activePath: "whole" });
  return path;
}

test("what is appended, and where the session goes, between opening and reading changes nothing", async () => {
  const { session } = await short();
  const atFirst = session.context().messages;
  const stored = new StoredContext(session);
  session.append({ type: "message", message: userMessage("later") });
  session.navigate(null);
  expect(stored.read().messages).toEqual(atFirst);
});

test("while a long one is read others have their turn, and then the file is not needed", async () => {
  const path = large();
  const session = await Session.open(path);
  onTestFinished(() => session.close());
  const stored = new StoredContext(session);
  const reading = stored.ahead();
  expect(stored.ahead()).toBe(reading);
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setTimeout(turn, 0);
  };
  turn();
  await reading;
  isOver = true;
  expect(turns).toBeGreaterThan(1);
  truncateSync(path, 0);
  expect(stored.read().messages).toHaveLength(12_000);
});

test("reading ends with the session, and where somebody else has said what there is", async () => {
  for (const end of [(_: StoredContext, session: Session) => session.close(), (stored: StoredContext) => stored.drop()]) {
    const session = await Session.open(large());
    onTestFinished(() => session.close());
    const stored = new StoredContext(session);
    const reading = stored.ahead();
    end(stored, session);
    await reading;
    expect(stored.ahead()).toBe(session.isClosed ? reading : undefined);
  }
});

test("a file that another process cuts short before anybody asked: a short one is whole again, of a long one there is what is left", async () => {
  const { path, session } = await short();
  const { messages } = session.context();
  const stored = new StoredContext(session);
  expect(stored.ahead()).toBe(undefined);
  truncateSync(path, 0);
  session.append({ type: "message", message: userMessage("next") });
  expect(stored.read().messages).toEqual(messages);
  expect(session.context().messages).toEqual([...messages, userMessage("next")]);

  const longPath = large();
  const warnings: string[] = [];
  const long = await Session.open(longPath, { onWarning: (line) => warnings.push(line) });
  onTestFinished(() => long.close());
  const storedLong = new StoredContext(long);
  truncateSync(longPath, 5 << 20);
  long.append({ type: "message", message: userMessage("next") });
  expect(storedLong.read().messages.length).toBeGreaterThan(8000);
  expect(long.context().messages.at(-1)).toEqual(userMessage("next"));
  expect(warnings.join()).toContain("could not be restored");
});
