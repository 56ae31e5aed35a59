// Every command of docs/sessions.md is run as it stands there, and lists are cut off by a reader that leaves.

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { sessionsTable } from "../../src/cli/commands/sessions.ts";
import { projectFolderName } from "../../src/session/lines/locate.ts";
import { commandOf, projectRoot } from "../support/program.ts";
import { writeManySessions } from "../support/session-fixtures.ts";
import { answer, call, result, sessionHome, user } from "../support/session-home.ts";
import { test, type World } from "../support/world.ts";

const page = readFileSync(join(projectRoot, "docs/sessions.md"), "utf8");
const blocks = [...page.matchAll(/<!-- exit (\d) -->\n```sh\n([\s\S]*?)```/g)].map(([, status, script], index) => ({
  name: `${index + 1}: ${script?.trim().split("\n").at(0)}`,
  status: Number(status),
  script: script ?? "",
}));

/** A world with `pi` on the path and two sessions, one of them called login. */
async function prepared(world: World): Promise<{ PATH: string }> {
  const bin = join(world.home, "bin");
  mkdirSync(bin);
  symlinkSync(commandOf("binary")[0] ?? "", join(bin, "pi"));
  const home = sessionHome();
  const place = { cwd: world.cwd, directory: join(world.agentDir, "sessions", projectFolderName(world.cwd)) };
  await home.add([user("an older question"), answer("an older answer", 0.1)], { ...place, ageMs: 9_000_000 });
  await home.add(
    [
      user("Fix the login page"),
      call("c1", "bash", { command: "grep -rn expires src" }),
      result("c1", "src/cookie.ts:7: expires: 0"),
      answer("I fixed the cookie: it expires after a day now.", 0.2),
      { type: "session_info", name: "login" },
    ],
    place,
  );
  return { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` };
}

test("no command of the page is left out, and every subcommand is on it", () => {
  expect(blocks.length).toBeGreaterThan(8);
  expect(page.match(/```sh/g)).toHaveLength(blocks.length);
  for (const { name } of sessionsTable) expect(page).toMatch(new RegExp(`pi sessions ${name}\\b`));
});

describe("a block", () => {
  test.for(blocks)("$name", async ({ script, status }, { world }) => {
    const env = await prepared(world);
    const run = await world.run([], { env, shell: `set -e\n${script}` });
    expect(run.status, `${run.stdout}${run.stderr}`).toBe(status);
    expect(run.stderr).not.toMatch(/Error(?!: Removing)/);
  });
});

describe("the program", () => {
  test("a reader that leaves ends a list quietly with 141", async ({ world }) => {
    const env = await prepared(world);
    const directory = writeManySessions(join(world.home, "many"), 800, 2);
    const shell = `set -o pipefail; "$@" | head -n 1; echo "status $?"`;
    for (const command of ["list", "search"]) {
      const args = ["sessions", command, ...(command === "search" ? ["work"] : []), "--all", "--session-dir", directory];
      const run = await world.run(args, { env, shell });
      expect([run.stdout.split("\n").slice(1), run.stderr]).toEqual([["status 141", ""], ""]);
    }
  });

  test("no output is lost when it ends, in a pipe and in a file", async ({ world }) => {
    const env = await prepared(world);
    const directory = writeManySessions(join(world.home, "many"), 300, 2);
    const args = ["sessions", "list", "--json", "--all", "--session-dir", directory];
    const [piped, filed] = await Promise.all([world.run(args, { env }), world.run(args, { env, shell: '"$@" > out.json; cat out.json' })]);
    expect(JSON.parse(piped.stdout)).toHaveLength(300);
    expect(JSON.parse(filed.stdout)).toHaveLength(300);
  });
});
