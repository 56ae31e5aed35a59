// `pi runner`: one object on stdin, one run, one object between markers on stdout. Called by the command; hosts start it in any language.
// Invariant: whatever happens, one whole object is written, and nothing else reaches stdout; what went wrong is the last line of stderr, too.

import { defined } from "../../contracts/defined.ts";
import { isPiError, lineOf, messageOf, PiError } from "../../contracts/error.ts";
import type { ImageContent } from "../../contracts/message.ts";
import { emptyUsage } from "../../contracts/usage.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath } from "../../platform/paths.ts";
import type { HostRuntime } from "../host-runtime.ts";
import type { ReplyPayload, RunRequest } from "../request.ts";
import type { RunResult, RuntimeKind } from "../result.ts";
import type { Route } from "../route/route.ts";
import { requireWorkspace } from "../workspace.ts";
import { type ContainerInput, type ContainerOutput, markedLine, markerNamed, parseContainerInput, pendingOf } from "./runner-contract.ts";

export interface RunnerFlags {
  engine?: string | undefined;
  model?: string | undefined;
  marker?: string | undefined;
  ipcDir?: string | undefined;
  timeoutMs?: number | undefined;
  cwd: string;
  dataDir?: string | undefined;
  sessionsFile?: string | undefined;
  isStreamed: boolean;
  explainsRoute: boolean;
  /** What of the command line cannot be read. */
  problem?: PiError | undefined;
}

export interface RunnerDeps {
  host: Pick<Host, "env" | "homeDir" | "stdin" | "stdout" | "now">;
  /** Fires when the process is to end. */
  ending: AbortSignal;
  /** Of the first signal. */
  endingStatus(): number | undefined;
  warn(line: string): void;
  /** Without secrets. */
  redact(text: string): string;
  redactValue<T>(value: T): T;
  runtime(how: Pick<RunnerFlags, "sessionsFile" | "dataDir">): Promise<HostRuntime>;
  /** The run hangs and the object is out: nothing of it may be left. */
  killAllNow(): void;
  /** The last line of stderr. */
  fail(line: string): void;
}

const maxInputBytes = 64 * 1024 * 1024;
const silenceMs = 10_000;
/** A signal is answered in three seconds; what does not stop in that time is left behind. */
const endingMs = 2500;

/** The exit status. */
export async function runRunner(flags: RunnerFlags, deps: RunnerDeps): Promise<number> {
  const status = await answered(flags, deps);
  const { stdout } = deps.host;
  await stdout.flush();
  // That a disk is full is told where the program ends.
  if (status !== 0 || !stdout.isClosed || stdout.failure !== undefined) return status;
  deps.fail("The result was read by nobody: stdout was closed before it was written (io.write)");
  return 1;
}

async function answered(flags: RunnerFlags, deps: RunnerDeps): Promise<number> {
  const { stdout, env } = deps.host;
  let marker = markerNamed("PI_OUTPUT");
  const write = async (output: object): Promise<void> => {
    void stdout.write(markedLine(output, marker));
    await stdout.flush();
  };
  let engine: RuntimeKind | undefined;
  try {
    marker = markerNamed(flags.marker ?? (env.PI_RUNNER_MARKER || "PI_OUTPUT"));
    if (flags.problem !== undefined) throw flags.problem;
    const input = parseContainerInput(await readInput(deps));
    requireWorkspace(flags.cwd);
    const runtime = await deps.runtime(flags);
    const asked = { group: input.groupFolder, flag: flags.engine, input: input.engine, workspaceDir: flags.cwd };
    if (flags.explainsRoute) {
      const route: Route = await runtime.route(asked);
      void stdout.write(`${JSON.stringify(route)}\n`);
      return 0;
    }
    const request = await requestOf(input, flags, runtime, deps, (payload) => write(partialOutput(payload)));
    const run = runtime.start(request, asked);
    const result = await inTime(run.result, deps);
    if (result === undefined) {
      await write(deps.redactValue(brokenOutput(new PiError("model.aborted", "The run was stopped"), engine)));
      deps.fail("The run was stopped");
      deps.killAllNow();
      return deps.endingStatus() ?? 1;
    }
    engine = result.runtime;
    const output = outputOf(result, input, deps);
    await write(output);
    // What did not stop in its time is given none beyond the answer.
    if (result.outcome.code === "runtime.timeout" || deps.ending.aborted) deps.killAllNow();
    if (output.error !== null) deps.fail(output.error);
    return output.status === "success" ? 0 : (deps.endingStatus() ?? 1);
  } catch (error) {
    const broken = deps.redactValue(brokenOutput(error, engine));
    const output = { ...broken, error: cutError(broken.error ?? "") };
    await write(output);
    deps.fail(output.error);
    return deps.endingStatus() ?? 1;
  }
}

