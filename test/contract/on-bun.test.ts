// The suites of what touches bytes and files, run by the project's bun as well: the binary is Bun, and vitest is Node.
// Invariant: a suite that finds no test fails.

import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";

const root = resolve(import.meta.dirname, "../..");

const suites = [
  "test/artifacts/artifacts.test.ts",
  "test/artifacts/blob-files.test.ts",
  "test/contracts/text-encoding.test.ts",
  "test/platform/files/files.test.ts",
  "test/platform/network/loopback.test.ts",
  "test/platform/processes/capture-command.test.ts",
  "test/platform/processes/clipboard.test.ts",
  "test/platform/processes/exec-program.test.ts",
  "test/runtime/bridge/ipc-drain.test.ts",
  "test/runtime/bridge/ipc-tools.test.ts",
  "test/runtime/observe/metrics.test.ts",
  "test/runtime/replies/reply-stream.test.ts",
  "test/runtime/sessions/session-map.test.ts",
  "test/session/lines/damage.test.ts",
  "test/session/lines/sound-entry.test.ts",
  "test/session/inline-pictures.test.ts",
  "test/session/log/logs.test.ts",
  "test/session/pictures.test.ts",
  "test/tools/contract.test.ts",
  "test/tools/count-newlines.test.ts",
  "test/tools/edit.test.ts",
  "test/tools/file-order.test.ts",
  "test/tools/image.test.ts",
  "test/tools/read.test.ts",
  "test/tools/search.test.ts",
];

test("tools, files and the session log do on Bun what they do on Node", async () => {
  const { code, said } = await new Promise<{ code: unknown; said: string }>((settle) => {
    execFile(bunPath(), ["test", "--timeout", "60000", ...suites.map((path) => `./${path}`)], { cwd: root }, (error, _, stderr) =>
      settle({ code: error?.code ?? 0, said: stderr }),
    );
  });
  const failed = said.split("\n").filter((line) => line.startsWith("(fail)"));
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
  expect(said).toContain(`across ${suites.length} files`);
  expect(Number(/^ *(\d+) pass$/m.exec(said)?.[1])).toBeGreaterThan(suites.length);
});
