// Where extensions may change a run between its steps: behind a turn, before it settles, and a call that they end it with.

import { expect, test } from "vitest";
import type { BoundaryPreview } from "../../src/contracts/boundary.ts";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import type { AgentSession } from "../../src/index.ts";
import { callReply, heard, made, resultTexts } from "../support/extension-session.ts";
import { type Reply, textReply } from "../support/rpc-world.ts";

const failing: Reply = async function* () {
  yield { type: "failure", failure: { code: "bad_request", message: "no" } };
};

/** What the model was shown, one line each. */
function shown({ request }: ModelCall): string[] {
  return request.messages.map(({ role, content }) => {
    const texts = typeof content === "string" ? [content] : content.map((block) => (block.type === "text" ? block.text : block.type));
    return `${role} ${texts.join(" ")}`;
  });
}

function entriesOf(session: AgentSession): { type: string; [field: string]: unknown }[] {
  return session.sessionManager.getEntries() as never;
}

test("a turn can be taken back and asked for again, and the answer that replaces it is the run's", async () => {
  const calls: ModelCall[] = [];
  const told: unknown[] = [];
  const { session, events, errors } = await made(
    [
      (pi) => {
        pi.on("turn_end", ({ outcome, turnIndex, messageEntryId, toolResultEntryIds, entries, continue: isWanted, toolResults }) => {
          told.push([outcome, turnIndex, toolResultEntryIds.length, toolResults.length, entries.length, isWanted]);
          if (turnIndex > 0) return undefined;
          const instruction = { type: "custom_message" as const, customType: "again", content: "Say it again", display: false };
          return {
            entries: [...entries, { type: "context_edit", targetId: messageEntryId, replacement: null }, instruction],
            continue: true,
          };
        });
      },
    ],
    { replies: [heard(calls, "first"), heard(calls, "second")] },
  );
  await session.prompt("hi");
  expect(told).toEqual([
    ["completed", 0, 0, 0, 0, false],
    ["completed", 1, 0, 0, 0, false],
  ]);
  expect(calls.map(shown)).toEqual([["user hi"], ["user hi", "user Say it again"]]);
  expect(session.getLastAssistantText()).toBe("second");
  expect(events.filter(({ type }) => type === "agent_start")).toHaveLength(1);
  expect(events.flatMap((event) => (event.type === "entry_appended" ? event.entry.type : []))).toEqual(["context_edit", "custom_message"]);
  expect(errors).toEqual([]);
});

test("a turn with tool results names their entries, and needs no further answer than the one that comes anyway", async () => {
  const calls: ModelCall[] = [];
  const seen: string[][] = [];
  const { session } = await made(
    [
      (pi) => {
        pi.on("turn_end", ({ messageEntryId, toolResultEntryIds }, ctx) => {
          seen.push(
            [messageEntryId, ...toolResultEntryIds].map((id) => (ctx.sessionManager.getEntry(id) as never as Recorded).message.role),
          );
          return { continue: toolResultEntryIds.length > 0 };
        });
      },
    ],
    { replies: [callReply("ls", { path: "." }), heard(calls, "done")], tools: ["ls"] },
  );
  await session.prompt("hi");
  expect(seen).toEqual([["assistant", "toolResult"], ["assistant"]]);
  expect(calls).toHaveLength(1);
});

interface Recorded {
  message: { role: string };
}

