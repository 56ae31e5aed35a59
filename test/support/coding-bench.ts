// A coding session for tests: a scripted model, tools that do nothing real, a clock that steps, and everything its listeners were told.

import { onTestFinished } from "vitest";
import { plainArtifacts } from "../../src/artifacts/plain-directory.ts";
import type { AgentEvent } from "../../src/contracts/agent-event.ts";
import type { Message } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import type { ShellOperations, Tool } from "../../src/contracts/tool.ts";
import { textResult } from "../../src/contracts/tool.ts";
import { QuotaMemory } from "../../src/harness/models/quota-memory.ts";
import { CodingSession, type CodingSessionDeps } from "../../src/harness/run/coding-session.ts";
import { Session } from "../../src/session/tree/session.ts";
import { ModelScript, testModel } from "./model-script.ts";

/** One millisecond later with each look, so that nothing happens at the same time. */
export function steppingClock(startMs = 1_700_000_000_000): { now(): number; random(): number } {
  let nowMs = startMs;
  return { now: () => nowMs++, random: () => 0 };
}

export function tool(name: string, execute: Tool["execute"] = async () => textResult(`${name} done`), more: Partial<Tool> = {}): Tool {
  return { name, description: `${name} things`, parameters: { type: "object" }, promptLine: `${name}s`, execute, ...more };
}

export const noShell: ShellOperations = {
  run: async () => {
    throw new Error("no shell here");
  },
};

export interface Bench {
  coding: CodingSession;
  session: Session;
  script: ModelScript;
  events: AgentEvent[];
  /** Event types, updates left out; messages with their role, compactions with their reason. */
  told(): string[];
}

export interface BenchOptions extends Partial<Omit<CodingSessionDeps, "session" | "compaction" | "retry" | "toolContext">> {
  session?: Session;
  script?: ModelScript;
  window?: Partial<Model>;
  compaction?: Partial<CodingSessionDeps["compaction"]>;
  retry?: Partial<CodingSessionDeps["retry"]>;
  shell?: ShellOperations;
  artifactDir?: string;
}

export function codingBench(options: BenchOptions = {}): Bench {
  const { script = new ModelScript(), clock = steppingClock(), window, compaction, retry, shell = noShell, artifactDir, ...deps } = options;
  const session = options.session ?? Session.create({ cwd: "/project", directory: undefined }, { clock: () => clock.now() });
  const tools = deps.tools ?? ["read", "edit", "write", "bash"].map((name) => tool(name));
  const unused = async (): Promise<never> => {
    throw new Error("not in this test");
  };
  const coding = new CodingSession({
    model: { ...testModel, ...window },
    thinkingLevel: "off",
    tools,
    activeToolNames: tools.map((one) => one.name),
    validate: async (_, args) => ({ ok: true, args: args as Record<string, unknown> }),
    prompt: { appended: [], contextFiles: [], skills: "", output: "", cwd: "/project", date: "2026-01-01" },
    access: async () => ({
      provider: script,
      credential: { scheme: "own", billing: "metered", value: "k", source: "test" },
      fetch: unused,
    }),
    limits: { maxTurns: 0, maxCostUsd: 0, timeoutMs: 0 },
    stall: { modelMs: 0, toolMs: 0 },
    fallback: {
      count: 0,
      models: async () => [],
      quotas: new QuotaMemory("/nonexistent", () => clock.now()),
      warn: () => undefined,
      now: () => clock.now(),
    },
    ...deps,
    session,
    clock,
    compaction: { enabled: true, reserveTokens: 16_384, keepRecentTokens: 20_000, ...compaction },
    retry: { enabled: true, maxRetries: 3, baseDelayMs: 0, maxDelayMs: 60_000, ...retry },
    toolContext: {
      cwd: "/project",
      homeDir: "/home",
      shell,
      artifacts: plainArtifacts(async () => artifactDir ?? unused()),
      files: {
        stat: unused,
        read: unused,
        readChunks: () => [] as never,
        writeAtomic: unused,
        list: unused,
        canonical: async (path) => path,
      },
    },
  });
  const events: AgentEvent[] = [];
  coding.subscribe((event) => {
    events.push(structuredClone(event));
  });
  onTestFinished(() => coding.dispose());
  return { coding, session, script, events, told: () => events.flatMap(nameOf) };
}

function nameOf(event: AgentEvent): string[] {
  switch (event.type) {
    case "message_update":
    case "message_start":
      return [];
    case "message_end":
      return [event.message.role];
    case "compaction_start":
    case "compaction_end":
      return [`${event.type} ${event.reason}`];
    default:
      return [event.type];
  }
}

/** What a listener waits for: the first event of a type. */
export function nextEvent<T extends AgentEvent["type"]>(coding: CodingSession, type: T): Promise<Extract<AgentEvent, { type: T }>> {
  return new Promise((resolve) => {
    const remove = coding.subscribe((event) => {
      if (event.type !== type) return;
      remove();
      resolve(event as Extract<AgentEvent, { type: T }>);
    });
  });
}

/** Roles and texts, one line a message. */
export function transcriptOf(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    if ("summary" in message) return `${message.role}: ${message.summary}`;
    if (message.role === "bashExecution") return `bash: ${message.command}`;
    const content = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    return `${message.role}: ${content.map((block) => ("text" in block ? block.text : "name" in block ? `call ${block.name}` : block.type)).join(" ")}`;
  });
}
