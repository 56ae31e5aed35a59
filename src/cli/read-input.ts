// Puts together what is prompted: messages, `@file`s, piped stdin. Called by run-mode for modes that need prompts.
// Invariant: what the model is given is text or a picture; anything else is refused before anything is asked.

import { basename } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { ImageContent } from "../contracts/message.ts";
import type { FileInfo, FileOperations } from "../contracts/tool.ts";
import type { ModePrompt } from "../modes/mode.ts";
import type { Host } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import type { Said } from "./options.ts";

export interface ReadInputDeps {
  host: Host;
  cwd: string;
  /** Of the whole run, 0: none. */
  timeoutMs: number;
  files: FileOperations;
  /** The image block of these bytes, `omitted` when they are one that cannot be sent, nothing when they are no image. */
  decodeImage(bytes: Uint8Array): Promise<ImageContent | "omitted" | undefined>;
  warn(line: string): void;
}

export async function readInput(said: Said, deps: ReadInputDeps): Promise<ModePrompt[]> {
  const messages: string[] = [];
  const images: ImageContent[] = [];
  const blocks: string[] = [];
  let waitsForStdin = false;
  for (const { text, isLiteral } of said.operands) {
    if (!isLiteral && text.startsWith("@") && text.length > 1) {
      const { paths, message } = await pathsIn(text, deps);
      for (const path of paths) {
        const { block, image } = await readFileArgument(path, deps);
        blocks.push(block);
        if (image) images.push(image);
      }
      if (message !== "") messages.push(message);
      continue;
    }
    if (text.startsWith("@") && (await longestPath(text.slice(1), deps)) === text.slice(1))
      deps.warn(`${text} behind -- is sent as it is written, not the file; what the model is to see goes before --`);
    if (!isLiteral && text === "-") waitsForStdin = true;
    // Of a variable that is not set: a request in which nothing stands.
    else if (text.trim() !== "") messages.push(text);
  }
  const piped = await pipedPart(deps, { hasPrompt: messages.length > 0 || blocks.length > 0, waits: waitsForStdin });
  if (piped.image) images.unshift(piped.image);
  const [first, ...rest] = messages;
  const parts = [piped.text.trimEnd(), blocks.join(""), first ?? ""].filter((part) => part !== "");
  const isMore = parts.length > 1 || first?.startsWith("/") === true;
  const own = first !== undefined && isMore ? { ownWords: first } : {};
  const prompts: ModePrompt[] = parts.length === 0 && images.length === 0 ? [] : [{ text: parts.join("\n\n"), images, ...own }];
  return [...prompts, ...rest.map((text) => ({ text, images: [] }))];
}

/**
 * `@notes.md`, or with a message in the same argument, as people quote it: `@a.md @b.md compare them`. A name may hold blanks, so the longest
 * that names a file is meant.
 */
async function pathsIn(text: string, deps: ReadInputDeps): Promise<{ paths: string[]; message: string }> {
  const paths: string[] = [];
  let rest = text;
  while (rest.startsWith("@") && rest.length > 1) {
    const path = await longestPath(rest.slice(1), deps);
    if (path === undefined) break;
    paths.push(path);
    rest = rest.slice(1 + path.length).trimStart();
  }
  if (paths.length > 0) return { paths, message: rest };
  const [name = "", more] = rest.slice(1).split(/\s/, 2);
  if (more === undefined) return { paths: [rest.slice(1)], message: "" };
  throw new PiError("usage.file_not_found", `File not found: ${absolutePath(name, deps.cwd, deps.host.homeDir)}`, {
    hint: `Check the path behind the @; a message is an argument of its own: @${name} "…"`,
  });
}

async function longestPath(text: string, { files, cwd, host }: ReadInputDeps): Promise<string | undefined> {
  const { resolvePath } = await import("../tools/shared/resolve-path.ts");
  const ends = [...text.matchAll(/\s+|$/g)].map((match) => match.index).filter((end) => end > 0);
  for (const end of ends.reverse()) {
    const path = text.slice(0, end);
    if (path.length > longestPathLength) continue;
    const isThere = await resolvePath(path, { cwd, homeDir: host.homeDir, files })
      .then((found) => files.stat(found))
      .then(
        () => true,
        () => false,
      );
    if (isThere) return path;
  }
  return undefined;
}

/** Of Linux; what is longer is a text. */
const longestPathLength = 4096;

/** A picture may be larger than what fits, since it is made smaller. */
const maxPictureBytes = 100 * 1024 * 1024;

function tooLarge(path: string, bytes: number, most: number): PiError {
  return new PiError("usage.file_too_large", `@${path} has ${bytes} bytes or more; at most ${most} fit into a prompt`, {
    hint: "Name the path in the message and let the read tool look at it",
  });
}

