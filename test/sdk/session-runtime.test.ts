// A runtime that makes each session with a factory of its caller's: new, resumed, forked, taken over from elsewhere; and the services of it.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type AgentSessionRuntime,
  type CreateAgentSessionRuntimeFactory,
  createAgentSessionFromServices,
  createAgentSessionRuntime,
  createAgentSessionServices,
  type InlineExtension,
  SessionManager,
} from "../../src/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

interface Made {
  runtime: AgentSessionRuntime;
  cwd: string;
  sessions: string;
  /** Directories for which services were made. */
  made: string[];
}

async function made(extensionFactories: InlineExtension[] = []): Promise<Made> {
  const home = temporaryDirectory();
  const [cwd, agentDir, sessions] = [join(home, "project"), join(home, "agent"), join(home, "sessions")];
  mkdirSync(cwd);
  const directories: string[] = [];
  const create: CreateAgentSessionRuntimeFactory = async ({ cwd: of, sessionManager, sessionStartEvent }) => {
    directories.push(of);
    const services = await createAgentSessionServices({
      cwd: of,
      agentDir,
      env: { HOME: home, PATH: process.env.PATH },
      resourceLoaderOptions: { extensionFactories },
    });
    return {
      ...(await createAgentSessionFromServices({ services, sessionManager, sessionStartEvent, model: "demo" })),
      services,
      diagnostics: services.diagnostics,
    };
  };
  const runtime = await createAgentSessionRuntime(create, { cwd, agentDir, sessionManager: SessionManager.create(cwd, sessions) });
  onTestFinished(() => runtime.dispose());
  return { runtime, cwd, sessions, made: directories };
}

