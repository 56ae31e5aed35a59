// Extensions of a session that is driven over RPC: their dialogs and errors go to the client, their commands and input handlers come first.

import { expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { forNextSession, inlineSources, loadExtensions } from "../../../src/extensions/load.ts";
import type { CustomParts } from "../../../src/harness/launch/launch.ts";
import type { LaunchResources } from "../../../src/harness/launch/launch-resources.ts";
import type { RunOptions } from "../../../src/harness/launch/run-options.ts";
import { makeRpcWorld, type RpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const resources: LaunchResources = {
  contextFiles: [],
  skills: [],
  skillCommands: [],
  skillsSection: "",
  appended: [],
  themes: [],
  templates: async () => [],
  expand: async (text) => text.replace("/short", "long"),
};

const worldWith = (...factories: ExtensionFactory[]): Promise<RpcWorld> => worldOf({}, ...factories);

async function worldOf(options: Partial<RunOptions>, ...factories: ExtensionFactory[]): Promise<RpcWorld> {
  const loaded = await loadExtensions(inlineSources(factories));
  const custom: CustomParts = {
    load: async () => ({ resources, extensions: await forNextSession(loaded), extend: async () => resources }),
    access: async () => ({
      provider: { api: "fake", stream: textReply("done") },
      credential: { scheme: "none", billing: "metered", value: "", source: "none needed" },
      fetch: globalThis.fetch,
    }),
  };
  return makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("done"), deps: { custom }, options });
}

/** The usual tools, one of its own, and a command that says which are on from now on. */
const withTools: ExtensionFactory = (pi) => {
  pi.registerCommand("only", { description: "Only these", handler: async (names) => pi.setActiveTools(names.split(",")) });
  pi.registerTool({
    name: "mine",
    label: "Mine",
    description: "",
    parameters: { type: "object", properties: {} } as never,
    execute: async () => ({ content: [], details: {} }),
  });
};

async function activeTools(world: RpcWorld): Promise<string> {
  const { tools } = (await world.ask("get_tools")).data as { tools: { name: string; active: boolean }[] };
  return tools.flatMap(({ name, active }) => (active ? [name] : [])).join(" ");
}

async function prompted(world: RpcWorld, message: string): Promise<void> {
  const settled = world.next((record) => record.type === "agent_settled");
  await world.ask("prompt", { message });
  await settled;
}

test("a command asks the client, and is answered `handled`; it is listed", async () => {
  const world = await worldWith((pi) => {
    pi.registerCommand("deploy", {
      description: "Deploys",
      handler: async (args, ctx) => {
        const sure = await ctx.ui.confirm("Deploy?", args);
        ctx.ui.notify(`${ctx.mode} ${ctx.hasUI} ${sure}`, "warning");
      },
    });
  });
  const asked = world.next((record) => record.type === "extension_ui_request" && record.method === "confirm");
  const answer = world.ask("prompt", { message: "/deploy now" });
  const { id } = await asked;
  world.line(JSON.stringify({ type: "extension_ui_response", id, confirmed: true }));
  expect(await answer).toMatchObject({ success: true, data: { disposition: "handled" } });
  expect(world.records).toContainEqual(
    expect.objectContaining({ type: "extension_ui_request", method: "notify", message: "rpc true true", notifyType: "warning" }),
  );
  expect((await world.ask("get_commands")).data).toEqual({
    commands: [
      {
        name: "deploy",
        description: "Deploys",
        source: "extension",
        sourceInfo: { path: "<inline:1>", source: "inline", scope: "temporary", origin: "top-level" },
      },
    ],
  });
  expect(world.events().some((event) => event.type === "agent_start")).toBe(false);
});

test("others hear that the user is asked, of overlapping dialogs once, and nobody waits for them", async () => {
  const heard: unknown[] = [];
  const world = await worldWith(
    (pi) => {
      pi.registerCommand("ask", {
        handler: async (_, ctx) => void (await Promise.all([ctx.ui.confirm("First?", ""), ctx.ui.input("Second")])),
      });
    },
    (pi) => {
      pi.on("ui_prompt_start", (event) => {
        heard.push(event);
        return new Promise(() => {});
      });
      pi.on("ui_prompt_end", (event) => void heard.push(event));
    },
  );
  const asked = ["confirm", "input"].map((method) =>
    world.next((record) => record.type === "extension_ui_request" && record.method === method),
  );
  const answer = world.ask("prompt", { message: "/ask" });
  for (const { id } of await Promise.all(asked)) world.line(JSON.stringify({ type: "extension_ui_response", id, cancelled: true }));
  await answer;
  const about = { reason: "ui_prompt", kind: "confirm", title: "First?" };
  expect(heard).toEqual([
    { type: "ui_prompt_start", ...about },
    { type: "ui_prompt_end", ...about },
  ]);
});

