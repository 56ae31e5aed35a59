import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandTable } from "../../src/cli/commands.ts";
import { optionTable } from "../../src/cli/options.ts";
import { modeTable } from "../../src/modes/modes.ts";
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
    expect(await words(home, "--mode", "")).toEqual(modeTable.map((mode) => mode.name));
    expect(await words(home, "--mode", "=", "j")).toEqual(["json"]);
    expect(await words(home, "--mode", "=")).toEqual(modeTable.map((mode) => mode.name));
    expect(await words(home, "--cwd", "")).toEqual([":directories"]);
    expect(await words(home, "--result", "x")).toEqual([":files"]);
    expect(await words(home, "--session", "")).toEqual(["last", "login", "bbbb2222", "aaaa1111", ":files"]);
    expect(await words(home, "@READ")).toEqual(["@README.md"]);
    expect(await words(home, "@../oth")).toEqual(["@../other/"]);
  });

  test("values that are in the catalogue: models with their level, providers, tools, settings", async () => {
    const home = sessionHome();
    const env = { HOME: home.tree.at("home"), ANTHROPIC_API_KEY: "k" };
    const ask = async (...line: string[]): Promise<string[]> =>
      (await home.piWith(home.host({ env }), "completions", "query", "--", ...line)).lines.map((one) => one.split("\t")[0] ?? "");
    const models = await ask("--model", "");
    expect(models).toContain("demo");
    expect(models.filter((word) => word.startsWith("anthropic/claude-")).length).toBeGreaterThan(3);
    expect(models.filter((word) => !/^(demo|anthropic\/.+)$/.test(word))).toEqual([]);
    expect((await ask("--model", "claude-")).every((word) => word.startsWith("claude-"))).toBe(true);
    const [model = ""] = await ask("--model", "anthropic/claude-");
    expect(await ask("--model", `${model}:h`)).toEqual([`${model}:high`]);
    // Bash takes the word apart at the colon, and puts it together again itself.
    expect(await ask("--model", model, ":", "h")).toEqual(["high"]);
    expect(await ask("--models", `demo,${model.slice(0, -1)}`)).toContain(`demo,${model}`);
    expect(await ask("--fallback-model", "dem")).toEqual(["demo"]);
    expect(await ask("--provider", "anthr")).toEqual(["anthropic"]);
    expect(await ask("--tools", "read,ba")).toEqual(["read,bash"]);
    expect(await ask("-t", "+gr")).toEqual(["+grep"]);
    expect(await ask("config", "set", "session_d")).toEqual(["session_dir"]);
    expect(await ask("config", "se")).toEqual(["set"]);
    expect(await ask("--mode=j")).toEqual(["--mode=json"]);
    expect(await ask("sessions", "ls", "--lim")).toEqual(["--limit"]);
  });

  test("names as they are typed: with blanks, but none that two sessions have", async () => {
    const home = sessionHome();
    for (const [id, name] of Object.entries({
      "aaaa0001-x": "twice",
      "aaaa0002-x": "Twice",
      "aaaa0003-x": "two words",
      "aaaa0004-x": "--tree",
    })) {
      await home.add([user("x"), { type: "session_info", name }], { id });
    }
    expect(await words(home, "sessions", "show", "tw")).toEqual(["two words", ":files"]);
    expect(await words(home, "sessions", "show", "two\\ w")).toEqual(["two words", ":files"]);
    expect(await words(home, "sessions", "show", "")).not.toContain("--tree");
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

  describe("taken by a shell", () => {
    const shells = ["bash", "zsh", "fish"] as const;
    const installed = shells.filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);

    /** Stands for the program: notes what it is asked and answers as it would; run with anything else it says its words. */
    async function shellWorld(shell: string): Promise<{ home: SessionHome; script: string; bin: string; asked(): string }> {
      const home = sessionHome();
      const script = home.tree.write(`start.${shell}`, (await home.pi("completions", shell)).out);
      const answer = "last\\tthe newest\\nlogin\\t3 days ago: log in\\ntwo words\\tanother\\n";
      chmodSync(
        home.tree.write(
          "bin/pi",
          `#!/bin/sh\nif [ "$1" != completions ]; then printf '<%s>' "$@"; exit; fi\nprintf '%s|' "$@" > ${home.tree.at("asked")}\nprintf '${answer}'\n`,
        ),
        0o755,
      );
      return { home, script, bin: home.tree.at("bin"), asked: () => readFileSync(home.tree.at("asked"), "utf8") };
    }

    test("bash is among them", () => {
      expect(installed).toContain("bash");
    });

    test.runIf(installed.includes("bash"))("bash", async () => {
      const { script, bin, asked } = await shellWorld("bash");
      const line = `source ${script}; COMP_WORDS=(${bin}/pi sessions show ""); COMP_CWORD=3; _pi; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const run = spawnSync("bash", ["--norc", "-c", line], { encoding: "utf8" });
      expect(run).toMatchObject({ stderr: "", stdout: "last\nlogin\ntwo\\ words\n" });
      expect(asked()).toBe("completions|query|--|sessions|show||");
      execFileSync("bash", ["-n", script]);
      const quoted = line.replace('show "")', () => `show $'"tw')`);
      expect(spawnSync("bash", ["--norc", "-c", quoted], { encoding: "utf8" })).toMatchObject({
        stderr: "",
        stdout: "last\nlogin\ntwo words\n",
      });
    });

    test.runIf(installed.includes("bash"))("bash, files with blanks in their names", async () => {
      const { home, script } = await shellWorld("bash");
      home.tree.write("files/my file.md", "");
      chmodSync(home.tree.write("bin/pi", "#!/bin/sh\necho :files\n"), 0o755);
      for (const typed of [String.raw`my\\ f`, '"my f', String.raw`\'my f`]) {
        const words = `COMP_WORDS=(${home.tree.at("bin")}/pi --skill $'${typed}'); COMP_CWORD=2`;
        const line = `cd ${home.tree.at("files")}; source ${script}; ${words}; _pi; printf '%s\n' "\${COMPREPLY[@]}"`;
        expect(spawnSync("bash", ["--norc", "-c", line], { encoding: "utf8" }).stdout, typed).toBe("my file.md\n");
      }
    });

    test.runIf(installed.includes("zsh"))("zsh, at the keyboard: a list with explanations, a word filled in and quoted", async () => {
      const { home, script, bin, asked } = await shellWorld("zsh");
      const start = home.tree.write("start", `autoload -Uz compinit && compinit -u -D\npath=(${bin} $path)\nsource ${script}\n`);
      const typing = join(import.meta.dirname, "../support/typing.zsh");
      const type = (keys: string): string => spawnSync("zsh", ["-f", typing, start, keys], { encoding: "utf8", timeout: 60_000 }).stdout;
      const shown = type("pi sessions show \t\u0015pi sessions show lo\t\rpi sessions show tw\t\rexit\r");
      expect(shown).toMatch(/last +-- the newest/);
      expect(shown).toMatch(/login +-- 3 days ago: log in/);
      expect(shown).toContain("<sessions><show><login>");
      expect(shown).toContain("<sessions><show><two words>");
      expect(asked()).toBe("completions|query|--|sessions|show|tw|");
    });

    test.runIf(installed.includes("fish"))("fish, in our order and with explanations", async () => {
      const { script, bin, asked } = await shellWorld("fish");
      const line = `set PATH ${bin} $PATH; source ${script}; complete -C 'pi sessions show '; complete -C 'pi sessions show lo'`;
      const run = spawnSync("fish", ["-N", "-c", line], { encoding: "utf8", timeout: 60_000 });
      expect(run).toMatchObject({ stderr: "" });
      expect(run.stdout.split("\n").slice(0, 4)).toEqual([
        "last\tthe newest",
        "login\t3 days ago: log in",
        "two words\tanother",
        "login\t3 days ago: log in",
      ]);
      expect(asked()).toBe("completions|query|--|sessions|show|lo|");
    });
  });
});
