// `pi/runtime`: running agents for chat rooms and job queues. Runtimes, which are loaded with their first run, and the pieces of a host that are
// of use without one: replies, lanes, schedules.

import type { RuntimeOptions } from "../runtime/create-runtime.ts";
import type { ContainerRun } from "../runtime/host/container.ts";
import type { ContainerOutput } from "../runtime/host/runner-contract.ts";
import type { HostRuntime } from "../runtime/host-runtime.ts";
import { LazyRouter, LazyRuntime } from "../runtime/lazy-runtime.ts";
import type { MemoryFeedback, RunRequest } from "../runtime/request.ts";
import type { Run } from "../runtime/runtime.ts";

export { PiError } from "../contracts/error.ts";
export type { Tool, ToolContext, ToolResult } from "../contracts/tool.ts";
export { firstRun, nextRun, type Schedule, zoneOf } from "../runtime/bridge/schedule.ts";
export { mayFallBack } from "../runtime/failure.ts";
export { type ClaudeHook, claudeHooks, type HookAlias, hookAliases } from "../runtime/hooks.ts";
export type { ContainerRun } from "../runtime/host/container.ts";
export { type ContainerInput, type ContainerOutput, parseContainerInput } from "../runtime/host/runner-contract.ts";
export type { HostRuntime, IpcPlace, RouteQuery } from "../runtime/host-runtime.ts";
export { createLanes } from "../runtime/queue/in-process.ts";
export type { Enqueue, LaneState, Lanes, LaneWait, Turn } from "../runtime/queue/queue.ts";
export { type BlockChunker, type BlockChunkerOptions, createBlockChunker } from "../runtime/replies/block-chunker.ts";
export {
  createDirectiveFilter,
  type DirectedPart,
  type DirectiveFilter,
  parseDirectives,
  payloadOf,
  type ReplyPayload,
} from "../runtime/replies/directives.ts";
export { createSentTexts, type SentTexts } from "../runtime/replies/sent-texts.ts";
export { createTagFilter, type TagFilter, type TagFilterOptions, type TaggedPart } from "../runtime/replies/tag-filter.ts";
export type {
  BootstrapFile,
  ClientTool,
  ClientToolResult,
  HostEvent,
  MemoryFeedback,
  MessagingContext,
  PolicyRule,
  ReplyCallbacks,
  ReplyOptions,
  RunRequest,
  SkillsSnapshot,
} from "../runtime/request.ts";
export type { RanToolCall, RunResult, RuntimeKind } from "../runtime/result.ts";
export type { AgentRuntime, Probe, Run } from "../runtime/runtime.ts";

export interface CreateRuntimeOptions {
  /** Settings over those of all files, by dotted keys: `{ "runtime.default": "claude" }`. */
  config?: Record<string, unknown>;
  /** What stands for the environment of the process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where groups have their sessions, and metrics are kept; else as configured. */
  dataDir?: string;
  /** Configuration, credentials. Default: that of the environment. */
  agentDir?: string;
  /** By name; else as configured. */
  lanes?: Record<string, number>;
  /** For every run that has none of its own. */
  memoryFeedback?: MemoryFeedback;
  /** Told one line each. Default: stderr. */
  warn?(line: string): void;
  /** JSON lines about runs. Default: stderr, or the file that PI_LOG_FILE names. */
  log?(line: string): void;
}

/** Who carries out each run is chosen by the configuration; runs go through lanes, sessions are remembered by group, numbers are kept. */
export function createRuntime(options: CreateRuntimeOptions = {}): HostRuntime {
  const { memoryFeedback } = options;
  const make = async (): Promise<HostRuntime> => (await import("../runtime/create-runtime.ts")).makeRuntime(await optionsOf(options));
  return memoryFeedback === undefined ? new LazyRouter("pi", make) : new FeedbackRouter("pi", make, memoryFeedback);
}

class FeedbackRouter extends LazyRouter {
  readonly #feedback: MemoryFeedback;

  constructor(kind: "pi", make: () => Promise<HostRuntime>, feedback: MemoryFeedback) {
    super(kind, make);
    this.#feedback = feedback;
  }

  override start(request: RunRequest, said?: Parameters<HostRuntime["start"]>[1]): Run {
    return super.start({ memoryFeedback: this.#feedback, ...request }, said);
  }
}

/** Runs in this process, without lanes, fallback or memory of sessions. */
export class PiRuntime extends LazyRuntime<Awaited<ReturnType<typeof engine>>> {
  constructor(options: CreateRuntimeOptions = {}) {
    super("pi", () => engine("pi", options));
  }
}

/** Runs as a child process that is Claude Code. */
export class ClaudeRuntime extends LazyRuntime<Awaited<ReturnType<typeof engine>>> {
  constructor(options: CreateRuntimeOptions = {}) {
    super("claude", () => engine("claude", options));
  }
}

async function engine(kind: "pi" | "claude", options: CreateRuntimeOptions) {
  return (await import("../runtime/create-runtime.ts")).makeEngine(kind, await optionsOf(options));
}

/** One run in a process of its own, by the contract of `pi runner`. Never rejects. */
export async function runContainer(run: ContainerRun): Promise<ContainerOutput> {
  return (await import("../runtime/host/container.ts")).runContainer(run);
}

async function optionsOf({ env, warn, log, ...options }: CreateRuntimeOptions): Promise<RuntimeOptions> {
  const { processHost, writeErrorLine } = await import("../platform/host.ts");
  const { homeDirectory } = await import("../platform/paths.ts");
  const host = processHost({ hostModules: async () => (await import("./host-modules.ts")).hostModules() });
  const own = env === undefined ? host : { ...host, env, homeDir: homeDirectory(env) };
  return {
    ...options,
    host: own,
    warn: warn ?? ((line) => writeErrorLine(`pi: ${line}`)),
    writeLine: log ?? writeErrorLine,
  };
}