test("handlers see what those before them have proposed, and the context as it would be", async () => {
  const previews: BoundaryPreview[] = [];
  const { session, errors } = await made(
    [
      (pi) => {
        pi.on("turn_end", () => ({ entries: [{ type: "custom_message", customType: "a", content: "one", display: true }] }));
        pi.on("turn_end", () => {
          throw new Error("not me");
        });
      },
      (pi) => {
        pi.on("turn_end", ({ entries, context, continue: isWanted }) => {
          previews.push(context);
          entries.push({ type: "custom", customType: "not returned" });
          return { continue: isWanted };
        });
      },
    ],
    { replies: [textReply("answer")] },
  );
  await session.prompt("hi");
  const [context] = previews;
  expect(context?.contextMessages.map(({ role }) => role).slice(-3)).toEqual(["user", "assistant", "custom"]);
  expect(context?.llmMessages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(context?.contextEntries.at(-1)).toMatchObject({
    sourceEntry: { customType: "a" },
    messages: [{ role: "custom", content: "one" }],
  });
  expect(context?.canContinue).toBe(true);
  expect(entriesOf(session).flatMap(({ type, customType }) => (type.startsWith("custom") ? [customType] : []))).toEqual(["a"]);
  expect(errors.map(({ event, error }) => [event, error])).toEqual([["turn_end", "not me"]]);
});

const bad: [string, object, RegExp][] = [
  ["a type that is none of these", { type: "message", message: {} }, /entries\[1\] \(message\) is of a type/],
  ["a target that is not there", { type: "context_edit", targetId: "00000000", replacement: null }, /"00000000", which is no entry/],
  ["a kept entry that is not there", { type: "compaction", summary: "s", firstKeptEntryId: "zz" }, /"zz", which is no entry/],
  ["a message without content", { type: "custom_message", customType: "x" }, /needs a content/],
  ["something without a name", { type: "custom" }, /needs a text as customType/],
];

test.for(bad)("nothing of what one handler wants is written where there is %s among it", async ([, entry, words]) => {
  const { session, errors } = await made(
    [
      (pi) => {
        const good = { type: "custom" as const, customType: "good" };
        pi.on("agent_before_settle", () => ({ entries: [good, entry as never], continue: true }));
        pi.on("agent_before_settle", ({ entries }) => ({ entries: [...entries, { type: "custom", customType: "other" }] }));
      },
    ],
    { replies: [textReply("answer")] },
  );
  await session.prompt("hi");
  expect(errors).toEqual([expect.objectContaining({ event: "agent_before_settle", error: expect.stringMatching(words) })]);
  expect(entriesOf(session).filter(({ type }) => type === "custom")).toMatchObject([{ customType: "other" }]);
  expect(session.getLastAssistantText()).toBe("answer");
});

test("before it settles a run can go on, as a run of its own behind the same prompt", async () => {
  const calls: ModelCall[] = [];
  const order: string[] = [];
  let count = 0;
  const { session, events } = await made(
    [
      (pi) => {
        for (const name of ["agent_start", "agent_end", "agent_settled"] as const) pi.on(name, () => void order.push(name));
        pi.on("agent_before_settle", ({ outcome, entries }) => {
          order.push(`before_settle ${outcome}`);
          if (count++ > 0) return undefined;
          const review = { type: "custom_message" as const, customType: "review", content: "Look again", display: false };
          return { entries: [...entries, review], continue: true };
        });
      },
    ],
    { replies: [heard(calls, "first"), heard(calls, "second")] },
  );
  await session.prompt("hi");
  const once = ["agent_start", "agent_end", "before_settle completed"];
  expect(order).toEqual([...once, ...once, "agent_settled"]);
  expect(shown(calls[1] as ModelCall)).toEqual(["user hi", "assistant first", "user Look again"]);
  expect(events.at(-1)).toMatchObject({ type: "agent_settled", outcome: "done" });
});

test("what waits in the queue goes first; a failed run may go on, an aborted one is not asked", async () => {
  const order: string[] = [];
  const queued = await made(
    [
      (pi) => {
        pi.on("agent_end", () => {
          if (!order.includes("end")) pi.sendUserMessage("and then", { deliverAs: "followUp" });
          order.push("end");
        });
        pi.on("agent_before_settle", (_, ctx) => void order.push(`pending ${ctx.hasPendingMessages()}`));
      },
    ],
    { replies: [textReply("first"), textReply("second")] },
  );
  await queued.session.prompt("hi");
  expect(order).toEqual(["end", "end", "pending false"]);

  const outcomes: string[] = [];
  const failed = await made(
    [
      (pi) => {
        pi.on("turn_end", ({ outcome }) => void outcomes.push(`turn ${outcome}`));
        pi.on("agent_before_settle", ({ outcome }) => {
          outcomes.push(outcome);
          return outcome === "error" ? { continue: true } : undefined;
        });
      },
    ],
    { replies: [failing, textReply("recovered")] },
  );
  await failed.session.prompt("hi");
  expect(outcomes).toEqual(["turn error", "error", "turn completed", "completed"]);
  expect(failed.session.getLastAssistantText()).toBe("recovered");

  const aborted: string[] = [];
  const ended = await made(
    [
      (pi) => {
        pi.on("message_update", (_, ctx) => ctx.abort());
        pi.on("turn_end", ({ outcome }) => void aborted.push(outcome));
        pi.on("agent_before_settle", () => void aborted.push("asked"));
      },
    ],
    {
      replies: [
        async function* ({ signal }) {
          yield { type: "text_start", contentIndex: 0 };
          yield { type: "text_delta", contentIndex: 0, delta: "half" };
          await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve())));
          yield { type: "failure", failure: { code: "aborted", message: "aborted" } };
        },
      ],
    },
  );
  await ended.session.prompt("hi");
  expect(aborted).toEqual(["aborted"]);
});

