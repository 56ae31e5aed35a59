// Runs the tool calls of one assistant message: validate, ask the policy, execute, put in order. Called by the loop.
// Invariant: exactly one result message for each call, in call order, whatever a tool does; calls are handed to their tools in call order.

import type { UnreadableArguments } from "../contracts/assemble-message.ts";
import { defined } from "../contracts/defined.ts";
import { timerMs } from "../contracts/duration.ts";
import { messageOf } from "../contracts/error.ts";
import { isEncodable, isUsage, isUserContent } from "../contracts/given-message.ts";
import type { ToolCall, ToolResultMessage } from "../contracts/message.ts";
import { nearestName } from "../contracts/nearest.ts";
import { echoed } from "../contracts/text/echoed.ts";
import type { NestedCallOptions, NestedCalls, Refusal, RunningCall, Tool, ToolContext, ToolResult } from "../contracts/tool.ts";
import { errorResult } from "../contracts/tool.ts";
import { addUsage, type Usage } from "../contracts/usage.ts";
import { AbortGrace } from "./abort-grace.ts";
import type { Emit } from "./stream-turn.ts";

export type Validation = { ok: true; args: Record<string, unknown> } | { ok: false; message: string };

export interface ToolSetup {
  tools: readonly Tool[];
  /** Those that tools can call; default: the same. */
  callable?: readonly Tool[];
  /** Applies the tool's `prepareArguments` too. */
  validate(tool: Tool, args: unknown): Promise<Validation>;
  context(call: ToolCall, signal: AbortSignal, onUpdate: ToolContext["onUpdate"]): ToolContext;
  /** Why none of the calls can be run. */
  refuseAll?: string;
  /** Why this call must not run, or nothing. Asked for one call after another, in call order; may change `args`, which are checked. */
  refuse?(call: RunningCall, args: Record<string, unknown>, signal: AbortSignal): Promise<Refusal | undefined>;
  /** What becomes of the result of a call that was run. */
  amend?(call: RunningCall, args: Record<string, unknown>, result: ToolResult, signal: AbortSignal): Promise<ToolResult>;
  /** Longest silence of a running tool; 0: none. */
  stallTimeoutMs: number;
}

export interface RunToolsDeps {
  emit: Emit;
  now(): number;
}

interface Settled {
  result: ToolResult;
  /** Absent when the tool did not run. */
  durationMs?: number;
}

export async function runTools(
  calls: readonly ToolCall[],
  unreadable: ReadonlyMap<string, UnreadableArguments>,
  setup: ToolSetup,
  signal: AbortSignal,
  deps: RunToolsDeps,
): Promise<{ messages: ToolResultMessage[]; isTerminated: boolean }> {
  for (const call of calls) await announce(call, deps);
  const isInOrder = calls.some((call) => setup.tools.some((tool) => tool.isSequential === true && tool.name === call.name));
  let before: Promise<unknown> = Promise.resolve();
  // Who is asked is asked for one call after another; else all are checked first, and then begin in call order.
  const checked =
    isInOrder || setup.refuse !== undefined ? undefined : calls.map((call) => prepare(call, unreadable.get(call.id), setup, signal));
  const allChecked = checked === undefined ? undefined : Promise.allSettled(checked);
  const running = calls.map((call, index) => {
    const prepareNow = (): Promise<Prepared> => prepare(call, unreadable.get(call.id), setup, signal);
    const prepared = allChecked?.then(() => checked?.[index] as Promise<Prepared>) ?? before.then(prepareNow, prepareNow);
    const run = runOne(call, prepared, setup, signal, deps);
    before = isInOrder ? run : prepared;
    return run;
  });
  const messages: ToolResultMessage[] = [];
  let isTerminated = calls.length > 0;
  // As soon as all before it are there, a result is announced (and so recorded): a crash later loses only what is unfinished.
  for (const [index, call] of calls.entries()) {
    const settled = await running[index];
    if (!settled) continue;
    const message = resultMessage(call, settled, deps.now());
    await deps.emit({ type: "message_start", message });
    await deps.emit({ type: "message_end", message });
    messages.push(message);
    isTerminated &&= settled.result.terminate === true;
  }
  return { messages, isTerminated };
}

async function announce(call: RunningCall, deps: RunToolsDeps): Promise<void> {
  await deps.emit({ type: "tool_execution_start", ...named(call), args: call.arguments });
}

function named({ id, name, parentToolCallId }: RunningCall): { toolCallId: string; toolName: string; parentToolCallId?: string } {
  return { toolCallId: id, toolName: name, ...defined({ parentToolCallId }) };
}

type Prepared = Settled | { tool: Tool; args: Record<string, unknown> };

