// RPC mode inside the test: a server over a session host whose model is a script under the test's control.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load-config.ts";
import { defined } from "../../src/contracts/defined.ts";
import type { Model } from "../../src/contracts/model.ts";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import type { StreamEvent } from "../../src/contracts/stream-event.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";
import { SessionHost, type SessionHostDeps } from "../../src/harness/host/session-host.ts";
import { type Launch, prepareLaunch } from "../../src/harness/launch/launch.ts";
import type { RunOptions } from "../../src/harness/launch/run-options.ts";
import { RpcServer } from "../../src/modes/rpc/serve.ts";

export type Reply = (call: ModelCall) => AsyncIterable<StreamEvent>;

export type WireRecord = Record<string, unknown> & { type: string; id?: string };

export const fakeModel: Model = {
  id: "fake",
  name: "Fake",
  api: "fake",
  provider: "fake",
  baseUrl: "",
  reasoning: true,
  input: ["text", "image"],
  contextWindow: 200_000,
  maxTokens: 4096,
  cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
};

/** An answer of one text. */
export function textReply(text: string): Reply {
  return async function* () {
    yield { type: "text_start", contentIndex: 0 };
    yield { type: "text_delta", contentIndex: 0, delta: text };
    yield { type: "text_end", contentIndex: 0 };
    yield { type: "usage", usage: { ...emptyUsage(), input: 10, output: 5, totalTokens: 15 } };
    yield { type: "finish", stopReason: "stop" };
  };
}

/** Holds each answer until the test opens the gate, or the call is aborted. */
export class Gate {
  #waiting: (() => void)[] = [];
  #arrivals: (() => void)[] = [];
  calls = 0;

