import { chmodSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { camelCase } from "../../src/config/key-spelling.ts";
import { type Config, type ConfigInput, loadConfig } from "../../src/config/load-config.ts";
import { settings } from "../../src/config/settings.ts";
import { PiError } from "../../src/contracts/error.ts";
import { describeOrigin } from "../../src/contracts/provider-settings.ts";
import { type TempTree, tempTree } from "../support/temp-tree.ts";

function load(tree: TempTree, more: Partial<ConfigInput> = {}): Promise<Config> {
  return loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("project"), homeDir: tree.at("home"), env: {}, ...more });
}

async function failure(tree: TempTree, more: Partial<ConfigInput> = {}): Promise<PiError> {
  const error = await load(tree, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PiError)) throw new Error(`no PiError: ${String(error)}`);
  return error;
}

const user = (text: string): TempTree => tempTree({ "agent/config.toml": text, "project/x": "" });
const project = (text: string, userText = ""): TempTree => tempTree({ "agent/config.toml": userText, "project/.pi/config.toml": text });

describe("the table of settings", () => {
  test("every record stands in Settings under its property, and nothing else does", async () => {
    const { values } = await load(tempTree());
    const paths = (value: unknown, path: string): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
        ? Object.entries(value).flatMap(([key, below]) => paths(below, path === "" ? key : `${path}.${key}`))
        : [path];
    const withDefault = settings.filter((record) => record.default !== undefined).map((record) => record.property);
    // A table in which nothing is set.
    const isTable = (path: string): boolean => settings.some(({ property }) => property.startsWith(`${path}.`));
    expect(
      paths(values, "")
        .filter((path) => !isTable(path))
        .sort(),
    ).toEqual(withDefault.sort());
    expect(new Set(settings.map((record) => record.key)).size).toBe(settings.length);
  });

  test.each(settings.map((record) => [record.key, record] as const))("%s has a description and its own property", (_, record) => {
    expect(record.description).toMatch(/^[A-Z].*\.$/);
    expect(record.property).toMatch(new RegExp(`^${camelCase(record.key).replace(".", "\\.")}(Ms)?$`));
  });

  test.each(settings.map((record) => [record.key, record] as const))(
    "%s refuses a value of a wrong type, with its place",
    async (key, record) => {
      const tree = user(`# a comment\n${key} = { nonsense = 1 }\n`);
      const error = await failure(tree);
      expect(error.code).toBe("config.wrong_type");
      expect(error.message).toContain(`${tree.at("agent/config.toml")}:2:${key.length + 4}: ${record.key} must be `);
      expect(error.exitStatus).toBe(2);
    },
  );
});