async function runOne(
  call: RunningCall,
  preparing: Promise<Prepared>,
  setup: ToolSetup,
  signal: AbortSignal,
  deps: RunToolsDeps,
): Promise<Settled> {
  let settled: Settled;
  /** Of a tool that has run, which it has whatever becomes of its result. */
  let durationMs: number | undefined;
  try {
    const prepared = await preparing;
    if ("result" in prepared) settled = prepared;
    else {
      const executed = await execute(call, prepared.tool, prepared.args, setup, signal, deps);
      durationMs = executed.durationMs;
      const amended = durationMs === undefined ? undefined : await setup.amend?.(call, prepared.args, executed.result, signal);
      settled = amended === undefined ? executed : { ...executed, result: readable(call, amended) };
    }
  } catch (error) {
    settled = { result: errorResult(error instanceof Error ? error.message : String(error)), ...defined({ durationMs }) };
  }
  const { content, details, structuredContent, isError, usage, terminate } = settled.result;
  await deps.emit({
    type: "tool_execution_end",
    ...named(call),
    result: {
      content,
      ...defined({ details, structuredContent, usage }),
      ...(typeof isError === "boolean" && { isError }),
      ...(terminate === true && { terminate }),
    },
    isError: isError === true,
    ...defined({ durationMs: settled.durationMs }),
  });
  return settled;
}

/** Everything that can be wrong with a call before it runs. */
async function prepare(
  call: RunningCall,
  unreadable: UnreadableArguments | undefined,
  setup: ToolSetup,
  signal: AbortSignal,
): Promise<Prepared> {
  if (signal.aborted) return { result: errorResult("Not run: the request was aborted") };
  if (setup.refuseAll !== undefined) return { result: errorResult(setup.refuseAll) };
  const tool = setup.tools.find((one) => one.name === call.name);
  if (!tool) return { result: errorResult(unknownTool(call.name, setup.tools)) };
  if (unreadable) {
    return {
      result: errorResult(
        `Invalid arguments for tool "${call.name}": ${unreadable.reason}\n\nReceived arguments:\n${echoed(unreadable.text)}`,
      ),
    };
  }
  const validation = await setup.validate(tool, call.arguments);
  if (!validation.ok) return { result: errorResult(validation.message) };
  const refusal = await setup.refuse?.(call, validation.args, signal);
  if (refusal !== undefined) return { result: { ...errorResult(refusal.reason), ...(refusal.terminate === true && { terminate: true }) } };
  return { tool, args: validation.args };
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((tool) => tool.name);
  const near = nearestName(name, names);
  const known = names.length === 0 ? "There are no tools." : `Tools: ${names.join(", ")}.`;
  return `Tool ${echoed(name, 200)} not found. ${near ? `Did you mean ${near}? ` : ""}${known}`;
}

async function execute(
  call: RunningCall,
  tool: Tool,
  args: Record<string, unknown>,
  setup: ToolSetup,
  signal: AbortSignal,
  deps: RunToolsDeps,
): Promise<Settled> {
  const watchdog = new AbortController();
  const either = AbortSignal.any([signal, watchdog.signal]);
  let timer: NodeJS.Timeout | undefined;
  let isDone = false;
  const touch = (): void => {
    if (setup.stallTimeoutMs <= 0) return;
    if (timer) timer.refresh();
    else timer = setTimeout(() => watchdog.abort(), timerMs(setup.stallTimeoutMs));
  };
  const context = setup.context(call, either, (partialResult) => {
    // What a tool still says after its result is in nobody hears.
    if (isDone) return;
    touch();
    const told = { ...partialResult, content: (partialResult as Partial<ToolResult>).content ?? [] };
    if (!isReadable(told) || !isEncodable(told.details)) return;
    void deps.emit({
      type: "tool_execution_update",
      ...named(call),
      args: call.arguments,
      partialResult: told,
    });
  });
  // A tool that waits for one that is heard of is not silent.
  const nested = nestedCalls(call, setup, either, {
    ...deps,
    emit: (event) => {
      touch();
      return deps.emit(event);
    },
  });
  if (signal.aborted) return { result: errorResult("Not run: the request was aborted") };
  const startedAt = deps.now();
  touch();
  const grace = new AbortGrace(either, abortGraceMs);
  try {
    const given = await Promise.race([
      tool.execute(args, { ...context, calls: nested.calls }),
      grace.over(() => errorResult(`${call.name} did not stop when told to`)),
    ]);
    const result = readable(call, given);
    const stalled = watchdog.signal.aborted && !signal.aborted;
    await nested.end();
    const whole = nested.withUsage(stalled ? stalledResult(call, result, setup.stallTimeoutMs) : result);
    return { result: whole, durationMs: deps.now() - startedAt };
  } catch (error) {
    await nested.end();
    const result = nested.withUsage(errorResult(error instanceof Error ? error.message : String(error)));
    return { result, durationMs: deps.now() - startedAt };
  } finally {
    isDone = true;
    clearTimeout(timer);
    grace.clear();
  }
}

