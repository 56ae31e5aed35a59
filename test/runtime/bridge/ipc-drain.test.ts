// The consumer of IPC files: order, rights by folder, what is parked and what stays.

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type DrainOptions, drainIpc, type IpcItem, openDrain, type ParkedFile } from "../../../src/runtime/bridge/ipc-drain.ts";
import { IpcWatcher } from "../../../src/runtime/bridge/ipc-watcher.ts";
import { asOrdinaryUser, give } from "../../support/ordinary-user.ts";
import { tempTree } from "../../support/temp-tree.ts";

const message = { type: "message", chatJid: "fam@g", text: "hi" };
const task = { type: "schedule_task", prompt: "p", schedule_type: "interval", schedule_value: "60000" };

interface Drained {
  items: IpcItem[];
  parked: ParkedFile[];
  left: string[];
  dir: string;
}

function put(dir: string, files: Record<string, unknown>): void {
  for (const [name, data] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof data === "string" ? data : JSON.stringify(data));
  }
}

const leftIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json") && !name.startsWith("errors/"));

async function drained(files: Record<string, unknown>, options: Partial<DrainOptions> = {}, dir = tempTree({}).path): Promise<Drained> {
  put(dir, files);
  const items: IpcItem[] = [];
  const parked: ParkedFile[] = [];
  const take = (item: IpcItem): undefined => void items.push(item);
  await drainIpc({ dir, take, onParked: (one) => void parked.push(one), ...options });
  return { items, parked, left: leftIn(dir), dir };
}

test("messages before tasks, by name; the folder says whose it is", async () => {
  const { items, left } = await drained({
    "main/tasks/1-a.json": { type: "refresh_groups" },
    "family/messages/3-a.json": { ...message, isMain: true },
    "main/messages/2-a.json": message,
    "family/messages/4-a.json": message,
    "family/messages/.5-a.json.tmp": "{",
    "family/messages/notes.txt": "no file of ours",
    "errors/messages/6-a.json": message,
  });
  expect(items.map(({ group, file, isMain, type }) => [group, file, isMain, type])).toEqual([
    ["main", "2-a.json", true, "message"],
    ["family", "3-a.json", false, "message"],
    ["family", "4-a.json", false, "message"],
    ["main", "1-a.json", true, "refresh_groups"],
  ]);
  expect(items[0]?.data).toEqual(message);
  expect(items[1]?.data).toEqual({ ...message, isMain: false });
  expect(left).toEqual([]);
});

test("who is main is for the consumer to say", async () => {
  const files = { "boss/tasks/1.json": { type: "refresh_groups" }, "main/tasks/2.json": { type: "refresh_groups" } };
  const { items, parked } = await drained(files, { main: "boss" });
  expect([items.map(({ group }) => group), parked.map(({ group }) => group)]).toEqual([["boss"], ["main"]]);
});

