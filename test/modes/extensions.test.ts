// Extensions reach print and JSON mode as they reach RPC: they hear of start and end, take prompts, change them, bring tools and another session.

import { expect, onTestFinished, test } from "vitest";
import { noCredential } from "../../src/accounts/credentials.ts";
import type { ExtensionFactory } from "../../src/contracts/extension.ts";
import type { Outcome } from "../../src/contracts/outcome.ts";
import { forNextSession, inlineSources, loadExtensions } from "../../src/extensions/load.ts";
import { SessionHost } from "../../src/harness/host/session-host.ts";
import type { LaunchResources } from "../../src/harness/launch/launch-resources.ts";
import { jsonMode } from "../../src/modes/json.ts";
import { printMode } from "../../src/modes/print.ts";
import { fakeHost } from "../support/fake-host.ts";
import { failed } from "../support/model-script.ts";
import { makeLaunch, textReply } from "../support/rpc-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const resources: LaunchResources = {
  contextFiles: [],
  skills: [],
  skillCommands: [],
  skillsSection: "",
  appended: [],
  themes: [],
  templates: async () => [],
  expand: async (text) => text,
};

const modes = ["print", "json"] as const;

/** Of an answer that is none. */
const failing = "(fails)";

interface Ran {
  outcome: Outcome;
  records: { type: string; [name: string]: unknown }[];
  prompts: string[];
  warnings: string[];
  sessions: SessionHost;
  /** On stdout. */
  printed: string;
}

interface How {
  ending?: AbortSignal;
  key?: string;
  outputSchema?: Record<string, unknown>;
  /** Texts of answers; further ones are `done`. */
  answers?: string[];
}

async function ran(
  mode: (typeof modes)[number],
  texts: readonly string[],
  first: ExtensionFactory | How,
  ...more: ExtensionFactory[]
): Promise<Ran> {
  const { ending = new AbortController().signal, key, outputSchema, answers = [] } = typeof first === "function" ? {} : first;
  const factories = typeof first === "function" ? [first, ...more] : more;
  const loaded = await loadExtensions(inlineSources(factories));
  const warnings: string[] = [];
  const warn = (line: string): void => void warnings.push(line);
  const prompts: string[] = [];
  const { launch, deps } = await makeLaunch(temporaryDirectory(), {
    options: outputSchema === undefined ? {} : { outputSchema },
    deps: {
      warn,
      custom: {
        load: async () => ({ resources, extensions: await forNextSession(loaded), extend: async () => resources }),
        access: async () => ({
          provider: {
            api: "fake",
            stream: async function* (call) {
              prompts.push(JSON.stringify(call.request.messages.at(-1)?.content));
              const answer = answers.shift() ?? "done";
              if (answer === failing) yield failed("bad_request", "no such thing");
              else yield* textReply(answer)(call);
            },
          },
          credential: noCredential,
          fetch: globalThis.fetch,
        }),
      },
    },
  });
  const sessions = await SessionHost.create(launch, deps);
  onTestFinished(() => sessions.dispose());
  const host = fakeHost();
  const outcome = await (mode === "print" ? printMode : jsonMode).run({
    open: async () => sessions,
    prompts: texts.map((text) => ({ text, images: [], ...(key === undefined ? {} : { key }) })),
    io: host,
    ending,
    warn,
    picksSession: false,
    showsAnswer: true,
    progress: () => ({ lines: "none", isVerbose: false }),
    streamsAnswer: () => false,
    env: {},
    tuiMode: "regular",
    onInterrupt: () => () => {},
    takeWarnings: () => () => undefined,
  });
  const records = host
    .out()
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => (mode === "json" ? JSON.parse(line) : []));
  return { outcome, records, prompts, warnings, sessions, printed: host.out() };
}

