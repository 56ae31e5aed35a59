// How the bash tool and RPC `bash` run commands: one shell per call in its own session, output in order, ended with everything it started.
// Made once by main; `killAll` belongs in the orderly end, `killAllNow` in whatever ends the process at once.
// Invariants: nothing that a command started outlives us, unless it was left in the background and that is to be kept; no command finds
// somebody to wait for (unattended-env.ts). After `kill -9` of ourselves, orphan-guard.ts sees to that on Linux; elsewhere
// such children live on until they next write to the broken pipe.

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { timerMs } from "../../contracts/duration.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import type { ShellOperations, ShellRequest, SpawnOutcome } from "../../contracts/tool.ts";
import type { Env } from "../paths.ts";
import { childEnv, type EnvPolicy } from "./child-env.ts";
import { type OrphanGuard, startOrphanGuard } from "./orphan-guard.ts";
import { findFamily, findTagged, groupIsAlive, processIsAlive, signalAll, tagVariable } from "./process-tree.ts";
import { type ShellArguments, shellArguments } from "./shell-arguments.ts";
import { createShellStarter, type ShellProcess } from "./shell-process.ts";
import { unattendedEnv } from "./unattended-env.ts";

export interface ShellSettings {
  /** Default: `/bin/bash`, else `bash` on PATH, else `/bin/sh`. */
  shellPath?: string;
  /** Put on a line before every command. */
  commandPrefix?: string;
  env: Env;
  envPolicy: EnvPolicy;
  /** Variables that commands always see, also in place of those that keep them from waiting for a person. */
  set?: Readonly<Record<string, string>>;
  /** What becomes at the end of what finished commands have left behind. Default: `end`. */
  background?: "end" | "keep";
  /** Added to what the policy lets through; a function where it changes during a run (model, session). */
  extraEnv?: Record<string, string> | (() => Record<string, string>);
}

export interface ProcessShell extends ShellOperations {
  /** Ends running commands and what finished ones left behind: TERM, then KILL. Running calls settle as cancelled. */
  killAll(): Promise<void>;
  /** The same at once and without waiting, for exit handlers: KILL only. */
  killAllNow(): void;
}

/** Between TERM and KILL. */
const termGraceMs = 500;
/** How long the call waits on an empty pipe that outlives the shell. */
const lingerMs = 100;

interface RunningCommand {
  readonly process: ShellProcess;
  readonly tag: string;
  cancel(): void;
}

export function createShellOperations(settings: ShellSettings): ProcessShell {
  const starter = createShellStarter();
  const id = `${process.pid}-${crypto.randomUUID().slice(0, 13)}`;
  const outerTag = settings.env[tagVariable];
  const running = new Set<RunningCommand>();
  /** Finished calls whose pipe is still held by something in the background; it is drained, so that a server can go on logging. */
  const lingering = new Set<ShellProcess>();
  const keeps = settings.background === "keep";
  const set = childEnv(settings.set ?? {}, "inherit");
  const baseEnv = { ...childEnv(settings.env, settings.envPolicy), ...unattendedEnv(set), ...set };
  let calls = 0;
  let shell: string | undefined;
  let guard: Promise<OrphanGuard | undefined> | undefined;
  let guardNow: OrphanGuard | undefined;

  const leftBehind = (): { groups: number[]; pids: number[] } => ({
    groups: keeps || process.platform === "linux" ? [] : [...lingering].map((one) => one.pid),
    pids: keeps || calls === 0 ? [] : findTagged(`${id}:`),
  });

  async function run(request: ShellRequest): Promise<SpawnOutcome> {
    if (request.signal.aborted) return { exitCode: undefined, timedOut: false, cancelled: true };
    requireDirectory(request.cwd);
    shell ??= findShell(settings);
    const tag = `${id}:${++calls}`;
    const env = {
      ...baseEnv,
      ...(typeof settings.extraEnv === "function" ? settings.extraEnv() : settings.extraEnv),
      ...request.env,
      [tagVariable]: outerTag === undefined ? tag : `${outerTag},${tag}`,
    };
    const command = settings.commandPrefix ? `${settings.commandPrefix}\n${request.command}` : request.command;
    let child: ShellProcess;
    let given: ShellArguments | undefined;
    try {
      given = shellArguments(shell, command);
      child = await starter.start({ shell, args: given.args, cwd: request.cwd, env });
    } catch (error) {
      given?.release();
      throw new PiError("tool.spawn_failed", `Cannot start ${shell}: ${messageOf(error)}`, { cause: error });
    }
    guard ??= startOrphanGuard(`${id}:`, guardEnv(settings.env)).then((started) => {
      guardNow = started;
      return started;
    });
    const { release } = given;
    return attend(child, `${tag},`, request).finally(() => {
      release();
      if (keeps) void guard?.then((started) => started?.spare(tag));
    });
  }

  async function attend(child: ShellProcess, tag: string, request: ShellRequest): Promise<SpawnOutcome> {
    let reason: "timeout" | "cancel" | undefined;
    let ending: Promise<void> | undefined;
    const end = (why: "timeout" | "cancel"): void => {
      reason ??= why;
      ending ??= endFamily(child, tag);
    };
    const entry: RunningCommand = { process: child, tag, cancel: () => end("cancel") };
    const onAbort = (): void => end("cancel");
    running.add(entry);
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    const timer = request.timeoutMs === undefined ? undefined : setTimeout(() => end("timeout"), timerMs(request.timeoutMs));
    const output = pumpOutput(child, request.onData);
    // A consumer that fails (disk full) ends the command: nobody is there to take what it says.
    output.done.catch(() => end("cancel"));
    try {
      const exitCode = await child.exited;
      await ending;
      await output.settle();
      if (output.state.open) keepDraining(child, output.done);
      return { exitCode: reason === "cancel" ? undefined : exitCode, timedOut: reason === "timeout", cancelled: reason === "cancel" };
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
      running.delete(entry);
    }
  }

  function keepDraining(child: ShellProcess, done: Promise<void>): void {
    lingering.add(child);
    void done.catch(() => {}).then(() => lingering.delete(child));
  }

  function closeLingering(): void {
    for (const one of lingering) one.close();
  }

  return {
    run,
    killAll: async () => {
      for (const command of running) command.cancel();
      const { groups, pids } = leftBehind();
      for (const group of groups) signalAll(group, [], "SIGTERM");
      signalAll(undefined, pids, "SIGTERM");
      await untilGone(() => running.size === 0 && !groups.some(groupIsAlive) && !pids.some(processIsAlive), termGraceMs);
      for (const command of running) signalAll(command.process.pid, findFamily(command.process.pid, command.tag), "SIGKILL");
      for (const group of groups) signalAll(group, [], "SIGKILL");
      signalAll(undefined, pids.length === 0 ? [] : leftBehind().pids, "SIGKILL");
      closeLingering();
      (await guard)?.dismiss();
      guard = undefined;
      guardNow = undefined;
    },
    killAllNow: () => {
      for (const command of running) signalAll(command.process.pid, findFamily(command.process.pid, command.tag), "SIGKILL");
      const { groups, pids } = leftBehind();
      for (const group of groups) signalAll(group, [], "SIGKILL");
      signalAll(undefined, pids, "SIGKILL");
      closeLingering();
      guardNow?.dismiss();
    },
  };
}