/** Nothing where the process has to end before the run does. */
function inTime(result: Promise<RunResult>, { ending }: RunnerDeps): Promise<RunResult | undefined> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onEnding = (): void => {
      timer = setTimeout(() => resolve(undefined), endingMs);
    };
    ending.addEventListener("abort", onEnding, { once: true });
    if (ending.aborted) onEnding();
    result.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      ending.removeEventListener("abort", onEnding);
    });
  });
}

/** To its end. Rejects with `usage.runner_input`. */
async function readInput({ host: { stdin }, ending }: RunnerDeps): Promise<string> {
  const iterator = stdin.chunks()[Symbol.asyncIterator]();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  for (;;) {
    const next = iterator.next();
    const result = await within(next, ending);
    if (typeof result === "string") {
      next.catch(() => undefined);
      stdin.release();
      if (result === "ending") throw new PiError("model.aborted", "The run was stopped before its input had come");
      throw new PiError("usage.runner_input", `Nothing came on stdin for ${silenceMs / 1000} s`, {
        hint: "Write one JSON object and close the pipe",
      });
    }
    try {
      if (result.done) return text + decoder.decode();
      size += result.value.length;
      text += decoder.decode(result.value, { stream: true });
    } catch {
      stdin.release();
      throw new PiError("usage.runner_input", "What is on stdin is no UTF-8", { hint: "Write the JSON object as UTF-8" });
    }
    if (size > maxInputBytes) {
      stdin.release();
      throw new PiError("usage.runner_input", `The input has more than ${maxInputBytes} bytes`, { hint: "Name pictures by their paths" });
    }
  }
}

async function within<T>(next: Promise<T>, ending: AbortSignal): Promise<T | "silent" | "ending"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onEnding = (): void => {};
  const over = new Promise<"silent" | "ending">((resolve) => {
    timer = setTimeout(() => resolve("silent"), silenceMs);
    onEnding = () => resolve("ending");
    if (ending.aborted) onEnding();
    else ending.addEventListener("abort", onEnding, { once: true });
  });
  try {
    return await Promise.race([next, over]);
  } finally {
    clearTimeout(timer);
    ending.removeEventListener("abort", onEnding);
  }
}

async function requestOf(
  input: ContainerInput,
  flags: RunnerFlags,
  runtime: HostRuntime,
  deps: RunnerDeps,
  partial: (payload: ReplyPayload) => Promise<void>,
): Promise<RunRequest> {
  const { host } = deps;
  const ipcDir = flags.ipcDir ?? (host.env.PI_IPC_DIR || host.env.PYLDON_IPC_DIR);
  const timeoutMs = flags.timeoutMs ?? input.timeoutMs;
  const model = flags.model ?? input.model;
  const images = await loadImages(input.images, flags.cwd, deps);
  const extraTools = ipcDir
    ? await runtime.ipcTools({ dir: absolutePath(ipcDir, flags.cwd, host.homeDir), ...input, workspaceDir: flags.cwd })
    : [];
  const { tools, sessionId, thinking, extraSystemPrompt, context, clientTools, toolResults } = input;
  return {
    prompt: input.prompt,
    workspaceDir: flags.cwd,
    sessionKey: input.groupFolder,
    isScheduledTask: input.isScheduledTask,
    isFresh: input.contextMode === "isolated",
    signal: deps.ending,
    ...(input.isScheduledTask ? { lane: "cron" } : {}),
    ...defined({ sessionId }),
    ...(images.length === 0 ? {} : { images }),
    ...defined({ model, thinking, timeoutMs, context }),
    ...(tools === undefined ? {} : { policy: [tools] }),
    ...defined({ extraSystemPrompt }),
    ...(extraTools.length === 0 ? {} : { extraTools }),
    ...defined({ clientTools, toolResults }),
    ...(flags.isStreamed ? { replies: { onBlockReply: partial } } : {}),
  };
}

