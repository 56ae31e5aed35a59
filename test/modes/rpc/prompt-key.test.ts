// A prompt with a key is run once in its session, whatever happens in between.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { Gate, makeRpcWorld, type RpcWorld, type RpcWorldOptions, textReply, type WireRecord } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function world(given: Partial<RpcWorldOptions> = {}): Promise<RpcWorld> {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("hello"), ...given });
  onTestFinished(() => made.sessions.dispose());
  return made;
}

const settled = (record: WireRecord): boolean => record.type === "agent_settled";

async function userTexts(made: RpcWorld): Promise<string[]> {
  return ((await made.ask("get_fork_messages")).data as { messages: { text: string }[] }).messages.map((one) => one.text);
}

async function reopened(before: RpcWorld, directory: string): Promise<RpcWorld> {
  const file = ((await before.ask("get_state")).data as { sessionFile: string }).sessionFile;
  await before.sessions.dispose();
  const made = await world({ directory });
  expect((await made.ask("switch_session", { sessionPath: file })).success).toBe(true);
  return made;
}

test("the second time it is not run, and the answer says what became of it; also after a restart", async () => {
  const directory = temporaryDirectory();
  const made = await world({ directory });
  const end = made.next(settled);
  expect((await made.ask("prompt", { message: "one", key: "k1" })).data).toEqual({ disposition: "started" });
  await end;
  const outcome = { state: "settled", stopReason: "stop", text: "hello" };
  expect((await made.ask("prompt", { message: "one", key: "k1" })).data).toEqual({ disposition: "handled", outcome });
  const again = await reopened(made, directory);
  expect((await again.ask("prompt", { message: "one", key: "k1" })).data).toEqual({ disposition: "handled", outcome });
  expect(await userTexts(again)).toEqual(["one"]);
});

test("what is recorded is announced, and agent_settled stays last", async () => {
  const made = await world();
  const end = made.next(settled);
  await made.ask("prompt", { message: "one", key: "k1" });
  await end;
  const entries = made
    .events()
    .filter((event) => event.type === "entry_appended")
    .map((event) => event.entry as { id: string });
  expect(entries).toHaveLength(2);
  expect(made.events().at(-1)?.type).toBe("agent_settled");
  const stored = ((await made.ask("get_entries")).data as { entries: { id: string }[] }).entries;
  for (const entry of entries) expect(stored).toContainEqual(entry);
});

test("while its run goes on, and while it is queued, it says so; cleared from the queue its key is free again", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "one", key: "k1" });
  await arrival;
  expect((await made.ask("prompt", { message: "one", key: "k1" })).data).toEqual({ disposition: "handled", outcome: { state: "running" } });
  const queued = { message: "two", key: "k2", streamingBehavior: "followUp" };
  expect((await made.ask("prompt", queued)).data).toEqual({ disposition: "queued" });
  expect((await made.ask("prompt", queued)).data).toEqual({ disposition: "handled", outcome: { state: "queued" } });
  expect((await made.ask("clear_queue")).data).toEqual({ steering: [], followUp: ["two"] });
  expect((await made.ask("prompt", queued)).data).toEqual({ disposition: "queued" });
  const end = made.next(settled);
  const second = gate.arrival();
  gate.open();
  await second;
  expect((await made.ask("prompt", queued)).data).toEqual({ disposition: "handled", outcome: { state: "running" } });
  gate.open();
  await end;
  expect((await made.ask("prompt", queued)).data).toMatchObject({ outcome: { state: "settled", stopReason: "stop", text: "done" } });
  expect(await userTexts(made)).toEqual(["one", "two"]);
});

test("an aborted run is told as such; a refused prompt leaves its key free", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "one", key: "k1" });
  await arrival;
  expect((await made.ask("prompt", { message: "two", key: "k2" })).success).toBe(false);
  await made.ask("abort");
  expect((await made.ask("prompt", { message: "one", key: "k1" })).data).toMatchObject({
    disposition: "handled",
    outcome: { state: "settled", stopReason: "aborted" },
  });
  const next = gate.arrival();
  expect((await made.ask("prompt", { message: "two", key: "k2" })).data).toEqual({ disposition: "started" });
  await next;
  const end = made.next(settled);
  gate.open();
  await end;
});

test("a process that ended in the middle: with its prompt stored it was interrupted, without it was never taken", async () => {
  const directory = temporaryDirectory();
  const made = await world({ directory });
  const end = made.next(settled);
  await made.ask("prompt", { message: "one", key: "k1" });
  await end;
  const file = ((await made.ask("get_state")).data as { sessionFile: string }).sessionFile;
  await made.sessions.dispose();
  const lines = readFileSync(file, "utf8").split("\n");
  const user = lines.findIndex((line) => line.includes('"role":"user"'));
  writeFileSync(file, `${lines.slice(0, user + 1).join("\n")}\n`);
  const leaf = (JSON.parse(lines[user] ?? "") as { id: string }).id;
  const orphan = { type: "custom", id: "00000001", parentId: leaf, timestamp: new Date(0).toISOString(), customType: "pi.prompt_key" };
  appendFileSync(file, `${JSON.stringify({ ...orphan, data: { key: "k2", state: "accepted" } })}\n`);
  const again = await world({ directory });
  await again.ask("switch_session", { sessionPath: file });
  expect((await again.ask("prompt", { message: "one", key: "k1" })).data).toEqual({
    disposition: "handled",
    outcome: { state: "interrupted" },
  });
  const settledAgain = again.next(settled);
  expect((await again.ask("prompt", { message: "two", key: "k2" })).data).toEqual({ disposition: "started" });
  await settledAgain;
});

test("another session knows nothing of it", async () => {
  const made = await world();
  const end = made.next(settled);
  await made.ask("prompt", { message: "one", key: "k1" });
  await end;
  await made.ask("new_session");
  const again = made.next(settled);
  expect((await made.ask("prompt", { message: "one", key: "k1" })).data).toEqual({ disposition: "started" });
  await again;
});

test("back in the session it is known again, also in a copy of it", async () => {
  const made = await world();
  const end = made.next(settled);
  await made.ask("prompt", { message: "one", key: "k1" });
  await end;
  const { sessionFile } = (await made.ask("get_state")).data as { sessionFile: string };
  const again = async (): Promise<unknown> => (await made.ask("prompt", { message: "one", key: "k1" })).data;
  const handled = { disposition: "handled", outcome: { state: "settled", stopReason: "stop", text: "hello" } };
  await made.ask("switch_session", { sessionPath: "other.jsonl" });
  await made.ask("switch_session", { sessionPath: sessionFile });
  expect(await again()).toEqual(handled);
  await made.ask("reload");
  expect(await again()).toEqual(handled);
  await made.ask("clone");
  expect(await again()).toEqual(handled);
  expect(await userTexts(made)).toEqual(["one"]);
});
