import { expect, test } from "vitest";
import type { AssistantContent, ModelMessage } from "../../../src/contracts/message.ts";
import { type HistoryRules, plainId, repairHistory } from "../../../src/providers/shared/repair-history.ts";
import { assistant, pixel, testModel, toolResult, user } from "../../support/model-calls.ts";

const model = testModel({ id: "one", provider: "here" });
const other = testModel({ id: "two", provider: "there" });
const rules: HistoryRules = { model, validId: (id, attempt) => plainId(id, attempt, 64) };
const call = (id: string, values: object = {}): AssistantContent => ({ type: "toolCall", id, name: "read", arguments: {}, ...values });

function shape(messages: ModelMessage[], changed: Partial<HistoryRules> = {}): string[] {
  return repairHistory(messages, { ...rules, ...changed }).map((message) => {
    if (message.role === "toolResult") {
      const text = message.content.map((block) => (block.type === "text" ? block.text : "image")).join("+");
      return `${message.toolCallId}${message.isError ? "!" : ""}=${text}`;
    }
    const blocks = message.content.map((block) => {
      if (block.type === "toolCall") return `call ${block.id}${block.thoughtSignature ? "*" : ""}`;
      if (block.type === "image") return "image";
      if (block.type === "thinking") return `thought ${block.thinking}`;
      return block.text + ("textSignature" in block && block.textSignature ? "*" : "");
    });
    return `${message.role}: ${blocks.join(" | ")}`;
  });
}

test("results stand behind their calls, in call order, once each", () => {
  const messages = [
    user("q"),
    assistant(model, [call("a"), call("b"), call("c")]),
    toolResult("c", "read", "3"),
    user("steered"),
    toolResult("a", "read", "1"),
    toolResult("a", "read", "again"),
    toolResult("x", "read", "nobody's"),
  ];
  expect(shape(messages)).toEqual([
    "user: q",
    "assistant: call a | call b | call c",
    "a=1",
    "b!=No result provided",
    "c=3",
    "user: steered",
  ]);
});

test("ids of another model that services refuse, and those that repeat, are replaced on both sides", () => {
  const messages = [
    assistant(other, [call("f.read:0"), call("f_read_0")]),
    toolResult("f.read:0", "read", "1"),
    toolResult("f_read_0", "read", "2"),
    assistant(other, [call("f.read:0")]),
    toolResult("f.read:0", "read", "3"),
    assistant(other, [call("x".repeat(80))]),
  ];
  expect(shape(messages)).toEqual([
    "assistant: call f_read_0 | call f_read_0_1",
    "f_read_0=1",
    "f_read_0_1=2",
    "assistant: call f_read_0_2",
    "f_read_0_2=3",
    `assistant: call ${"x".repeat(64)}`,
    `${"x".repeat(64)}!=No result provided`,
  ]);
});

test("a model's own ids go back as they came, the first of each", () => {
  const long = `call_1__thought__${"QUJD".repeat(40)}==`;
  const messages = [
    assistant(model, [call("functions.read:0"), call(long)]),
    toolResult("functions.read:0", "read", "1"),
    toolResult(long, "read", "2"),
    assistant(model, [call("functions.read:0"), call("")]),
    toolResult("functions.read:0", "read", "3"),
  ];
  expect(shape(messages)).toEqual([
    `assistant: call functions.read:0 | call ${long}`,
    "functions.read:0=1",
    `${long}=2`,
    "assistant: call functions_read_0_1 | call call",
    "functions_read_0_1=3",
    "call!=No result provided",
  ]);
  const cut = (id: string): string | undefined => (id.length > 20 ? undefined : id.slice(10));
  expect(shape([assistant(model, [call("functions.read:0"), call(long)])], { ownId: cut })[0]).toBe(
    `assistant: call read:0 | call ${plainId(long, 0, 64)}`,
  );
});

test("failed and aborted answers are left out, with the results of their calls", () => {
  const messages = [
    user("q"),
    assistant(model, [{ type: "text", text: "half" }, call("a")], { stopReason: "aborted" }),
    toolResult("a", "read", "1"),
    assistant(model, [{ type: "text", text: "wrong" }], { stopReason: "error" }),
    user("r"),
  ];
  expect(shape(messages)).toEqual(["user: q", "user: r"]);
});

test("what is opaque and what was thought goes back to its own model alone", () => {
  const content: AssistantContent[] = [
    { type: "thinking", thinking: "why", thinkingSignature: "s" },
    { type: "thinking", thinking: "", thinkingSignature: "s", redacted: true },
    { type: "thinking", thinking: "unsigned" },
    { type: "text", text: "so", textSignature: "s" },
    call("a", { thoughtSignature: "s" }),
  ];
  expect(shape([assistant(model, content)])[0]).toBe("assistant: thought why | thought  | so* | call a*");
  expect(shape([assistant(model, content)], { keepsUnsignedThinking: true })[0]).toBe(
    "assistant: thought why | thought  | thought unsigned | so* | call a*",
  );
  expect(shape([assistant(other, content)])[0]).toBe("assistant: so | call a");
  expect(shape([assistant({ ...model, api: "elsewhere" }, content)])[0]).toBe("assistant: so | call a");
  expect(shape([user("q"), assistant(other, [{ type: "thinking", thinking: "only this" }]), user("r")])).toEqual(["user: q", "user: r"]);
});

test("nothing blank, nothing ill-formed", () => {
  const messages = [
    user(" \n"),
    user([{ type: "text", text: "" }]),
    assistant(model, [{ type: "text", text: "  " }]),
    user("a\ud83d"),
    assistant(model, []),
  ];
  expect(shape(messages)).toEqual(["user: a\ufffd"]);
});

test("of more images than a request may hold the latest go along", () => {
  const image = (data: string): { type: "image"; data: string; mimeType: string } => ({ type: "image", data, mimeType: "image/png" });
  const messages = [user([image("1"), image("2")]), assistant(model, [call("a")]), toolResult("a", "read", "", { content: [image("3")] })];
  expect(shape(messages, { model: { ...model, inputLimits: { images: { maxPerRequest: 2 } } } })).toEqual([
    "user: image | [Image omitted: this model takes no more than 2.]",
    "assistant: call a",
    "a=image",
  ]);
  expect(shape(messages, { model: { ...model, inputLimits: { images: { maxPerMessage: 1 } } } })).toEqual([
    "user: image | [Image omitted: this model takes no more than 1.]",
    "assistant: call a",
    "a=image",
  ]);
});

test("images give way to a note for a model that takes none", () => {
  const image = { type: "image", data: pixel, mimeType: "image/png" } as const;
  const blind = { ...model, input: ["text" as const] };
  const messages = [
    user([image, { type: "text", text: "see" }, image]),
    assistant(model, [call("a")]),
    toolResult("a", "read", "", { content: [image] }),
  ];
  expect(shape(messages, { model: blind })).toEqual([
    "user: see | [2 images omitted: this model takes no images.]",
    "assistant: call a",
    "a=[Image omitted: this model takes no images.]",
  ]);
  expect(shape(messages)).toEqual(["user: image | see | image", "assistant: call a", "a=image"]);
});
