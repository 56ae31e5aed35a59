// The tools by which a model in a chat reaches its host: messages, scheduled tasks, groups, each as a file for the host's consumer. Made for a
// run by the runtimes, where a directory for such files is named.
// Invariant: what the group may not do writes no file, and the model is told why.

import { join } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { lineOf } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { errorResult, type Tool, type ToolResult, textResult } from "../../contracts/tool.ts";
import { readIpcJson, writeIpcFile } from "./ipc-file.ts";
import { type IpcData, type IpcFolder, ipcProblem, isRecord, listedTasks } from "./ipc-rules.ts";
import { firstRun, type Schedule } from "./schedule.ts";

export interface IpcToolsOptions {
  /** The group's own folder. */
  dir: string;
  group: string;
  chatJid: string;
  isMain: boolean;
  /** Before each name: `pyldon_`. Default: none. */
  prefix?: string | undefined;
  /** Where a call names none. Default: UTC. */
  timezone?: string | undefined;
  now(): number;
}

type Args = Readonly<Record<string, unknown>>;

interface IpcToolRecord {
  name: string;
  description: string;
  properties: Record<string, unknown>;
  required?: readonly string[];
  isReadOnly?: boolean;
  sentText?: Tool["sentText"];
  run(args: Args, at: IpcToolsOptions): Promise<ToolResult> | ToolResult;
}

const text = (description: string): Record<string, unknown> => ({ type: "string", description });
const targetGroup = text("Another group's folder name; for the main group alone. Default: this group");

/** Hands one record to the host, if this group may say it. */
function hand(at: IpcToolsOptions, folder: IpcFolder, record: IpcData, said: string): ToolResult {
  const groupFolder = record.groupFolder ?? at.group;
  const data = { ...record, groupFolder, timestamp: isoTime(at.now()) };
  const tasks = record.taskId === undefined ? [] : tasksOf(at);
  const problem = ipcProblem(folder, data, {
    group: at.group,
    isMain: at.isMain,
    chatJid: at.chatJid,
    groupOfTask: (id) => (Array.isArray(tasks) ? tasks.find((one) => one.id === id)?.group : undefined),
  });
  if (problem !== undefined) return errorResult(`Not done: ${problem}.`);
  writeIpcFile(at.dir, folder, data, at.now());
  return textResult(said);
}

function tasksOf(at: IpcToolsOptions): ReturnType<typeof listedTasks> | string {
  const read = readIpcJson(join(at.dir, "current_tasks.json"));
  if (read === undefined) return [];
  return "why" in read ? `current_tasks.json cannot be used: ${read.why}` : listedTasks(read.json);
}

/** Absent and the group itself are the same. */
function targetOf(args: Args, at: IpcToolsOptions): string | undefined {
  return typeof args.target_group === "string" && args.target_group !== at.group ? args.target_group : undefined;
}

const taskChange = (name: "pause_task" | "resume_task" | "cancel_task", verb: string, done: string): IpcToolRecord => ({
  name,
  description: `${verb} a scheduled task, by its id as list_tasks shows it.`,
  properties: { task_id: text("The task's id") },
  required: ["task_id"],
  run: (args, at) => hand(at, "tasks", { type: name, taskId: args.task_id, isMain: at.isMain }, `Task ${args.task_id} is to be ${done}.`),
});

