// One change to a file after another, in the order in which they were asked for, whoever asks: an answer's calls, `runTool`, extensions.
// Used by the tools that change files, and for tools that others bring. Invariant: a file has one queue in the process, whatever names it goes by.

import { artifactIdOf } from "../../contracts/artifact.ts";
import { errorResult, type FileOperations, type ToolContext, type ToolResult } from "../../contracts/tool.ts";

/** The last change to each file; gone when nothing waits for it. Process-wide, since the files are. */
const last = new Map<string, Promise<unknown>>();
/** Places are taken in order: an earlier caller may still be finding out which file it names. */
let placed: Promise<unknown> = Promise.resolve();

/** `file` (see `fileKey`) is asked at once; `task` runs when earlier ones for the same file are done, however they ended. */
export function inFileOrder<T>(file: () => Promise<string>, task: () => Promise<T>): Promise<T> {
  const found = file();
  const place = placed.then(async () => {
    const key = await found;
    const turn = (last.get(key) ?? Promise.resolve()).then(task, task);
    last.set(key, turn);
    const leave = (): void => {
      if (last.get(key) === turn) last.delete(key);
    };
    turn.then(leave, leave);
    return { turn };
  });
  placed = place.catch(() => {});
  return place.then(({ turn }) => turn);
}

/** By what a file is known however it is named: links, and several names of one file. */
export async function fileKey(path: string, files: FileOperations): Promise<string> {
  const { identity } = await files.stat(path).catch((): { identity?: string } => ({}));
  return identity ?? files.canonical(path);
}

/** A tool's change to the file at the path given: `change` hears where that is. Who is aborted does not wait for those before it. */
export function changeFile(given: string, context: ToolContext, change: (path: string) => Promise<ToolResult>): Promise<ToolResult> {
  const { signal } = context;
  const refused = errorResult("Operation aborted");
  // No file of that name is meant: it would be made in a folder `artifact:`.
  if (artifactIdOf(given) !== undefined) {
    return Promise.resolve(errorResult(`${given} is an output of this session: it can be read, with read or grep, and not changed.`));
  }
  if (signal.aborted) return Promise.resolve(refused);
  let path = given;
  let onAbort = (): void => {};
  const aborted = new Promise<ToolResult>((resolve) => {
    onAbort = () => resolve(refused);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  const findPath = async (): Promise<string> => {
    const { resolvePath } = await import("./resolve-path.ts");
    path = await resolvePath(given, context);
    return fileKey(path, context.files);
  };
  const changed = inFileOrder(findPath, async () => {
    // An abort in the middle is the change's own to answer: it alone knows what stands on the disk.
    signal.removeEventListener("abort", onAbort);
    return signal.aborted ? refused : change(path);
  });
  return Promise.race([aborted, changed]);
}
