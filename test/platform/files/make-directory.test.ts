// Directories that several processes make at once.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../../scripts/build.mjs";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("whoever is second finds them made", async () => {
  const root = temporaryDirectory();
  const module = JSON.stringify(join(import.meta.dirname, "../../../src/platform/files/make-directory.ts"));
  const script = `const { makeDirectory } = await import(${module}); for (let n = 0; n < 500; n++) makeDirectory(process.argv.at(-1) + "/" + n + "/a/b/c");`;
  const statuses = await Promise.all(
    Array.from({ length: 4 }, () => {
      const child = spawn(bunPath(), ["-e", script, root], { stdio: ["ignore", "ignore", "inherit"] });
      return new Promise((resolve) => child.once("exit", resolve));
    }),
  );
  expect(statuses).toEqual([0, 0, 0, 0]);
  expect(existsSync(join(root, "499/a/b/c"))).toBe(true);
});
