// A place for runs of hosts: a workspace, a home, a strict service that both runtimes ask, and the runtimes. Used by the runtime's tests.
// Invariant: nothing of the user's own environment reaches a run; Claude Code is the stand-in beside this file.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { bunPath } from "../../scripts/build.mjs";
import { makeRuntime } from "../../src/runtime/create-runtime.ts";
import type { ReplyPayload, RunRequest } from "../../src/runtime/request.ts";
import type { RuntimeKind } from "../../src/runtime/result.ts";
import type { Router } from "../../src/runtime/route/router.ts";
import { strictAnthropic } from "./strict/anthropic.ts";
import { type Script, type StrictServer, startStrictServer } from "./strict/script.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import type { WireRequest } from "./wire-server.ts";

export const fakeClaude = join(import.meta.dirname, "fake-claude.mjs");
const isWithItsBun = bunPath().endsWith(join("node_modules/bun/bin", "bun.exe"));
/** Used wherever the package has put a program in its place that runs. */
const fakeClaudeOnBun = isWithItsBun ? join(import.meta.dirname, "fake-claude.sh") : fakeClaude;

/** The real program, where this machine has one that speaks the protocol of the stand-in. */
export function installedClaude(path = process.env.PATH ?? ""): string | undefined {
  for (const directory of path.split(delimiter)) {
    const program = join(directory, "claude");
    if (directory === "" || !existsSync(program)) continue;
    const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 20_000 });
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
    return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 1) ? program : undefined;
  }
  return undefined;
}

/** What the real program asks is between it and its service: newer than what we know to be strict about. */
const lenientAnthropic = {
  ...strictAnthropic,
  check: ({ method, path }: WireRequest) =>
    method === "POST" && path.startsWith("/v1/messages?") ? undefined : { status: 404, type: "not_found_error", message: path },
};

export interface RuntimeWorld {
  home: string;
  workspace: string;
  dataDir: string;
  env: Record<string, string>;
  warnings: string[];
  /** JSON lines of the log. */
  log: Record<string, unknown>[];
  server: StrictServer;
  runtime: Router;
  /** As of another process over the same data; whoever asks for it disposes of it. */
  anotherRuntime(): Promise<Router>;
  /** Writes a file of the workspace. */
  write(path: string, text: string): void;
  /** What the stand-in has noted of itself. */
  // biome-ignore lint/suspicious/noExplicitAny: records of any shape
  journal(): any[];
  request(more?: Partial<RunRequest>): RunRequest;
  close(): Promise<void>;
}

export interface RuntimeWorldOptions {
  kind: RuntimeKind;
  scripts: readonly Script[];
  config?: Record<string, unknown>;
  env?: Record<string, string>;
  /** In place of the stand-in. */
  claude?: string | undefined;
  /** Further arguments of the stand-in. */
  claudeArgs?: readonly string[];
}

export async function runtimeWorld({
  kind,
  scripts,
  config,
  env: more,
  claude,
  claudeArgs = [],
}: RuntimeWorldOptions): Promise<RuntimeWorld> {
  const root = temporaryDirectory();
  const [home, workspace, dataDir] = ["home", "workspace", "data"].map((name) => join(root, name)) as [string, string, string];
  for (const directory of [join(home, ".pi/agent"), workspace]) mkdirSync(directory, { recursive: true });
  const server = await startStrictServer(claude === undefined ? strictAnthropic : lenientAnthropic, scripts);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    ANTHROPIC_API_KEY: "sk-ant-test-0123456789abcdef",
    ANTHROPIC_BASE_URL: server.baseUrl,
    ...more,
  };
  const warnings: string[] = [];
  const log: Record<string, unknown>[] = [];
  const journal = join(root, "journal.jsonl");
  const made = () =>
    makeRuntime({
      host: {
        env,
        homeDir: home,
        cwd: workspace,
        now: () => Date.now(),
        hostModules: async () => new Map(),
        admitExtensions: async () => undefined,
      },
      agentDir: join(home, ".pi/agent"),
      dataDir,
      config: {
        model: "anthropic/claude-sonnet-4-5",
        thinking: "off",
        "retry.base_delay_ms": 1,
        "retry.max_retries": 1,
        "runtime.default": kind,
        "runtime.claude.command": claude ?? fakeClaudeOnBun,
        "runtime.claude.args": claude === undefined ? ["--journal", journal, ...claudeArgs] : claudeArgs,
        ...config,
      },
      warn: (line) => void warnings.push(line),
      writeLine: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
    });
  const runtime = await made();
  return {
    home,
    workspace,
    dataDir,
    env,
    warnings,
    log,
    server,
    runtime,
    anotherRuntime: made,
    write: (path, text) => {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), text);
    },
    journal: () => {
      try {
        return readFileSync(journal, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line));
      } catch {
        return [];
      }
    },
    request: (more = {}) => ({ prompt: "hello", workspaceDir: workspace, sessionKey: "main", ...more }),
    close: async () => {
      await runtime.dispose();
      await server.close();
    },
  };
}

/** Text of everything that a request to the service says in its system prompt. */
// biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
export function systemText(body: any): string {
  const { system } = body;
  // biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
  return typeof system === "string" ? system : (system ?? []).map((block: any) => block.text).join("\n");
}

export function textsOf(payloads: readonly ReplyPayload[]): string {
  return payloads.flatMap(({ text }) => text ?? []).join("\n");
}