test.each<[string, unknown, RegExp]>([
  ["messages/1.json", '{"type":"mess', /no JSON/],
  ["messages/1.json", "[1]", /no JSON object/],
  ["messages/1.json", "null", /no JSON object/],
  ["messages/1.json", "", /no JSON/],
  [
    "messages/1.json",
    `{"type":"message","chatJid":"fam@g","text":"hi","more":${"[".repeat(9000)}${"]".repeat(9000)}}`,
    /nested deeper than/,
  ],
  ["messages/1.json", { ...message, type: "toString" }, /type "toString"/],
  ["messages/1.json", { ...message, type: undefined }, /type "\(none\)"/],
  ["messages/1.json", { ...task }, /none of messages/],
  ["tasks/1.json", message, /none of tasks/],
  ["messages/1.json", { ...message, text: undefined }, /no text/],
  ["messages/1.json", { ...message, text: 5 }, /no text/],
  ["messages/1.json", { ...message, chatJid: "" }, /no chatJid/],
  ["messages/1.json", { ...message, chatJid: "group:main" }, /not its chat/],
  ["messages/1.json", { ...message, groupFolder: "main" }, /may not act for "main"/],
  ["messages/1.json", { ...message, chatJid: { startsWith: 1 } }, /no chatJid/],
  ["tasks/1.json", { ...task, chatJid: 5 }, /its chatJid is no text/],
  ["tasks/1.json", { ...task, groupFolder: ["main"] }, /its groupFolder is no text/],
  ["tasks/1.json", { ...task, timezone: {} }, /its timezone is no text/],
  ["tasks/1.json", { ...task, context_mode: "all" }, /context_mode/],
  ["tasks/1.json", { ...task, prompt: undefined }, /no prompt/],
  ["tasks/1.json", { ...task, schedule_type: "never" }, /schedule_type/],
  ["tasks/1.json", { ...task, groupFolder: "main" }, /may not act/],
  ["tasks/1.json", { ...task, groupFolder: "family", target_group: "main" }, /may not act for "main"/],
  ["tasks/1.json", { ...task, targetGroup: "main" }, /may not act for "main"/],
  ["tasks/1.json", { ...task, groupFolder: "../main" }, /no name of a group/],
  ["tasks/1.json", { ...task, chatJid: "group:main" }, /not its chat/],
  ["tasks/1.json", { type: "pause_task", isMain: true }, /no taskId/],
  ["tasks/1.json", { type: "register_group", jid: "j", name: "n", folder: "f", trigger: "t", isMain: true }, /main group alone/],
  ["tasks/1.json", { type: "refresh_groups", isMain: true }, /main group alone/],
])("parked: %s %j", async (file, data, why) => {
  const { items, parked, left, dir } = await drained({ [`family/${file}`]: data, "family/messages/2.json": message });
  expect(items.map((one) => one.file)).toEqual(["2.json"]);
  expect(parked).toEqual([{ group: "family", file: "1.json", parkedAs: "family-1.json", why: expect.stringMatching(why) }]);
  expect(left).toEqual([]);
  const written = typeof data === "string" ? data : JSON.stringify(data);
  expect(readFileSync(join(dir, "errors/family-1.json"), "utf8")).toBe(written);
  expect(lstatSync(join(dir, "errors")).mode & 0o777).toBe(0o700);
});

test.skipIf(process.platform !== "linux")("parked: a name that no text can say, of a file and of a group", async () => {
  const dir = tempTree({}).path;
  const odd = Buffer.from([0x31, 0xff, 0xfe]);
  const below = (path: string, name: Buffer) => Buffer.concat([Buffer.from(`${join(dir, path)}/`), name]);
  put(dir, { "family/messages/2.json": message });
  mkdirSync(below(".", odd));
  writeFileSync(below("family/messages", Buffer.concat([odd, Buffer.from(".json")])), JSON.stringify(message));
  const { items, parked } = await drained({}, {}, dir);
  expect(items.map((one) => one.file)).toEqual(["2.json"]);
  expect(parked).toEqual([
    { group: "1\ufffd\ufffd", file: "", why: expect.stringContaining("no UTF-8") },
    { group: "family", file: "1\ufffd\ufffd.json", parkedAs: "family-1\ufffd\ufffd.json", why: expect.stringContaining("no UTF-8") },
  ]);
  expect(readFileSync(join(dir, "errors/family-1\ufffd\ufffd.json"), "utf8")).toBe(JSON.stringify(message));
  expect(readdirSync(join(dir, "family/messages"))).toEqual([]);
});

test("parked: more than a megabyte", async () => {
  const { items, parked } = await drained({ "family/messages/1.json": { ...message, text: "x".repeat(1024 * 1024) } });
  expect([items, parked.map(({ why }) => why)]).toEqual([[], [expect.stringContaining("1 MB")]]);
});

test("the main group may do all of that for others, but name no folder that is none", async () => {
  const { items, parked } = await drained({
    "main/tasks/1.json": { ...task, groupFolder: "family" },
    "main/messages/2.json": { ...message, chatJid: "group:family" },
    "main/tasks/3.json": { type: "register_group", jid: "j", name: "n", folder: "../up", trigger: "t" },
    "main/tasks/4.json": { type: "register_group", jid: "j", name: "n", folder: "up", trigger: "t" },
  });
  expect(items.map((one) => one.file)).toEqual(["2.json", "1.json", "4.json"]);
  expect(parked.map((one) => one.file)).toEqual(["3.json"]);
});

test("with the groups known, a chat of another is no right, nor any for a group that is not among them", async () => {
  const files = {
    "family/messages/1.json": message,
    "family/messages/2.json": { ...message, chatJid: "work@g" },
    "family/tasks/3.json": { ...task, chatJid: "work@g" },
    "stray/messages/4.json": message,
    "main/messages/5.json": { ...message, chatJid: "work@g" },
    "constructor/messages/6.json": message,
  };
  const { items, parked } = await drained(files, { groups: { family: { jid: "fam@g" }, work: { jid: "work@g" } } });
  expect(items.map((one) => one.file)).toEqual(["1.json", "5.json"]);
  expect(parked.map((one) => one.file)).toEqual(["2.json", "4.json", "6.json", "3.json"]);
});

