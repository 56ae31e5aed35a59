// One running shell whose stdout and stderr are the same pipe, so that their order is the order of writing. Called by spawn.ts.
// Bun: a real pipe made by pipe2(2), so that `> /dev/stderr` works too; elsewhere the runtime's socket pair, joined by a shell's `2>&1`.
// Invariant: the reader pulls; what nobody asks for stays in the pipe and holds the writer back.

import { closeSync } from "node:fs";

export interface ShellProcess {
  /** Also the id of its process group and session. */
  pid: number;
  /** The exit code, 128 + signal number when a signal ended it. */
  exited: Promise<number>;
  /** The next bytes; `undefined` at the end, or once closed. */
  read(): Promise<Uint8Array | undefined>;
  /** Stop reading for good. */
  close(): void;
}

export interface ShellStart {
  shell: string;
  /** What the shell is given: `-c` with the command, and what belongs to it. */
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
}

/** Starts processes; remembers what is costly to find out. */
export interface ShellStarter {
  start(request: ShellStart): Promise<ShellProcess>;
}

/** The part of Bun's API in use here. */
interface BunRuntime {
  spawn(
    argv: string[],
    options: {
      cwd: string;
      env: Record<string, string>;
      stdin: "ignore";
      stdout: "pipe" | number;
      stderr: "ignore" | number;
      detached: boolean;
    },
  ): {
    pid: number;
    exited: Promise<number>;
    exitCode: number | null;
    signalCode: NodeJS.Signals | null;
    stdout: ReadableStream<Uint8Array> | undefined;
  };
  file(fd: number): { stream(): ReadableStream<Uint8Array> };
}

interface PipeLibrary {
  pipe2(fds: Int32Array, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
}

export function createShellStarter(): ShellStarter {
  const bun = (globalThis as { Bun?: BunRuntime }).Bun;
  if (bun === undefined) return { start: startOnNode };
  let library: Promise<PipeLibrary | undefined> | undefined;
  return {
    start: async (request) => {
      library ??= loadPipeLibrary();
      return startOnBun(bun, openPipe(await library), request);
    },
  };
}

/** `exec` keeps the process id; the wrapper only joins the two streams. */
function joiningArguments(request: ShellStart): string[] {
  return ["-c", 'exec "$0" "$@" 2>&1', request.shell, ...request.args];
}

function startOnBun(bun: BunRuntime, pipe: { readFd: number; writeFd: number } | undefined, request: ShellStart): ShellProcess {
  const { cwd, env } = request;
  if (pipe === undefined) {
    const child = bun.spawn(["/bin/sh", ...joiningArguments(request)], {
      cwd,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    });
    return { pid: child.pid, exited: exitOf(child), ...streamReader(child.stdout ?? new ReadableStream(), () => {}) };
  }
  const { readFd, writeFd } = pipe;
  try {
    const child = bun.spawn([request.shell, ...request.args], {
      cwd,
      env,
      stdin: "ignore",
      stdout: writeFd,
      stderr: writeFd,
      detached: true,
    });
    closeSync(writeFd);
    return { pid: child.pid, exited: exitOf(child), ...streamReader(bun.file(readFd).stream(), () => closeSync(readFd)) };
  } catch (error) {
    closeSync(writeFd);
    closeSync(readFd);
    throw error;
  }
}

async function exitOf(child: ReturnType<BunRuntime["spawn"]>): Promise<number> {
  const code = await child.exited;
  return child.signalCode === null ? (child.exitCode ?? code) : signalStatus(child.signalCode);
}

function streamReader(stream: ReadableStream<Uint8Array>, release: () => void): Pick<ShellProcess, "read" | "close"> {
  const reader = stream.getReader();
  let open = true;
  const end = (): void => {
    if (!open) return;
    open = false;
    release();
  };
  return {
    read: async () => {
      if (!open) return undefined;
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done) end();
      return done ? undefined : value;
    },
    close: () => {
      if (open) reader.cancel().then(end, end);
    },
  };
}

async function startOnNode(request: ShellStart): Promise<ShellProcess> {
  const { spawn } = await import("node:child_process");
  const { cwd, env } = request;
  const child = spawn("/bin/sh", joiningArguments(request), { cwd, env, stdio: ["ignore", "pipe", "ignore"], detached: true });
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 0) : signalStatus(signal)));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const chunks = child.stdout.iterator({ destroyOnReturn: true });
  return {
    pid: child.pid ?? 0,
    exited,
    read: async () => {
      const { value, done } = await chunks.next().catch(() => ({ value: undefined, done: true }));
      return done ? undefined : (value as Uint8Array);
    },
    close: () => {
      child.stdout.destroy();
    },
  };
}

/** As a shell tells it. */
export function signalStatus(signal: NodeJS.Signals): number {
  const { constants } = process.getBuiltinModule("node:os");
  return 128 + (constants.signals[signal] ?? 0);
}

async function loadPipeLibrary(): Promise<PipeLibrary | undefined> {
  if (process.platform !== "linux") return undefined;
  const { openCLibrary } = await import("../bun-ffi.ts");
  // Without foreign calls the socket pair does.
  const library = await openCLibrary<PipeLibrary>({
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  });
  return library?.calls;
}

function openPipe(library: PipeLibrary | undefined): { readFd: number; writeFd: number } | undefined {
  if (library === undefined) return undefined;
  const closeOnExec = 0o2000000;
  const setPipeSize = 1031;
  const fds = new Int32Array(2);
  if (library.pipe2(fds, closeOnExec) !== 0) return undefined;
  const [readFd = -1, writeFd = -1] = fds;
  // Fewer wake-ups for the same bytes; a refusal leaves the 64 KiB there were.
  library.fcntl(readFd, setPipeSize, 1 << 18);
  return { readFd, writeFd };
}
