// The commands of README.md, as they stand there.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { commandTable } from "../../src/cli/commands.ts";
import { commandOf, projectRoot } from "../support/program.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { recordsOf, test } from "../support/world.ts";

const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
const { scripts, version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));

/** The one command between the marker and `<!-- end -->`. */
function marked(marker: string): string[] {
  const block = new RegExp(`<!-- ${marker} -->\\n\`\`\`sh\\n(.*)\\n\`\`\`\\n<!-- end -->`).exec(readme)?.[1];
  return (block ?? "").split(" && ");
}

/** Commands of all `sh` blocks, comments taken off. */
const commands = [...readme.matchAll(/```sh\n(.*?)```/gs)]
  .flatMap(([, block]) => (block ?? "").split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line.includes("dist/pi") && !line.startsWith("npm"));

test("the two commands install, build, try and test with scripts that are there", () => {
  const [install, build, attempt] = marked("try-command");
  expect([install, build]).toEqual(["npm ci", "npm run build"]);
  expect(scripts.build).toBeTypeOf("string");
  expect(attempt).toBe('dist/pi --model demo -p "What is in this folder?"');
  expect(marked("test-command")).toEqual(["npm ci", "npm test"]);
  expect(scripts.test).toBeTypeOf("string");
  expect(existsSync(join(projectRoot, "package-lock.json"))).toBe(true);
});

test("the try command, in this very folder", async ({ world }) => {
  const attempt = marked("try-command")[2] ?? "";
  const { stdout, stderr, status } = await world.run([], { cwd: projectRoot, shell: attempt });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toContain("- src/");
});

describe.concurrent("the other commands, with a local server", () => {
  test("there are some", () => expect(commands.length).toBeGreaterThan(3));

  test.for(commands)("%s", async (command, { world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "Done." }] }]);
    const env = { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: "k", PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const program = commandOf("binary")[0] ?? "";
    // Where a stage of the pipe is not about us, a stand-in will do on a machine that lacks it.
    const line = command
      .replaceAll("dist/pi", program)
      .replace("git diff |", "echo diff |")
      .replace(/\| jq .*$/, "| cat");
    const { stdout, stderr, status } = await world.run([], { env, shell: line });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    if (command.includes("--mode json")) expect(recordsOf(stdout).at(-1).type).toBe("agent_settled");
    else expect(stdout).toBe("Done.\n");
    expect(server.complaints).toEqual([]);
  });
});

test("what it links to is there, and the scripts and commands it names", () => {
  for (const [, target] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
    expect(existsSync(join(projectRoot, target ?? "")), target).toBe(true);
  for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(script);
  const names = commandTable.map((record) => record.name);
  for (const [, name] of readme.matchAll(/`pi ([a-z]+)[ `]/g)) expect(names).toContain(name);
});

test("the version is that of the package, in the binary, on Node and in the source", async ({ world }) => {
  const source = readFileSync(join(projectRoot, "src/contracts/version.ts"), "utf8");
  expect(source).toContain(`"${version}"`);
  for (const way of ["binary", "node", "bun"] as const) expect((await world.run(["--version"], { way })).stdout).toBe(`${version}\n`);
});

test("bin/pi starts the built program", async ({ world }) => {
  const { stdout, status } = await world.run([], {
    shell: `${join(projectRoot, "bin/pi")} --model demo -p hello`,
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
  });
  expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^Hello/), status: 0 });
});
