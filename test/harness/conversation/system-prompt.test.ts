import { expect, test } from "vitest";
import type { Message, SystemMessage } from "../../../src/contracts/message.ts";
import { declarationOf, promptSections, promptText, systemChange, systemStateOf } from "../../../src/harness/conversation/system-prompt.ts";
import { tool } from "../../support/coding-bench.ts";
import { userMessage } from "../../support/messages.ts";

const parts = { appended: [], tools: [], contextFiles: [], skills: "", output: "", cwd: "/p", date: "2026-01-01" };
const names = (sections: ReadonlyMap<string, string>): string[] => [...sections.keys()];

test("sections in their order, only those that have something to say", () => {
  expect(names(promptSections(parts))).toEqual(["preamble", "rules", "date", "cwd"]);
  const all = promptSections({
    ...parts,
    appended: ["one", "two"],
    tools: [tool("read", undefined, { guidelines: ["Look first."] }), tool("edit", undefined, { guidelines: ["Look first."] })],
    contextFiles: [{ path: "/p/AGENTS.md", content: "Be kind.\n" }],
    skills: "skill list",
    output: "JSON only",
  });
  expect(names(all)).toEqual(["preamble", "tools", "rules", "addendum", "project_context", "skills", "output", "date", "cwd"]);
  expect(all.get("tools")).toBe("<tools>\n- read: reads\n- edit: edits\n</tools>");
  expect(all.get("rules")?.match(/Look first\./g)).toHaveLength(1);
  expect(all.get("addendum")).toBe("<addendum>\none\n\ntwo\n</addendum>");
  expect(all.get("project_context")).toContain('<instructions path="/p/AGENTS.md">\nBe kind.\n</instructions>');
});

test("skills are listed for a model that can read their files", () => {
  const listed = (...tools: string[]): boolean =>
    promptSections({ ...parts, skills: "skill list", tools: tools.map((name) => tool(name)) }).has("skills");
  expect([listed("read"), listed("bash", "edit"), listed("edit", "grep"), listed()]).toEqual([true, true, false, false]);
});

test("a prompt of the user's own replaces preamble, tool list and rules, and nothing else", () => {
  const own = promptSections({ ...parts, systemPrompt: "You are a parrot.", tools: [tool("read")], appended: ["x"] });
  expect(names(own)).toEqual(["preamble", "addendum", "date", "cwd"]);
  expect(own.get("preamble")).toBe("You are a parrot.");
});

test("the change leads from what is in force to what is wanted, and then there is none", () => {
  const state = systemStateOf([]);
  const tools = [tool("read"), tool("bash")].map(declarationOf);
  const first = systemChange(
    state,
    new Map([
      ["a", "A"],
      ["b", "B"],
    ]),
    tools,
    1,
  ) as SystemMessage;
  expect(first).toEqual({ role: "system", content: "", sections: { a: "A", b: "B" }, toolsAdded: tools, timestamp: 1 });
  const wanted = new Map([
    ["a", "A2"],
    ["c", "C"],
  ]);
  const fewer = tools.slice(1);
  const second = systemChange(systemStateOf([first]), wanted, fewer, 2) as SystemMessage;
  expect(second).toEqual({
    role: "system",
    content: "",
    sections: { a: "A2", c: "C", b: null },
    toolsRemoved: [{ name: "read" }],
    timestamp: 2,
  });
  const after = systemStateOf([first, userMessage("x") as Message, second]);
  expect(promptText(after)).toBe("A2\n\nC");
  expect([...after.tools.keys()]).toEqual(["bash"]);
  expect(systemChange(after, wanted, fewer, 3)).toBe(undefined);
});

test("a tool that is described otherwise is told anew", () => {
  const before = tool("read");
  const message = systemChange(systemStateOf([]), new Map(), [before], 1) as SystemMessage;
  const after = { ...before, description: "now otherwise" };
  expect(systemChange(systemStateOf([message]), new Map(), [after], 2)).toMatchObject({
    toolsAdded: [{ name: "read", description: "now otherwise" }],
  });
  expect(systemChange(systemStateOf([message]), new Map(), [{ ...before, parameters: { type: "object", required: [] } }], 2)).toBeDefined();
});

test("free text of other writers comes first", () => {
  const messages: Message[] = [
    { role: "system", content: "one", timestamp: 1 },
    { role: "system", content: [{ type: "text", text: "two" }], sections: { a: "A" }, timestamp: 2 },
  ];
  expect(promptText(systemStateOf(messages))).toBe("one\n\ntwo\n\nA");
});
