// What every tool promises, whoever wrote it: run it over a tool with arguments that work.

import { expect, test } from "vitest";
import type { Tool } from "../../src/contracts/tool.ts";
import { type ToolBench, textOfResult } from "../support/tool-context.ts";

export interface ToolCase {
  /** Arguments of a call that succeeds on the bench as `prepare` leaves it. */
  args: Record<string, unknown>;
  prepare(bench: ToolBench): void;
  /** A call that fails after validation. */
  failing: Record<string, unknown>;
  /** A call that produces more than a result may hold. */
  huge?: { prepare(bench: ToolBench): void; args: Record<string, unknown> };
}

export function toolContract(tool: Tool, bench: () => ToolBench, theCase: ToolCase): void {
  const properties = tool.parameters.properties as Record<string, unknown>;
  const required = (tool.parameters.required as string[] | undefined) ?? [];

  test(`${tool.name}: a good call is no error`, async () => {
    theCase.prepare(bench());
    const result = await bench().call(tool, theCase.args);
    expect(result.isError ?? false).toBe(false);
    expect(result.content.length).toBeGreaterThan(0);
  });

  test(`${tool.name}: null for every optional argument is as if it were not there`, async () => {
    const optional = Object.keys(properties).filter((name) => !required.includes(name));
    theCase.prepare(bench());
    const given = { ...Object.fromEntries(optional.map((name) => [name, null])), ...theCase.args };
    expect((await bench().call(tool, given)).isError ?? false).toBe(false);
  });

  test.each(Object.keys(properties))(`${tool.name}: a wrong %s is an error result that names it`, async (name) => {
    theCase.prepare(bench());
    const result = await bench().call(tool, { ...theCase.args, [name]: { wrong: Symbol.name } });
    expect(result).toMatchObject({ isError: true, details: {} });
    expect(textOfResult(result)).toMatch(new RegExp(`^Validation failed for tool "${tool.name}":\n {2}- ${name}`));
  });

  test.each(required)(`${tool.name}: without %s it is an error result that names it`, async (name) => {
    const { [name]: _, ...rest } = theCase.args;
    const result = await bench().call(tool, rest);
    expect(result).toMatchObject({ isError: true, details: {} });
    expect(textOfResult(result)).toContain(`- ${name}: missing`);
  });

  test(`${tool.name}: a failure is an error result with empty details`, async () => {
    const result = await bench().call(tool, theCase.failing);
    expect(result).toMatchObject({ isError: true, details: {} });
    expect(textOfResult(result)).not.toBe("");
  });

  test(`${tool.name}: an abort before the start ends it at once, without effect or exception`, async () => {
    theCase.prepare(bench());
    const result = await bench().call(tool, theCase.args, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ isError: true, details: {} });
    expect(textOfResult(result)).toMatch(/aborted/);
  });

  const { huge } = theCase;
  if (huge === undefined) return;
  test(`${tool.name}: more than fits is cut at whole lines, with a note and the totals`, async () => {
    huge.prepare(bench());
    const result = await bench().call(tool, huge.args);
    const text = textOfResult(result);
    expect(Buffer.byteLength(text)).toBeLessThan(50 * 1024 + 600);
    expect(text.split("\n").length).toBeLessThan(2010);
    expect(text).toMatch(/\n\n\[[^\n]*]$/);
    expect(result.details).toMatchObject({ truncation: { truncated: true, maxLines: 2000, maxBytes: 51_200 } });
  });
}
