// A host whose streams are strings: for commands and modes run inside the test.

import type { Host } from "../../src/platform/host.ts";
import type { OutputStream } from "../../src/platform/pipes/descriptor-output.ts";

export interface FakeHost extends Host {
  out(): string;
  err(): string;
  /** Sends a signal, as often as it is called. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  /** Resolves once somebody listens for it. */
  listens(name: "SIGINT" | "SIGTERM" | "SIGHUP"): Promise<void>;
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
  /** Stdin does not end behind it. */
  staysOpen?: boolean;
}

export function fakeHost(given: FakeHostFields = {}): FakeHost {
  let out = "";
  let err = "";
  const waiting: { name: string; resolve(): void }[] = [];
  const signals = new Map<string, Set<() => void>>();
  const closedListeners: (() => void)[] = [];
  const stream = (append: (text: string) => void, closesAfter = Number.POSITIVE_INFINITY): OutputStream => ({
    isTerminal: given.isTerminal === true,
    columns: given.columns ?? 80,
    rows: 24,
    get isClosed() {
      return closesAfter <= 0;
    },
    get failure() {
      return closesAfter <= 0 ? given.outFailure : undefined;
    },
    write: (text) => {
      if (closesAfter-- > 0) append(text);
      if (closesAfter === 0) queueMicrotask(() => void closedListeners.splice(0).map((listener) => listener()));
      return undefined;
    },
    together: (act) => act(),
    flush: async () => undefined,
    onClosed: (listener) => void closedListeners.push(listener),
    watchReader: () => () => {},
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
        if (given.staysOpen === true) await new Promise(() => undefined);
      },
      isReading: false,
      whileReading: () => undefined,
      release: () => undefined,
      line: async () => given.input?.split("\n")[0],
    },
    stdout: stream((text) => {
      out += text;
    }, given.closesAfter),
    stderr: stream((text) => {
      err += text;
    }),
    inlineExtensions: [],
    hostModules: async () => new Map(),
    admitExtensions: async () => undefined,
    hasExtensions: false,
    now: () => given.now ?? 1_800_000_000_000,
    setExitStatus: () => undefined,
    // What the suites have started is not the run's.
    killDescendants: () => {},
    exitNow: (status) => {
      throw new Error(`exit ${status}`);
    },
    onIdle: () => () => undefined,
    onSignal: (name, listener) => {
      const listeners = signals.get(name) ?? new Set();
      signals.set(name, listeners.add(listener));
      for (const one of waiting) if (one.name === name) one.resolve();
      return () => listeners.delete(listener);
    },
    signal: (name) => {
      for (const listener of signals.get(name) ?? []) listener();
    },
    listens: (name) => new Promise((resolve) => (signals.has(name) ? resolve() : void waiting.push({ name, resolve }))),
    out: () => out,
    err: () => err,
  };
}
