// Settings of a library session: what the user's files say, what is set for this process, what is stored.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAgentSession, SessionManager, SettingsManager } from "../../src/index.ts";
import { getModel } from "../../src/sdk/ai.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("the user's files are shown as they are, ours over the npm agent's, without defaults and keys", () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "settings.json"), JSON.stringify({ defaultThinkingLevel: "high", retry: { maxRetries: 7 }, unknownHere: 1 }));
  writeFileSync(
    join(home, "config.toml"),
    'thinking = "low"\n[retry]\nbase_delay_ms = 5\n[providers.x]\nbase_url = "http://x"\napi_key = "sk-1"\n',
  );
  const manager = SettingsManager.create(home, home);
  manager.applyOverrides({ retry: { enabled: false } });
  expect(manager.getGlobalSettings()).toEqual({ thinking: "low", retry: { maxRetries: 7, baseDelayMs: 5 } });
  expect(SettingsManager.create(home, join(home, "none")).getGlobalSettings()).toEqual({});
});

test("a file that cannot be read is an error of its own, without its text", () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "config.toml"), 'api_key = "sk-secret" = no\n');
  writeFileSync(join(home, "settings.json"), "{ sk-secret");
  const manager = SettingsManager.create(home, home);
  expect(manager.getGlobalSettings()).toEqual({});
  const errors = manager.drainErrors();
  expect(errors.map(({ scope, path }) => [scope, path])).toEqual([
    ["global", join(home, "settings.json")],
    ["global", join(home, "config.toml")],
  ]);
  expect(errors.map(({ error }) => error.message).join()).not.toContain("secret");
  expect(manager.drainErrors()).toEqual([]);
});

test("setters hold at once and are stored in order; comments stay; what fails is told", async () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "config.toml"), '# mine\nthinking = "high"\n');
  const manager = SettingsManager.create(home, home);
  manager.setDefaultThinkingLevel("low");
  manager.setDefaultModelAndProvider("anthropic", "claude-sonnet-4-5");
  manager.setCompactionEnabled(false);
  manager.setRetryEnabled(true);
  expect(manager.overrides).toMatchObject({ thinking: "low", "compaction.enabled": false });
  await manager.flush();
  expect(readFileSync(join(home, "config.toml"), "utf8")).toMatch(/^# mine\nthinking = "low"\nmodel = "anthropic\/claude-sonnet-4-5"\n/);
  expect(manager.getGlobalSettings()).toEqual({
    thinking: "low",
    model: "anthropic/claude-sonnet-4-5",
    compaction: { enabled: false },
    retry: { enabled: true },
  });
  expect(manager.drainErrors()).toEqual([]);
  const blocked = join(home, "blocked");
  mkdirSync(join(blocked, "config.toml"), { recursive: true });
  const failing = SettingsManager.create(home, blocked);
  failing.setDefaultThinkingLevel("low");
  await failing.flush();
  expect(failing.drainErrors()).toMatchObject([{ scope: "global", path: join(blocked, "config.toml") }]);
  SettingsManager.inMemory().setDefaultThinkingLevel("low");
});

test("the npm agent's names mean what they mean there", () => {
  const manager = SettingsManager.inMemory({
    defaultThinkingLevel: "low",
    defaultProvider: "anthropic",
    defaultModel: "claude-sonnet-4-5",
    defaultTools: ["+grep"],
    retry: { maxRetries: 2, maxAgentDelayMs: 9 },
    httpIdleTimeoutMs: "disabled",
  });
  expect(manager.overrides).toEqual({
    thinking: "low",
    model: "anthropic/claude-sonnet-4-5",
    "tools.enabled": ["+grep"],
    "retry.max_retries": 2,
    "retry.max_delay_ms": 9,
    "network.idle_timeout_ms": 0,
  });
});

test("a model of the catalogue by its name", () => {
  expect(getModel("anthropic", "claude-sonnet-4-5")).toMatchObject({ provider: "anthropic", api: "anthropic-messages" });
  expect(getModel("anthropic", "no-such-model")).toBeUndefined();
});

test("what is set is what is asked: own names, the npm agent's, setters; the rest is default", () => {
  const manager = SettingsManager.inMemory({
    defaultProvider: "anthropic",
    defaultModel: "claude-sonnet-5",
    compaction: { reserveTokens: 5 },
    retry: { maxAgentDelayMs: 7 },
    limits: { timeoutMs: 90_000 },
  });
  expect(manager.getDefaultModel()).toBe("anthropic/claude-sonnet-5");
  expect(manager.getCompactionSettings()).toEqual({ enabled: true, reserveTokens: 5, keepRecentTokens: 20_000 });
  expect(manager.getRetrySettings()).toMatchObject({ enabled: true, maxDelayMs: 7 });
  expect(manager.getSettings().limits.timeoutMs).toBe(90_000);
  manager.setDefaultModelAndProvider("openai", "gpt-5");
  manager.setDefaultThinkingLevel("low");
  manager.setCompactionEnabled(false);
  manager.setRetryEnabled(false);
  manager.setHttpIdleTimeoutMs(0);
  manager.setShellPath("/bin/dash");
  manager.setShellCommandPrefix("set -e");
  manager.setEnabledModels(["openai/*"]);
  expect([
    manager.getDefaultModel(),
    manager.getDefaultThinkingLevel(),
    manager.getCompactionEnabled(),
    manager.getCompactionReserveTokens(),
    manager.getCompactionKeepRecentTokens(),
    manager.getRetryEnabled(),
    manager.getHttpIdleTimeoutMs(),
    manager.getShellPath(),
    manager.getShellCommandPrefix(),
    manager.getEnabledModels(),
  ]).toEqual(["openai/gpt-5", "low", false, 5, 20_000, false, 0, "/bin/dash", "set -e", ["openai/*"]]);
  manager.setEnabledModels(undefined);
  expect(manager.getEnabledModels()).toBeUndefined();
  expect(manager.getDefaultTools()).toEqual(["read", "bash", "edit", "write"]);
});

