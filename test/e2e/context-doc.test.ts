// Every command of docs/context.md is run as it stands there, one after another in one place, and shows what the page says.

import { expect } from "vitest";
import { docPage, pathWithPi } from "../support/doc-commands.ts";
import { type Service, services } from "../support/served.ts";
import { type Json, test } from "../support/world.ts";

const [anthropic] = services as [Service];
const { text, blocks } = docPage("docs/context.md");

test("no command of the page is left out", () => {
  expect(blocks.length).toBeGreaterThan(6);
  expect(text.match(/```sh/g)).toHaveLength(blocks.length);
});

test("its commands, and what the model is told by them", async ({ world }) => {
  const PATH = pathWithPi(world);
  world.write(".git/HEAD", "ref: refs/heads/main\n");
  const output: string[] = [];
  const prompts: string[] = [];
  const systems: string[] = [];
  for (const { name, script, status } of blocks) {
    const count = script.match(/^(?:.*\| )?pi -p/gm)?.length ?? 0;
    const server = await world.strict(
      anthropic.format,
      Array.from({ length: count }, () => ({ say: [{ text: "Done." }] })),
    );
    const run = await world.run([], { env: { ...anthropic.env(server.baseUrl), PATH }, shell: `set -e\n${script}` });
    expect(run.status, `${name}\n${run.stderr}`).toBe(status);
    expect(server.complaints, name).toEqual([]);
    output.push(run.stdout);
    for (const { body } of server.requests as { body: Json }[]) {
      prompts.push(JSON.stringify(body.messages.at(-1).content));
      systems.push(body.system.map((block: Json) => block.text).join("\n"));
    }
  }
  const said = output.join("\n");
  expect(said).toMatch(/context files +\/.*\.pi\/agent\/AGENTS\.md\n +\/.*project\/AGENTS\.md\n +\/.*project\/parser\/AGENTS\.md\n/);
  expect(systems[0]).toMatch(/^You review code and never change it\.[\s\S]*Answer in English\.[\s\S]*Tests are run with npm test\./);
  expect(systems[1]).toContain("How a release of this project is made");
  expect(prompts[1]).toMatch(/Run the tests, then tag[\s\S]*version 2\.1/);
  expect(prompts[2]).toContain("Review parser/read.c with an eye on errors that nobody handles.");
  for (const prompt of prompts.slice(3)) expect(prompt).toContain("tulip");
  expect(prompts).toHaveLength(6);
});
