// What the build leaves out of the SDKs is nothing that a request goes through.

import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const root = join(import.meta.dirname, "../..");
const source = join(root, "test/support/sdk-sender.ts");

function printed(command: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

test.each(["node", "bun"] as const)(
  "a bundle for %s makes the requests that the SDKs make, and holds nothing that they do not go through",
  (target) => {
    const outdir = temporaryDirectory();
    const options = {
      entrypoints: [source],
      outdir,
      target,
      minify: true,
      splitting: true,
      format: "esm",
      naming: { entry: "[name].mjs" },
    };
    const outputs = JSON.parse(printed(bunPath(), join(root, "scripts/bundle.mjs"), JSON.stringify(options))) as object;
    expect(Object.keys(outputs).length).toBeGreaterThan(0);
    const whole = JSON.parse(printed(bunPath(), source)) as { sent: unknown[]; hasResources: boolean };
    expect(whole.hasResources).toBe(true);
    expect(whole.sent).toHaveLength(2);
    for (const one of whole.sent) expect(one).toMatchObject({ method: "post", body: expect.stringContaining("ä"), hasSignal: true });
    const run = printed(target === "bun" ? bunPath() : process.execPath, join(outdir, "sdk-sender.mjs"));
    expect(JSON.parse(run)).toEqual({ ...whole, hasResources: false });
    const bytes = readdirSync(outdir).reduce((sum, name) => sum + statSync(join(outdir, name)).size, 0);
    expect(bytes).toBeLessThan(70_000);
  },
);