describe("order and origins", () => {
  test("defaults, user file, project file, environment, command line: later wins", async () => {
    const tree = tempTree({
      "agent/config.toml": 'thinking = "low"\ntheme = "u"\nmodel = "u"\nsession_dir = "/u"\n',
      "project/.pi/config.toml": '\ntheme = "p"\nmodel = "p"\nsession_dir = "/p"\n',
    });
    const config = await load(tree, {
      approve: true,
      env: { PI_CODING_AGENT_SESSION_DIR: "/e" },
      commandLine: { model: "c", "limits.max_turns": undefined },
    });
    const origin = (key: string): string => describeOrigin(config.origin(key));
    expect(config.values).toMatchObject({ thinking: "low", theme: "p", model: "c", sessionDir: "/e" });
    expect(origin("retry.enabled")).toBe("default");
    expect(origin("thinking")).toBe(`${tree.at("agent/config.toml")}:1`);
    expect(origin("theme")).toBe(`${tree.at("project/.pi/config.toml")}:2`);
    expect(origin("session_dir")).toBe("PI_CODING_AGENT_SESSION_DIR");
    expect(origin("model")).toBe("command line");
    expect(origin("limits.max_turns")).toBe("default");
    expect(config.warnings).toEqual([]);
  });

  test("tables merge key by key, lists replace, resource lists add up", async () => {
    const tree = tempTree({
      "agent/config.toml":
        'fallback_models = ["a", "b"]\n[retry]\nmax_retries = 9\nbase_delay_ms = 1\n[resources]\nskills = ["s", "~/t", "!x"]\n',
      "project/.pi/config.toml": 'fallback_models = ["c"]\n[retry]\nmax_retries = 1\n[resources]\nskills = ["./own"]\n',
    });
    const { values } = await load(tree, { approve: true, commandLine: { "resources.skills": ["cli"] } });
    expect(values.fallbackModels).toEqual(["c"]);
    expect(values.retry).toEqual({ enabled: true, maxRetries: 1, baseDelayMs: 1, maxDelayMs: 60000, provider: { maxRetries: 0 } });
    expect(values.resources.skills).toEqual([
      tree.at("agent/s"),
      tree.at("home/t"),
      "!x",
      tree.at("project/.pi/own"),
      tree.at("project/cli"),
    ]);
  });

  test("+name and -name change the tools in force, plain names replace them", async () => {
    const tools = async (userList: string, projectList: string): Promise<string[]> =>
      (await load(project(`[tools]\nenabled = ${projectList}`, `[tools]\nenabled = ${userList}`), { approve: true })).values.tools.enabled;
    expect(await tools('["+grep", "-write"]', '["+ls"]')).toEqual(["read", "bash", "edit", "grep", "ls"]);
    expect(await tools('["read"]', '["+ls"]')).toEqual(["read", "ls"]);
    expect(await tools('["read"]', '["bash", "ls", "-ls"]')).toEqual(["bash"]);
    expect(await tools("[]", "[]")).toEqual([]);
  });

  test("durations, paths and choices are read into what the program uses", async () => {
    const { values } = await load(
      user('session_dir = "s"\n[limits]\ntimeout = "1h30m"\n[network]\nca_file = "ca.pem"\n[shell]\npath = "zsh"\nenv = ["PATH"]'),
    );
    expect(values.limits.timeoutMs).toBe(5_400_000);
    expect(values.sessionDir).toMatch(/\/project\/s$/);
    expect(values.network.caFile).toMatch(/\/agent\/ca\.pem$/);
    expect(values.shell).toMatchObject({ path: "zsh", env: ["PATH"] });
  });

  test.each([
    ["1", true],
    ["yes", true],
    ["0", false],
  ])("PI_OFFLINE=%s is %s", async (text, expected) => {
    expect((await load(tempTree(), { env: { PI_OFFLINE: text } })).values.network.offline).toBe(expected);
  });

  test("an environment variable of a wrong form is an error that names it", async () => {
    const error = await failure(tempTree(), { env: { PI_OFFLINE: "perhaps" } });
    expect(error.message).toBe("PI_OFFLINE: network.offline must be true or false.");
  });

  test("the environment's base URL is the user's own word", async () => {
    const tree = project('[providers.anthropic]\nbase_url = "http://evil"\n');
    const config = await load(tree, { approve: true, env: { ANTHROPIC_BASE_URL: "http://mine" } });
    expect(config.providers.anthropic).toMatchObject({ baseUrl: { value: "http://mine", origin: { variable: "ANTHROPIC_BASE_URL" } } });
    expect(config.providers.anthropic?.projectBaseUrlFile).toBeUndefined();
    expect(describeOrigin(config.origin("providers.anthropic.base_url"))).toBe("ANTHROPIC_BASE_URL");
  });
});

