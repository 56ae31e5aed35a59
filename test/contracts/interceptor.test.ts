import { expect, test } from "vitest";
import { type Interceptor, inOrder } from "../../src/contracts/interceptor.ts";
import type { ToolCall } from "../../src/contracts/message.ts";

const call: ToolCall = { type: "toolCall", id: "1", name: "bash", arguments: { command: "git status" } };
const { signal } = new AbortController();

test("nobody is nobody, one alone is asked directly", () => {
  const only: Interceptor = { name: "only" };
  expect(inOrder([])).toBeUndefined();
  expect(inOrder([only])).toBe(only);
});

test("a member is there only where somebody has it", () => {
  const both = inOrder([{ name: "a", input: async (given) => given }, { name: "b" }]);
  expect(Object.keys(both ?? {}).sort()).toEqual(["input", "name"]);
});

test("who decides about a call sees what those before have made of it, and nobody is asked behind a refusal", async () => {
  const seen: unknown[] = [];
  const list = inOrder([
    { name: "changes", toolCall: async (_, args) => void Object.assign(args, { command: "git push" }) },
    { name: "decides", toolCall: async (_, args) => (args.command === "git push" ? { reason: "no pushing" } : undefined) },
    { name: "behind", toolCall: async (_, args) => void seen.push(args) },
  ]);
  expect(await list?.toolCall?.(call, { command: "git status" }, signal)).toEqual({ reason: "no pushing" });
  expect(seen).toEqual([]);
});

test("texts, results and transcripts go from one to the next", async () => {
  const add = (text: string): Interceptor => ({
    name: text,
    input: async (given) => ({ text: given.text + text }),
    toolResult: async (_, __, result) => ({ content: [...result.content, { type: "text", text }] }),
    context: async (messages) => [...messages, { role: "user", content: text, timestamp: 0 }],
  });
  const list = inOrder([add("b"), { name: "nothing", context: async () => undefined }, add("c")]);
  expect(await list?.input?.({ text: "a", source: "rpc" })).toEqual({ text: "abc" });
  expect(await list?.toolResult?.(call, {}, { content: [] }, signal)).toEqual({
    content: [
      { type: "text", text: "b" },
      { type: "text", text: "c" },
    ],
  });
  expect(await list?.context?.([])).toMatchObject([{ content: "b" }, { content: "c" }]);
});

test("a text that was handled goes no further", async () => {
  const never = async (): Promise<never> => expect.unreachable();
  const list = inOrder([
    { name: "a", input: async () => undefined, runCommand: async (text) => text === "/a" },
    { name: "b", input: never },
  ]);
  expect(await list?.input?.({ text: "a", source: "rpc" })).toBeUndefined();
  expect([await list?.runCommand?.("/a"), await list?.runCommand?.("/b")]).toEqual([true, false]);
});

test("the first summary counts, and any one calls off", async () => {
  const compaction = { summary: "s", firstKeptEntryId: "e", tokensBefore: 1 };
  const about = {} as Parameters<NonNullable<Interceptor["beforeCompact"]>>[0];
  const tree = {} as Parameters<NonNullable<Interceptor["beforeTree"]>>[0];
  const replace = { type: "session_before_fork", entryId: "e", position: "at" } as const;
  const list = inOrder([
    {
      name: "a",
      beforeCompact: async () => ({}),
      beforeTree: async () => ({ customInstructions: "short" }),
      beforeReplace: async () => false,
    },
    { name: "b", beforeCompact: async () => ({ compaction }), beforeTree: async () => ({ cancel: true }), beforeReplace: async () => true },
    { name: "c", beforeCompact: async () => ({ cancel: true }) },
  ]);
  expect(await list?.beforeCompact?.(about)).toEqual({ compaction });
  expect(await list?.beforeTree?.(tree)).toEqual({ customInstructions: "short", cancel: true });
  expect(await list?.beforeReplace?.(replace)).toBe(true);
});

test("a command of the user's is judged by all, also where one has an answer already", async () => {
  const result = { output: "", exitCode: 0, cancelled: false, truncated: false };
  const answers: Interceptor = { name: "a", userBash: async () => ({ result }) };
  const refuses: Interceptor = { name: "b", userBash: () => Promise.reject(new Error("denied")) };
  const about = { command: "ls", excludeFromContext: false, cwd: "/" };
  expect(await inOrder([answers, { name: "c", userBash: async () => undefined }])?.userBash?.(about)).toEqual({ result });
  await expect(inOrder([answers, refuses])?.userBash?.(about)).rejects.toThrow("denied");
});

test("a message waits only where somebody takes time", async () => {
  const said: string[] = [];
  const quick = (name: string): Interceptor => ({ name, messageEnd: () => void said.push(name) });
  const slow: Interceptor = { name: "slow", messageEnd: async () => void said.push("slow") };
  const message = { role: "user", content: "", timestamp: 0 } as const;
  expect(inOrder([quick("a"), quick("b")])?.messageEnd?.(message)).toBeUndefined();
  await inOrder([slow, quick("c")])?.messageEnd?.(message);
  expect(said).toEqual(["a", "b", "slow", "c"]);
});