test("a task of another group, as the main group's list has it, is not a group's to change", async () => {
  const { items, parked } = await drained({
    "main/current_tasks.json": [
      { id: "own", groupFolder: "family" },
      { id: "theirs", groupFolder: "work" },
    ],
    "family/current_tasks.json": [{ id: "theirs", groupFolder: "family" }],
    "family/tasks/1.json": { type: "cancel_task", taskId: "own" },
    "family/tasks/2.json": { type: "cancel_task", taskId: "theirs" },
    "family/tasks/3.json": { type: "cancel_task", taskId: "unknown" },
    "main/tasks/4.json": { type: "cancel_task", taskId: "theirs" },
  });
  expect(items.map((one) => one.file)).toEqual(["1.json", "3.json", "4.json"]);
  expect(parked.map((one) => one.file)).toEqual(["2.json"]);
});

test("links, directories and folders that are links are parked as they are; no group is a link", async () => {
  const tree = tempTree({ "outside/secret.json": JSON.stringify(message), "ipc/family/messages/d.json/x": "", "ipc/main/x": "" });
  const dir = tree.at("ipc");
  symlinkSync("../../../outside/secret.json", join(dir, "family/messages/l.json"));
  symlinkSync("../main", join(dir, "linked"));
  mkdirSync(join(dir, "sly"));
  symlinkSync("../../outside", join(dir, "sly/messages"));
  symlinkSync("main", join(dir, "alias"));
  const { items, parked } = await drained({}, {}, dir);
  expect(items).toEqual([]);
  expect(parked.map((one) => one.parkedAs)).toEqual(["sly-messages", "family-d.json", "family-l.json"]);
  expect(lstatSync(join(dir, "errors/family-l.json")).isSymbolicLink()).toBe(true);
  expect(existsSync(tree.at("outside/secret.json"))).toBe(true);
});

test("nothing is parked over another, and a long name is cut", async () => {
  const dir = tempTree({}).path;
  const long = `${"n".repeat(250)}.json`;
  for (let time = 0; time < 3; time++) await drained({ "g/messages/1.json": "{", [`g/messages/${long}`]: "{" }, {}, dir);
  const parked = readdirSync(join(dir, "errors"));
  expect(parked).toEqual(expect.arrayContaining(["g-1.json", "g-1.2.json", "g-1.3.json"]));
  expect(parked).toHaveLength(6);
  expect(parked.every((name) => name.length <= 255 && name.endsWith(".json"))).toBe(true);
});

test("a reason of who takes parks the file; what it throws ends the drain and the file stays", async () => {
  const files = { "g/messages/1.json": message, "g/messages/2.json": message };
  const { parked } = await drained(files, { take: ({ file }) => (file === "1.json" ? "no room" : undefined) });
  expect(parked).toEqual([{ group: "g", file: "1.json", parkedAs: "g-1.json", why: "no room" }]);
  const dir = tempTree({}).path;
  const take = (): never => {
    throw new Error("broken pipe");
  };
  await expect(drained(files, { take }, dir)).rejects.toThrow("broken pipe");
  expect(leftIn(dir)).toHaveLength(2);
  // And the next one is not locked out.
  expect((await drained({}, {}, dir)).items).toHaveLength(2);
});

test("what takes the place of a file while it is taken is not removed with it", async () => {
  const tree = tempTree({ "outside/1.json": "precious" });
  const dir = tree.at("ipc");
  const swap = (): undefined => {
    renameSync(join(dir, "g/messages"), join(dir, "g/before"));
    symlinkSync(tree.at("outside"), join(dir, "g/messages"));
  };
  await drained({ "g/messages/1.json": message }, { take: swap }, dir);
  expect(readFileSync(tree.at("outside/1.json"), "utf8")).toBe("precious");
});

test("errors that are no directory are no place: the file stays, and is told once", async () => {
  const tree = tempTree({ "elsewhere/x": "" });
  const dir = tree.at("ipc");
  put(dir, { "g/messages/1.json": "{" });
  symlinkSync(tree.at("elsewhere"), join(dir, "errors"));
  const { parked, left } = await drained({}, {}, dir);
  expect(parked).toEqual([{ group: "g", file: "1.json", why: expect.stringContaining("could not be moved") }]);
  expect([left, readdirSync(tree.at("elsewhere"))]).toEqual([["g/messages/1.json"], ["x"]]);
});