test("input is changed before templates; one with a key that was handled is not handled again", async () => {
  let pings = 0;
  const world = await worldWith((pi) => {
    pi.on("input", ({ text, source }) => {
      if (text === "ping") {
        pings++;
        return { action: "handled" };
      }
      return { action: "transform", text: `/short ${text} ${source}` };
    });
  });
  expect(await world.ask("prompt", { message: "ping", key: "k" })).toMatchObject({ data: { disposition: "handled" } });
  expect(await world.ask("prompt", { message: "ping", key: "k" })).toMatchObject({
    data: { disposition: "handled", outcome: { state: "settled" } },
  });
  expect(await world.ask("steer", { message: "ping" })).toMatchObject({ data: { disposition: "handled" } });
  expect(pings).toBe(2);
  const settled = world.next((record) => record.type === "agent_settled");
  expect(await world.ask("prompt", { message: "hi" })).toMatchObject({ data: { disposition: "started" } });
  await settled;
  expect(JSON.stringify(world.sessions.coding.conversation.messages)).toContain("long hi rpc");
});

test("what they do wrong is an event, and the run goes on; they may refuse another session", async () => {
  const world = await worldWith((pi) => {
    pi.on("turn_start", () => {
      throw new Error("broken\nover lines");
    });
    pi.on("session_before_switch", ({ reason }) => ({ cancel: reason === "new" }));
    pi.on("session_before_fork", () => ({ cancel: true }));
  });
  const settled = world.next((record) => record.type === "agent_settled");
  await world.ask("prompt", { message: "hi" });
  expect(await settled).toMatchObject({ outcome: "done" });
  expect(world.records).toContainEqual(
    expect.objectContaining({ type: "extension_error", extensionPath: "<inline:1>", event: "turn_start", error: "broken over lines" }),
  );
  const { sessionId } = (await world.ask("get_state")).data as { sessionId: string };
  expect(await world.ask("new_session")).toMatchObject({ success: true, data: { cancelled: true } });
  const { messages } = (await world.ask("get_fork_messages")).data as { messages: { entryId: string }[] };
  expect(await world.ask("fork", { entryId: messages[0]?.entryId })).toMatchObject({ data: { cancelled: true } });
  expect(await world.ask("clone")).toMatchObject({ data: { cancelled: true } });
  expect(((await world.ask("get_state")).data as { sessionId: string }).sessionId).toBe(sessionId);
});

test("prompts wait until the session has started, also where its start asks the client", async () => {
  const order: string[] = [];
  const world = await worldWith((pi) => {
    pi.on("session_start", async (_event, ctx) => void order.push(`start ${await ctx.ui.input("Name?")}`));
    pi.on("agent_start", () => void order.push("run"));
  });
  const settled = world.next((record) => record.type === "agent_settled");
  const answer = world.ask("prompt", { message: "hi" });
  await world.ask("abort");
  const request = world.records.find((record) => record.type === "extension_ui_request");
  world.line(JSON.stringify({ type: "extension_ui_response", id: request?.id, value: "me" }));
  await answer;
  await settled;
  expect(order).toEqual(["start me", "run"]);
});

test("images are made to fit after handlers have changed them", async () => {
  const world = await worldWith((pi) => {
    pi.on("input", ({ text, images }) => ({
      action: "transform",
      text: `${text} ${images?.length}`,
      images: [...(images ?? []), ...(images ?? [])],
    }));
  });
  const settled = world.next((record) => record.type === "agent_settled");
  await world.ask("prompt", { message: "look", images: [{ type: "image", data: "!!!", mimeType: "image/png" }] });
  await settled;
  const omitted = "[Image omitted: could not be resized below the inline image size limit.]";
  const said = world.sessions.coding.conversation.messages.find((message) => message.role === "user");
  expect(said?.content).toEqual([{ type: "text", text: `look 1\n\n${omitted}\n\n${omitted}` }]);
});

