// The starts that a build records call what the binary is laid out by.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordStarts } from "../../scripts/record-starts.mjs";
import { projectRoot } from "../support/program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("each start runs as it should, and calls much that is its own", () => {
  const records = recordStarts(join(projectRoot, "dist/pi"), temporaryDirectory()).map((file) => readFileSync(file, "utf8"));
  for (const text of records) expect(text.match(/^F [0-9a-f]{16}$/gm)?.length).toBeGreaterThan(200);
  expect(new Set(records).size).toBe(records.length);
});
