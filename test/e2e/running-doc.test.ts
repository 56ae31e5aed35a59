// Every command of docs/running.md is run as it stands there.

import { describe, expect } from "vitest";
import { environmentTable, toolEnvironmentTable } from "../../src/cli/environment.ts";
import { exitStatusOf } from "../../src/contracts/outcome.ts";
import { docPage, pathWithPi } from "../support/doc-commands.ts";
import { type Service, services } from "../support/served.ts";
import { test } from "../support/world.ts";

const [anthropic] = services as [Service];
const { text: page, blocks } = docPage("docs/running.md");

test("no command of the page is left out, and its table is the one of the program", () => {
  expect(blocks.length).toBeGreaterThan(5);
  expect(page.match(/```sh/g)).toHaveLength(blocks.length);
  for (const [outcome, status] of Object.entries(exitStatusOf)) {
    expect(page).toContain(`| \`${outcome}\` | ${outcome === "aborted" ? "130, 143" : status} |`);
  }
});

test("its environment is that of the table", () => {
  for (const { names, help } of [...environmentTable, ...toolEnvironmentTable])
    expect(page).toContain(`| ${names.map((name) => `\`${name}\``).join(", ")} | ${help} |`);
});

describe.concurrent("a block", () => {
  test.for(blocks)("$name", async ({ script, status }, { world }) => {
    const server = await world.strict(anthropic.format, [{ say: [{ text: '{"title": "Fix", "files": ["a.ts"]}' }] }]);
    const env = { ...anthropic.env(server.baseUrl), PATH: pathWithPi(world) };
    const run = await world.run([], { env, shell: script });
    expect(run.status, run.stderr).toBe(status);
    expect(server.complaints).toEqual([]);
    if (script.includes("change.json")) expect(JSON.parse(world.read("change.json"))).toEqual({ title: "Fix", files: ["a.ts"] });
  });
});