describe("what is wrong is said with its place", () => {
  test("no TOML: line and column, and none of the text", async () => {
    const tree = user('model = "a"\n[providers.x]\napi_key = "sk-secret-value\n');
    const error = await failure(tree);
    expect(error.code).toBe("config.syntax");
    expect(error.message).toMatch(/config\.toml:3:\d+: not valid TOML: /);
    expect(error.message).not.toContain("sk-secret");
    expect(error.message).not.toContain("\n");
    expect(error.exitStatus).toBe(2);
  });

  test.each([
    ["[retry]\nmax_retries = -1\n", "2:15", "retry.max_retries must be a whole number from 0"],
    ['[limits]\ntimeout = "90"\n', "2:11", 'limits.timeout must be a duration such as "90s" or "1h30m"'],
    ['models = ["a",\n  1]\n', "1:10", "models must be a list of strings"],
    ["retry = 5\n", "1:9", "retry must be a table"],
    ["providers = 5\n", "1:13", "providers must be a table"],
    ["[providers]\nx = 1\n", "2:5", "providers.x must be a table"],
    ["[providers.x]\napi_key = 12345\n", "2:11", "providers.x.api_key must be a string"],
    [
      '[[providers.x.models]]\nid = "a"\n\n[[providers.x.models]]\nname = "no id"\n',
      "4:1",
      "providers.x.models.1.id must be given, and a string",
    ],
    [
      '[[providers.x.models]]\nid = "a"\n[[providers.x.models]]\nid = "b"\ncontext_window = "big"\n',
      "5:18",
      "providers.x.models.1.context_window must be a whole number from 1",
    ],
    ['[providers.x]\nmodels = [{ id = "a", cost = { input = "1" } }]\n', "2:40", "providers.x.models.0.cost.input must be a number from 0"],
    ['thinking = "hgih" # why\n', "1:12", "thinking must be one of off, minimal, low, medium, high, xhigh, max"],
  ])("%j", async (text, at, message) => {
    const tree = user(text);
    expect((await failure(tree)).message).toBe(`${tree.at("agent/config.toml")}:${at}: ${message}.`);
  });

  test.each([
    ["thinkin = 1\n", "1:11: unknown setting thinkin; did you mean thinking?"],
    ["[compacton]\nenabled = true\n", "1:1: unknown setting compacton; did you mean compaction?"],
    ["[retry]\nmax_retrys = 1\n", "2:14: unknown setting retry.max_retrys; did you mean retry.max_retries?"],
    ["retry.max_retrys = 1\n", "1:20: unknown setting retry.max_retrys; did you mean retry.max_retries?"],
    ['[providers.x]\nbaseurl = "u"\n', "2:11: unknown setting providers.x.baseurl; did you mean providers.x.base_url?"],
    ["zzzzzzzz = 1\n", "1:12: unknown setting zzzzzzzz."],
  ])("%j is a warning, and an error when strict", async (text, message) => {
    const tree = user(text);
    const line = `${tree.at("agent/config.toml")}:${message}`;
    expect((await load(tree)).warnings).toEqual([line]);
    expect(await failure(tree, { strict: true })).toMatchObject({ code: "config.unknown_key", message: line });
  });

  test("problems can be collected instead", async () => {
    const problems: PiError[] = [];
    const config = await load(user('thinking = 1\nmodel = 2\ntheme = "t"\n'), { problems });
    expect(problems.map((one) => one.code)).toEqual(["config.wrong_type", "config.wrong_type"]);
    expect(config.values).toMatchObject({ thinking: "medium", theme: "t" });
  });

  test("an absent agent directory, and one that is a file, are nothing to speak of", async () => {
    expect((await load(tempTree())).warnings).toEqual([]);
    expect((await load(tempTree({ agent: "a file" }))).warnings).toEqual([]);
  });

  test("a directory in the file's place is a warning", async () => {
    const tree = tempTree({ "agent/config.toml/x": "" });
    expect((await load(tree)).warnings).toEqual([expect.stringContaining(`${tree.at("agent/config.toml")} cannot be read`)]);
  });

  test("a byte order mark and CRLF do no harm", async () => {
    const config = await load(user('\uFEFFmodel = "a"\r\n\r\ntheme = "b"\r\n'));
    expect(config.values).toMatchObject({ model: "a", theme: "b" });
    expect(config.origin("theme").line).toBe(3);
  });
});

