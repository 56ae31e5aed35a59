// What the tools by files write, and what they refuse; and that nobody ever sees half a file.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, expect, test } from "vitest";
import { liveSecrets } from "../../../src/platform/secrets.ts";
import { readIpcData, writeIpcFile } from "../../../src/runtime/bridge/ipc-file.ts";
import { type IpcToolsOptions, ipcTools } from "../../../src/runtime/bridge/ipc-tools.ts";
import { toolBench } from "../../support/tool-context.ts";

const bench = toolBench();
afterAll(() => bench.close());

const now = Date.parse("2026-05-01T10:00:00Z");
let count = 0;
const freshDir = (): string => join(bench.directory, `ipc-${++count}`);

interface Asked {
  text: string;
  isError: boolean;
  files: { folder: string; name: string; data: Record<string, unknown> }[];
}

async function ask(name: string, args: object, given: Partial<IpcToolsOptions> & { dir?: string } = {}): Promise<Asked> {
  const options = { dir: freshDir(), group: "family", chatJid: "fam@g", isMain: false, now: () => now, ...given };
  const tool = ipcTools(options).find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const result = await bench.call(tool, args);
  const files = ["messages", "tasks"].flatMap((folder) => {
    const directory = join(options.dir, folder);
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names.map((one) => ({ folder, name: one, data: JSON.parse(readFileSync(join(directory, one), "utf8")) }));
  });
  const [block] = result.content;
  return { text: block?.type === "text" ? block.text : "", isError: result.isError === true, files };
}

const stamp = "2026-05-01T10:00:00.000Z";
const task = { prompt: "look", schedule_type: "cron", schedule_value: "0 9 * * 1-5" };
const group = { jid: "new@g", name: "New", folder: "new-group", trigger: "@bot" };
const main = { group: "main", chatJid: "main@g", isMain: true };

test("what the process knows to be secret is in no file, in whatever form", async () => {
  const secret = 'sk-"known/0123456789+x';
  liveSecrets.add(secret);
  const base64 = Buffer.from(secret).toString("base64");
  const text = `${secret} ${encodeURIComponent(secret)} ${base64} ok`;
  for (const [name, args] of Object.entries({ send_message: { text }, schedule_task: { ...task, prompt: text } })) {
    const { files } = await ask(name, args);
    const written = JSON.stringify(files[0]?.data);
    for (const form of [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64.slice(0, 20)])
      expect(written).not.toContain(form);
    expect(written).toContain(" ok");
  }
});

test.each<[string, object, object, string, Record<string, unknown>]>([
  ["send_message", { text: "hi" }, {}, "messages", { type: "message", chatJid: "fam@g", text: "hi", groupFolder: "family" }],
  [
    "send_message",
    { text: "hi", target_group: "family" },
    {},
    "messages",
    { type: "message", chatJid: "fam@g", text: "hi", groupFolder: "family" },
  ],
  [
    "send_message",
    { text: "hi", target_group: "family" },
    main,
    "messages",
    { type: "message", chatJid: "group:family", text: "hi", groupFolder: "main" },
  ],
  [
    "schedule_task",
    task,
    {},
    "tasks",
    { type: "schedule_task", ...task, context_mode: "group", chatJid: "fam@g", createdBy: "family", groupFolder: "family" },
  ],
  [
    "schedule_task",
    { ...task, target_group: "family", context_mode: "isolated", timezone: "Europe/Berlin" },
    main,
    "tasks",
    {
      type: "schedule_task",
      ...task,
      context_mode: "isolated",
      timezone: "Europe/Berlin",
      chatJid: "group:family",
      createdBy: "main",
      groupFolder: "family",
    },
  ],
  ["pause_task", { task_id: "t1" }, {}, "tasks", { type: "pause_task", taskId: "t1", isMain: false, groupFolder: "family" }],
  ["resume_task", { task_id: "t1" }, {}, "tasks", { type: "resume_task", taskId: "t1", isMain: false, groupFolder: "family" }],
  ["cancel_task", { task_id: "t1" }, main, "tasks", { type: "cancel_task", taskId: "t1", isMain: true, groupFolder: "main" }],
  ["register_group", group, main, "tasks", { type: "register_group", ...group, groupFolder: "main" }],
  ["refresh_groups", {}, main, "tasks", { type: "refresh_groups", groupFolder: "main" }],
])("%s %j", async (name, args, given, folder, data) => {
  const { files, isError, text } = await ask(name, args, given);
  expect(isError, text).toBe(false);
  expect(files).toEqual([{ folder, name: expect.stringMatching(/^\d{13}-[0-9a-f]{6}\.json$/), data: { ...data, timestamp: stamp } }]);
});

