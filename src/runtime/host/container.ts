// Starts what carries out a run for a host in a process of its own: `docker run …`, or `pi runner` itself; the host's side of the runner's contract.
// Exported for hosts. Invariant: the result is an output object, never a throw; of what came out no more is kept than was asked for, and what
// took too long is gone, with all that it has started.

import { defined } from "../../contracts/defined.ts";
import { isPiError, messageOf } from "../../contracts/error.ts";
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
  /** Run behind a timeout, for what a signal does not reach: `docker kill NAME`. */
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
  const env = run.env ?? host.env;
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
    const output = new KeptOutput(run.maxOutputBytes ?? (await configuredBytes(host)), run.marker ?? "PI_OUTPUT", run.onPartial);
    const { end, stderr, isTimeout } = await carriedOut(run, env, output);
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
    const last = stderr.trim().split("\n").at(-1) ?? "";
    const how = end.signal === null ? `exit status ${end.code}` : `signal ${end.signal}`;
    return failed(last || `The container ended without a result (${how})`, "runtime.crashed", truncated);
  } catch (error) {
    return failed(messageOf(error), isPiError(error) ? error.code : "runtime.unavailable");
  }
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

async function carriedOut(run: ContainerRun, env: Env, output: KeptOutput): Promise<Ended> {
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
  }, run.timeoutMs);
  run.signal?.addEventListener("abort", end, { once: true });
  if (run.signal?.aborted) end();
  void child.write(JSON.stringify(run.input));
  child.end();
  const ended = await child.exited;
  hasEnded = true;
  clearTimeout(timer);
  clearTimeout(grace);
  run.signal?.removeEventListener("abort", end);
  if (isTimeout && run.killArgv !== undefined) await killed(run.killArgv, env, run.cwd);
  return { end: ended, stderr, isTimeout };
}

async function killed([command, ...args]: readonly [string, ...string[]], env: Env, cwd = "/"): Promise<void> {
  const { executeProgram } = await import("../../platform/processes/exec-program.ts");
  await executeProgram(command, args, { cwd, env, timeoutMs: killMs });
}

/** The end of what came out, and what of it is a result. */
class KeptOutput {
  readonly #maxBytes: number;
  readonly #marker: ReturnType<typeof markerNamed>;
  readonly #onPartial: ContainerRun["onPartial"];
  readonly #decoder = new TextDecoder();
  #text = "";
  #told = 0;
  isTruncated = false;

  constructor(maxBytes: number, marker: string, onPartial: ContainerRun["onPartial"]) {
    this.#maxBytes = maxBytes;
    this.#marker = markerNamed(marker);
    this.#onPartial = onPartial;
  }

  push(chunk: Uint8Array): void {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    if (this.#text.length > this.#maxBytes) {
      this.isTruncated = true;
      // The result comes last.
      const cut = this.#text.length - this.#maxBytes;
      this.#text = this.#text.slice(cut);
      this.#told = Math.max(0, this.#told - cut);
    }
    if (this.#onPartial !== undefined) this.#tell(this.#onPartial);
  }

  /** Of the last whole pair of markers that holds an object, else of the last line with something on it. */
  result(): ContainerOutput | undefined {
    const marked = this.#pairs()
      .map(({ json }) => objectOf(json))
      .filter((one) => one !== undefined && one.status !== "partial");
    if (marked.length > 0) return marked.at(-1) as ContainerOutput | undefined;
    if (this.#text.includes(this.#marker.start)) return undefined;
    const last = this.#text.trimEnd().split("\n").at(-1) ?? "";
    return objectOf(last) as ContainerOutput | undefined;
  }

  /** What of an answer has come before it was cut. */
  partial(): Partial<ContainerOutput> {
    const texts = this.#pairs().flatMap(({ json }) => {
      const one = objectOf(json);
      return one?.status === "partial" && typeof one.result === "string" ? [one.result] : [];
    });
    const found = this.result();
    if (found?.partial_result !== undefined) return { partial_result: found.partial_result };
    return texts.length === 0 ? {} : { partial_result: texts.join("\n\n") };
  }

  #tell(onPartial: NonNullable<ContainerRun["onPartial"]>): void {
    for (const { json, end } of this.#pairs(this.#told)) {
      this.#told = end;
      const one = objectOf(json);
      if (one?.status === "partial") onPartial(one as Partial<ContainerOutput>);
    }
  }

  #pairs(from = 0): { json: string; end: number }[] {
    const { start, end } = this.#marker;
    const pairs: { json: string; end: number }[] = [];
    for (let at = this.#text.indexOf(start, from); at >= 0; ) {
      const close = this.#text.indexOf(end, at + start.length);
      if (close < 0) break;
      pairs.push({ json: this.#text.slice(at + start.length, close), end: close + end.length });
      at = this.#text.indexOf(start, close + end.length);
    }
    return pairs;
  }
}

/** With the session's id in both spellings, whichever came. */
function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
    const one = json as Record<string, unknown>;
    if (typeof one.status !== "string") return undefined;
    const id = one.new_session_id ?? one.newSessionId ?? null;
    return { ...one, new_session_id: id, newSessionId: id };
  } catch {
    return undefined;
  }
}
