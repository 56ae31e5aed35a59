// What callers of the library do at the wrong moment: wait in a listener for what waits for the listener, fail in one, go on after the end.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type AgentSession, type AgentSessionEvent, type CreateAgentSessionOptions, createAgentSession } from "../../src/index.ts";
import { fakeModel, Gate, type Reply, textReply } from "../support/rpc-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function made(reply: Reply, options: CreateAgentSessionOptions = {}): Promise<AgentSession> {
  const home = temporaryDirectory();
  const cwd = join(home, "project");
  mkdirSync(cwd);
  const { session } = await createAgentSession({
    cwd,
    agentDir: join(home, "agent"),
    env: { HOME: home, PATH: process.env.PATH },
    model: fakeModel,
    access: async () => ({
      provider: { api: "fake", stream: reply },
      credential: { scheme: "none", billing: "metered", value: "", source: "none needed" },
      fetch: globalThis.fetch,
    }),
    ...options,
  });
  onTestFinished(() => session.dispose());
  return session;
}

type Listener = (session: AgentSession, event: AgentSessionEvent) => Promise<unknown> | undefined;

const waiters: Record<string, [Listener, string]> = {
  abort: [(session, event) => (event.type === "message_update" ? session.abort() : undefined), "aborted"],
  waitForIdle: [(session, event) => (event.type === "agent_end" ? session.waitForIdle() : undefined), "done"],
  "waitForIdle after something else": [
    (session, event) => (event.type === "agent_end" ? Promise.resolve().then(() => session.waitForIdle()) : undefined),
    "done",
  ],
  dispose: [(session, event) => (event.type === "turn_end" ? session.dispose() : undefined), "aborted"],
  newSession: [(session, event) => (event.type === "turn_end" ? session.newSession() : undefined), "aborted"],
  "a queued prompt": [
    (session, event) =>
      event.type === "turn_start" && session.messages.length === 0 ? session.prompt("more", { streamingBehavior: "followUp" }) : undefined,
    "done",
  ],
  "the next prompt": [
    (session, event) => (event.type === "agent_settled" && session.messages.length < 4 ? session.prompt("again") : undefined),
    "done",
  ],
};

test.each(Object.entries(waiters))("a listener may wait for %s", async (_name, [listener, kind]) => {
  const session = await made(textReply("yes"));
  const answers: (Promise<unknown> | undefined)[] = [];
  session.subscribe((event) => {
    const answer = listener(session, event);
    answers.push(answer);
    return answer;
  });
  expect((await session.prompt("go")).kind).toBe(kind);
  await Promise.all(answers);
  expect(session.isStreaming).toBe(false);
});

test.each(["message_end", "agent_settled", "queue_update"])(
  "a listener that fails at %s disturbs nobody, and the prompt says so",
  async (at) => {
    const session = await made(textReply("yes"));
    const heard: string[] = [];
    const remove = [
      session.subscribe((event) => {
        if (event.type === at) throw new Error("thrown");
      }),
      session.subscribe(async (event) => {
        if (event.type === at) throw new Error("rejected");
      }),
    ];
    session.subscribe((event) => heard.push(event.type));
    await session.steer("first this");
    await expect(session.prompt("go")).rejects.toThrow("thrown");
    expect(heard.at(-1)).toBe("agent_settled");
    expect(session.messages.map((message) => message.role)).toEqual(["system", "user", "user", "assistant"]);
    for (const one of remove) one();
    expect((await session.prompt("again")).kind).toBe("done");
  },
);

test("after dispose everything can be read, nothing changed", async () => {
  const session = await made(textReply("yes"), { customTools: [] });
  await session.prompt("go");
  const [first] = session.getUserMessagesForForking();
  const id = first?.entryId ?? "";
  await Promise.all([session.dispose(), session.dispose()]);
  const changes: (() => unknown)[] = [
    () => session.prompt("more"),
    () => session.prompt("/more"),
    () => session.steer("more"),
    () => session.followUp("more"),
    () => session.sendUserMessage("more"),
    () => session.bash("true"),
    () => session.compact(),
    () => session.setModel(fakeModel),
    () => session.cycleModel(),
    () => session.navigate(id),
    () => session.fork(id),
    () => session.clone(),
    () => session.newSession(),
    () => session.reload(),
    () => session.setThinkingLevel("high"),
    () => session.setSessionName("name"),
    () => session.setLabel(id, "label"),
    () => session.setActiveToolsByName([]),
    () => session.sessionManager.appendCustomEntry("mine"),
  ];
  for (const change of changes) {
    await expect(async () => change(), String(change)).rejects.toMatchObject({ code: "session.closed" });
  }
  await Promise.all([session.abort(), session.waitForIdle()]);
  expect(session.clearQueue()).toEqual({ steering: [], followUp: [] });
  expect(session.getLastAssistantText()).toBe("yes");
  expect(session.stats()).toMatchObject({ userMessages: 1 });
  expect(session.sessionManager.getEntries().filter((entry) => entry.type === "message")).toHaveLength(3);
});

test("dispose ends whatever goes on, and what waited for it learns how it ended", async () => {
  const gate = new Gate();
  const session = await made(gate.reply("late"));
  const arrived = gate.arrival();
  const run = session.prompt("go");
  const command = session.bash("echo begun; sleep 30");
  await arrived;
  expect([session.isStreaming, session.isBashRunning, session.isIdle]).toEqual([true, true, false]);
  await session.steer("one");
  await session.followUp("two");
  expect([session.getSteeringMessages(), session.getFollowUpMessages()]).toEqual([["one"], ["two"]]);
  const replaced = session.newSession();
  await session.dispose();
  expect((await run).kind).toBe("aborted");
  expect(await command).toMatchObject({ cancelled: true });
  await expect(replaced).rejects.toMatchObject({ code: "session.closed" });
});

test("the way to a model that is handed in needs nothing that is known of the model", async () => {
  const session = await made(async function* (call) {
    yield* textReply(call.model.id)(call);
  });
  await session.setModel({ ...fakeModel, id: "second" });
  await session.prompt("go");
  expect(session.getLastAssistantText()).toBe("second");
  session.setScopedModels([{ model: fakeModel }, { model: { ...fakeModel, id: "second" } }, { model: { ...fakeModel, id: "third" } }]);
  expect((await session.cycleModel("backward"))?.model.id).toBe("fake");
  expect((await session.cycleModel("backward"))?.model.id).toBe("third");
  expect((await session.cycleModel())?.model.id).toBe("fake");
});