test("one consumer at a time; none where there is no directory", async () => {
  const dir = tempTree({}).path;
  const take = async (): Promise<undefined> => {
    await expect(drainIpc({ dir, take: () => undefined })).rejects.toMatchObject({ code: "io.ipc" });
  };
  expect((await drained({ "g/messages/1.json": message }, { take }, dir)).left).toEqual([]);
  await expect(drainIpc({ dir: join(dir, "gone"), take: () => undefined })).rejects.toMatchObject({ code: "io.ipc" });
});

test("a watcher goes on with what comes, takes each file once, and stops when it is told to", async () => {
  const dir = tempTree({}).path;
  put(dir, { "g/messages/1.json": message });
  const items: string[] = [];
  let heard: () => void = () => {};
  const second = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const watcher = new IpcWatcher({
    dir,
    intervalMs: 1,
    take: ({ file }) => {
      items.push(file);
      if (file === "2.json") heard();
      return undefined;
    },
  });
  await watcher.start();
  expect(items).toEqual(["1.json"]);
  put(dir, { "g/messages/.2.tmp": message });
  renameSync(join(dir, "g/messages/.2.tmp"), join(dir, "g/messages/2.json"));
  await second;
  await watcher.stop();
  expect([items, watcher.counts]).toEqual([["1.json", "2.json"], { taken: 2, parked: 0 }]);
  put(dir, { "g/messages/3.json": message });
  expect((await drained({}, {}, dir)).items).toHaveLength(1);
});

test("a file that its directory does not let go is taken once", async () => {
  const dir = tempTree({}).path;
  put(dir, { "g/messages/1.json": message });
  give(dir);
  chmodSync(join(dir, "g/messages"), 0o500);
  const taken: string[] = [];
  const parked: ParkedFile[] = [];
  const drain = await openDrain({ dir, take: ({ file }) => void taken.push(file) as undefined, onParked: (one) => void parked.push(one) });
  await asOrdinaryUser(() => drain.pass());
  const stuck = { group: "g", file: "1.json", wasTaken: true, why: expect.stringContaining("cannot be removed") };
  expect([taken, parked]).toEqual([["1.json"], [stuck]]);
  await asOrdinaryUser(() => drain.pass());
  expect([taken, parked]).toEqual([["1.json"], [stuck]]);
  // Another one of the name is another one.
  chmodSync(join(dir, "g/messages"), 0o700);
  rmSync(join(dir, "g/messages/1.json"));
  put(dir, { "g/messages/0.json": message, "g/messages/1.json": message });
  await drain.pass();
  drain.release();
  expect([taken, leftIn(dir)]).toEqual([["1.json", "0.json", "1.json"], []]);
});

test("what is closed to the consumer is told once and holds nobody up", async () => {
  const dir = tempTree({}).path;
  put(dir, { "sealed/messages/1.json": message, "mute/messages/2.json": message, "open/messages/3.json": message });
  give(dir);
  const close = (): void => {
    // What is in the one can be listed and not looked at, in the other neither.
    chmodSync(join(dir, "sealed/messages"), 0o600);
    chmodSync(join(dir, "mute/messages"), 0o300);
  };
  const open = (): void => ["sealed/messages", "mute/messages"].forEach((one) => void chmodSync(join(dir, one), 0o700));
  close();
  const taken: string[] = [];
  const parked: ParkedFile[] = [];
  const drain = await openDrain({ dir, take: ({ file }) => void taken.push(file) as undefined, onParked: (one) => void parked.push(one) });
  for (let pass = 0; pass < 2; pass++) await asOrdinaryUser(() => drain.pass());
  const told = (group: string, file: string) => ({ group, file, why: expect.stringMatching(/^it cannot be read: EACCES/) });
  expect([taken, parked]).toEqual([["3.json"], [told("mute", "messages"), told("sealed", "1.json")]]);
  // Once they are opened they are taken, and told again when they are closed again.
  open();
  await asOrdinaryUser(() => drain.pass());
  put(dir, { "sealed/messages/1.json": message });
  close();
  await asOrdinaryUser(() => drain.pass());
  drain.release();
  open();
  expect([taken, parked.length]).toEqual([["3.json", "1.json", "2.json"], 4]);
});

