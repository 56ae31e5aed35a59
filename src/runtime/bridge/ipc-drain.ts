// Takes what groups have left for their host, file by file, and parks what cannot be taken. Called by `pi ipc drain`, and by `ipc-watcher` for hosts.
// Invariants: a file goes away only once it was taken; one that is parked stays on the disk, under a name that nothing else had; no file, link
// or name of a group's making decides about rights, holds the others up, or is read without bounds.

import { accessSync, constants, lstatSync, mkdirSync, readdirSync, renameSync, type Stats, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { acquireLease } from "../../platform/locks/lease.ts";
import { readIpcData, readIpcJson } from "./ipc-file.ts";
import { type GroupOfTask, type IpcData, type IpcFolder, ipcFolders, ipcProblem, listedTasks } from "./ipc-rules.ts";

/** One file as its consumer sees it. `data`: what stands in it, but for what it says about who wrote it where that is not so. */
export interface IpcItem {
  group: string;
  isMain: boolean;
  file: string;
  type: string;
  data: IpcData;
}

export interface ParkedFile {
  group: string;
  file: string;
  /** Below `errors`; absent where it could not be moved. */
  parkedAs?: string;
  /** It was taken, and is there all the same: whoever drains next takes it again. */
  wasTaken?: boolean;
  why: string;
}

export interface DrainOptions {
  /** Each of its directories is a group's, but for `errors`. */
  dir: string;
  /** Default: `main`. */
  main?: string | undefined;
  /** By folder: the chat of each group. With it a group that is not the main one may name no other chat. */
  groups?: Readonly<Record<string, { jid: string }>> | undefined;
  /** A reason parks the file, nothing says that it was taken; what it throws ends the drain, and the file stays. */
  take(item: IpcItem): Promise<string | undefined> | string | undefined;
  onParked?(parked: ParkedFile): Promise<void> | void;
  /** Ends the drain between two files. */
  signal?: AbortSignal | undefined;
}

export interface DrainResult {
  taken: number;
  parked: number;
}

const errorsFolder = "errors";
const lockName = ".drain.lock";

/** All that is there now. Throws `io.ipc` where the directory cannot be read or another process drains it, and what `take` throws. */
export async function drainIpc(options: DrainOptions): Promise<DrainResult> {
  const drain = await openDrain(options);
  try {
    return await drain.pass();
  } finally {
    drain.release();
  }
}

/** The directory for oneself, to go through again and again. Throws `io.ipc`. */
export async function openDrain(options: DrainOptions): Promise<{ pass(result?: DrainResult): Promise<DrainResult>; release(): void }> {
  const release = await alone(options.dir);
  const drain = new Drain(options);
  return { pass: (result) => drain.pass(result), release };
}

/** Two consumers would take each file twice. */
async function alone(dir: string): Promise<() => void> {
  const path = join(dir, lockName);
  try {
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (info === undefined) writeFileSync(path, "", { flag: "wx", mode: 0o600 });
    else if (!info.isFile()) throw new Error(`${path} is no file`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(dir, error);
  }
  const lease = await acquireLease(path, "fail");
  if (lease === "busy")
    throw new PiError("io.ipc", `Another process takes the files of ${dir}`, { hint: "One consumer is enough; end the other one first." });
  return () => (lease === "unsupported" ? undefined : lease.release());
}

function unusable(dir: string, error: unknown): PiError {
  return new PiError("io.ipc", `${dir} cannot be used: ${messageOf(error)}`, { cause: error });
}

interface Waiting {
  group: string;
  folder: IpcFolder;
  file: string;
  /** Of a name that no text can say. */
  bytes?: Buffer | undefined;
  /** Why it cannot be looked at. */
  closed?: string;
}

class Drain {
  readonly #options: DrainOptions;
  readonly #main: string;
  /** Taken, but still there: their directory would not let them go. By path, with the inode: a new file of the name is another. */
  readonly #stuck = new Map<string, number>();
  /** What could not be moved, and was told. */
  readonly #told = new Set<string>();
  /** What could not be looked at, and was told. */
  readonly #closed = new Set<string>();

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#main = options.main ?? "main";
  }

  async pass(result: DrainResult = { taken: 0, parked: 0 }): Promise<DrainResult> {
    let tasks: Map<string, string | undefined> | { why: string } | undefined;
    const groupOfTask: GroupOfTask = (id) => {
      tasks ??= this.#tasksOfMain();
      return "why" in tasks ? tasks : tasks.get(id);
    };
    const groups = this.#groups();
    for (const { group, closed } of groups) await this.#stays(join(this.#options.dir, group), { group, file: "" }, closed, result);
    for (const folder of ipcFolders) {
      const waiting = groups.flatMap(({ group, closed }) => (closed === undefined ? this.#filesOf(group, folder) : []));
      for (const one of waiting.sort(byName)) {
        if (this.#options.signal?.aborted) return result;
        await this.#handle(one, groupOfTask, result);
      }
    }
    return result;
  }

  #groups(): { group: string; closed: string | undefined }[] {
    const { dir } = this.#options;
    let names: Named[];
    try {
      names = namesIn(dir);
    } catch (error) {
      throw unusable(dir, error);
    }
    return names
      .filter(({ name }) => name !== errorsFolder && !name.startsWith("."))
      .sort(({ name: one }, { name: other }) => (one < other ? -1 : 1))
      .flatMap(({ name: group, bytes }) => {
        if (bytes !== undefined) return [{ group, closed: unsayable }];
        const found = look(join(dir, group));
        if (found === undefined) return [];
        if ("closed" in found) return [{ group, closed: found.closed }];
        return found.isDirectory() ? [{ group, closed: closedTo(join(dir, group)) }] : [];
      });
  }

  /** A folder that is something else is parked itself: what a link leads to is another's. */
  #filesOf(group: string, folder: IpcFolder): Waiting[] {
    const directory = join(this.#options.dir, group, folder);
    const found = look(directory);
    if (found === undefined) return [];
    if ("closed" in found) return [{ group, folder, file: "", ...found }];
    if (!found.isDirectory()) return [{ group, folder, file: "" }];
    try {
      const names = namesIn(directory);
      this.#closed.delete(directory);
      return names
        .filter(({ name }) => name.endsWith(".json") && !name.startsWith("."))
        .map(({ name: file, bytes }) => ({ group, folder, file, bytes }));
    } catch (error) {
      return isGone(error) ? [] : [{ group, folder, file: "", closed: messageOf(error) }];
    }
  }

  /** What cannot be looked at is told, once, and stays; the other groups do not wait for it. */
  async #stays(
    path: string,
    { group, file }: { group: string; file: string },
    closed: string | undefined,
    result: DrainResult,
  ): Promise<boolean> {
    if (closed === undefined) {
      this.#closed.delete(path);
      return false;
    }
    if (this.#closed.has(path)) return true;
    this.#closed.add(path);
    result.parked++;
    await this.#options.onParked?.({ group, file, why: `it cannot be read: ${closed}` });
    return true;
  }

  async #handle(one: Waiting, groupOfTask: GroupOfTask, result: DrainResult): Promise<void> {
    const { dir } = this.#options;
    const path = join(dir, one.group, one.folder, one.file);
    if (one.bytes !== undefined) return this.#park(one, path, unsayable, result);
    const info = one.closed === undefined ? look(path) : { closed: one.closed };
    if (info === undefined) return;
    const closed = "closed" in info ? info.closed : undefined;
    if (await this.#stays(path, { group: one.group, file: nameOf(one) }, closed, result)) return;
    if ("closed" in info || this.#stuck.get(path) === info.ino) return;
    const isMain = one.group === this.#main;
    const read = one.file === "" ? { why: "it is no directory" } : readIpcData(path);
    if (read === undefined) return;
    const jid = this.#options.groups === undefined ? undefined : (jidOf(this.#options.groups, one.group) ?? "");
    const problem = "why" in read ? read.why : ipcProblem(one.folder, read.data, { group: one.group, isMain, chatJid: jid, groupOfTask });
    let why = problem;
    if (why === undefined && "data" in read) {
      const { data } = read;
      why = await this.#options.take({
        group: one.group,
        isMain,
        file: one.file,
        type: String(data.type),
        data: truthful(data, one.group, isMain),
      });
    }
    if (why === undefined) {
      result.taken++;
      const stuck = this.#remove(path, info);
      if (stuck === undefined) return;
      result.parked++;
      await this.#options.onParked?.({ group: one.group, file: one.file, why: stuck, wasTaken: true });
      return;
    }
    if (isSame(look(path), info)) await this.#park(one, path, why, result);
  }

  /** Only what was taken: another file may stand there by now, or another directory on the way. Why it stays, where it does. */
  #remove(path: string, info: Stats): string | undefined {
    try {
      if (isSame(lstatSync(path, { throwIfNoEntry: false }), info)) unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      this.#stuck.set(path, info.ino);
      return `it cannot be removed: ${messageOf(error)}`;
    }
    return undefined;
  }

  async #park(one: Waiting, path: string, why: string, result: DrainResult): Promise<void> {
    const { group } = one;
    const name = nameOf(one);
    let parkedAs: string | undefined;
    try {
      const from = one.bytes === undefined ? path : Buffer.concat([Buffer.from(join(path, "..", "/")), one.bytes]);
      parkedAs = this.#move(from, `${group}-${name}`);
      this.#told.delete(path);
    } catch (error) {
      // It stays, and would be met with each pass.
      if (this.#told.has(path)) return;
      this.#told.add(path);
      why = `${why}; it could not be moved to ${errorsFolder}: ${messageOf(error)}`;
    }
    result.parked++;
    await this.#options.onParked?.({ group, file: name, why, ...defined({ parkedAs }) });
  }

  /** Never over another, and never by way of a link. */
  #move(path: string | Buffer, name: string): string {
    const errors = join(this.#options.dir, errorsFolder);
    try {
      mkdirSync(errors, 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !lstatSync(errors).isDirectory()) throw error;
    }
    const [, stem = "", extension = ""] = /^(.*?)((?:\.json)?)$/s.exec(name) ?? [];
    for (let count = 1; ; count++) {
      const tail = `${count === 1 ? "" : `.${count}`}${extension}`;
      const free = `${cutToBytes(stem, 255 - tail.length)}${tail}`;
      if (lstatSync(join(errors, free), { throwIfNoEntry: false }) !== undefined) continue;
      renameSync(path, join(errors, free));
      return free;
    }
  }

  #tasksOfMain(): Map<string, string | undefined> | { why: string } {
    const read = readIpcJson(join(this.#options.dir, this.#main, "current_tasks.json"));
    if (read !== undefined && "why" in read) return read;
    return new Map(read === undefined ? [] : listedTasks(read.json).map(({ id, group }) => [id, group]));
  }
}

const unsayable = "its name is no UTF-8";

interface Named {
  name: string;
  /** As it really is, where no text can say it. */
  bytes: Buffer | undefined;
}

function namesIn(directory: string): Named[] {
  return readdirSync(directory, { encoding: "buffer" }).map((bytes) => {
    const name = bytes.toString("utf8");
    return { name, bytes: Buffer.from(name).equals(bytes) ? undefined : bytes };
  });
}

function byName(one: Waiting, other: Waiting): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.group < other.group ? -1 : 1;
}

/** What a file says about who wrote it is for the folder to say. */
function truthful(data: IpcData, group: string, isMain: boolean): IpcData {
  const amended: Record<string, unknown> = { ...data };
  if (data.isMain !== undefined) amended.isMain = isMain;
  if (data.createdBy !== undefined) amended.createdBy = group;
  return amended;
}

function jidOf(groups: Readonly<Record<string, { jid: string }>>, group: string): string | undefined {
  return Object.hasOwn(groups, group) ? groups[group]?.jid : undefined;
}

type Closed = { closed: string };

/** Nothing where nothing is. */
function look(path: string): Stats | Closed | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return isGone(error) ? undefined : { closed: messageOf(error) };
  }
}

/** Why what is in a directory cannot be had, if it cannot. */
function closedTo(directory: string): string | undefined {
  try {
    accessSync(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    return isGone(error) ? undefined : messageOf(error);
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(String((error as NodeJS.ErrnoException).code));
}

/** Of a folder that is none, the folder's. */
function nameOf({ folder, file }: Waiting): string {
  return file === "" ? folder : file;
}

function isSame(now: Stats | Closed | undefined, then: Stats): boolean {
  return now !== undefined && !("closed" in now) && now.ino === then.ino && now.dev === then.dev;
}

function cutToBytes(text: string, most: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > most) cut = cut.slice(0, -1);
  return cut;
}
