// How tools touch real files. Made once and handed to tools as `FileOperations`; errors are Node's, with their `code`.
// Invariant: a reader of a path sees the old bytes or the new ones, never a mixture, as far as the directory lets a file be put beside it.

import fs, { type Stats } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { FileInfo, FileOperations } from "../../contracts/tool.ts";
import { makeDirectory } from "./make-directory.ts";
import { isTemporaryOf, temporaryBeside } from "./temporary-name.ts";

const chunkBytes = 64 * 1024;
/** What would wait for a writer (a pipe that has taken a file's place, a log of the kernel that only looks like a file) fails instead. */
const forReading = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

export function createFileOperations(): FileOperations {
  return {
    stat: async (path) => {
      const info = await fs.promises.stat(path);
      const hasOtherNames = info.isFile() && info.nlink > 1;
      return { kind: kindOf(info), size: info.size, ...(hasOtherNames && { identity: `${info.dev}:${info.ino}` }) };
    },
    read: (path) => fs.promises.readFile(path, { flag: forReading }),
    readChunks,
    writeAtomic: (path, data) => writeAtomic(path, data),
    list: async (path) => {
      const entries = await fs.promises.readdir(path, { withFileTypes: true });
      return Promise.all(
        entries.map(async (entry) => ({
          name: entry.name,
          kind: entry.isSymbolicLink() ? await kindBehindLink(join(path, entry.name)) : kindOf(entry),
        })),
      );
    },
    canonical,
  };
}

function kindOf(info: Pick<Stats, "isFile" | "isDirectory">): FileInfo["kind"] {
  if (info.isFile()) return "file";
  return info.isDirectory() ? "directory" : "other";
}

async function kindBehindLink(path: string): Promise<FileInfo["kind"]> {
  try {
    return kindOf(await fs.promises.stat(path));
  } catch {
    return "other";
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await fs.promises.open(path, forReading);
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The real path of what is there; of a file to be, also behind a link, that of its directory: two names of one file are the same. */
async function canonical(path: string): Promise<string> {
  try {
    return await fs.promises.realpath(path);
  } catch {
    const target = await linkTarget(path).catch(() => path);
    const parent = dirname(target);
    return parent === target ? target : join(await canonical(parent), basename(target));
  }
}

/** `mode`: what it is to have from its first moment on, whatever stands there; else that of what stands there, or the umask's. */
export async function writeAtomic(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  const target = await linkTarget(path);
  const existing = await statOrUndefined(target);
  if (existing?.isDirectory())
    throw Object.assign(new Error(`EISDIR: illegal operation on a directory, open '${path}'`), { code: "EISDIR" });
  // Nobody may ever read at its other end.
  if (existing?.isFIFO() || existing?.isSocket())
    throw Object.assign(new Error(`Not a regular file: ${path} is a pipe or a socket`), { code: "EINVAL" });
  // A device is written to, not replaced; a file with other names must stay the same file behind them.
  if (existing !== undefined && (!existing.isFile() || existing.nlink > 1)) {
    if (mode !== undefined && existing.isFile()) await fs.promises.chmod(target, (existing.mode & mode) | 0o200);
    return fs.promises.writeFile(target, data);
  }
  // Replacing must not do what writing may not.
  if (existing !== undefined) await (await fs.promises.open(target, "r+")).close();
  const temporary = temporaryBeside(target);
  try {
    await createBeside(temporary, data, existing, mode);
  } catch (error) {
    await fs.promises.unlink(temporary).catch(() => {});
    if (existing !== undefined && ["EACCES", "EPERM", "EROFS"].includes(codeOf(error))) return fs.promises.writeFile(target, data);
    throw error;
  }
  try {
    await fs.promises.rename(temporary, target);
  } catch (error) {
    await fs.promises.unlink(temporary).catch(() => {});
    // A mounted file (containers) or a sticky directory: the file can be written, not replaced.
    if (existing !== undefined && ["EACCES", "EPERM", "EBUSY", "EXDEV"].includes(codeOf(error))) return fs.promises.writeFile(target, data);
    throw error;
  }
}

/** What processes that were killed have left beside a file that they were writing. Only for who knows that nobody writes it now. */
export async function leftoversBeside(target: string): Promise<string[]> {
  const names = await fs.promises.readdir(dirname(target)).catch(() => []);
  return names.filter((name) => isTemporaryOf(target, name)).map((name) => join(dirname(target), name));
}

async function createBeside(
  temporary: string,
  data: Uint8Array | string,
  existing: Stats | undefined,
  mode = existing && existing.mode & 0o7777,
): Promise<void> {
  // What only its owner may read must not be readable by others for a moment.
  const options = mode === undefined ? { flag: "wx" } : { flag: "wx", mode: 0o600 };
  try {
    await fs.promises.writeFile(temporary, data, options);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    makeDirectory(dirname(temporary));
    await fs.promises.writeFile(temporary, data, options);
  }
  if (existing !== undefined) await keepOwner(temporary, existing);
  if (mode !== undefined) await fs.promises.chmod(temporary, mode);
}

/** Only root can give a file away; for anyone else the group is kept where allowed. */
async function keepOwner(path: string, existing: Stats): Promise<void> {
  const made = await fs.promises.stat(path);
  if (made.uid === existing.uid && made.gid === existing.gid) return;
  await fs.promises.chown(path, existing.uid, existing.gid).catch(() => fs.promises.chown(path, made.uid, existing.gid).catch(() => {}));
}

/** Follows a chain of links by hand, since the last link may point to a file that is still to be made. */
async function linkTarget(path: string): Promise<string> {
  let current = path;
  for (let hops = 0; hops < 40; hops++) {
    try {
      const next = await fs.promises.readlink(current);
      // A relative target starts at the directory that the link really lies in.
      current = isAbsolute(next) ? next : join(await fs.promises.realpath(dirname(current)), next);
    } catch {
      return current;
    }
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links encountered, open '${path}'`), { code: "ELOOP" });
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await fs.promises.stat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "");
}
