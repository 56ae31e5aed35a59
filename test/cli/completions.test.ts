import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandTable } from "../../src/cli/commands.ts";
import { optionTable } from "../../src/cli/options.ts";
import { answer, type SessionHome, sessionHome, user } from "../support/session-home.ts";

async function words(home: SessionHome, ...line: string[]): Promise<string[]> {
  return (await home.pi("completions", "query", "--", ...line)).lines.map((one) => one.split("\t")[0] ?? "");
}

async function homeWithSessions(): Promise<SessionHome> {
  const home = sessionHome();
  await home.add([user("one"), answer("two")], { id: "aaaa1111-long", ageMs: 2000 });
  await home.add([user("three"), { type: "session_info", name: "login" }], { id: "bbbb2222-long", ageMs: 1000 });
  return home;
}

describe("what may come next", () => {
  test("commands at the start, options behind a dash, each with its help", async () => {
    const home = sessionHome();
    expect(await words(home, "")).toEqual(commandTable.map(({ name }) => name));
    expect(await words(home, "se")).toEqual(["sessions"]);
    expect(await words(home, "--")).toEqual(optionTable.map(({ name }) => name));
    expect((await home.pi("completions", "query", "--", "--mod")).lines).toEqual([
      expect.stringMatching(/^--mode\t.+/),
      expect.stringMatching(/^--model\t.+/),
      expect.stringMatching(/^--models\t.+/),
    ]);
    expect(await words(home, "--print", "--co")).toEqual(["--continue"]);
  });

  test("values: choices, files, directories, sessions", async () => {
    const home = await homeWithSessions();
    expect(await words(home, "--mode", "")).toEqual(["text", "json", "rpc"]);
    expect(await words(home, "--mode", "=", "j")).toEqual(["json"]);
    expect(await words(home, "--mode", "=")).toEqual(["text", "json", "rpc"]);
    expect(await words(home, "--cwd", "")).toEqual([":directories"]);
    expect(await words(home, "--result", "x")).toEqual([":files"]);
    expect(await words(home, "--session", "")).toEqual(["last", "login", "bbbb2222", "aaaa1111", ":files"]);
    expect(await words(home, "@READ")).toEqual(["@README.md"]);
    expect(await words(home, "@../oth")).toEqual(["@../other/"]);
  });

  test("subcommands, their options and what they are about", async () => {
    const home = await homeWithSessions();
    expect(await words(home, "sessions", "re")).toEqual(["rename", "repair"]);
    expect(await words(home, "sessions", "stats", "--by", "")).toEqual(["model", "project", "day"]);
    expect(await words(home, "sessions", "show", "--")).toEqual(expect.arrayContaining(["--tree", "--branch", "--json", "--help"]));
    expect(await words(home, "sessions", "show", "b")).toEqual(["bbbb2222", ":files"]);
    expect(await words(home, "sessions", "rm", "aaaa1111", "lo")).toEqual(["login", ":files"]);
    expect(await words(home, "sessions", "import", "")).toEqual([":files"]);
    expect(await words(home, "config", "")).toEqual(expect.arrayContaining(["path", "show", "get", "set"]));
    expect(await words(home, "completions", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await words(home, "inspect", "--mode", "t")).toEqual(["text"]);
  });

  test("entries by label and by id", async () => {
    const home = await homeWithSessions();
    const { ids } = await home.add([user("first"), answer("second")], { id: "cccc3333-long" });
    await home.pi("sessions", "label", "cccc", ids[0] ?? "", "start");
    expect(await words(home, "sessions", "show", "cccc", "--branch", "")).toEqual(["start", ids[1], ids[0]]);
    expect(await words(home, "sessions", "label", "cccc", "")).toEqual(["start", ids[1], ids[0]]);
  });

  test("a line that makes no sense has no completion", async () => {
    const home = sessionHome();
    for (const line of [
      ["sessions", "nothing", ""],
      ["sessions", "show", "zzz", "--branch", ""],
      ["--cwd", "/gone", "--session", ""],
      ["sessions", "--cwd"],
    ]) {
      expect(await home.pi("completions", "query", "--", ...line)).toMatchObject({ status: 0, err: "" });
    }
  });
});

describe("the scripts", () => {
  test.each(["bash", "zsh", "fish"])("%s asks us", async (shell) => {
    const { out, status } = await sessionHome().pi("completions", shell);
    expect(status).toBe(0);
    expect(out).toContain("completions query --");
  });

  test("an unknown shell is a mistake", async () => {
    expect(await sessionHome().pi("completions", "tcsh")).toMatchObject({ status: 2, out: "" });
  });

  test("bash takes it and completes with it", async () => {
    const home = await homeWithSessions();
    const script = home.tree.write("pi.bash", (await home.pi("completions", "bash")).out);
    // Stands for the program: says what it is asked, and answers as it would.
    const program = home.tree.write(
      "pi",
      `#!/bin/bash\nprintf '%s|' "$@" > ${home.tree.at("asked")}\nprintf 'last\\tthe newest\\ntwo words\\tx\\n'\n`,
    );
    chmodSync(program, 0o755);
    const run = spawnSync(
      "bash",
      [
        "--norc",
        "-c",
        `source ${script}; COMP_WORDS=(${program} sessions show ""); COMP_CWORD=3; _pi; printf '%s\\n' "\${COMPREPLY[@]}"; cat ${home.tree.at("asked")}`,
      ],
      { encoding: "utf8" },
    );
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe("last\ntwo\\ words\ncompletions|query|--|sessions|show||");
    execFileSync("bash", ["-n", script]);
  });
});
