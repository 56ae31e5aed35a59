// A host whose streams are strings: for commands and modes run inside the test.

import type { Host, OutputStream } from "../../src/platform/host.ts";

export interface FakeHost extends Host {
  out(): string;
  err(): string;
}

export function fakeHost(given: Partial<Pick<Host, "args" | "env" | "cwd" | "homeDir" | "platform">> & { now?: number } = {}): FakeHost {
  let out = "";
  let err = "";
  const stream = (append: (text: string) => void): OutputStream => ({
    isTerminal: false,
    columns: 80,
    isClosed: false,
    write: (text) => {
      append(text);
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
      isTerminal: false,
      kind: "none",
      chunks: async function* () {
        // Nothing comes in.
      },
      isReading: false,
      release: () => undefined,
    },
    stdout: stream((text) => {
      out += text;
    }),
    stderr: stream((text) => {
      err += text;
    }),
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
