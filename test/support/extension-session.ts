// A library session with extensions under a test's control: its model is a list of replies, its home its own.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import {
  type AgentSession,
  type AgentSessionEvent,
  type CreateAgentSessionOptions,
  createAgentSession,
  DefaultResourceLoader,
  type DefaultResourceLoaderOptions,
  type ExtensionError,
  type ExtensionFactory,
  SessionManager,
} from "../../src/index.ts";
import { fakeModel, type Reply, textReply } from "./rpc-world.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface Made {
  session: AgentSession;
  cwd: string;
  home: string;
  loader: DefaultResourceLoader;
  errors: ExtensionError[];
  events: AgentSessionEvent[];
}

/** A session with these extensions, bound, in a home of its own. */
export async function made(
  factories: ExtensionFactory[],
  {
    replies,
    loader: more = {},
    isBound = true,
    config,
    ...options
  }: CreateAgentSessionOptions & {
    replies?: Reply[];
    loader?: Partial<DefaultResourceLoaderOptions>;
    isBound?: boolean;
    /** The user's config.toml. */
    config?: string;
  } = {},
): Promise<Made> {
  const home = temporaryDirectory();
  const cwd = join(home, "project");
  mkdirSync(cwd);
  if (config !== undefined) {
    mkdirSync(join(home, "agent"));
    writeFileSync(join(home, "agent", "config.toml"), config);
  }
  const place = { cwd, agentDir: join(home, "agent"), env: { HOME: home, PATH: process.env.PATH } };
  const loader = new DefaultResourceLoader({ ...place, extensionFactories: factories, ...more });
  await loader.reload();
  const script = [...(replies ?? [])];
  const model: CreateAgentSessionOptions =
    replies === undefined
      ? { model: "demo" }
      : {
          model: fakeModel,
          access: async () => ({
            provider: { api: "fake", stream: (call) => (script.shift() ?? textReply("done"))(call) },
            credential: { scheme: "none", billing: "metered", value: "", source: "none needed" },
            fetch: globalThis.fetch,
          }),
        };
  const { session } = await createAgentSession({
    ...place,
    resourceLoader: loader,
    sessionManager: SessionManager.inMemory(cwd),
    ...model,
    ...options,
  });
  onTestFinished(() => session.dispose());
  const errors: ExtensionError[] = [];
  const events: AgentSessionEvent[] = [];
  session.subscribe((event) => void events.push(event));
  if (isBound) await session.bindExtensions({ onError: (error) => errors.push(error) });
  return { session, cwd, home, loader, errors, events };
}

/** An answer that is one call. */
export function callReply(name: string, args: object, id = "call_1"): Reply {
  return async function* () {
    yield { type: "toolcall_start", contentIndex: 0, id, toolName: name };
    yield { type: "toolcall_delta", contentIndex: 0, delta: JSON.stringify(args) };
    yield { type: "toolcall_end", contentIndex: 0 };
    yield { type: "finish", stopReason: "toolUse" };
  };
}

/** Answers with a text, and keeps what was asked. */
export function heard(calls: ModelCall[], text = "done"): Reply {
  return (call) => {
    calls.push(call);
    return textReply(text)(call);
  };
}

export function resultTexts(session: AgentSession): string[] {
  return session.messages.flatMap((message) =>
    message.role === "toolResult" ? message.content.flatMap((block) => (block.type === "text" ? block.text : [])) : [],
  );
}
