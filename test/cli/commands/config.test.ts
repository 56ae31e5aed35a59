import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../../src/cli/commands/config.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { type FakeHost, fakeHost } from "../../support/fake-host.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

interface Ran {
  status: number;
  host: FakeHost;
}

async function pi(tree: TempTree, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const host = fakeHost({ cwd: tree.at("project"), homeDir: tree.path, env: { PI_CODING_AGENT_DIR: tree.at("agent"), ...env } });
  return { status: await run(args, host), host };
}

const withFile = (text?: string): TempTree => tempTree({ "project/x": "", ...(text === undefined ? {} : { "agent/config.toml": text }) });
const read = (tree: TempTree): string => readFileSync(tree.at("agent/config.toml"), "utf8");

const secretive = `[providers.a]
api_key = "sk-literal"
headers = { authorization = "Bearer sk-header", x = "$TEAM" }
base_url = "https://user:sk-password@host/v1"
[providers.b]
api_key = "!op read sk-vault"
[providers.c]
api_key = "$C_KEY"
[network]
proxy = "http://user:sk-proxy@proxy:1"
`;

test("settings that are set at once are all there", async () => {
  const tree = withFile("# mine\n");
  const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
  await Promise.all(names.map((name) => pi(tree, ["set", `providers.${name}.base_url`, "http://127.0.0.1:9"])));
  for (const name of names) expect(read(tree)).toContain(`[providers.${name}]`);
  expect(existsSync(tree.at("agent/config.toml.lock"))).toBe(false);
});

