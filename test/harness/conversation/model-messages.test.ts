import { expect, test } from "vitest";
import type { BashExecutionMessage, Message } from "../../../src/contracts/message.ts";
import { modelMessages } from "../../../src/harness/conversation/model-messages.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";

const bash = (changes: Partial<BashExecutionMessage> = {}): Message => ({
  role: "bashExecution",
  command: "make",
  output: "ok\n",
  exitCode: 0,
  cancelled: false,
  truncated: false,
  timestamp: 7,
  ...changes,
});

const shown = (message: Message): string => {
  const [first] = modelMessages([message]);
  const content = first?.content ?? "";
  return typeof content === "string" ? content : content.map((block) => ("text" in block ? block.text : "")).join("");
};

test("what a model is shown as it is, and what it is never shown", () => {
  const said: Message[] = [userMessage("a"), assistantMessage("b"), toolResultMessage("c", "d")];
  const hidden: Message[] = [
    { role: "system", content: "s", timestamp: 1 },
    assistantMessage("x", { stopReason: "error" }),
    assistantMessage("y", { stopReason: "aborted" }),
    bash({ excludeFromContext: true }),
  ];
  expect(modelMessages([...hidden, ...said, ...hidden])).toEqual(said);
});

test("other roles become the user's", () => {
  expect(modelMessages([{ role: "custom", customType: "t", content: "c", display: false, timestamp: 3 }])).toEqual([
    { role: "user", content: "c", timestamp: 3 },
  ]);
  expect(shown({ role: "compactionSummary", summary: "S", tokensBefore: 1, timestamp: 1 })).toBe(
    "The conversation history before this point was compacted into the following summary:\n\n<summary>\nS\n</summary>",
  );
  expect(shown({ role: "branchSummary", summary: "S", fromId: null, timestamp: 1 })).toBe(
    "The following is a summary of a branch that this conversation came back from:\n\n<summary>\nS</summary>",
  );
});

test("commands of the user's", () => {
  expect(shown(bash())).toBe("Ran `make`\n```\nok\n```");
  expect(shown(bash({ exitCode: 3 }))).toBe("Ran `make`\n```\nok\n```\n\nCommand exited with code 3");
  expect(shown(bash({ output: "" }))).toBe("Ran `make`\n(no output)");
  expect(shown(bash({ cancelled: true, exitCode: undefined }))).toBe("Ran `make`\n```\nok\n```\n\nCommand cancelled");
  expect(shown(bash({ truncated: true, fullOutputPath: "/tmp/x.log" }))).toBe(
    "Ran `make`\n```\nok\n```\n\n[Output truncated. Full output: /tmp/x.log]",
  );
});