test("a wrong value is refused where it is given, and changes nothing", () => {
  const manager = SettingsManager.inMemory();
  expect(() => manager.applyOverrides({ retry: { maxRetries: "x" } })).toThrow(expect.objectContaining({ code: "config.wrong_type" }));
  expect(() => manager.setDefaultThinkingLevel("very")).toThrow(expect.objectContaining({ code: "config.wrong_type" }));
  expect(manager.overrides).toEqual({});
});

test("files count after reload, for what is asked and for sessions; overrides win over them", async () => {
  const home = temporaryDirectory();
  const agentDir = join(home, "agent");
  mkdirSync(agentDir);
  writeFileSync(join(agentDir, "config.toml"), 'thinking = "high"\nmodel = "demo"\n[retry]\nenabled = false\nmax_retries = 9\n');
  const manager = SettingsManager.create(home, agentDir);
  manager.setRetryEnabled(true);
  expect(manager.getRetrySettings().maxRetries).toBe(3);
  await manager.reload();
  expect(manager.getRetrySettings()).toMatchObject({ enabled: true, maxRetries: 9 });
  expect(manager.getDefaultThinkingLevel()).toBe("high");
  const { session } = await createAgentSession({
    cwd: home,
    env: { HOME: home },
    settingsManager: manager,
    sessionManager: SessionManager.inMemory(home),
  });
  onTestFinished(() => session.dispose());
  expect(session.model?.id).toBe("demo");
  expect(session.autoRetryEnabled).toBe(true);
});

test("every setter stores what it sets; what is wrong is not stored, what is overridden is not either", async () => {
  const home = temporaryDirectory();
  const manager = SettingsManager.create(home, home);
  manager.setDefaultModel("demo");
  manager.setEnabledModels(["openai/*"]);
  manager.setHttpIdleTimeoutMs(7);
  manager.setShellPath("/bin/dash");
  manager.setShellCommandPrefix("set -e");
  manager.applyOverrides({ retry: { maxRetries: 1 } });
  expect(() => manager.setDefaultThinkingLevel("very")).toThrow(expect.objectContaining({ code: "config.wrong_type" }));
  await manager.reload();
  expect(manager.getGlobalSettings()).toEqual({
    model: "demo",
    models: ["openai/*"],
    network: { idleTimeoutMs: 7 },
    shell: { path: "/bin/dash", commandPrefix: "set -e" },
  });
  const other = SettingsManager.create(home, home);
  await other.reload();
  expect([other.getHttpIdleTimeoutMs(), other.getShellPath(), other.getRetrySettings().maxRetries]).toEqual([7, "/bin/dash", 3]);
  expect(manager.drainErrors()).toEqual([]);
});

test("a thinking level of one model is stored beside those that are there", async () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "config.toml"), '[model_thinking_levels]\n"a/b" = "low"\n');
  const manager = SettingsManager.create(home, home);
  await manager.reload();
  manager.setModelThinkingLevel("openai", "gpt-6.2", "max");
  manager.setBlockImages(true);
  manager.setSteeringMode("all");
  await manager.flush();
  expect(manager.drainErrors()).toEqual([]);
  expect(manager.getAllModelThinkingLevels()).toEqual({ "a/b": "low", "openai/gpt-6.2": "max" });
  const again = SettingsManager.create(home, home);
  await again.reload();
  expect(again.getModelThinkingLevel("openai", "gpt-6.2")).toBe("max");
  expect([again.getBlockImages(), again.getSteeringMode(), again.getThinkingBudgets()]).toEqual([true, "all", undefined]);
});

test("numbers of compaction are those of the model that is asked about, each by itself, written in either way", () => {
  const modelOverrides = { "a/b/c": { reserveTokens: 5 }, "a/d": { keep_recent_tokens: 6 } };
  const manager = SettingsManager.inMemory({ compaction: { modelOverrides }, branchSummary: { skipPrompt: true }, npmCommand: ["pnpm"] });
  const numbers = [undefined, { provider: "a", id: "b/c" }, { provider: "a", id: "d" }].map((model) => [
    manager.getCompactionReserveTokens(model),
    manager.getCompactionKeepRecentTokens(model),
  ]);
  expect(numbers).toEqual([
    [16_384, 20_000],
    [5, 20_000],
    [16_384, 6],
  ]);
  expect([manager.getBranchSummarySkipPrompt(), manager.getNpmCommand()]).toEqual([true, ["pnpm"]]);
});
