// Starts what carries out a run for a host in a process of its own: `docker run …`, or `pi runner` itself; the host's side of the runner's contract.
// Exported for hosts. Invariant: the result is an output object, never a throw; of what came out no more is kept than was asked for, and what
// took too long is gone, with all that it has started.

import { defined } from "../../contracts/defined.ts";
import { timerMs } from "../../contracts/duration.ts";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import { type Host, processHost } from "../../platform/host.ts";
import { agentDirectory, type Env } from "../../platform/paths.ts";
import { childEnv } from "../../platform/processes/child-env.ts";
import { startChildProgram } from "../../platform/processes/child-program.ts";
import { findFamily, signalAll, tagVariable } from "../../platform/processes/process-tree.ts";
import { redactionFor } from "../observe/redaction.ts";
import { type ContainerOutput, markerNamed } from "./runner-contract.ts";

export interface ContainerRun {
  /** As it is started; what is mounted is the host's business. */
  argv: readonly [string, ...string[]];
  /** Of the runner; its JSON goes to stdin. */
  input: object;
  timeoutMs: number;
  /** Run behind a timeout or an abort, for what a signal does not reach: `docker kill NAME`. */
  killArgv?: readonly [string, ...string[]];
  /** Default: `runtime.max_output_bytes` of the user's configuration. */
  maxOutputBytes?: number;
  /** Default `PI_OUTPUT`. */
  marker?: string;
  /** All that it sees; default: that of this process. */
  env?: Env;
  cwd?: string;
  /** Each block of an answer, where it is streamed. */
  onPartial?(output: Partial<ContainerOutput>): void;
  signal?: AbortSignal;
}

const maxStderr = 64 * 1024;
const killMs = 10_000;
const graceMs = 500;

export async function runContainer(run: ContainerRun): Promise<ContainerOutput> {
  const startedMs = performance.now();
  const host = processHost();
  const env = run?.env ?? host.env;
  const redaction = redactionFor(env);
  const failed = (error: string, code: string, more: Partial<ContainerOutput> = {}): ContainerOutput => ({
    status: "error",
    result: null,
    new_session_id: null,
    newSessionId: null,
    error: redaction.text(error),
    code,
    outcome: "error",
    session_present: false,
    used_ipc_send: false,
    tool_calls: [],
    cost_usd: 0,
    duration_ms: Math.round(performance.now() - startedMs),
    ...more,
  });
  try {
    const text = requireRun(run);
    const output = new KeptOutput(run.maxOutputBytes ?? (await configuredBytes(host)), run.marker ?? "PI_OUTPUT", run.onPartial);
    const { end, stderr, isTimeout } = await carriedOut(run, text, env, output);
    const truncated = output.isTruncated ? { truncated: true } : {};
    if (isTimeout)
      return failed(`The container took longer than its ${run.timeoutMs} ms`, "runtime.timeout", {
        outcome: "budget",
        ...truncated,
        ...output.partial(),
      });
    if (end.error !== undefined) return failed(`${run.argv[0]} cannot be started: ${messageOf(end.error)}`, "runtime.unavailable");
    const found = output.result();
    if (found !== undefined) return { ...found, ...truncated };
    if (run.signal?.aborted === true)
      return failed("The run was stopped", "model.aborted", { outcome: "aborted", ...truncated, ...output.partial() });
    const last = stderr.trim().split("\n").at(-1) ?? "";
    const how = end.signal === null ? `exit status ${end.code}` : `signal ${end.signal}`;
    return failed(last || `The container ended without a result (${how})`, "runtime.crashed", truncated);
  } catch (error) {
    return failed(messageOf(error), isPiError(error) ? error.code : "runtime.unavailable");
  }
}

/** The input as text. @throws PiError `usage.bad_value` */
function requireRun(run: ContainerRun): string {
  const { argv, input, timeoutMs } = run ?? {};
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === "string") || !argv[0])
    throw new PiError("usage.bad_value", "argv names no program", { hint: 'Give one, such as ["docker", "run", "-i", "IMAGE"]' });
  if (!(timeoutMs >= 0))
    throw new PiError("usage.bad_value", `timeoutMs is ${String(timeoutMs)}`, { hint: "Give a number of milliseconds from 0" });
  try {
    if (typeof input === "object" && input !== null) return JSON.stringify(input);
  } catch {
    // It goes round in a circle, or has a number that JSON has not.
  }
  throw new PiError("usage.bad_value", "input is no object that JSON could hold", { hint: "docs/hosting.md has the fields of the input" });
}

/** As the host's own configuration says, whatever the container sees. */
async function configuredBytes({ env, homeDir, cwd }: Pick<Host, "env" | "homeDir" | "cwd">): Promise<number> {
  const { SettingsSource } = await import("../settings-source.ts");
  const agentDir = agentDirectory(env, homeDir, cwd);
  return (await new SettingsSource({ agentDir, homeDir, env }).of(agentDir)).values.runtime.maxOutputBytes;
}

interface Ended {
  end: { code: number | null; signal: string | null; error?: Error };
  stderr: string;
  isTimeout: boolean;
}