test.each(modes)("%s: extensions hear of the start before the first prompt and of the end", async (mode) => {
  const heard: string[] = [];
  const { outcome, sessions } = await ran(mode, ["hello"], (pi) => {
    pi.on("session_start", ({ reason }, ctx) => void heard.push(`start ${reason} ${ctx.mode} ${ctx.hasUI}`));
    pi.on("input", ({ text, source }) => void heard.push(`input ${text} ${source}`));
    pi.on("agent_start", () => void heard.push("agent_start"));
    pi.on("session_shutdown", ({ reason }) => void heard.push(`shutdown ${reason}`));
  });
  expect(outcome).toEqual({ kind: "done", text: "done" });
  await sessions.dispose();
  expect(heard).toEqual([`start startup ${mode} false`, "input hello interactive", "agent_start", "shutdown quit"]);
});

test.each(modes)("%s: a command runs in place of its prompt, and the prompts behind it run", async (mode) => {
  const { outcome, prompts } = await ran(mode, ["/note this", "go on"], (pi) => {
    pi.registerCommand("note", { handler: async (args) => pi.appendEntry("note", args) });
  });
  expect(outcome).toEqual({ kind: "done", text: "done" });
  expect(prompts).toHaveLength(1);
  expect(prompts[0]).toContain("go on");
});

test.each(modes)("%s: prompts go to the session that a command has put in force", async (mode) => {
  let before = "";
  const { sessions, prompts } = await ran(mode, ["/fresh", "go on"], (pi) => {
    pi.registerCommand("fresh", {
      handler: async (_, ctx) => {
        before = ctx.sessionManager.getSessionId();
        await ctx.newSession();
      },
    });
  });
  expect(sessions.coding.session.id).not.toBe(before);
  expect(prompts).toHaveLength(1);
  expect(sessions.coding.conversation.lastAssistantText()).toBe("done");
});

test.each(modes)("%s: what a handler makes of a prompt is what is run; its error is a line for stderr", async (mode) => {
  const { prompts, warnings } = await ran(mode, ["one"], (pi) => {
    pi.on("input", () => {
      throw new Error("broken");
    });
    pi.on("input", ({ text }) => ({ action: "transform", text: `${text} more` }));
  });
  expect(prompts[0]).toContain("one more");
  expect(warnings).toEqual([expect.stringContaining("broken")]);
});

test("json: the header comes first, also where an extension says something at the start", async () => {
  const { records } = await ran("json", ["hello"], (pi) => {
    pi.on("session_start", () => pi.appendEntry("started", {}));
  });
  expect(records[0]).toMatchObject({ type: "session" });
  expect(records[1]).toMatchObject({ type: "entry_appended", seq: 1 });
  expect(records.at(-1)).toMatchObject({ type: "agent_settled", outcome: "done" });
});

test.each(modes)("%s: the end of the process does not wait for a handler that never answers", async (mode) => {
  for (const event of ["session_start", "input"] as const) {
    const end = new AbortController();
    const { outcome, prompts } = await ran(mode, ["hello"], { ending: end.signal }, (pi) => {
      const never = (): Promise<never> => {
        end.abort();
        return new Promise(() => undefined);
      };
      if (event === "input") pi.on("input", never);
      else pi.on("session_start", never);
    });
    expect(outcome).toMatchObject({ kind: "aborted", code: "model.aborted" });
    expect(prompts).toEqual([]);
  }
});

test.each(modes)("%s: what an extension begins at the start is over before the first prompt", async (mode) => {
  const { outcome, sessions } = await ran(mode, ["hello"], (pi) => {
    pi.on("session_start", () => pi.sendUserMessage("from the start"));
  });
  expect(outcome.kind).toBe("done");
  const said = sessions.coding.conversation.messages.flatMap((message) => (message.role === "user" ? JSON.stringify(message.content) : []));
  expect(said).toEqual([expect.stringContaining("from the start"), expect.stringContaining("hello")]);
});