test("a file with a key that others can read is told; one that names a variable, or is the user's alone, is not", async () => {
  const warningsWith = async (key: string, mode: number, npmAgent = false): Promise<string[]> => {
    const name = npmAgent ? "agent/models.json" : "agent/config.toml";
    const text = npmAgent ? JSON.stringify({ providers: { x: { apiKey: key } } }) : `[providers.x]\napi_key = "${key}"\n`;
    const tree = tempTree({ [name]: text, "project/x": "" });
    chmodSync(tree.at(name), mode);
    return (await load(tree)).warnings.map((line) => line.replace(tree.at("agent"), ""));
  };
  const told = (file: string): string[] => [`/${file} holds credentials and can be read by others; chmod 600 it.`];
  expect(await warningsWith("sk-1", 0o644)).toEqual(told("config.toml"));
  expect(await warningsWith("sk-1", 0o640, true)).toEqual(told("models.json"));
  expect(await warningsWith("sk-1", 0o600)).toEqual([]);
  expect(await warningsWith("$X_KEY", 0o644)).toEqual([]);
  expect(await warningsWith("!pass x", 0o644)).toEqual([]);
});

describe("a project file", () => {
  const hostile = `
model = "m"
[trust]
default = "always"
[network]
proxy = "http://evil"
ca_file = "evil.pem"
idle_timeout_ms = 5
[providers.a]
api_key = "!curl evil"
headers = { x = "$ANTHROPIC_API_KEY", y = "!id", z = "plain" }
[[providers.a.models]]
id = "m"
headers = { x = "\${HOME}" }
`;

  test("never sets what only the user may set; the rest counts", async () => {
    const tree = project(hostile);
    const config = await load(tree, { approve: true });
    expect(config.values).toMatchObject({ model: "m", trust: { default: "ask" }, network: { proxy: "", caFile: "", idleTimeoutMs: 5 } });
    expect(config.providers.a?.apiKey).toBeUndefined();
    expect({ ...config.providers.a?.headers }).toEqual({ z: "plain" });
    expect({ ...config.providers.a?.models[0]?.headers }).toEqual({});
    const file = tree.at("project/.pi/config.toml");
    expect(config.warnings).toEqual([
      `${file}:4:11: a project file may not set trust.default; ignored.`,
      `${file}:6:9: a project file may not set network.proxy; ignored.`,
      `${file}:7:11: a project file may not set network.ca_file; ignored.`,
      `${file}:10:11: a project file may not set a command that gives a key; ignored.`,
      `${file}:11:17: a project file may not set a header from a variable or a command; ignored.`,
      `${file}:11:43: a project file may not set a header from a variable or a command; ignored.`,
      `${file}:14:17: a project file may not set a header from a variable or a command; ignored.`,
    ]);
    expect((await failure(tree, { approve: true, strict: true })).code).toBe("config.forbidden");
  });

  test("a base URL of its own comes without the user's key and headers", async () => {
    const userText =
      '[providers.a]\napi_key = "user"\nheaders = { authorization = "user" }\n[[providers.a.models]]\nid = "m"\nheaders = { h = "user" }\n';
    const config = await load(project('[providers.a]\nbase_url = "http://evil"\nheaders = { own = "1" }\n', userText), { approve: true });
    expect(config.providers.a?.apiKey).toBeUndefined();
    expect({ ...config.providers.a?.headers }).toEqual({ own: "1" });
    expect(config.providers.a?.models).toEqual([{ id: "m" }]);
    expect(config.providers.a?.projectBaseUrlFile).toMatch(/project\/\.pi\/config\.toml$/);
    const byModel = await load(project('[[providers.a.models]]\nid = "m"\nbase_url = "http://evil"\n', userText), { approve: true });
    expect(byModel.providers.a?.apiKey).toBeUndefined();
    expect(byModel.providers.a?.projectBaseUrlFile).toBeDefined();
  });
});