/** A tool of somebody else may give anything. */
function readable({ name }: RunningCall, result: ToolResult): ToolResult {
  if (!isReadable(result)) {
    return errorResult(`${name} has run, and what it gave is no result: that is { content: [{ type: "text", text: "…" }] }`);
  }
  const { usage, ...rest } = result;
  // Counts that cannot be added up count for nothing.
  const counted = usage === undefined || (isUsage(usage) && isEncodable(usage)) ? result : rest;
  if (isEncodable([result.details, result.structuredContent])) return counted;
  // What it has to say is there all the same.
  const { structuredContent: _, ...plain } = counted;
  const note = { type: "text" as const, text: `[The details of ${name} are left out: they cannot be written as JSON]` };
  return { ...plain, content: [...result.content, note], details: {} };
}

function isReadable(result: Pick<ToolResult, "content"> | undefined | null): boolean {
  const content: unknown = result?.content;
  return Array.isArray(content) && content.every(isUserContent);
}

/** What a tool has other tools do. Their results reach that tool alone; ids are `<its id>/<n>`, and they end before it does. */
function nestedCalls(
  parent: RunningCall,
  setup: ToolSetup,
  signal: AbortSignal,
  deps: RunToolsDeps,
): { calls: NestedCalls; end(): Promise<void>; withUsage(result: ToolResult): ToolResult } {
  const ended = new AbortController();
  const own = { ...setup, tools: setup.callable ?? setup.tools };
  const running = new Set<Promise<unknown>>();
  let count = 0;
  let usage: Usage | undefined;
  let before: Promise<unknown> = Promise.resolve();
  const run = async (name: string, args: unknown, how: NestedCallOptions): Promise<ToolResult> => {
    if (ended.signal.aborted) return errorResult(`Not run: ${parent.name}, which asks for it, has ended`);
    // A copy: what is checked and told is what runs, whatever the caller does with its own.
    const given = JSON.parse(JSON.stringify(args ?? {})) as Record<string, unknown>;
    const call: RunningCall = {
      type: "toolCall",
      id: `${parent.id}/${++count}`,
      name: String(name),
      arguments: given,
      parentToolCallId: parent.id,
    };
    const either = AbortSignal.any([signal, ended.signal, ...(how.signal === undefined ? [] : [how.signal])]);
    await announce(call, deps);
    // Who is asked is asked for one after another here, too.
    const prepareNow = (): Promise<Prepared> => prepare(call, undefined, own, either);
    const prepared = before.then(prepareNow, prepareNow);
    if (setup.refuse !== undefined) before = prepared;
    const emit: Emit = (event) => {
      if (event.type === "tool_execution_update" && event.toolCallId === call.id) tell(how.onUpdate, event.partialResult);
      return deps.emit(event);
    };
    const { result } = await runOne(call, prepared, own, either, { ...deps, emit });
    if (result.usage !== undefined) usage = usage === undefined ? result.usage : addUsage(usage, result.usage);
    return result;
  };
  return {
    calls: {
      tools: own.tools,
      execute: (name, args, how = {}) => {
        const result = run(name, args, how)
          .catch((error: unknown) => errorResult(messageOf(error)))
          .then((one) => ({ ...one, isError: one.isError === true }))
          .finally(() => running.delete(result));
        running.add(result);
        return result;
      },
    },
    end: async () => {
      ended.abort();
      await Promise.all(running);
    },
    withUsage: (result) =>
      usage === undefined ? result : { ...result, usage: result.usage === undefined ? usage : addUsage(result.usage, usage) },
  };
}

/** What a listener of one's own throws is no failure of the tool it listens to. */
function tell(listener: NestedCallOptions["onUpdate"], partial: Pick<ToolResult, "content" | "details">): void {
  try {
    listener?.(partial);
  } catch {
    // It has been told.
  }
}

/** How long a tool may take to end after its signal: more than killing a process tree needs. */
const abortGraceMs = 10_000;

function stalledResult(call: ToolCall, result: ToolResult, limitMs: number): ToolResult {
  const note = { type: "text" as const, text: `${call.name} was stopped: it showed nothing for ${limitMs / 1000} s` };
  return { ...result, content: [...result.content, note], details: {}, isError: true };
}

function resultMessage(call: ToolCall, { result, durationMs }: Settled, timestamp: number): ToolResultMessage {
  const isError = result.isError === true;
  const details = isError ? (result.details ?? {}) : result.details;
  return {
    role: "toolResult",
    toolCallId: call.id,
    toolName: call.name,
    content: result.content,
    ...defined({ details, usage: result.usage }),
    isError,
    ...defined({ durationMs }),
    timestamp,
  };
}
