// The runtime that the library gives before anything of it is loaded: its runs can be ended, and a failure to load is not for ever.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import type { HostRuntime } from "../../src/runtime/host-runtime.ts";
import { LazyRouter } from "../../src/runtime/lazy-runtime.ts";
import { ClaudeRuntime, createRuntime, PiRuntime } from "../../src/sdk/runtime.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const place = () => {
  const workspaceDir = temporaryDirectory();
  const options = { env: { HOME: workspaceDir }, config: { model: "demo" }, warn: () => undefined, log: () => undefined };
  return { options, request: { prompt: "hi", workspaceDir, sessionKey: "main" } };
};

test.each(["createRuntime", "PiRuntime"])("%s: disposed of at once it ends the run that it was only loading for", async (kind) => {
  const { options, request } = place();
  const runtime = kind === "PiRuntime" ? new PiRuntime(options) : createRuntime(options);
  const run = runtime.start(request);
  await runtime.dispose();
  expect(await Promise.race([run.result, "it goes on"])).toMatchObject({ outcome: { kind: "aborted" } });
});

test("a configuration that was mended counts with the next run", async () => {
  const { options, request } = place();
  const agentDir = join(request.workspaceDir, ".pi/agent");
  mkdirSync(agentDir, { recursive: true });
  writeFileSync(join(agentDir, "config.toml"), "model = [");
  const runtime = createRuntime(options);
  expect((await runtime.run(request)).outcome).toMatchObject({ kind: "usage", code: "config.syntax" });
  writeFileSync(join(agentDir, "config.toml"), "");
  expect((await runtime.run(request)).outcome).toMatchObject({ kind: "done" });
  await runtime.dispose();
});

test("who has to end now has killed what runs when the call is over", async () => {
  let kills = 0;
  const made = { route: async () => ({}), killAllNow: () => void kills++ };
  const runtime = new LazyRouter("pi", async () => made as unknown as HostRuntime);
  runtime.killAllNow();
  await runtime.route({ group: "main", workspaceDir: "/" });
  expect(kills).toBe(0);
  runtime.killAllNow();
  expect(kills).toBe(1);
});

test("a data directory by a relative path is one of the host's directory, wherever runs work", async () => {
  const { options, request } = place();
  const told = join(request.workspaceDir, "told");
  const command = join(request.workspaceDir, "claude");
  writeFileSync(command, `#!/bin/sh\nprintf %s "$CLAUDE_CONFIG_DIR" > ${told}\nexit 1\n`, { mode: 0o755 });
  const dataDir = relative(process.cwd(), join(request.workspaceDir, "data"));
  const runtime = new ClaudeRuntime({ ...options, dataDir, config: { "runtime.claude.command": command } });
  expect((await runtime.run({ ...request, workspaceDir: temporaryDirectory() })).outcome.code).toBe("runtime.crashed");
  await runtime.dispose();
  expect(readFileSync(told, "utf8")).toBe(join(request.workspaceDir, "data/sessions/main/.claude"));
});