async function readFileArgument(path: string, deps: ReadInputDeps): Promise<{ block: string; image?: ImageContent }> {
  const [{ resolvePath }, { maxInputBytes }] = await Promise.all([import("../tools/shared/resolve-path.ts"), import("./piped-input.ts")]);
  const absolute = await resolvePath(path, { cwd: deps.cwd, homeDir: deps.host.homeDir, files: deps.files });
  const info = await deps.files.stat(absolute).catch((error: NodeJS.ErrnoException) => {
    throw fileError(absolute, error);
  });
  if (info.kind === "file" && info.size > maxPictureBytes) throw tooLarge(path, info.size, maxInputBytes);
  const bytes = await readBytes(absolute, info, deps.files).catch((error: NodeJS.ErrnoException) => {
    throw fileError(absolute, error);
  });
  const image = await deps.decodeImage(bytes);
  if (!image && bytes.length > maxInputBytes) {
    throw tooLarge(path, bytes.length, maxInputBytes);
  }
  if (image === "omitted") throw await unfitPicture("usage.binary_file", `@${path}`, bytes);
  if (image) return { block: `<file name="${absolute}"></file>`, image };
  const { wholeText } = await import("../contracts/text-encoding.ts");
  const text = wholeText(bytes);
  if (text === undefined) {
    throw new PiError("usage.binary_file", `@${path} is neither text nor an image (${basename(absolute)})`, {
      hint: "Give text, png, jpeg, gif or webp",
    });
  }
  return { block: `<file name="${absolute}">\n${text}\n</file>` };
}

async function pipedPart(
  deps: ReadInputDeps,
  want: { hasPrompt: boolean; waits: boolean },
): Promise<{ text: string; image?: ImageContent }> {
  const { stdin, platform } = deps.host;
  if (stdin.kind === "directory") {
    throw new PiError("usage.file_is_directory", "stdin is a directory", {
      hint: "Name a folder in the message, and files behind an @; </dev/null says that nothing is piped in",
    });
  }
  if (stdin.kind === "none" || (stdin.kind === "terminal" && !want.waits)) return { text: "" };
  // A file answers at once; only a pipe or a socket can be held open by a host that never writes.
  const mayBeLeft = want.hasPrompt && !want.waits && (stdin.kind === "pipe" || stdin.kind === "socket");
  const { readPipedInput } = await import("./piped-input.ts");
  const bytes = await readPipedInput({ stdin, platform, mayBeLeft, timeoutMs: deps.timeoutMs, warn: deps.warn });
  if (bytes === undefined || bytes.length === 0) return { text: "" };
  const image = await deps.decodeImage(bytes);
  if (image === "omitted") throw await unfitPicture("usage.binary_input", "stdin", bytes);
  if (image) return { text: "", image };
  const { wholeText } = await import("../contracts/text-encoding.ts");
  const text = wholeText(bytes);
  if (text !== undefined) return { text };
  throw new PiError("usage.binary_input", "stdin is neither text nor an image", { hint: "Give text, png, jpeg, gif or webp" });
}

async function unfitPicture(code: "usage.binary_file" | "usage.binary_input", what: string, bytes: Uint8Array): Promise<PiError> {
  const { imageTypeOf, isWholeImage, readImageHeader } = await import("../tools/shared/image-type.ts");
  const type = imageTypeOf(bytes);
  const kind = type?.replace("image/", "") ?? "picture";
  const isSound = type !== undefined && readImageHeader(bytes, type) !== undefined && (type === "image/bmp" || isWholeImage(bytes, type));
  return isSound
    ? new PiError(code, `${what} is a ${kind} that cannot be made small enough to be sent`, { hint: "Give a smaller one" })
    : new PiError(code, `${what} is a ${kind} that is cut off or damaged`, { hint: "Give the whole file" });
}

/** A pipe (`@<(command)`) or a device tells no size and may have no end: of it no more is read than is known to be too much. */
async function readBytes(path: string, { kind }: FileInfo, files: FileOperations): Promise<Uint8Array> {
  if (kind !== "other") return files.read(path);
  const [{ readPipe }, { concatenated, maxInputBytes }] = await Promise.all([
    import("../platform/pipes/read-pipe.ts"),
    import("./piped-input.ts"),
  ]);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readPipe(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxInputBytes) break;
  }
  return concatenated(chunks, size);
}

function fileError(path: string, error: NodeJS.ErrnoException): PiError {
  if (error.code === "ENOENT")
    return new PiError("usage.file_not_found", `File not found: ${path}`, { hint: "Check the path behind the @" });
  if (error.code === "EISDIR")
    return new PiError("usage.file_is_directory", `${path} is a directory`, { hint: "Name a file behind the @" });
  return new PiError("usage.file_unreadable", `Cannot read ${path} (${error.code ?? error.message})`, {
    hint: "Check its permissions",
    cause: error,
  });
}