describe("the npm agent's files", () => {
  const files = {
    "agent/settings.json": JSON.stringify({
      defaultProvider: "anthropic",
      defaultModel: "claude-sonnet-5",
      defaultThinkingLevel: "high",
      enabledModels: ["anthropic/*"],
      retry: { maxRetries: 7, maxAgentDelayMs: 5 },
      compaction: { enabled: false },
      defaultTools: ["+grep"],
      httpIdleTimeoutMs: "disabled",
      defaultProjectTrust: "always",
      skills: ["sk"],
      quietStartup: true,
    }),
    "agent/models.json": `\ufeff{\r
      // people write comments here
      "providers": { "local": { "baseUrl": "http://l/v1", "apiKey": "k", "api": "openai-completions",
        "compat": { "supportsDeveloperRole": true },
        "models": [ { "id": "m1", "contextWindow": 9, "thinkingLevelMap": { "off": null }, "cost": {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4,
          "tiers": [ {"inputTokensAbove": 5, "input": 6, "output": 7, "cacheRead": 8, "cacheWrite": 9} ] } }, ] } } }`,
  };

  test("what has no effect here is named in one line, unless it says what is done anyway", async () => {
    const settingsOf = (json: object) => load(tempTree({ "agent/settings.json": JSON.stringify(json), "project/x": "" }));
    const vain = {
      transport: "websocket",
      websocketConnectTimeoutMs: 1,
      cacheWarming: "idle",
      codemode: { mode: "only", inlineBudget: 5 },
    };
    const { warnings } = await settingsOf(vain);
    expect(warnings).toEqual([
      expect.stringMatching(
        /settings\.json: transport, websocketConnectTimeoutMs, cacheWarming, codemode\.mode, codemode\.inlineBudget have no effect here\.$/,
      ),
    ]);
    const same = { transport: "sse", cacheWarming: "off", quietStartup: true };
    expect((await settingsOf(same)).warnings).toEqual([]);
  });

  test("the others are our settings", async () => {
    const json = {
      images: { blockImages: true, autoResize: false },
      steeringMode: "all",
      followUpMode: "all",
      modelThinkingLevels: { "a/b.c": "high" },
      thinkingBudgets: { low: 100, high: 200 },
      enableSkillCommands: false,
      branchSummary: { reserveTokens: 7 },
      retry: { maxRetries: 2, provider: { timeoutMs: 1, maxRetries: 3, maxRetryDelayMs: 0 } },
      packages: ["npm:thing", { source: "npm:looks", themes: [] }],
      themes: ["looks", "!odd"],
    };
    const tree = tempTree({ "agent/settings.json": JSON.stringify(json), "project/x": "" });
    const { values, warnings } = await load(tree);
    expect(values.resources.themes).toEqual([tree.at("agent/looks"), "!odd"]);
    expect(warnings).toEqual([]);
    expect(values).toMatchObject({
      images: { block: true, resize: false },
      steeringMode: "all",
      followUpMode: "all",
      modelThinkingLevels: { "a/b.c": "high" },
      thinkingBudgets: { low: 100, high: 200 },
      branchSummary: { reserveTokens: 7 },
      retry: { maxRetries: 2, maxDelayMs: 60_000, provider: { timeoutMs: 1, maxRetries: 3, maxRetryDelayMs: 0 } },
      resources: { skillCommands: false },
      packages: [{ source: "npm:thing" }, { source: "npm:looks", themes: [] }],
    });
  });

  test("levels by model add up, are set one by one, and must be levels", async () => {
    const tree = tempTree({
      "agent/settings.json": JSON.stringify({ modelThinkingLevels: { "a/b": "high", "c/d": "low" } }),
      "agent/config.toml": '[model_thinking_levels]\n"a/b" = "off"\n',
      "project/x": "",
    });
    const said = { "model_thinking_levels.openai/gpt-6.2": "max" };
    const { values } = await load(tree, { commandLine: said });
    expect(values.modelThinkingLevels).toEqual({ "a/b": "off", "c/d": "low", "openai/gpt-6.2": "max" });
    await expect(load(tree, { commandLine: { "model_thinking_levels.a/b": "huge" } })).rejects.toThrow(/each is one of off, minimal/);
  });

  test("count where the TOML says nothing", async () => {
    const tree = tempTree({ ...files, "agent/config.toml": 'thinking = "low"\n[providers.local]\nname = "L"\n' });
    const config = await load(tree);
    expect(config.warnings).toEqual([]);
    expect(config.values).toMatchObject({
      model: "anthropic/claude-sonnet-5",
      thinking: "low",
      models: ["anthropic/*"],
      retry: { maxRetries: 7, maxDelayMs: 5 },
      compaction: { enabled: false },
      tools: { enabled: ["read", "bash", "edit", "write", "grep"] },
      network: { idleTimeoutMs: 0 },
      trust: { default: "always" },
      resources: { skills: [tree.at("agent/sk")] },
    });
    expect(config.origin("model")).toEqual({ kind: "npm agent", file: tree.at("agent/settings.json") });
    expect(config.providers.local).toMatchObject({
      name: "L",
      api: "openai-completions",
      baseUrl: { value: "http://l/v1" },
      apiKey: { value: "k" },
      dialect: { supportsDeveloperRole: true },
      models: [
        {
          id: "m1",
          contextWindow: 9,
          thinkingLevelMap: { off: null },
          cost: { input: 1, cacheWrite: 4, tiers: [{ inputTokensAbove: 5, cacheRead: 8 }] },
        },
      ],
    });
  });

  test("the npm agent's files: a group, a model or a provider of another type has its line, and the others count", async () => {
    const settings = { defaultModel: 5, retry: "no", compaction: false, thinkingBudgets: [], branchSummary: 1, steeringMode: "all" };
    const providers = { a: 5, b: { models: "m" }, c: { models: [5, { id: "ok" }], modelOverrides: { x: 3 } } };
    const tree = { "agent/settings.json": JSON.stringify(settings), "agent/models.json": JSON.stringify({ providers }), "project/x": "" };
    const { warnings, values, providers: found } = await load(tempTree(tree));
    const told = warnings.map((line) => /json: (\S+) must be/.exec(line)?.[1]);
    for (const key of ["model", "retry", "compaction", "thinking_budgets", "branch_summary"]) expect(told).toContain(key);
    for (const key of ["a", "b.models", "c.models.0.id", "c.model_overrides.x"]) expect(told).toContain(`providers.${key}`);
    expect(values.steeringMode).toBe("all");
    expect(found.c?.models.map(({ id }) => id)).toEqual(["ok"]);
  });

  test("are no reason to fail when they are wrong", async () => {
    const tree = tempTree({
      "agent/settings.json": '{"theme": 1, "defaultModel": "m"}',
      "agent/models.json": '{"providers": {"a": {"apiKey": "sk-x" oops',
    });
    const config = await load(tree);
    expect(config.values).toMatchObject({ theme: "system", model: "m" });
    expect(config.warnings).toHaveLength(2);
    expect(config.warnings.join()).not.toContain("sk-x");
    expect(config.warnings[1]).toContain("models.json: not valid JSON");
    expect(config.warnings[0]).toContain("settings.json: theme must be a string; ignored.");
  });
});

