// The extensions that the npm agent ships as examples, unmodified, in an empty directory: each loads in print and in RPC mode. Runs where that
// agent is installed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import { npmAgentPath } from "../support/npm-agent.ts";
import { recordsOf, test } from "../support/world.ts";

/** The installed program is a line of shell that names its package. */
function examplesDirectory(): string | undefined {
  if (!existsSync(npmAgentPath)) return undefined;
  const named = /"([^"]*\/package)\/dist\//.exec(readFileSync(npmAgentPath, "utf8"))?.[1] ?? resolve(dirname(npmAgentPath), "package");
  const directory = join(named, "examples/extensions");
  return existsSync(directory) ? directory : undefined;
}

const directory = examplesDirectory();
const names = directory === undefined ? [] : readdirSync(directory).filter((name) => name !== "README.md");

/** What they import is not installed beside them. */
const lacksPackages = ["custom-provider-anthropic", "gondolin", "with-deps"];

test.skipIf(directory === undefined)(
  "all but those whose packages are not there load, and the answer comes",
  { timeout: 120_000 },
  async ({ world }) => {
    const failed: string[] = [];
    for (const name of names) {
      const { stdout, status } = await world.run(["-e", join(directory ?? "", name), "--no-session", "--model", "demo", "-p", "hello"]);
      if (status !== 0 || !stdout.includes("demo model")) failed.push(name);
    }
    expect(names.length).toBeGreaterThan(60);
    expect(failed).toEqual(lacksPackages);
  },
);

test.skipIf(directory === undefined)(
  "all of them together load in RPC mode, with their commands",
  { timeout: 60_000 },
  async ({ world }) => {
    const args = names.filter((name) => !lacksPackages.includes(name)).flatMap((name) => ["-e", join(directory ?? "", name)]);
    const input = '{"id":"1","type":"get_commands"}\n{"id":"2","type":"get_state"}\n';
    const { stdout, status } = await world.run(["--mode", "rpc", "--model", "demo", ...args], { stdin: { text: input } });
    const records = recordsOf(stdout);
    const commands = records.find((record) => record.id === "1").data.commands.map(({ name }: { name: string }) => name);
    expect(commands).toEqual(expect.arrayContaining(["todos:1", "todos:2", "snake", "plan", "handoff"]));
    expect(records.find((record) => record.id === "2")).toMatchObject({ success: true });
    expect(status).toBe(0);
  },
);
