// What holds for every command that lists: JSON in two forms, an end at once when nobody reads any more, nothing that speaks to the terminal.

import { appendFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { answer, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

const lists = [
  ["list", ["list"]],
  ["search", ["search", "question"]],
  ["show", ["show", "long-one"]],
  ["check", ["check"]],
] as const;

async function manySessions(): Promise<SessionHome> {
  const home = sessionHome();
  for (let number = 0; number < 50; number++) {
    const { path } = await home.add([user(`question ${number}`), answer("a")], { ageMs: 1000 * (50 - number) });
    appendFileSync(path, "no line\n");
  }
  const long = Array.from({ length: 400 }, (_, number) => user(`question ${number} ${"x".repeat(200)}`));
  await home.add(long, { id: "long-one" });
  return home;
}

describe.each(lists)("%s", (_, args) => {
  test("--json is one array of what --jsonl gives line by line; both are too much", async () => {
    const home = await manySessions();
    const array = JSON.parse((await home.pi("sessions", ...args, "--json")).out) as unknown[];
    expect(array.length).toBeGreaterThanOrEqual(50);
    expect((await home.pi("sessions", ...args, "--jsonl")).lines.map((line) => JSON.parse(line) as unknown)).toEqual(array);
    expect(await home.pi("sessions", ...args, "--json", "--jsonl")).toMatchObject({
      status: 2,
      out: "",
      err: expect.stringContaining("--jsonl"),
    });
  });

  test("ends quietly with 141 when its reader closes the pipe, and reads on for nobody", async () => {
    const home = await manySessions();
    const host = home.host({ closesAfter: 5 });
    expect(await home.piWith(host, "sessions", ...args, "--jsonl")).toMatchObject({ status: 141, err: "" });
    expect(host.out().split("\n")).toHaveLength(6);
  });

  test("as text, too", async () => {
    const home = await manySessions();
    const host = home.host({ closesAfter: 4 });
    expect(await home.piWith(host, "sessions", ...args)).toMatchObject({ status: 141, err: "" });
    expect(host.out().split("\n").length).toBeLessThanOrEqual(5);
  });

  test("a full disk is no reader that went away", async () => {
    const home = await manySessions();
    const outFailure = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    expect(await home.piWith(home.host({ closesAfter: 5, outFailure }), "sessions", ...args)).toMatchObject({ status: 1 });
  });
});

describe("nothing of a session reaches the terminal raw", () => {
  const evil = "\u001b[31mred\u001b]0;title\u0007 \u009b2J \u202eevil\u202c\u0007 name";

  test.each([
    ["list", ["list"]],
    ["list --all", ["list", "--all"]],
    ["show", ["show", "evil1"]],
    ["show --full", ["show", "evil1", "--full"]],
    ["show --tree", ["show", "evil1", "--tree"]],
    ["search", ["search", "name"]],
    ["rm", ["rm", "evil1"]],
    ["an ambiguous name", ["show", "evil"]],
    ["a wrong one", ["show", evil]],
    ["completion", ["completions", "query", "--", "sessions", "show", ""]],
  ])("%s", async (_, args) => {
    const home = sessionHome();
    for (const id of ["evil1", "evil2"]) {
      const named = { type: "session_info" as const, name: evil };
      const labelled = { type: "label" as const, targetId: "00000000", label: evil };
      await home.add([user(evil), answer(evil), named, labelled], { id });
    }
    const words = args[0] === "completions" ? args : ["sessions", ...args];
    const env = { HOME: home.tree.at("home"), NO_COLOR: "1" };
    const { out, err } = await home.piWith(home.host({ env, isTerminal: true, columns: 200, input: "n\n" }), ...words);
    expect(`${out}${err}`).toMatch(/name|evil/);
    expect(`${out}${err}`).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    expect(`${out}${err}`).not.toContain("[31m");
  });
});

describe("colours", () => {
  test("are for terminals, and for who asks", async () => {
    const home = sessionHome();
    await home.add([user("x")]);
    const list = async (env: Record<string, string>): Promise<string> =>
      (await home.piWith(home.host({ env: { HOME: home.tree.at("home"), ...env } }), "sessions", "list")).out;
    expect(await list({})).not.toContain("\u001b");
    for (const env of [{ FORCE_COLOR: "1" }, { CLICOLOR_FORCE: "1" }]) expect(await list(env)).toContain("\u001b[33m");
    expect(await list({ FORCE_COLOR: "0" })).not.toContain("\u001b");
    expect(await list({ FORCE_COLOR: "1", NO_COLOR: "1" })).not.toContain("\u001b");
  });
});
