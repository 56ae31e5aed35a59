import { expect, test } from "vitest";
import { builtinTools, defaultToolNames, selectTools } from "../../src/tools/registry.ts";

const available = [...builtinTools().map((tool) => tool.name), "deploy", "mcp__a__x", "mcp__a__y"];
const select = (spec: Omit<Parameters<typeof selectTools>[0], "available">): string => {
  const { active, unknown } = selectTools({ available, ...spec });
  return active.join(" ") + (unknown.length > 0 ? ` ? ${unknown.join(" ")}` : "");
};

test("the seven, each told in one line and a schema a strict provider takes", () => {
  expect(builtinTools().map((tool) => tool.name)).toEqual(["read", "bash", "edit", "write", "grep", "find", "ls"]);
  for (const tool of builtinTools()) {
    expect(tool.promptLine).toMatch(/^[A-Z][^\n]+[^.]$/);
    expect(tool.parameters).toMatchObject({ type: "object", properties: expect.any(Object) });
    expect(JSON.parse(JSON.stringify(tool.parameters))).toEqual(tool.parameters);
  }
  expect(defaultToolNames).toEqual(["read", "bash", "edit", "write"]);
});

test("which tools are on", () => {
  expect(select({})).toBe("read bash edit write deploy mcp__a__x mcp__a__y");
  expect(select({ tools: "ls, read" })).toBe("read ls");
  expect(select({ tools: "mcp__*,read" })).toBe("read mcp__a__x mcp__a__y");
  expect(select({ tools: "+grep,-bash,-mcp__*" })).toBe("read edit write grep deploy");
  expect(select({ tools: "read,reed" })).toBe("read ? reed");
  expect(select({ tools: "" })).toBe("");
  expect(select({ exclude: "bash,*__y" })).toBe("read edit write deploy mcp__a__x");
  expect(select({ tools: "read,bash", exclude: "bash" })).toBe("read");
  expect(select({ noTools: true })).toBe("");
  expect(select({ noTools: true, tools: "read" })).toBe("read");
  expect(select({ noBuiltinTools: true })).toBe("deploy mcp__a__x mcp__a__y");
  expect(select({ noBuiltinTools: true, tools: "+ls" })).toBe("ls deploy mcp__a__x mcp__a__y");
  expect(select({ defaults: ["ls"] })).toBe("ls");
  expect(select({ defaults: ["ls"], tools: "-ls,+find" })).toBe("find");
  expect(() => select({ tools: "read,+ls" })).toThrow(/mixes/);
});