  reply(text: string): Reply {
    const gate = this;
    return async function* (call) {
      const opened = new Promise<void>((resolve) => {
        gate.#waiting.push(resolve);
        call.signal.addEventListener("abort", () => resolve(), { once: true });
        if (call.signal.aborted) resolve();
      });
      gate.calls++;
      for (const arrived of gate.#arrivals.splice(0)) arrived();
      yield { type: "text_start", contentIndex: 0 };
      await opened;
      if (call.signal.aborted) {
        yield { type: "failure", failure: { code: "aborted", message: "Request was aborted" } };
        return;
      }
      yield { type: "text_delta", contentIndex: 0, delta: text };
      yield { type: "text_end", contentIndex: 0 };
      yield { type: "finish", stopReason: "stop" };
    };
  }

  /** Lets all waiting answers go. */
  open(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The next model call has begun. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }
}

export interface RpcWorldOptions {
  /** Temporary; holds home, project and sessions. */
  directory: string;
  reply?: Reply;
  stored?: boolean;
  deps?: Partial<SessionHostDeps>;
  options?: Partial<RunOptions>;
  /** As the command line would say them. */
  settings?: Record<string, unknown>;
  slowWrites?: boolean;
  /** What was decided about projects since. */
  approvals?: ReadonlyMap<string, boolean>;
}

export interface RpcWorld {
  server: RpcServer;
  sessions: SessionHost;
  records: WireRecord[];
  cwd: string;
  warnings: string[];
  /** One command; resolves with its answer. */
  ask(type: string, params?: object): Promise<WireRecord>;
  /** The next record that fits, from now on. */
  next(fits: (record: WireRecord) => boolean): Promise<WireRecord>;
  line(text: string): void;
  events(): WireRecord[];
  responses(): WireRecord[];
}

/** A launch in a home of its own; `deps` go to the session host. */
export async function makeLaunch(
  directory: string,
  {
    options: more = {},
    settings = {},
    deps: given = {},
    approvals,
  }: {
    options?: Partial<RunOptions>;
    settings?: Record<string, unknown>;
    deps?: Partial<SessionHostDeps>;
    /** What was decided about projects since. */
    approvals?: ReadonlyMap<string, boolean> | undefined;
  } = {},
): Promise<{ launch: Launch; deps: SessionHostDeps }> {
  const cwd = join(directory, "project");
  const agentDir = join(directory, "agent");
  mkdirSync(cwd, { recursive: true });
  const env = { PATH: process.env.PATH ?? "", HOME: directory };
  const configFor = (of: string) =>
    loadConfig({ agentDir, cwd: of, homeDir: directory, env, commandLine: settings, ...defined({ approvals }) });
  const options: RunOptions = {
    cwd,
    agentDir,
    session: { kind: "new" },
    onBusy: "fail",
    tools: { none: false, noBuiltin: false },
    appendSystemPrompt: [],
    resources: {
      withContextFiles: true,
      withSkills: true,
      withTemplates: true,
      skillPaths: [],
      templatePaths: [],
      withThemes: true,
      themePaths: [],
    },
    extensions: { paths: [], withDiscovered: true, flags: new Map() },
    isStrict: false,
    stallToolMs: 0,
    idle: [],
    model: "demo",
    ...more,
  };
  const deps: SessionHostDeps = {
    host: { env, homeDir: directory, now: () => Date.now() },
    warn: () => undefined,
    configFor,
    ...given,
  };
  return { launch: await prepareLaunch(options, { ...deps, config: await configFor(cwd) }), deps };
}

/** Sessions that nobody has taken up yet. */
export async function makeSessions(
  given: Omit<RpcWorldOptions, "slowWrites">,
): Promise<{ sessions: SessionHost; launch: Launch; warnings: string[] }> {
  const warnings: string[] = [];
  const { reply } = given;
  const custom =
    reply === undefined
      ? {}
      : {
          custom: {
            access: async () => ({
              provider: { api: "fake", stream: reply },
              credential: { scheme: "none" as const, billing: "metered" as const, value: "", source: "none needed" },
              fetch: globalThis.fetch,
            }),
          },
        };
  const { launch, deps } = await makeLaunch(given.directory, {
    options: { ...(given.stored === false ? { session: { kind: "memory" } } : {}), ...given.options },
    ...(given.settings === undefined ? {} : { settings: given.settings }),
    approvals: given.approvals,
    deps: { ...custom, warn: (line) => warnings.push(line), mayLackModel: true, ...given.deps },
  });
  const sessions = await SessionHost.create(launch, deps);
  if (reply !== undefined) sessions.coding.conversation.choices.setModel(fakeModel);
  return { sessions, launch, warnings };
}

export async function makeRpcWorld(given: RpcWorldOptions): Promise<RpcWorld> {
  const { sessions, launch, warnings } = await makeSessions(given);
  const records: WireRecord[] = [];
  const waiters = new Set<{ fits(record: WireRecord): boolean; resolve(record: WireRecord): void }>();
  let ids = 0;
  const server = new RpcServer({
    sessions,
    stdout: {
      together: (act) => act(),
      flush: async () => undefined,
      write: (text) => {
        for (const line of text.split("\n").slice(0, -1)) {
          const record = JSON.parse(line) as WireRecord;
          records.push(record);
          for (const waiter of [...waiters]) {
            if (!waiter.fits(record)) continue;
            waiters.delete(waiter);
            waiter.resolve(record);
          }
        }
        return given.slowWrites ? Promise.resolve() : undefined;
      },
    },
    warn: (line) => warnings.push(line),
    newId: () => `ui-${++ids}`,
  });
  const next = (fits: (record: WireRecord) => boolean): Promise<WireRecord> => new Promise((resolve) => waiters.add({ fits, resolve }));
  let calls = 0;
  return {
    server,
    sessions,
    records,
    cwd: launch.options.cwd,
    warnings,
    next,
    ask: (type, params = {}) => {
      const id = `c${++calls}`;
      const answer = next((record) => record.type === "response" && record.id === id);
      server.take({ text: JSON.stringify({ id, type, ...params }), isTooLong: false });
      return answer;
    },
    line: (text) => server.take({ text, isTooLong: false }),
    events: () => records.filter((record) => record.type !== "response" && record.type !== "extension_ui_request"),
    responses: () => records.filter((record) => record.type === "response"),
  };
}
