// Every command of docs/running.md is run as it stands there.

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { exitStatusOf } from "../../src/contracts/outcome.ts";
import { commandOf, projectRoot } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { test } from "../support/world.ts";

const [anthropic] = services as [Service];
const page = readFileSync(join(projectRoot, "docs/running.md"), "utf8");
const blocks = [...page.matchAll(/<!-- exit (\d) -->\n```sh\n([\s\S]*?)```/g)].map(([, status, script], index) => ({
  name: `${index + 1}: ${script?.trim().split("\n").at(-1)}`,
  status: Number(status),
  script: script ?? "",
}));

test("no command of the page is left out, and its table is the one of the program", () => {
  expect(blocks.length).toBeGreaterThan(5);
  expect(page.match(/```sh/g)).toHaveLength(blocks.length);
  for (const [outcome, status] of Object.entries(exitStatusOf)) {
    expect(page).toContain(`| \`${outcome}\` | ${outcome === "aborted" ? "130, 143" : status} |`);
  }
});

describe.concurrent("a block", () => {
  test.for(blocks)("$name", async ({ script, status }, { world }) => {
    const server = await world.strict(anthropic.format, [{ say: [{ text: '{"title": "Fix", "files": ["a.ts"]}' }] }]);
    const bin = join(world.home, "bin");
    mkdirSync(bin);
    symlinkSync(commandOf("binary")[0] ?? "", join(bin, "pi"));
    const env = { ...anthropic.env(server.baseUrl), PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` };
    const run = await world.run([], { env, shell: script });
    expect(run.status, run.stderr).toBe(status);
    expect(server.complaints).toEqual([]);
    if (script.includes("change.json")) expect(JSON.parse(world.read("change.json"))).toEqual({ title: "Fix", files: ["a.ts"] });
  });
});