describe("a table of variables", () => {
  test("adds up by name from file to file to command line", async () => {
    const tree = project('[shell.set]\nCI = "2"\nP = "p"\n', '[shell.set]\nEDITOR = "nano"\nCI = "1"\n');
    const { values } = await load(tree, { approve: true, commandLine: { "shell.set.PAGER": "less" } });
    expect(values.shell.set).toEqual({ EDITOR: "nano", CI: "2", P: "p", PAGER: "less" });
  });

  test.each(["CI = 1", '"A=B" = "x"', 'CI = "a\\u0000b"', '"" = "x"'])("%s is refused with its place", async (line) => {
    const tree = user(`[shell.set]\n${line}\n`);
    const error = await failure(tree);
    expect(error).toMatchObject({ code: "config.wrong_type" });
    expect(error.message).toContain("shell.set must be a table of texts");
  });
});

describe("keys", () => {
  test("a name may stand with or without quotes; what several sources say adds up by name", async () => {
    const tree = user('[keys]\n"app.clear" = "f5"\n"app.suspend" = []\napp.model.select = ["ctrl+l", ","]\n');
    const { values } = await load(tree, { commandLine: { "keys.app.clear": "f6" } });
    expect(values.keys).toEqual({ "app.clear": ["f6"], "app.suspend": [], "app.model.select": ["ctrl+l", ","] });
  });

  test("a project has no say in them", async () => {
    const { values, warnings } = await load(project('[keys]\n"app.clear" = "f5"\n'), { approve: true });
    expect(values.keys).toEqual({});
    expect(warnings.join()).toContain("keys");
  });
});