test("a watcher that is started twice, or again behind its end or a start that failed, watches once", async () => {
  const dir = join(tempTree({}).path, "ipc");
  const taken: string[] = [];
  const watcher = new IpcWatcher({ dir, intervalMs: 1, take: ({ file }) => void taken.push(file) as undefined });
  await expect(watcher.start()).rejects.toMatchObject({ code: "io.ipc" });
  for (const file of ["1.json", "2.json"]) {
    put(dir, { [`g/messages/${file}`]: message });
    await Promise.all([watcher.start(), watcher.start()]);
    await watcher.start();
    await watcher.stop();
    // It has let go of the directory.
    (await openDrain({ dir, take: () => undefined })).release();
  }
  expect([taken, watcher.counts]).toEqual([["1.json", "2.json"], { taken: 2, parked: 0 }]);
});

test("between two passes a watcher waits; told to stop, it stops at once, but not before what is being taken is taken", async () => {
  const dir = tempTree({}).path;
  put(dir, { "g/messages/1.json": message });
  let begun = (): void => {};
  let end = (): void => {};
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const isOver = new Promise<void>((resolve) => {
    end = resolve;
  });
  const taken: string[] = [];
  const take = async ({ file }: IpcItem): Promise<undefined> => {
    begun();
    await isOver;
    taken.push(file);
  };
  const slow = new IpcWatcher({ dir, intervalMs: 1, take });
  const started = slow.start();
  await isBegun;
  const stopped = slow.stop().then(() => taken.push("stopped"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toEqual([]);
  end();
  await Promise.all([started, stopped]);
  expect(taken).toEqual(["1.json", "stopped"]);
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const patient = new IpcWatcher({ dir, intervalMs: 2 ** 40, take });
  await patient.start();
  put(dir, { "g/messages/2.json": message });
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toEqual(["1.json", "stopped"]);
  await patient.stop();
  expect(timers()).toBeLessThanOrEqual(before);
});

test("what ends a pass is told, and the next one tries again; where nobody hears it, it ends the watching", async () => {
  const dir = tempTree({}).path;
  put(dir, { "g/messages/1.json": message });
  const told: unknown[] = [];
  let tries = 0;
  let isTaken = (): void => {};
  const taken = new Promise<void>((resolve) => {
    isTaken = resolve;
  });
  const take = (): undefined => {
    if (++tries < 3) throw new Error(`try ${tries}`);
    isTaken();
  };
  const watcher = new IpcWatcher({ dir, intervalMs: 1, take, onError: (error) => told.push((error as Error).message) });
  await watcher.start();
  await taken;
  await watcher.stop();
  expect(told).toEqual(["try 1", "try 2"]);
  const unheard = new IpcWatcher({
    dir,
    intervalMs: 1,
    take: () => {
      throw new Error("broken pipe");
    },
  });
  await unheard.start();
  put(dir, { "g/messages/2.json": message });
  // Nobody waits for its end, which ends no process.
  for (;;) {
    const drain = await openDrain({ dir, take: () => undefined }).catch(() => undefined);
    drain?.release();
    if (drain !== undefined) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect(unheard.ended).rejects.toThrow("broken pipe");
  await unheard.stop();
  expect(leftIn(dir)).toEqual(["g/messages/2.json"]);
});

test("whose task it is decides, and nobody's word where the list of tasks cannot be had", async () => {
  const pause = { type: "pause_task", taskId: "7" };
  for (const [list, why] of [
    [JSON.stringify([{ id: "7", groupFolder: "other" }]), 'g is not the main group, and task "7" is of another'],
    ['[{"id": "7"', 'whose task "7" is cannot be told: current_tasks.json cannot be used, it is no JSON'],
    [JSON.stringify({ tasks: [{ task_id: 7, group_folder: "other" }] }), 'g is not the main group, and task "7" is of another'],
    ["[]", undefined],
    ['{"tasks":7}', undefined],
    ['[null, 5, {"id":{}}, {"id":"7"}]', undefined],
  ] as const) {
    const { items, parked } = await drained({ "main/current_tasks.json": list, "g/tasks/1.json": pause, "main/tasks/2.json": pause });
    expect(parked.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    expect(items.map(({ group }) => group)).toEqual(why === undefined ? ["g", "main"] : ["main"]);
  }
});
