// The codes of errors: each is somebody's, and its area has an exit status.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { exitStatusOfArea, PiError } from "../../src/contracts/error.ts";
import { type ErrorCode, errorCodes } from "../../src/contracts/error-codes.ts";

const sourceRoot = resolve(import.meta.dirname, "../../src");
const codes = Object.keys(errorCodes) as ErrorCode[];

test("every code of the table is used, but for those that a service's failure becomes", () => {
  const files = readdirSync(sourceRoot, { recursive: true, encoding: "utf8" }).filter(
    (one) => one.endsWith(".ts") && !one.endsWith("error-codes.ts"),
  );
  const sources = files.map((one) => readFileSync(join(sourceRoot, one), "utf8")).join("\n");
  expect(codes.filter((code) => !code.startsWith("model.") && !sources.includes(`"${code}"`))).toEqual([]);
});

test("the area of a code is its exit status, unless the error says another", () => {
  for (const code of codes) expect(exitStatusOfArea).toHaveProperty(code.split(".")[0] ?? "");
  expect(new PiError("usage.bad_value", "x").exitStatus).toBe(2);
  expect(new PiError("budget.cost", "x").exitStatus).toBe(3);
  expect(new PiError("session.not_found", "x", { exitStatus: 2 }).exitStatus).toBe(2);
});
