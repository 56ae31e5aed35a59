import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAgentSession, SessionManager, SettingsManager } from "../../src/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

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