/** TERM to the group and to what left it, KILL to what is still there after the grace. */
async function endFamily(child: ShellProcess, tag: string): Promise<void> {
  const family = findFamily(child.pid, tag);
  signalAll(child.pid, family, "SIGTERM");
  const isAlive = (): boolean => (family.length > 0 ? family.some(processIsAlive) : groupIsAlive(child.pid));
  await untilGone(() => !isAlive(), termGraceMs);
  if (isAlive()) signalAll(child.pid, new Set([...family, ...findFamily(child.pid, tag)]), "SIGKILL");
}

async function untilGone(isGone: () => boolean, maxMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < maxMs && !isGone(); waitedMs += 10) await new Promise((resolve) => setTimeout(resolve, 10));
}

interface OutputPump {
  /** Settles at the end of the pipe, or with the consumer's error. */
  done: Promise<void>;
  state: { open: boolean };
  /** After the shell's end: resolves when everything it wrote has been handed over. */
  settle(): Promise<void>;
}

function pumpOutput(child: ShellProcess, onData: ShellRequest["onData"]): OutputPump {
  const state = { open: true, discarding: false, waitingSince: 0, waitedMs: 0 };
  const read = async (): Promise<Uint8Array | undefined> => {
    state.waitingSince = performance.now();
    const chunk = await child.read();
    state.waitedMs += performance.now() - state.waitingSince;
    state.waitingSince = 0;
    return chunk;
  };
  const pump = async (): Promise<void> => {
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
      if (state.discarding) continue;
      const pending = onData(chunk);
      if (pending !== undefined) await pending;
    }
  };
  const done = pump().finally(() => {
    state.open = false;
  });
  return {
    done,
    state,
    settle: async () => {
      state.waitedMs = 0;
      if (state.waitingSince > 0) state.waitingSince = performance.now();
      const waitedMs = (): number => state.waitedMs + (state.waitingSince > 0 ? performance.now() - state.waitingSince : 0);
      // What the shell wrote is in the pipe and read without waiting; only time spent on an empty pipe counts, not a slow consumer's.
      while (state.open && waitedMs() < lingerMs) await orAfter(done, Math.max(1, lingerMs - waitedMs()));
      if (state.open) state.discarding = true;
      else await done;
    },
  };
}

/** Waits for the promise, but no longer than this; its failure is left to whoever awaits it. */
async function orAfter(promise: Promise<void>, maxMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxMs);
  });
  await Promise.race([promise.catch(() => {}), limit]);
  clearTimeout(timer);
}

function requireDirectory(path: string): void {
  let isDirectory = false;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch {
    // Said below.
  }
  if (!isDirectory) throw new PiError("tool.cwd_missing", `Working directory does not exist: ${path}`);
}

function findShell(settings: ShellSettings): string {
  const candidates =
    settings.shellPath === undefined
      ? ["/bin/bash", ...(settings.env.PATH ?? "").split(delimiter).map((directory) => join(directory || ".", "bash")), "/bin/sh"]
      : [settings.shellPath];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new PiError("tool.no_shell", `No shell at ${candidates.at(settings.shellPath === undefined ? -1 : 0)}`, {
    hint: "Set [shell] path in the configuration.",
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An outer agent must find the guard too; nothing else of the environment matters to it. */
function guardEnv(env: Env): Record<string, string> {
  const outerTag = env[tagVariable];
  return { PATH: env.PATH ?? "/usr/bin:/bin", ...(outerTag === undefined ? {} : { [tagVariable]: outerTag }) };
}