describe("show and get", () => {
  test("all settings with where they came from, as TOML", async () => {
    const tree = withFile('thinking = "low"\n[retry]\nmax_retries = 9\n');
    const { host } = await pi(tree, ["show", "--origin"], { PI_OFFLINE: "1" });
    const lines = host.out().split("\n");
    const line = (start: string): string => lines.find((one) => one.startsWith(start)) ?? "";
    expect(line("thinking")).toMatch(new RegExp(`^thinking = "low" +# ${tree.at("agent/config.toml")}:1$`));
    expect(line("retry.max_retries")).toMatch(/^retry\.max_retries = 9 +# .*:3$/);
    expect(line("retry.enabled")).toMatch(/= true +# default$/);
    expect(line("network.offline")).toMatch(/= true +# PI_OFFLINE$/);
    expect(line("limits.timeout")).toContain('"0s"');
    expect(line("# model is not set")).not.toBe("");
  });

  test("what show prints can be read back", async () => {
    const tree = withFile('model = "a"\ntheme = "x\\"y"\n[shell]\nenv = ["PATH"]\n[limits]\ntimeout = "90s"\n');
    const shown = (await pi(tree, ["show"])).host.out();
    const again = withFile(shown);
    expect((await pi(again, ["show"])).host.out()).toBe(shown);
  });

  test("as JSON, with origins", async () => {
    const { host } = await pi(withFile('model = "a"\n'), ["show", "--json", "--origin"]);
    const shown = JSON.parse(host.out()) as Record<string, unknown>;
    expect(shown.model).toEqual({ value: "a", origin: expect.objectContaining({ kind: "user", line: 1 }) });
    expect(shown.session_dir).toEqual({ value: null, origin: { kind: "default" } });
  });

  test("nothing secret is ever printed", async () => {
    const tree = withFile(secretive);
    const commands = [["show"], ["show", "--json"], ["show", "--origin"], ["check"]];
    for (const key of [
      "providers.a.api_key",
      "providers.b.api_key",
      "providers.a.headers",
      "providers.a",
      "providers.a.base_url",
      "network.proxy",
    ])
      commands.push(["get", key]);
    for (const args of commands) {
      const { host } = await pi(tree, args, { C_KEY: "sk-variable", TEAM: "sk-team" });
      expect(host.out() + host.err(), args.join(" ")).not.toContain("sk-");
    }
    expect((await pi(tree, ["get", "providers.c.api_key"])).host.out()).toBe("$C_KEY\n");
    expect((await pi(tree, ["get", "providers.a.base_url"])).host.out()).toBe("https://<hidden>@host/v1\n");
  });

  test.each([
    ["retry.max_retries", "9\n", 0],
    ["theme", "system\n", 0],
    ["tools.enabled", '["read","bash","edit","write"]\n', 0],
    [
      "retry",
      "retry.enabled = true\nretry.max_retries = 9\nretry.base_delay_ms = 2000\nretry.max_delay_ms = 60000\nretry.provider.max_retries = 0\n# retry.provider.timeout_ms is not set\n# retry.provider.max_retry_delay_ms is not set\n",
      0,
    ],
    ["model", "", 1],
    ["providers.nobody", "", 1],
  ])("get %s", async (key, out, status) => {
    const ran = await pi(withFile("[retry]\nmax_retries = 9\n"), ["get", key]);
    expect([ran.host.out(), ran.status]).toEqual([out, status]);
  });

  test("an unknown key is refused with the nearest", async () => {
    await expect(pi(withFile(), ["get", "retry.max_retrys"])).rejects.toMatchObject({
      code: "config.unknown_key",
      exitStatus: 2,
      hint: "Did you mean retry.max_retries?",
    });
  });
});

describe("set", () => {
  test("keeps comments and formatting, and what it wrote counts", async () => {
    const tree = withFile("# mine\n[retry]   # spaced\nmax_retries = 1 # few\n");
    await pi(tree, ["set", "retry.max_retries", "4"]);
    await pi(tree, ["set", "fallback_models", "a, b"]);
    await pi(tree, ["set", "shell.env", "scrub"]);
    await pi(tree, ["set", "shell.set.EDITOR", "nano -w"]);
    await pi(tree, ["set", "shell.set.CI", "1"]);
    await pi(tree, ["set", "limits.timeout", "1h"]);
    await pi(tree, ["set", "compaction.enabled", "no"]);
    await pi(tree, ["set", "providers.local.base_url", "http://l/v1"]);
    await pi(tree, ["set", "models", '["x", "y"]']);
    expect(read(tree)).toContain("[retry]   # spaced\nmax_retries = 4 # few\n");
    expect((await pi(tree, ["get", "shell.set.EDITOR"])).host.out()).toBe("nano -w\n");
    expect((await pi(tree, ["get", "shell.set.PAGER"])).status).toBe(1);
    const config = await loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("project"), homeDir: tree.path, env: {} });
    expect(config.values).toMatchObject({
      retry: { maxRetries: 4 },
      fallbackModels: ["a", "b"],
      models: ["x", "y"],
      shell: { env: "scrub", set: { EDITOR: "nano -w", CI: "1" } },
      limits: { timeoutMs: 3_600_000 },
      compaction: { enabled: false },
    });
    expect(config.providers.local?.baseUrl?.value).toBe("http://l/v1");
    expect(config.warnings).toEqual([]);
  });

  test("a new file is for its owner alone; the mode of one that is there stays", async () => {
    const tree = withFile();
    const { host } = await pi(tree, ["set", "providers.a.api_key", "sk-secret"]);
    expect(read(tree)).toBe('[providers.a]\napi_key = "sk-secret"\n');
    expect(statSync(tree.at("agent/config.toml")).mode & 0o777).toBe(0o600);
    expect(host.out() + host.err()).not.toContain("sk-secret");
    chmodSync(tree.at("agent/config.toml"), 0o644);
    await pi(tree, ["set", "model", "m"]);
    expect(statSync(tree.at("agent/config.toml")).mode & 0o777).toBe(0o644);
  });

  test("says when another source counts", async () => {
    const tree = withFile();
    const { host } = await pi(tree, ["set", "session_dir", "/s"], { PI_CODING_AGENT_SESSION_DIR: "/e" });
    expect(host.err()).toBe(`session_dir is set in ${tree.at("agent/config.toml")}, but PI_CODING_AGENT_SESSION_DIR counts here.\n`);
  });

  test("in the project's file", async () => {
    const tree = withFile();
    await pi(tree, ["set", "--project", "theme", "dark"]);
    expect(readFileSync(tree.at("project/.pi/config.toml"), "utf8")).toBe('theme = "dark"\n');
    await expect(pi(tree, ["set", "--project", "network.proxy", "http://p"])).rejects.toMatchObject({ code: "config.forbidden" });
    await expect(pi(tree, ["set", "--project", "providers.a.api_key", "!cmd"])).rejects.toMatchObject({ code: "config.forbidden" });
  });

  test.each([
    ["retry.max_retries", "many", "config.wrong_type"],
    ["thinking", "hgih", "config.wrong_type"],
    ["retry.max_retrys", "1", "config.unknown_key"],
    ["providers.a.base_ulr", "x", "config.unknown_key"],
    ["providers.a.models", "x", "config.cannot_set"],
    ["models", "[1", "config.syntax"],
  ])("%s %s is refused and nothing is written", async (key, value, code) => {
    const tree = withFile();
    await expect(pi(tree, ["set", key, value])).rejects.toMatchObject({ code, exitStatus: 2 });
    expect(existsSync(tree.at("agent/config.toml"))).toBe(false);
  });

  test("a file that is no TOML is left as it is", async () => {
    const tree = withFile("oops");
    await expect(pi(tree, ["set", "model", "m"])).rejects.toMatchObject({ code: "config.syntax" });
    expect(read(tree)).toBe("oops");
  });
});

describe("path, check, edit, import", () => {
  test("path", async () => {
    const tree = withFile();
    expect((await pi(tree, ["path"])).host.out()).toBe(`${tree.at("agent/config.toml")}\n`);
    expect((await pi(tree, ["path", "--project"])).host.out()).toBe(`${tree.at("project/.pi/config.toml")}\n`);
  });

  test("check names every problem at once", async () => {
    const ran = await pi(withFile('thinking = 1\nmodel = 2\nthem = "x"\n'), ["check"]);
    expect(ran.status).toBe(2);
    expect(ran.host.err()).toMatch(
      /^Warning: .*:3:8: unknown setting them; did you mean theme\?\nError: .*:1:12: .*\nError: .*:2:9: .*\n$/,
    );
    expect((await pi(withFile("oops"), ["check"])).status).toBe(2);
    expect((await pi(withFile('model = "m"'), ["check"])).status).toBe(0);
  });

  test("edit opens the editor on a file that explains itself, then checks it", async () => {
    const tree = withFile();
    tree.write("editor", '#!/bin/sh\nprintf \'model = "edited"\\n\' >> "$2"\n');
    chmodSync(tree.at("editor"), 0o755);
    const ran = await pi(tree, ["edit"], { VISUAL: `'${tree.at("editor")}' --wait`, EDITOR: "false" });
    expect(ran.status).toBe(0);
    expect(read(tree)).toMatch(/^# Settings of pi[\s\S]*# max_retries = 3 [\s\S]*model = "edited"\n$/);
    expect((await pi(tree, ["get", "model"])).host.out()).toBe("edited\n");
    await expect(pi(tree, ["edit"])).rejects.toMatchObject({ code: "usage.no_terminal", exitStatus: 2 });
    await expect(pi(tree, ["edit"], { EDITOR: "false" })).rejects.toMatchObject({ code: "io.editor" });
  });

  test("every line of the template counts once its # is gone", async () => {
    const tree = withFile();
    await pi(tree, ["edit"], { EDITOR: "true" });
    const text = read(tree)
      .replace(/^# Settings.*\n/, "")
      .replace(/^# /gm, "");
    const config = await loadConfig({ agentDir: withFile(text).at("agent"), cwd: tree.path, homeDir: tree.path, env: {} });
    const plain = await loadConfig({ agentDir: tree.at("nowhere"), cwd: tree.path, homeDir: tree.path, env: {} });
    expect(config.values).toEqual(plain.values);
    expect(config.warnings).toEqual([]);
  });

  const npmFiles = {
    "agent/settings.json": JSON.stringify({
      defaultProvider: "p",
      defaultModel: "m",
      theme: "dark",
      retry: { maxRetries: 7 },
      shellPath: 5,
    }),
    "agent/models.json": JSON.stringify({
      providers: {
        local: {
          baseUrl: "http://l",
          apiKey: "k",
          headers: { "x-a": "1" },
          models: [{ id: "m1", cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 } }],
        },
        other: { baseUrl: "http://o" },
      },
    }),
  };

  test("a model that there is none of is told when it is set, and by check", async () => {
    const tree = withFile();
    const set = await pi(tree, ["set", "model", "nonsense"]);
    expect(set).toMatchObject({ status: 0 });
    expect(set.host.err()).toMatch(/model is set in .*\nWarning: .*config\.toml:1: model: Model "nonsense" not found/);
    await pi(tree, ["set", "fallback_models", "demo,anthropic/claude-sonnet-4-5,nonsense-too"]);
    const checked = await pi(tree, ["check"]);
    expect(checked.host.err()).toMatch(/: model: Model "nonsense" not found.*\n.*: fallback_models: Model "nonsense-too" not found/);
    expect((await pi(tree, ["set", "model", "anthropic/claude-sonnet-4-5"])).host.err()).not.toContain("Warning");
    for (const [key, value, told] of [
      ["models", "zzz/*,scripted/demo", 'models: No available model matches "zzz/*"'],
      ["model", "anthropic/claude-new-9", 'model: Model "anthropic/claude-new-9" is in no list'],
    ] as const) {
      expect((await pi(tree, ["set", key, value])).host.err()).toContain(told);
    }
  });

  test("import turns the npm agent's JSON into TOML that says the same", async () => {
    const tree = tempTree({ "project/x": "", ...npmFiles });
    const before = await loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("project"), homeDir: tree.path, env: {} });
    const ran = await pi(tree, ["import"]);
    expect(ran.host.out().split("\n")).toEqual(["model", "theme", "retry.max_retries", "providers.local", "providers.other", ""]);
    expect(ran.host.err()).toContain("shell.path must be a path");
    const alone = tempTree({ "agent/config.toml": read(tree) });
    const after = await loadConfig({ agentDir: alone.at("agent"), cwd: tree.at("project"), homeDir: tree.path, env: {} });
    expect(after.warnings).toEqual([]);
    expect(after.values).toEqual(before.values);
    expect(after.providers.local?.models).toEqual(before.providers.local?.models);
    expect(after.providers.local?.apiKey?.value).toBe("k");
    expect(readFileSync(tree.at("agent/settings.json"), "utf8")).toBe(npmFiles["agent/settings.json"]);
    const again = await pi(tree, ["import"]);
    expect(again.host.out()).toBe("");
    expect(again.host.err()).toContain("Already there and kept: model, theme");
  });

  test("import adds to a file that is there and keeps what it says", async () => {
    const own = '# mine\ntheme = "own" # kept\n\n[providers.local]\nbase_url = "http://mine"\n';
    const tree = tempTree({ "project/x": "", "agent/config.toml": own, ...npmFiles });
    await pi(tree, ["import"]);
    expect(read(tree)).toContain('theme = "own" # kept\n');
    const config = await loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("project"), homeDir: tree.path, env: {} });
    expect(config.values).toMatchObject({ theme: "own", model: "p/m", retry: { maxRetries: 7 } });
    expect(config.providers.local?.baseUrl?.value).toBe("http://mine");
    expect(config.providers.other?.baseUrl?.value).toBe("http://o");
  });
});

describe("the command line", () => {
  test("help on stdout, status 0", async () => {
    const ran = await pi(withFile(), ["--help"]);
    expect(ran.status).toBe(0);
    expect(ran.host.out()).toMatch(/^Usage: pi config /);
    expect(ran.host.out()).toMatch(/path[\s\S]*show[\s\S]*get[\s\S]*set[\s\S]*edit[\s\S]*check[\s\S]*import/);
    expect((await pi(withFile(), ["set", "--help"])).host.out()).toContain("--project");
  });

  test.each([[[]], [["nonsense"]], [["get"]], [["show", "--nonsense"]], [["set", "model"]], [["path", "extra"]]])(
    "%j is refused",
    async (args) => {
      await expect(pi(withFile(), args)).rejects.toMatchObject({ code: "usage.command", exitStatus: 2 });
    },
  );
});
