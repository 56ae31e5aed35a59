// What somebody else has put into a folder must not hold up a start, and must not leave the machine.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { secret } from "../support/served.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { test, type World } from "../support/world.ts";

/** A clone whose every file is something else than it seems. */
function plant(world: World): void {
  writeFileSync(join(world.home, "id_rsa"), "PRIVATE-KEY");
  world.write(".git/HEAD", "");
  symlinkSync("/proc/self/environ", join(world.cwd, "AGENTS.override.md"));
  symlinkSync(join(world.home, "id_rsa"), join(world.cwd, "AGENTS.md"));
  execFileSync("mkfifo", [join(world.cwd, "CLAUDE.md")]);
  mkdirSync(join(world.cwd, ".pi/skills/x"), { recursive: true });
  symlinkSync("/dev/zero", join(world.cwd, ".pi/SYSTEM.md"));
  world.write(".pi/APPEND_SYSTEM.md", "");
  truncateSync(join(world.cwd, ".pi/APPEND_SYSTEM.md"), 300 * 1024 * 1024);
  execFileSync("mkfifo", [join(world.cwd, ".pi/config.toml"), join(world.cwd, ".pi/skills/x/SKILL.md")]);
  symlinkSync(world.home, join(world.cwd, ".pi/prompts"));
  world.write(".pi/extensions/x.ts", "");
  truncateSync(join(world.cwd, ".pi/extensions/x.ts"), 300 * 1024 * 1024);
  writeFileSync(join(world.home, "leak.md"), "PRIVATE-KEY");
}

describe.each(ways)("on %s", (way) => {
  test("nothing of it is sent or waited for, and each file that is left out has its line", async ({ world }) => {
    plant(world);
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "done" }] }]);
    const env = { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: secret, CANARY: "CANARY-VALUE" };
    const trusted = await world.run(["-a", "--model", "anthropic/claude-sonnet-4-5", "-p", "/leak"], { way, env });
    expect(trusted).toMatchObject({ stdout: "done\n", status: 0 });
    for (const name of [
      "AGENTS.override.md",
      "AGENTS.md",
      "CLAUDE.md",
      ".pi/config.toml",
      ".pi/SYSTEM.md",
      ".pi/APPEND_SYSTEM.md",
      ".pi/skills/x/SKILL.md",
      ".pi/prompts",
      ".pi/extensions/x.ts",
    ]) {
      expect(trusted.stderr.split("\n").filter((line) => line.includes(`${join(world.cwd, name)} `))).toHaveLength(1);
    }
    const untrusted = await world.run(["--model", "anthropic/claude-sonnet-4-5", "-p", "hi"], { way, env });
    expect(untrusted).toMatchObject({ stdout: "done\n", status: 0 });
    const sent = JSON.stringify(server.requests);
    expect(server.requests).toHaveLength(2);
    expect(sent).not.toMatch(/PRIVATE-KEY|CANARY-VALUE/);
  });
});