const entriesIn = (file: string | undefined): { type: string; id?: string }[] =>
  readFileSync(file ?? "", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("new, resumed and forked sessions, each with a session object and a file of its own", async () => {
  const { runtime, sessions, made: directories, cwd } = await made();
  const first = runtime.session;
  const heard: string[] = [];
  first.subscribe((event) => void heard.push(event.type));
  await first.prompt("hello");
  const firstFile = first.sessionFile ?? "";
  heard.length = 0;
  const seen: string[] = [];
  runtime.setRebindSession(async (session) => void seen.push(basename(session.sessionFile ?? "")));
  runtime.setBeforeSessionInvalidate(() => void seen.push("before"));

  expect(await runtime.newSession({ parentSession: firstFile })).toEqual({ cancelled: false });
  expect(runtime.session).not.toBe(first);
  const secondFile = runtime.session.sessionFile ?? "";
  expect(dirname(secondFile)).toBe(sessions);
  expect(runtime.session.messages).toEqual([]);
  await runtime.session.prompt("hello again");
  expect(entriesIn(secondFile)[0]).toMatchObject({ type: "session", parentSession: firstFile, cwd });
  expect(heard).toEqual([]);

  expect(await runtime.switchSession(firstFile)).toEqual({ cancelled: false });
  expect(runtime.session.sessionFile).toBe(firstFile);
  expect(JSON.stringify(runtime.session.messages)).toContain("hello");
  const [message] = runtime.session.getUserMessagesForForking();
  expect(await runtime.fork(message?.entryId ?? "")).toEqual({ cancelled: false, selectedText: "hello" });
  expect(runtime.session.messages).toEqual([]);
  await runtime.switchSession(firstFile);
  const leafId = runtime.session.sessionManager.getLeafId() ?? "";
  expect(await runtime.fork(leafId, { position: "at" })).toEqual({ cancelled: false });
  const forked = runtime.session.sessionFile;
  expect(entriesIn(forked)[0]).toMatchObject({ parentSession: firstFile });
  expect(entriesIn(forked).slice(1)).toEqual(entriesIn(firstFile).slice(1));
  expect(seen.filter((one) => one === "before")).toHaveLength(5);
  expect(seen.filter((one) => one !== "before")).toHaveLength(5);
  expect(directories).toEqual(Array.from({ length: 6 }, () => cwd));
  await expect(runtime.fork("nowhere")).rejects.toMatchObject({ code: "session.invalid_fork" });
});

test("the session in force may be resumed, one that cannot be opened leaves it in force, a new path is a new session", async () => {
  const { runtime, sessions } = await made();
  await runtime.session.prompt("hello");
  const file = runtime.session.sessionFile ?? "";
  await runtime.switchSession(file);
  expect(runtime.session.sessionFile).toBe(file);
  const { session } = runtime;
  writeFileSync(join(sessions, "no.jsonl"), "not a session\n");
  await expect(runtime.switchSession(join(sessions, "no.jsonl"))).rejects.toMatchObject({ code: "session.invalid" });
  expect(runtime.session).toBe(session);
  await session.prompt("still here");
  await runtime.switchSession(join(sessions, "mine.jsonl"));
  await runtime.session.prompt("hello");
  expect(entriesIn(join(sessions, "mine.jsonl")).length).toBeGreaterThan(2);
});

test("a session of another directory gets services of that directory; setup fills a session before it is seen", async () => {
  const { runtime, cwd, made: directories } = await made();
  const other = join(cwd, "other");
  mkdirSync(other);
  const foreign = SessionManager.create(other, join(cwd, "theirs"));
  foreign.appendMessage({ role: "user", content: "from there", timestamp: 1 });
  const path = foreign.getSessionFile() ?? "";
  foreign.close();
  await foreign.session.released();
  await runtime.switchSession(path);
  expect([runtime.cwd, directories.at(-1)]).toEqual([other, other]);
  expect((await runtime.session.bash("pwd")).output.trim()).toBe(other);
  await runtime.newSession({
    setup: async (manager) => void manager.appendMessage({ role: "user", content: "put in", timestamp: 1 }),
  });
  expect(JSON.stringify(runtime.session.messages)).toContain("put in");
});

test("a file from elsewhere is copied to the others and resumed; what is no session is left alone", async () => {
  const { runtime, cwd, sessions } = await made();
  await runtime.session.prompt("hello");
  const elsewhere = join(cwd, "elsewhere.jsonl");
  const manager = SessionManager.create(cwd, join(cwd, "theirs"));
  manager.appendMessage({ role: "user", content: "brought along", timestamp: 1 });
  writeFileSync(elsewhere, readFileSync(manager.getSessionFile() ?? ""));
  manager.close();
  expect(await runtime.importFromJsonl("elsewhere.jsonl")).toEqual({ cancelled: false });
  expect(runtime.session.sessionFile).toBe(join(sessions, "elsewhere.jsonl"));
  expect(JSON.stringify(runtime.session.messages)).toContain("brought along");
  await expect(runtime.importFromJsonl("elsewhere.jsonl")).rejects.toMatchObject({ code: "session.exists" });
  await expect(runtime.importFromJsonl("nowhere.jsonl")).rejects.toMatchObject({ code: "session.not_found" });
  writeFileSync(join(cwd, "bad.jsonl"), "x\n");
  await expect(runtime.importFromJsonl("bad.jsonl")).rejects.toMatchObject({ code: "session.invalid" });
});

test("extensions hear of it, may refuse it, and their commands mean the runtime's sessions", async () => {
  const seen: string[] = [];
  let instances = 0;
  const { runtime } = await made([
    {
      name: "watch",
      factory: (pi) => {
        const me = ++instances;
        pi.on("session_start", ({ reason, previousSessionFile }) => void seen.push(`${me} ${reason} ${previousSessionFile !== undefined}`));
        pi.on(
          "session_shutdown",
          ({ reason, targetSessionFile }) => void seen.push(`${me} end ${reason} ${targetSessionFile !== undefined}`),
        );
        pi.on("session_before_fork", () => ({ cancel: true }));
        pi.registerCommand("fresh", {
          handler: async (_args, ctx) =>
            void (await ctx.newSession({ withSession: async (next) => void seen.push(`in ${next.sessionManager.getEntries().length}`) })),
        });
      },
    },
  ]);
  runtime.setRebindSession((session) => session.bindExtensions({}));
  await runtime.session.bindExtensions({});
  await runtime.session.prompt("hello");
  const before = runtime.session;
  const [message] = before.getUserMessagesForForking();
  expect(await runtime.fork(message?.entryId ?? "")).toEqual({ cancelled: true });
  await before.prompt("/fresh");
  expect(runtime.session).not.toBe(before);
  await runtime.dispose();
  expect(seen).toEqual(["1 startup false", "1 end new true", "2 new true", expect.stringMatching(/^in \d+$/), "2 end quit false"]);
  expect(runtime.services.resourceLoader.getExtensions().extensions.map(({ path }) => path)).toEqual(["<inline:watch>"]);
});

test("services tell what did not load, and pass flags on", async () => {
  const home = temporaryDirectory();
  const services = await createAgentSessionServices({
    cwd: home,
    agentDir: join(home, "agent"),
    env: { HOME: home },
    extensionFlagValues: new Map([["depth", "flat"]]),
    resourceLoaderOptions: {
      additionalExtensionPaths: ["x.ts"],
      extensionFactories: [
        (pi) => {
          pi.registerFlag("depth", { type: "string", default: "deep" });
          if (pi.getFlag("depth") !== "flat") throw new Error("lost");
        },
      ],
    },
  });
  expect(services.diagnostics).toEqual([{ type: "error", message: expect.stringContaining("There is no extension") }]);
});

test("a session that cannot be made lets go of its file, which can be tried again", async () => {
  const { runtime, cwd, sessions } = await made();
  await runtime.session.prompt("hello");
  const next = SessionManager.create(cwd, sessions);
  next.appendMessage({ role: "user", content: "the next", timestamp: 1 });
  const path = next.getSessionFile() ?? "";
  await next.close();
  runtime.setBeforeSessionInvalidate(() => {
    throw new Error("not now");
  });
  await expect(runtime.switchSession(path)).rejects.toThrow("not now");
  await expect(runtime.dispose()).rejects.toThrow("not now");
  // The one before is let go of, too.
  await (await SessionManager.open(runtime.session.sessionFile ?? "")).close();
  runtime.setBeforeSessionInvalidate();
  const again = await SessionManager.open(path);
  expect(JSON.stringify(again.getEntries())).toContain("the next");
  await again.close();
});
