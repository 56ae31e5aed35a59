// What a summariser is given of a conversation: its text, and the lists of files beside it.

import { expect, test } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import { conversationText } from "../../../src/harness/compaction/conversation-text.ts";
import { collectFileLists, withFileLists, withoutFileLists } from "../../../src/harness/compaction/file-lists.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";

const call = (id: string, name: string, path: unknown): Message => assistantMessage([{ type: "toolCall", id, name, arguments: { path } }]);
const command = (excludeFromContext: boolean): Message => ({
  role: "bashExecution",
  command: "make",
  output: "built\n",
  exitCode: 2,
  cancelled: false,
  truncated: false,
  excludeFromContext,
  timestamp: 1,
});

test("every role has its mark; what the model was not shown is left out", () => {
  const messages: Message[] = [
    { role: "system", content: "be brief", timestamp: 1 },
    userMessage("look"),
    call("c1", "read", "a.ts"),
    { ...toolResultMessage("c1", "no such file"), isError: true } as Message,
    command(false),
    command(true),
    { role: "branchSummary", summary: "was tried", fromId: "x", timestamp: 1 },
    assistantMessage("half", { stopReason: "aborted" }),
    assistantMessage(" "),
  ];
  expect(conversationText(messages)).toBe(
    [
      "[User]: look",
      '[Assistant tool calls]: read(path="a.ts")',
      "[Tool error]: no such file",
      "[User]: Ran `make`\n```\nbuilt\n```\n\nCommand exited with code 2",
      "[Earlier summary]: was tried",
    ].join("\n\n"),
  );
});

test("cut to a length: long pieces first, then the middle; beginning and end stay", () => {
  const messages = [userMessage(`first ${"a".repeat(20_000)}`), ...Array.from({ length: 50 }, (_, at) => userMessage(`number ${at}`))];
  const shorter = conversationText(messages, 5000);
  expect(shorter.length).toBeLessThan(5000);
  expect(shorter).toContain("more characters]");
  for (let at = 0; at < 50; at++) expect(shorter).toContain(`number ${at}`);
  const short = conversationText(messages, 400);
  expect(short.length).toBeLessThan(500);
  expect(short).toMatch(/^\[User\]: first a+[\s\S]*characters left out[\s\S]*number 49$/);
});

test("file lists: a change outranks a look, a failed call is none, what was known stays", () => {
  const failed = { ...toolResultMessage("c3", "no"), isError: true } as Message;
  const messages = [
    call("c1", "read", "a"),
    call("c2", "read", "b"),
    call("c3", "write", "c"),
    failed,
    call("c4", "edit", "b"),
    call("c5", "edit", 7),
  ];
  expect(collectFileLists(messages, [{ readFiles: ["b", "z"], modifiedFiles: ["a"] }])).toEqual({
    readFiles: ["z"],
    modifiedFiles: ["a", "b"],
  });
});

test("lists at the end of a summary come and go; the text stays", () => {
  const lists = { readFiles: ["a b", "c<T>"], modifiedFiles: ["d"] };
  const text = withFileLists("Done <read-files> so far\n", lists);
  expect(text).toBe("Done <read-files> so far\n\n<read-files>\na b\nc<T>\n</read-files>\n\n<modified-files>\nd\n</modified-files>");
  expect(withFileLists(text, lists)).toBe(text);
  expect(withoutFileLists(text)).toBe("Done <read-files> so far");
  expect(withoutFileLists(`a${" ".repeat(500_000)}b`)).toHaveLength(500_002);
  expect(withFileLists("Done", { readFiles: [], modifiedFiles: [] })).toBe("Done");
});