/** What is not there or no picture is told, and the run goes on. */
async function loadImages(named: ContainerInput["images"], cwd: string, { host, warn }: RunnerDeps): Promise<ImageContent[]> {
  const images: ImageContent[] = [];
  for (const { path } of named) {
    const file = absolutePath(path, cwd, host.homeDir);
    const image = await loadImage(file).catch((error: unknown) => messageOf(error));
    if (typeof image === "string") warn(`The image ${file} is left out: ${image}`);
    else images.push(image);
  }
  return images;
}

const maxImageBytes = 32 * 1024 * 1024;

async function loadImage(file: string): Promise<ImageContent | string> {
  const { createFileOperations } = await import("../../platform/files/files.ts");
  const files = createFileOperations();
  const info = await files.stat(file);
  if (info.kind !== "file") return "it is no file";
  if (info.size > maxImageBytes) return `it has ${info.size} bytes`;
  const { decodeImage } = await import("../../harness/intake/prompt-images.ts");
  const image = await decodeImage(await files.read(file), { resizes: true });
  if (image === undefined) return "it is neither png, jpeg, gif nor webp";
  return image === "omitted" ? "it cannot be made small enough" : image;
}

function partialOutput(payload: ReplyPayload): object {
  return { status: "partial", result: payload.text ?? null, error: null, ...(saysMore(payload) ? { payloads: [payload] } : {}) };
}

function saysMore({ text: _, ...more }: ReplyPayload): boolean {
  return Object.keys(more).length > 0;
}

function outputOf(result: RunResult, { contextMode }: ContainerInput, { redact, redactValue }: RunnerDeps): ContainerOutput {
  const { outcome, payloads } = result;
  const isSuccess = outcome.kind === "done";
  const text = payloads
    .flatMap((payload) => (payload.text === undefined || payload.isReasoning === true ? [] : [payload.text]))
    .join("\n\n");
  const id = contextMode === "isolated" ? null : (result.sessionId ?? null);
  return {
    status: isSuccess ? "success" : "error",
    result: isSuccess && text !== "" ? text : null,
    new_session_id: id,
    newSessionId: id,
    error: isSuccess ? null : cutError(redact(errorText(outcome))),
    ...defined({ code: outcome.code }),
    outcome: outcome.kind,
    engine: result.runtime,
    ...defined({ fallback_from: result.fallbackFrom }),
    session_present: result.sessionPresent,
    used_ipc_send: result.didSendViaMessagingTool,
    tool_calls: result.toolCalls.map(({ resultPreview, args, ...call }) => ({
      ...call,
      args: redactValue(args),
      result_preview: resultPreview,
    })),
    ...(result.pendingToolCalls === undefined ? {} : { pending_tool_calls: pendingOf(result.pendingToolCalls) }),
    ...(!isSuccess && (text || outcome.text) !== "" ? { partial_result: text || outcome.text } : {}),
    ...(payloads.some(saysMore) ? { payloads } : {}),
    usage: result.usage,
    cost_usd: result.costUsd,
    duration_ms: result.durationMs,
    ...defined({ retry_at: outcome.retryAt }),
  };
}

/** What a service, a child or a value has put into an error is as long as it likes. */
const longestError = 4000;

function cutError(text: string): string {
  return text.length > longestError ? `${text.slice(0, longestError)}…` : text;
}

function errorText({ message, hint, code, kind }: RunResult["outcome"]): string {
  const sentence = message ?? code ?? kind;
  return hint === undefined ? sentence : `${/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`} ${hint}`;
}

function brokenOutput(error: unknown, engine: RuntimeKind | undefined): ContainerOutput {
  const code = isPiError(error) ? error.code : "internal.unexpected";
  const isUsage = isPiError(error) && error.exitStatus === 2;
  return {
    status: "error",
    result: null,
    new_session_id: null,
    newSessionId: null,
    error: lineOf(error),
    code,
    outcome: code === "model.aborted" ? "aborted" : isUsage ? "usage" : "error",
    ...defined({ engine }),
    session_present: false,
    used_ipc_send: false,
    tool_calls: [],
    usage: emptyUsage(),
    cost_usd: 0,
    duration_ms: 0,
  };
}