test("who wants another answer where there is nothing to answer is told so, and the run settles", async () => {
  const calls: ModelCall[] = [];
  const { session, errors } = await made([(pi) => void pi.on("agent_before_settle", () => ({ continue: true }))], {
    replies: [heard(calls, "answer")],
  });
  await session.prompt("hi");
  expect(calls).toHaveLength(1);
  expect(errors).toEqual([
    { extensionPath: "<boundary>", event: "agent_before_settle", error: expect.stringContaining("nothing to answer") },
  ]);
});

test("a compaction behind a turn keeps what it names, or nothing but itself", async () => {
  const calls: ModelCall[] = [];
  let turn = 0;
  const { session } = await made(
    [
      (pi) => {
        pi.on("turn_end", ({ messageEntryId }) => {
          const firstKeptEntryId = [null, messageEntryId][turn++];
          return firstKeptEntryId === undefined ? {} : { entries: [{ type: "compaction", summary: `sum ${turn}`, firstKeptEntryId }] };
        });
      },
    ],
    { replies: [heard(calls, "one"), heard(calls, "two"), heard(calls, "three")] },
  );
  for (const text of ["a", "b", "c"]) await session.prompt(text);
  expect(
    calls.map((call) => shown(call).map((line) => line.replace(/\s[\s\S]*?(sum \d|$)[\s\S]*/, (_, sum: string) => ` ${sum}`))),
  ).toEqual([["user "], ["user sum 1", "user "], ["user sum 2", "assistant ", "user "]]);
  const compactions = entriesOf(session).filter(({ type }) => type === "compaction");
  expect(compactions[0]?.firstKeptEntryId).toBe(compactions[0]?.id);
  expect(compactions).toMatchObject([{ fromHook: true, tokensBefore: expect.any(Number) }, { fromHook: true }]);
});

test("a call that is blocked with terminate ends the run, where all calls of the answer do", async () => {
  const calls: ModelCall[] = [];
  const guard = (id: string) =>
    made(
      [(pi) => void pi.on("tool_call", ({ toolCallId }) => ({ block: true, reason: `no ${toolCallId}`, terminate: toolCallId !== id }))],
      {
        replies: [
          async function* (call) {
            for await (const event of callReply("ls", {}, "one")(call)) if (event.type !== "finish") yield event;
            yield { type: "toolcall_start", contentIndex: 1, id: "two", toolName: "ls" };
            yield { type: "toolcall_end", contentIndex: 1, arguments: {} };
            yield { type: "finish", stopReason: "toolUse" };
          },
          heard(calls, "went on"),
        ],
        tools: ["ls"],
      },
    );
  const all = await guard("none");
  await all.session.prompt("hi");
  expect(resultTexts(all.session)).toEqual(["no one", "no two"]);
  expect(calls).toHaveLength(0);
  const one = await guard("two");
  await one.session.prompt("hi");
  expect(calls).toHaveLength(1);
});
