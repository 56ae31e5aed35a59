// A host whose streams are strings: for commands and modes run inside the test.

import type { Host, OutputStream } from "../../src/platform/host.ts";

export interface FakeHost extends Host {
  out(): string;
  err(): string;
}

export interface FakeHostFields extends Partial<Pick<Host, "args" | "env" | "cwd" | "homeDir" | "platform">> {
  now?: number;
  /** All three streams are a terminal. */
  isTerminal?: boolean;
  columns?: number;
  /** The reader of stdout goes away after so many writes. */
  closesAfter?: number;
  /** Why stdout takes no more then, if it is not for want of a reader. */
  outFailure?: Error;
  /** What comes in on stdin. */
  input?: string;
}

export function fakeHost(given: FakeHostFields = {}): FakeHost {
  let out = "";
  let err = "";
  const stream = (append: (text: string) => void, closesAfter = Number.POSITIVE_INFINITY): OutputStream => ({
    isTerminal: given.isTerminal === true,
    columns: given.columns ?? 80,
    get isClosed() {
      return closesAfter <= 0;
    },
    get failure() {
      return closesAfter <= 0 ? given.outFailure : undefined;
    },
    write: (text) => {
      if (closesAfter-- > 0) append(text);
      return undefined;
    },
    flush: async () => undefined,
    onClosed: () => undefined,
  });
  const cwd = given.cwd ?? "/";
  return {
    args: given.args ?? [],
    env: given.env ?? {},
    cwd,
    homeDir: given.homeDir ?? cwd,
    pid: 4242,
    platform: given.platform ?? process.platform,
    runtime: "node",
    stdin: {
      isTerminal: given.isTerminal === true,
      kind: given.isTerminal === true ? "terminal" : "none",
      chunks: async function* () {
        if (given.input !== undefined) yield Buffer.from(given.input);
      },
      isReading: false,
      release: () => undefined,
    },
    stdout: stream((text) => {
      out += text;
    }, given.closesAfter),
    stderr: stream((text) => {
      err += text;
    }),
    hostModules: async () => new Map(),
    admitExtensions: async () => undefined,
    hasExtensions: false,
    now: () => given.now ?? 1_800_000_000_000,
    setExitStatus: () => undefined,
    exitNow: (status) => {
      throw new Error(`exit ${status}`);
    },
    onSignal: () => () => undefined,
    out: () => out,
    err: () => err,
  };
}