test("an abort does not wait for a handler that asks the client; the prompt is stopped as soon as it has begun", async () => {
  const world = await worldWith((pi) => {
    pi.on("input", async ({ text }, ctx) => ({ action: "transform", text: `${text} ${await ctx.ui.input("More?")}` }));
  });
  const asked = world.next((record) => record.type === "extension_ui_request");
  const settled = world.next((record) => record.type === "agent_settled");
  const prompt = world.ask("prompt", { message: "hi" });
  const { id } = await asked;
  expect(await world.ask("abort")).toMatchObject({ success: true });
  world.line(JSON.stringify({ type: "extension_ui_response", id, value: "there" }));
  expect(await prompt).toMatchObject({ data: { disposition: "started" } });
  expect(await settled).toMatchObject({ aborted: true });
});

test("what is done at the start of a session, also the first, is told; an error of a shared channel names its extension", async () => {
  const world = await worldWith((pi) => {
    pi.on("session_start", ({ reason }) => pi.appendEntry("mine", { reason }));
    pi.events.on("shared", () => {
      throw new Error("thrown");
    });
    pi.events.on("shared", () => Promise.reject(new Error("rejected")));
    pi.registerCommand("share", { description: "Shares", handler: async () => pi.events.emit("shared", {}) });
  });
  await world.ask("new_session");
  expect(world.records.filter(({ type }) => type === "entry_appended")).toMatchObject([
    { entry: { data: { reason: "startup" } } },
    { entry: { data: { reason: "new" } } },
  ]);
  const second = world.next((record) => record.type === "extension_error" && record.error === "rejected");
  await world.ask("prompt", { message: "/share" });
  await second;
  expect(world.records.filter(({ type }) => type === "extension_error")).toMatchObject([
    { extensionPath: "<inline:1>", event: "events:shared", error: "thrown" },
    { extensionPath: "<inline:1>", event: "events:shared", error: "rejected" },
  ]);
});

test("an answer that cannot be written as JSON is refused, and what comes behind it is answered", async () => {
  const world = await worldWith((pi) => {
    pi.registerCommand("odd", { description: 1n as never, handler: async () => {} });
  });
  expect(await world.ask("get_commands")).toMatchObject({ success: false, error: expect.stringMatching(/BigInt/) });
  expect(await world.ask("get_messages")).toMatchObject({ success: true });
});

test("tools that an extension has turned off are off in that session: another has its own, as its file says or as at a start", async () => {
  const world = await worldWith(withTools);
  const fresh = "read bash edit write mine";
  const restricted = "read mine";
  await prompted(world, "one");
  await world.ask("prompt", { message: "/only read,mine" });
  await prompted(world, "two");
  const { sessionFile } = (await world.ask("get_state")).data as { sessionFile: string };
  const { messages } = (await world.ask("get_fork_messages")).data as { messages: { entryId: string }[] };
  const after = async (type: string, params: object = {}): Promise<string> => {
    expect((await world.ask(type, params)).success, type).toBe(true);
    return activeTools(world);
  };
  expect(await after("reload")).toBe(restricted);
  expect(await after("new_session")).toBe(fresh);
  expect(await after("switch_session", { sessionPath: sessionFile })).toBe(restricted);
  expect(await after("clone")).toBe(restricted);
  expect(await after("fork", { entryId: messages[1]?.entryId })).toBe(restricted);
  await world.ask("switch_session", { sessionPath: sessionFile });
  expect(await after("fork", { entryId: messages[0]?.entryId })).toBe(fresh);
});

test.each([
  ["a list of tools", { only: "read,ls,mine" }, "read mine"],
  ["changes to the usual ones", { only: "-write" }, "read bash grep mine"],
  ["excluded ones", { except: "ba*" }, "read grep mine"],
  ["no tools", { none: true }, ""],
  ["no built-in ones", { noBuiltin: true }, "read bash grep mine"],
] as const)("%s: nobody turns on what that leaves out", async (_, tools, active) => {
  const world = await worldOf({ tools: { none: false, noBuiltin: false, ...tools } }, withTools);
  await world.ask("prompt", { message: "/only read,bash,grep,mine" });
  expect(await activeTools(world)).toBe(active);
  const late = await worldOf({ tools: { none: false, noBuiltin: false, ...tools } }, (pi) => {
    pi.registerCommand("late", { description: "", handler: async () => void withTools(pi) });
  });
  await late.ask("prompt", { message: "/late" });
  expect((await activeTools(late)).includes("mine")).toBe(active.includes("mine"));
});

test("a tool in a built-in one's place stands where that stood", async () => {
  const world = await worldWith((pi) => {
    pi.registerTool({
      name: "bash",
      label: "Bash",
      description: "Elsewhere",
      parameters: { type: "object", properties: {} } as never,
      execute: async () => ({ content: [], details: {} }),
    });
  });
  expect(await activeTools(world)).toBe("read bash edit write");
});