const begins: [string, ExtensionFactory][] = [
  ["by a command", (pi) => pi.registerCommand("say", { handler: () => pi.sendUserMessage("said by it") })],
  [
    "by a command, in a message of its own",
    (pi) =>
      pi.registerCommand("say", {
        handler: () => pi.sendMessage({ customType: "x", content: "said by it", display: true }, { triggerTurn: true }),
      }),
  ],
  [
    "by a command, in a new session",
    (pi) =>
      pi.registerCommand("say", {
        handler: async (_, ctx) => void (await ctx.newSession({ withSession: async (next) => void next.sendUserMessage("said by it") })),
      }),
  ],
  [
    "where a run has settled",
    (pi) => {
      pi.registerCommand("say", { handler: () => pi.sendUserMessage("first") });
      let isFirst = true;
      pi.on("agent_settled", () => {
        if (isFirst) pi.sendUserMessage("said by it");
        isFirst = false;
      });
    },
  ],
];

test.each(modes.flatMap((mode) => begins.map(([when, factory]) => [mode, when, factory] as const)))(
  "%s: what an extension begins %s is waited for, and how it ends is how the prompt ends",
  async (mode, when, factory) => {
    const before = when === "where a run has settled" ? ["one"] : [];
    const well = await ran(mode, ["/say"], { answers: [...before, "its answer"] }, factory);
    expect(well.outcome).toMatchObject({ kind: "done", text: "its answer" });
    expect(well.prompts.at(-1)).toContain("said by it");
    if (mode === "print") expect(well.printed).toBe("its answer\n");
    const badly = await ran(mode, ["/say", "go on"], { answers: [...before, failing] }, factory);
    expect(badly.outcome).toMatchObject({ kind: "error", code: "model.bad_request" });
    expect(badly.prompts).toHaveLength(before.length + 1);
  },
);

test.each(modes)("%s: a command that came with a key runs once", async (mode) => {
  let count = 0;
  const { outcome, prompts } = await ran(mode, ["/note", "/note"], { key: "k" }, (pi) => {
    pi.registerCommand("note", { handler: async () => void count++ });
  });
  expect({ kind: outcome.kind, count, prompts }).toEqual({ kind: "done", count: 1, prompts: [] });
});

const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
const note: ExtensionFactory = (pi) => {
  pi.registerCommand("note", { handler: async () => undefined });
};

test.each(modes)(
  "%s: where an extension takes the last of several prompts, the answer before it is the one that fits the schema",
  async (mode) => {
    const fits = await ran(mode, ["count", "/note"], { outputSchema: schema, answers: ['```json\n{"n": 1}\n```'] }, note);
    expect(fits.outcome).toEqual({ kind: "done", text: '{"n":1}', value: { n: 1 } });
    expect(fits.prompts).toHaveLength(1);

    const repaired = await ran(mode, ["count", "/note", "/note"], { outputSchema: schema, answers: ["one", '{"n": 1}'] }, note);
    expect(repaired.outcome).toMatchObject({ kind: "done", value: { n: 1 } });
    expect(repaired.prompts[1]).toContain("does not fit the JSON Schema");

    const unfit = await ran(mode, ["count", "/note"], { outputSchema: schema, answers: ["one", "two", '{"n": 3}'] }, note);
    expect(unfit.outcome).toMatchObject({ kind: "error", code: "model.invalid_output", text: "two" });
    expect(unfit.prompts).toHaveLength(2);
    if (mode === "json") expect(unfit.records.at(-1)).toMatchObject({ type: "agent_settled", outcome: "error" });
  },
);

test.each(modes)(
  "%s: an answer before the last one that is run need not fit, and of a session left behind nobody is asked",
  async (mode) => {
    const later = await ran(mode, ["talk", "count"], { outputSchema: schema, answers: ["one", '{"n": 2}'] }, note);
    expect(later.outcome).toMatchObject({ kind: "done", value: { n: 2 } });
    expect(later.prompts).toHaveLength(2);

    const left = await ran(mode, ["count", "/fresh"], { outputSchema: schema, answers: ["one"] }, (pi) => {
      pi.registerCommand("fresh", { handler: async (_, ctx) => void (await ctx.newSession()) });
    });
    expect(left.outcome).toMatchObject({ kind: "error", code: "model.invalid_output", text: "one" });
    expect(left.prompts).toHaveLength(1);
  },
);