const records: readonly IpcToolRecord[] = [
  {
    name: "send_message",
    description: "Send a message to the chat at once, while you go on working. Your final answer need not say it again.",
    properties: { text: text("What to send"), target_group: targetGroup },
    required: ["text"],
    sentText: ({ text }) => (typeof text === "string" ? text : undefined),
    run: (args, at) => {
      const target = targetOf(args, at);
      const chatJid = target === undefined ? at.chatJid : `group:${target}`;
      return hand(at, "messages", { type: "message", chatJid, text: args.text }, "The message is on its way.");
    },
  },
  {
    name: "schedule_task",
    description:
      "Have a prompt run later or again and again. Type cron: five fields or @daily and its kin; interval: whole milliseconds; once: a date and time (ISO 8601).",
    properties: {
      prompt: text("What is to be done then; all that has to be known must stand in it"),
      schedule_type: { type: "string", enum: ["cron", "interval", "once"] },
      schedule_value: text('"0 9 * * 1-5", "3600000" or "2030-01-31T09:00"'),
      context_mode: {
        type: "string",
        enum: ["group", "isolated"],
        description: "Whether it knows this conversation. Default: group",
      },
      timezone: text("IANA name of the zone that times are meant in, such as Europe/Berlin"),
      target_group: targetGroup,
    },
    required: ["prompt", "schedule_type", "schedule_value"],
    run: scheduleTask,
  },
  {
    name: "list_tasks",
    description: "List the scheduled tasks: of this group, and for the main group of all.",
    properties: {},
    isReadOnly: true,
    run: (_, at) => {
      const tasks = tasksOf(at);
      if (typeof tasks === "string") return errorResult(tasks);
      const own = tasks.filter(({ group }) => at.isMain || group === at.group);
      return listed(
        own.map(({ record }) => record),
        "There are no scheduled tasks.",
      );
    },
  },
  taskChange("pause_task", "Pause", "paused"),
  taskChange("resume_task", "Go on with", "resumed"),
  taskChange("cancel_task", "Take away", "cancelled"),
  {
    name: "register_group",
    description: "Let another chat be answered, as a group of its own. For the main group alone.",
    properties: {
      jid: text("The chat's id"),
      name: text("Its name, for people"),
      folder: text("The name of its folder: letters, digits, dot, dash and underscore"),
      trigger: text("The word that a message must have to be answered"),
    },
    required: ["jid", "name", "folder", "trigger"],
    run: ({ jid, name, folder, trigger }, at) =>
      hand(at, "tasks", { type: "register_group", jid, name, folder, trigger }, `Group ${folder} is to be registered.`),
  },
  {
    name: "refresh_groups",
    description: "Have the host look anew which chats there are. For the main group alone.",
    properties: {},
    run: (_, at) => hand(at, "tasks", { type: "refresh_groups" }, "The host will look which chats there are."),
  },
  {
    name: "list_groups",
    description: "List the chats there are. For the main group alone.",
    properties: {},
    isReadOnly: true,
    run: (_, at) => {
      if (!at.isMain) return errorResult(`Not done: list_groups is for the main group alone, and ${at.group} is another.`);
      const read = readIpcJson(join(at.dir, "available_groups.json"));
      if (read === undefined) return textResult("No chats are known. Call refresh_groups, and look again later.");
      if ("why" in read) return errorResult(`available_groups.json cannot be used: ${read.why}`);
      const groups = isRecord(read.json) ? read.json.groups : read.json;
      return listed(Array.isArray(groups) ? groups.filter(isRecord) : [], "No chats are known.");
    },
  },
];

/** More than a model should have to read. */
const mostListed = 50_000;

function listed(list: readonly IpcData[], none: string): ToolResult {
  const lines: string[] = [];
  let length = 0;
  for (const one of list) {
    const line = JSON.stringify(one);
    length += line.length + 1;
    if (length > mostListed) break;
    lines.push(line);
  }
  if (lines.length < list.length) lines.push(`… and ${list.length - lines.length} more`);
  return textResult(lines.length === 0 ? none : lines.join("\n"));
}

async function scheduleTask(args: Args, at: IpcToolsOptions): Promise<ToolResult> {
  const { prompt, schedule_type, schedule_value, context_mode, timezone } = args;
  const schedule = { type: schedule_type, value: schedule_value, timezone: timezone ?? at.timezone } as Schedule;
  const next = await firstRun(schedule, new Date(at.now()));
  const target = targetOf(args, at);
  const record = {
    type: "schedule_task",
    prompt,
    schedule_type,
    schedule_value,
    context_mode: context_mode ?? "group",
    ...defined({ timezone }),
    chatJid: target === undefined ? at.chatJid : `group:${target}`,
    createdBy: at.group,
    groupFolder: target ?? at.group,
  };
  return hand(at, "tasks", record, `The task is to be scheduled; it would run next at ${isoTime(next.getTime())}.`);
}

/** All of them, also those that only the main group may use: who calls one without the right is told so. */
export function ipcTools(options: IpcToolsOptions): Tool[] {
  return records.map(({ name, description, properties, required = [], isReadOnly, sentText, run }) => ({
    name: `${options.prefix ?? ""}${name}`,
    description,
    parameters: { type: "object", properties, required: [...required], additionalProperties: false },
    ...defined({ sentText }),
    // The order of calls is the order of files.
    ...(isReadOnly === true ? { isReadOnly } : { isSequential: true }),
    execute: async (args) => {
      try {
        return await run(args, options);
      } catch (error) {
        return errorResult(`Not done: ${lineOf(error)}`);
      }
    },
  }));
}
