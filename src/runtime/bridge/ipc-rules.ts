// What stands in a file between a group's tools and its host, and who may write it: asked by the tools before a file is written, and again by
// the consumer. Invariant: the folder that a file lies in says whose it is, never the file.

import { isGroupName } from "../sessions/group-name.ts";

export type IpcFolder = "messages" | "tasks";

/** In the order in which a consumer takes them. */
export const ipcFolders: readonly IpcFolder[] = ["messages", "tasks"];

interface IpcKind {
  folder: IpcFolder;
  isForMain?: boolean;
  /** Texts that must be there and not be empty. */
  texts: readonly string[];
}

const kinds: Readonly<Record<string, IpcKind>> = {
  message: { folder: "messages", texts: ["chatJid", "text"] },
  schedule_task: { folder: "tasks", texts: ["prompt", "schedule_type", "schedule_value"] },
  pause_task: { folder: "tasks", texts: ["taskId"] },
  resume_task: { folder: "tasks", texts: ["taskId"] },
  cancel_task: { folder: "tasks", texts: ["taskId"] },
  register_group: { folder: "tasks", isForMain: true, texts: ["jid", "name", "folder", "trigger"] },
  refresh_groups: { folder: "tasks", isForMain: true, texts: [] },
};

export type IpcData = Readonly<Record<string, unknown>>;

/** The group that a task belongs to; nothing where none is known, a sentence where the list of them cannot be had. */
export type GroupOfTask = (taskId: string) => string | { why: string } | undefined;

/** Who has written it. */
export interface IpcSender {
  group: string;
  isMain: boolean;
  /** Its chat, where that is known. */
  chatJid?: string | undefined;
  groupOfTask?: GroupOfTask;
}

/** Of what a tool or a file would have done, and why not; `undefined`: it may be done. */
export function ipcProblem(folder: IpcFolder, data: IpcData, sender: IpcSender): string | undefined {
  const type = typeof data.type === "string" ? data.type : "";
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined || kind.folder !== folder) return `its type ${named(data.type)} is none of ${folder}`;
  const missing = kind.texts.find((name) => !isText(data[name]));
  if (missing !== undefined) return `it has no ${missing}`;
  const wrong = ["groupFolder", "chatJid", "context_mode", "timezone"].find((name) => data[name] !== undefined && !isText(data[name]));
  if (wrong !== undefined) return `its ${wrong} is no text`;
  return shapeProblem(type, data) ?? (sender.isMain ? undefined : rightProblem(type, kind, data, sender));
}

function shapeProblem(type: string, data: IpcData): string | undefined {
  if (type === "register_group" && !isGroupName(data.folder)) return `${named(data.folder)} is no name of a group`;
  if (data.groupFolder !== undefined && !isGroupName(data.groupFolder)) return `${named(data.groupFolder)} is no name of a group`;
  if (type !== "schedule_task") return undefined;
  if (!["cron", "interval", "once"].includes(String(data.schedule_type)))
    return `its schedule_type ${named(data.schedule_type)} is none of cron, interval, once`;
  const isMode = data.context_mode === undefined || ["group", "isolated"].includes(String(data.context_mode));
  return isMode ? undefined : `its context_mode ${named(data.context_mode)} is none of group, isolated`;
}

/** Whom a record is for, in the words of those that read it. */
const targetNames = ["groupFolder", "group_folder", "targetGroup", "target_group"];

/** Of a group that is not the main one. */
function rightProblem(type: string, { isForMain }: IpcKind, data: IpcData, sender: IpcSender): string | undefined {
  const { group } = sender;
  if (isForMain === true) return `${type} is for the main group alone, and ${group} is another`;
  const target = targetNames.map((name) => data[name]).find((one) => one !== undefined && one !== null && one !== group);
  if (target !== undefined) return `${group} is not the main group, so it may not act for ${named(target)}`;
  const chat = data.chatJid as string | undefined;
  const isForeign = chat?.startsWith("group:")
    ? chat !== `group:${group}`
    : chat !== undefined && sender.chatJid !== undefined && chat !== sender.chatJid;
  if (isForeign) return `${group} is not the main group, and ${named(chat)} is not its chat`;
  const owner = typeof data.taskId === "string" ? sender.groupOfTask?.(data.taskId) : undefined;
  if (typeof owner === "object")
    return `whose task ${named(data.taskId)} is cannot be told: current_tasks.json cannot be used, ${owner.why}`;
  if (owner !== undefined && owner !== group) return `${group} is not the main group, and task ${named(data.taskId)} is of another`;
  return undefined;
}

/** A task as hosts list it for a group, whichever of the two spellings they have. */
export interface ListedTask {
  id: string;
  group: string | undefined;
  record: IpcData;
}

/** What a host's `current_tasks.json` holds; what is no task in it is passed over. */
export function listedTasks(json: unknown): ListedTask[] {
  const list = Array.isArray(json) ? json : isRecord(json) && Array.isArray(json.tasks) ? json.tasks : [];
  return list.filter(isRecord).flatMap((record) => {
    const id = record.id ?? record.taskId ?? record.task_id;
    const group = record.groupFolder ?? record.group_folder;
    if (typeof id !== "string" && typeof id !== "number") return [];
    return [{ id: String(id), group: typeof group === "string" ? group : undefined, record }];
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

const named = (value: unknown): string => JSON.stringify(value === undefined ? "(none)" : String(value).slice(0, 60));