test.each<[string, object, RegExp]>([
  ["send_message", { text: "x", target_group: "other" }, /not the main group.*group:other/],
  ["send_message", { text: " " }, /no text/],
  ["schedule_task", { ...task, target_group: "other" }, /not the main group/],
  ["schedule_task", { ...task, schedule_value: "0 9 * *" }, /cannot be read/],
  ["schedule_task", { ...task, schedule_value: "0 0 30 2 *" }, /never comes/],
  ["schedule_task", { ...task, schedule_value: "2030-01-01T00:00:00Z" }, /cannot be read/],
  ["schedule_task", { ...task, schedule_type: "interval", schedule_value: "999" }, /out of range/],
  ["schedule_task", { ...task, schedule_type: "once", schedule_value: "2026-05-01T09:59:00Z" }, /has passed/],
  ["schedule_task", { ...task, timezone: "Mars/Base" }, /unknown/],
  ["schedule_task", { ...task, timezone: "" }, /unknown/],
  ["schedule_task", { ...task, schedule_type: "daily" }, /schedule_type/],
  ["register_group", group, /main group alone/],
  ["refresh_groups", {}, /main group alone/],
  ["list_groups", {}, /main group alone/],
])("refused, with a reason and without a file: %s %j", async (name, args, reason) => {
  const { files, isError, text } = await ask(name, args);
  expect({ files, isError }).toEqual({ files: [], isError: true });
  expect(text).toMatch(reason);
});

test.each(["../up", "a/b", "errors", "", ".hidden", "x".repeat(65)])("no group is registered in folder %j, by nobody", async (folder) => {
  const { files, isError } = await ask("register_group", { ...group, folder }, main);
  expect({ files, isError }).toEqual({ files: [], isError: true });
});

test("tasks are listed from what the host has left: the group's own, and all for the main one", async () => {
  const dir = freshDir();
  mkdirSync(dir);
  const tasks = [
    { id: "1", groupFolder: "family", prompt: "a" },
    { id: "2", group_folder: "other", prompt: "b" },
  ];
  expect((await ask("list_tasks", {}, { dir })).text).toBe("There are no scheduled tasks.");
  writeFileSync(join(dir, "current_tasks.json"), JSON.stringify(tasks));
  expect((await ask("list_tasks", {}, { dir })).text).toBe(JSON.stringify(tasks[0]));
  expect((await ask("list_tasks", {}, { ...main, dir })).text).toBe(tasks.map((one) => JSON.stringify(one)).join("\n"));
  expect(await ask("pause_task", { task_id: "2" }, { dir })).toMatchObject({
    isError: true,
    files: [],
    text: expect.stringMatching(/of another/),
  });
  expect((await ask("pause_task", { task_id: "2" }, { ...main, dir })).isError).toBe(false);
  writeFileSync(join(dir, "current_tasks.json"), "[{");
  expect(await ask("list_tasks", {}, { dir })).toMatchObject({ isError: true });
  rmSync(join(dir, "current_tasks.json"));
  symlinkSync("/etc/passwd", join(dir, "current_tasks.json"));
  expect((await ask("list_tasks", {}, { dir })).text).toContain("it is a link");
});

test("chats are listed for the main group, however the host wraps them", async () => {
  const dir = freshDir();
  mkdirSync(dir);
  for (const json of [[{ jid: "a" }], { groups: [{ jid: "a" }], lastSync: 1 }]) {
    writeFileSync(join(dir, "available_groups.json"), JSON.stringify(json));
    expect((await ask("list_groups", {}, { ...main, dir })).text).toBe('{"jid":"a"}');
  }
  writeFileSync(join(dir, "available_groups.json"), "[{");
  expect(await ask("list_groups", {}, { ...main, dir })).toMatchObject({ isError: true, text: expect.stringContaining("it is no JSON") });
  rmSync(join(dir, "available_groups.json"));
  expect(await ask("list_groups", {}, { ...main, dir })).toMatchObject({ isError: false, text: expect.stringContaining("refresh_groups") });
});

