// Every command of docs/policy.md is run as it stands there, and its tables of settings are read.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { commandOf, projectRoot } from "../support/program.ts";
import { test } from "../support/world.ts";

const page = readFileSync(join(projectRoot, "docs/policy.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text ?? "");

const says: [RegExp, string | RegExp][] = [
  [/--tool bash/, "deny: deny bash(git push) (--deny)\n"],
  [/import --hooks/, /^\[\[hooks\]\]\nevent = "tool_call"\ntool = "bash"\ncommand = "\.\/guard\.sh"\n/],
  [/./, /./],
];

describe.concurrent("a command of the page", () => {
  test.for(blocks("sh"))("%s", async (script, { world }) => {
    const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "./guard.sh" }] }] };
    world.write(".claude/settings.json", JSON.stringify({ hooks }));
    const args = script.trim().replace(/^pi /, "");
    const run = await world.run([], { shell: `pi() { ${commandOf("binary").join(" ")} "$@"; }; pi ${args}` });
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(says.find(([pattern]) => pattern.test(script))?.[1] ?? "");
  });
});

test("the rows of the page are rows", async ({ world }) => {
  world.config(blocks("toml").join("\n"));
  const { stdout, stderr, status } = await world.run(["inspect", "--tool", "bash", "--command", "npm run x"]);
  expect({ stdout, stderr, status }).toMatchObject({ stdout: expect.stringMatching(/^ask: ask bash\(npm \*\)/), stderr: "", status: 0 });
});
