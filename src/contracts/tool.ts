// The contract of the shelf `tools/`: what a tool is, what it is given, what it gives back.

import type { XStatic } from "typebox/schema";
import type { Artifacts } from "./artifact.ts";
import { defined } from "./defined.ts";
import type { ToolCall, ToolDeclaration, UserContent } from "./message.ts";
import type { MessagingContext } from "./messaging.ts";
import type { ToolView } from "./tool-view.ts";
import type { Usage } from "./usage.ts";

export interface ToolResult {
  content: UserContent[];
  /** Tool-specific, recorded in the session, never sent to the model. `{}` on every error. */
  details?: unknown;
  isError?: boolean;
  /** For programs: only in the `tool_execution_end` event. */
  structuredContent?: unknown;
  /** Nested model work. */
  usage?: Usage;
  /** The run ends with this batch, where all its results say so. */
  terminate?: boolean;
}

/** Why a call must not run. */
export interface Refusal {
  reason: string;
  /** As in a result. */
  terminate?: boolean;
}

/** A call at work: asked of the model, or by a tool that has been called itself. */
export interface RunningCall extends ToolCall {
  parentToolCallId?: string;
}

/**
 * Who reaches a tool. `direct`: the model and other tools, while it is active. `model-only`: the model alone. `codemode`, `deferred`: other tools
 * at any time, the model once somebody has turned it on. `hidden`: nobody.
 */
export type ToolExposure = "direct" | "model-only" | "codemode" | "deferred" | "hidden";

/** What its author says of a tool, for those who judge calls; nobody has checked it. The words of MCP. */
export interface ToolAnnotations {
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
}

/** Tools that belong together. */
export interface ToolNamespace {
  name: string;
  aliases?: readonly string[];
  description?: string;
  instructions?: string;
}

/** What is told of a tool to those who choose among tools; the model and its calls know nothing of it. */
export interface ToolFacts {
  annotations?: ToolAnnotations;
  namespace?: ToolNamespace;
  /** Of `structuredContent`. */
  outputSchema?: object;
}

export interface NestedCallOptions {
  signal?: AbortSignal;
  onUpdate?: (partial: Pick<ToolResult, "content" | "details">) => void;
}

/** What a tool can have other tools do. */
export interface NestedCalls {
  readonly tools: readonly Tool[];
  /** Judged, told and bounded as a call of the model's. Never rejects: what goes wrong is an error result. */
  execute(name: string, args: unknown, how?: NestedCallOptions): Promise<ToolResult & { isError: boolean }>;
}

export interface SpawnOutcome {
  /** 128 + signal number when a signal ended it; `undefined` when it was cancelled. */
  exitCode: number | undefined;
  timedOut: boolean;
  cancelled: boolean;
}

export interface ShellRequest {
  command: string;
  cwd: string;
  /** Bytes as they arrive, stdout and stderr in order. */
  onData(chunk: Uint8Array): void | Promise<void>;
  signal: AbortSignal;
  timeoutMs?: number;
  /** Added to what `[shell] env` lets through. */
  env?: Record<string, string>;
  /** What it changes in files is not noted: it only looks, or is the user's own. */
  isUnwatched?: boolean;
}

/** How tools run commands; an SDK caller may bring its own (a container, another host). */
export interface ShellOperations {
  run(request: ShellRequest): Promise<SpawnOutcome>;
}

export interface FileInfo {
  kind: "file" | "directory" | "other";
  /** Bytes. */
  size: number;
  /** Of a file that has several names (hard links): the same under each of them. */
  identity?: string;
}

/** How tools touch files; an SDK caller may bring its own. All paths are absolute. Errors are Node's (`code`: `ENOENT`, `EISDIR`, …). */
export interface FileOperations {
  stat(path: string): Promise<FileInfo>;
  read(path: string): Promise<Uint8Array>;
  /** Chunks from the start; the caller stops early by returning from the loop. */
  readChunks(path: string): AsyncIterable<Uint8Array>;
  /** Whole or not at all; keeps mode and symlink target of what was there; makes parent directories. */
  writeAtomic(path: string, data: Uint8Array | string): Promise<void>;
  list(path: string): Promise<{ name: string; kind: "file" | "directory" | "other" }[]>;
  /** The canonical form of a path (symlinks followed), for ordering changes to one file; the path itself when it is not there. */
  canonical(path: string): Promise<string>;
}

export interface ToolContext {
  toolCallId: string;
  /** Absolute. */
  cwd: string;
  homeDir: string;
  signal: AbortSignal;
  files: FileOperations;
  shell: ShellOperations;
  /** Whole result so far (replaces the last one). */
  onUpdate(partial: Pick<ToolResult, "content" | "details">): void;
  /** Where output too long to show goes, and is found again. */
  artifacts: Artifacts;
  /** Whether the model in use takes images. */
  acceptsImages: boolean;
  /** Absent where a tool is run by itself. */
  calls?: NestedCalls;
  /** Where the conversation comes from, when it is one of a chat system; the host's word. */
  messaging?: MessagingContext;
}

/** `A`: what its schema says of its arguments, which are checked before it gets them. */
export interface Tool<A = Record<string, unknown>> extends ToolDeclaration, ToolFacts {
  /** One line for the system prompt's tool list; without it the model hears of the tool from its declaration alone. */
  promptLine?: string;
  /** Sentences for the system prompt's rules, joined over all active tools, duplicates dropped. */
  guidelines?: string[];
  /** Rewrites what models are known to send into what the schema says, before validation. */
  prepareArguments?(args: Record<string, unknown>): Record<string, unknown>;
  /** How its calls are shown to people. */
  view?: ToolView;
  /** The calls of an answer that has one of these run one after another. */
  isSequential?: boolean;
  /** Changes nothing anywhere: a run that has only called such tools can be begun again elsewhere. */
  isReadOnly?: boolean;
  /** The text that a call sends to people by itself, for tools that do. */
  sentText?(args: Readonly<Record<string, unknown>>): string | undefined;
  /** Default `direct`. */
  exposure?: ToolExposure;
  execute(args: A, context: ToolContext): Promise<ToolResult>;
}

/** Infers the type of the arguments from the schema, which stands in the record as it is sent. */
export function tool<const S extends ToolDeclaration["parameters"]>(
  record: Omit<Tool<XStatic<S>>, "parameters"> & { readonly parameters: S },
): Tool<XStatic<S>> {
  return record;
}

/** Of anything that has them, and nothing else. */
export function factsOf({ annotations, namespace, outputSchema }: ToolFacts): ToolFacts {
  return {
    ...defined({ annotations, namespace, outputSchema }),
  };
}

export function textResult(text: string, details?: unknown): ToolResult {
  return details === undefined ? { content: [{ type: "text", text }] } : { content: [{ type: "text", text }], details };
}

export function errorResult(text: string): ToolResult {
  return { content: [{ type: "text", text }], details: {}, isError: true };
}