test("of a long list a model is shown the beginning, and how much more there is", async () => {
  const dir = freshDir();
  mkdirSync(dir);
  // Each is a line of a hundred characters, with its end.
  const tasks = Array.from({ length: 501 }, (_, at) => {
    const task = { id: String(at).padStart(3, "0"), groupFolder: "family", prompt: "" };
    return { ...task, prompt: "x".repeat(99 - JSON.stringify(task).length) };
  });
  const lines = tasks.map((one) => JSON.stringify(one));
  writeFileSync(join(dir, "current_tasks.json"), JSON.stringify(tasks));
  expect((await ask("list_tasks", {}, { dir })).text.split("\n")).toEqual([...lines.slice(0, 500), "… and 1 more"]);
  writeFileSync(join(dir, "current_tasks.json"), JSON.stringify(tasks.slice(0, 500)));
  expect((await ask("list_tasks", {}, { dir })).text.split("\n")).toEqual(lines.slice(0, 500));
});

test("names take a prefix, the types in files do not", async () => {
  const { files } = await ask("pyldon_pause_task", { task_id: "t" }, { prefix: "pyldon_" });
  expect(files[0]?.data.type).toBe("pause_task");
});

test("what only looks says so, the others go one after another, and one speaks to people", () => {
  const tools = ipcTools({ dir: "/", group: "g", chatJid: "c", isMain: true, now: () => now });
  expect(tools.filter((one) => one.isReadOnly).map(({ name }) => name)).toEqual(["list_tasks", "list_groups"]);
  expect(tools.filter((one) => !one.isReadOnly).every((one) => one.isSequential)).toBe(true);
  expect(tools.flatMap((one) => (one.sentText === undefined ? [] : [one.name, one.sentText({ text: "hi" })]))).toEqual([
    "send_message",
    "hi",
  ]);
});

test("a file has its directory's mode without x, directories that are made are private, names rise though the clock goes back", () => {
  const dir = freshDir();
  mkdirSync(join(dir, "tasks"), { recursive: true });
  chmodSync(join(dir, "tasks"), 0o770);
  const later = writeIpcFile(dir, "tasks", { type: "refresh_groups" }, now + 1000);
  const names = [later, ...[0, 1, 2].map((one) => writeIpcFile(dir, "tasks", { type: "refresh_groups" }, now - one))];
  expect([...names].sort()).toEqual(names);
  expect(statSync(join(dir, "tasks", later)).mode & 0o777).toBe(0o660);
  const made = writeIpcFile(dir, "messages", { type: "message" }, now);
  expect(statSync(join(dir, "messages")).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "messages", made)).mode & 0o777).toBe(0o600);
});

test.each(["a link", "a file"])("nothing is written where %s stands for the folder, and no half file is left", (kind) => {
  const dir = freshDir();
  mkdirSync(join(dir, "elsewhere"), { recursive: true });
  if (kind === "a link") symlinkSync("elsewhere", join(dir, "messages"));
  else writeFileSync(join(dir, "messages"), "");
  expect(() => writeIpcFile(dir, "messages", { type: "message" }, now)).toThrow(expect.objectContaining({ code: "io.ipc" }));
  expect(readdirSync(join(dir, "elsewhere"))).toEqual([]);
});

test("what its reader would not take is not written", () => {
  const dir = freshDir();
  const data = { type: "message", text: "x".repeat(1024 * 1024) };
  expect(() => writeIpcFile(dir, "messages", data, now)).toThrow(expect.objectContaining({ code: "io.ipc" }));
  expect(existsSync(dir)).toBe(false);
  const most = { ...data, text: "x".repeat(1024 * 1024 - JSON.stringify({ ...data, text: "" }).length - 1) };
  expect(readIpcData(join(dir, "messages", writeIpcFile(dir, "messages", most, now)))).toEqual({ data: most });
  expect(() => writeIpcFile(dir, "messages", { ...most, text: `${most.text}x` }, now)).toThrow("too large");
});

const watch = `
const { readdirSync, readFileSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const torn = [], seen = new Set();
parentPort.postMessage("ready");
(function look() {
  let names = [];
  try { names = readdirSync(workerData); } catch {}
  for (const name of names) {
    if (name.startsWith(".") || seen.has(name)) continue;
    seen.add(name);
    try { if (JSON.parse(readFileSync(workerData + "/" + name, "utf8")).text.length !== 5000) torn.push(name); } catch { torn.push(name); }
  }
  if (seen.size < 500) setImmediate(look);
  else parentPort.postMessage({ torn, seen: seen.size });
})();
`;

test("500 files, watched by another thread: none is seen before it is whole", async () => {
  const dir = freshDir();
  const worker = new Worker(watch, { eval: true, workerData: join(dir, "messages") });
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  expect(await next()).toBe("ready");
  const done = next();
  for (let at = 0; at < 500; at++) writeIpcFile(dir, "messages", { type: "message", text: "ä".repeat(5000) }, now);
  expect(await done).toEqual({ torn: [], seen: 500 });
  await worker.terminate();
});