async function carriedOut(run: ContainerRun, input: string, env: Env, output: KeptOutput): Promise<Ended> {
  const [command, ...args] = run.argv;
  const tag = `container-${crypto.randomUUID()}`;
  let stderr = "";
  let isTimeout = false;
  const child = startChildProgram({
    command,
    args,
    ...defined({ cwd: run.cwd }),
    env: { ...childEnv(env, "inherit"), [tagVariable]: env[tagVariable] === undefined ? tag : `${env[tagVariable]},${tag}` },
    isApart: true,
    onStdout: (chunk) => output.push(chunk),
    onStderr: (text) => {
      stderr = (stderr + text).slice(-maxStderr);
    },
  });
  let hasEnded = false;
  const kill = (): void => {
    if (child.pid !== undefined && !hasEnded) signalAll(child.pid, findFamily(child.pid, tag), "SIGKILL");
  };
  const end = (): void => {
    child.kill("SIGTERM");
    grace = setTimeout(kill, graceMs);
  };
  let grace: ReturnType<typeof setTimeout> | undefined;
  const timer = setTimeout(() => {
    isTimeout = true;
    end();
  }, timerMs(run.timeoutMs));
  run.signal?.addEventListener("abort", end, { once: true });
  if (run.signal?.aborted) end();
  child.write(input);
  child.end();
  const ended = await child.exited;
  hasEnded = true;
  clearTimeout(timer);
  clearTimeout(grace);
  run.signal?.removeEventListener("abort", end);
  if ((isTimeout || run.signal?.aborted === true) && run.killArgv !== undefined) await killed(run.killArgv, env, run.cwd);
  return { end: ended, stderr, isTimeout };
}

async function killed([command, ...args]: readonly [string, ...string[]], env: Env, cwd = "/"): Promise<void> {
  const { executeProgram } = await import("../../platform/processes/exec-program.ts");
  await executeProgram(command, args, { cwd, env, timeoutMs: killMs });
}

/** The end of what came out, and what of all of it is a result, however much came behind it. */
class KeptOutput {
  readonly #maxBytes: number;
  readonly #marker: ReturnType<typeof markerNamed>;
  readonly #onPartial: ContainerRun["onPartial"];
  readonly #decoder = new TextDecoder();
  #text = "";
  /** Up to here all pairs have been found. */
  #read = 0;
  #hasBegun = false;
  #found: ContainerOutput | undefined;
  readonly #partials: string[] = [];
  #partialSize = 0;
  isTruncated = false;

  constructor(maxBytes: number, marker: string, onPartial: ContainerRun["onPartial"]) {
    this.#maxBytes = maxBytes;
    this.#marker = markerNamed(marker);
    this.#onPartial = onPartial;
  }

  push(chunk: Uint8Array): void {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    this.#takePairs();
    const cut = this.#text.length - this.#maxBytes;
    if (cut <= 0) return;
    this.isTruncated = true;
    // The result comes last.
    this.#text = this.#text.slice(cut);
    this.#read = Math.max(0, this.#read - cut);
  }

  /** Of the last whole pair of markers that holds an object, else of the last line with something on it. */
  result(): ContainerOutput | undefined {
    if (this.#found !== undefined || this.#hasBegun) return this.#found;
    const last = this.#text.trimEnd().split("\n").at(-1) ?? "";
    const one = outputIn(last);
    return one?.status === "partial" ? undefined : one;
  }

  /** What of an answer has come before it was cut. */
  partial(): Partial<ContainerOutput> {
    const said = this.result()?.partial_result;
    if (said !== undefined) return { partial_result: said };
    return this.#partials.length === 0 ? {} : { partial_result: this.#partials.join("\n\n") };
  }

  #takePairs(): void {
    const { start, end } = this.#marker;
    for (;;) {
      const at = this.#text.indexOf(start, this.#read);
      if (at < 0) {
        this.#read = Math.max(this.#read, this.#text.length - start.length);
        return;
      }
      this.#hasBegun = true;
      const close = this.#text.indexOf(end, at + start.length);
      this.#read = close < 0 ? at : close + end.length;
      if (close < 0) return;
      const one = outputIn(this.#text.slice(at + start.length, close));
      if (one?.status === "partial") this.#tell(one);
      else this.#found = one ?? this.#found;
    }
  }

  #tell(one: ContainerOutput): void {
    if (one.result !== null && this.#partialSize + one.result.length <= this.#maxBytes) {
      this.#partialSize += one.result.length;
      this.#partials.push(one.result);
    }
    // It is told, not asked: what the host fails at is no failure of the container's.
    new Promise((resolve) => resolve(this.#onPartial?.(one))).catch(() => undefined);
  }
}

const isTextOrNothing = (value: unknown): value is string | null => value === null || typeof value === "string";

/** What another program has written, with fields of the types that they have to be of, and the session's id in both spellings. */
function outputIn(text: string): ContainerOutput | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  const one = json as Record<string, unknown>;
  if (one.status !== "success" && one.status !== "error" && one.status !== "partial") return undefined;
  const id = [one.new_session_id, one.newSessionId].find((value) => typeof value === "string") ?? null;
  const { partial_result, ...others } = one;
  return {
    ...others,
    result: isTextOrNothing(one.result) ? one.result : null,
    error: isTextOrNothing(one.error) ? one.error : null,
    new_session_id: id,
    newSessionId: id,
    session_present: one.session_present === true,
    used_ipc_send: one.used_ipc_send === true,
    tool_calls: Array.isArray(one.tool_calls) ? one.tool_calls : [],
    cost_usd: typeof one.cost_usd === "number" ? one.cost_usd : 0,
    duration_ms: typeof one.duration_ms === "number" ? one.duration_ms : 0,
    outcome: typeof one.outcome === "string" ? one.outcome : one.status === "error" ? "error" : "done",
    ...(typeof partial_result === "string" ? { partial_result } : {}),
  } as ContainerOutput;
}
