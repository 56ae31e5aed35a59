import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("docs/providers.md says what the vendors' tests show", async () => {
  const script = resolve(import.meta.dirname, "../../scripts/providers-doc.mjs");
  const { stderr } = await promisify(execFile)(process.execPath, [script, "--check"], { env: { PATH: process.env.PATH ?? "" } });
  expect(stderr).toBe("");
});
