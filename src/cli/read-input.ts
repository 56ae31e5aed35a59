// Puts together what is prompted: messages, `@file`s, piped stdin. Called by run-mode for modes that need prompts.
// Invariant: silence on stdin never hangs a run that has a prompt, and endless input never fills memory.

import { basename } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { ImageContent } from "../contracts/message.ts";
import { decodeText, detectText } from "../contracts/text-encoding.ts";
import type { FileOperations } from "../contracts/tool.ts";
import type { ModePrompt } from "../modes/mode.ts";
import type { Host, InputStream } from "../platform/host.ts";
import type { Said } from "./options.ts";

/** More than any model takes; a mistake such as `yes | pi` must not eat the machine. */
const maxInputBytes = 10 * 1024 * 1024;
const silenceLimitMs = 3000;

export interface ReadInputDeps {
  host: Host;
  cwd: string;
  files: FileOperations;
  /** The image block of these bytes, `omitted` when they are one that cannot be sent, nothing when they are no image. */
  decodeImage(bytes: Uint8Array): Promise<ImageContent | "omitted" | undefined>;
  warn(line: string): void;
}

export async function readInput(said: Said, deps: ReadInputDeps): Promise<ModePrompt[]> {
  const paths: string[] = [];
  const messages: string[] = [];
  let waitsForStdin = false;
  for (const { text, isLiteral } of said.operands) {
    if (!isLiteral && text.startsWith("@") && text.length > 1) paths.push(text.slice(1));
    else if (!isLiteral && text === "-") waitsForStdin = true;
    else messages.push(text);
  }
  const images: ImageContent[] = [];
  const blocks: string[] = [];
  for (const path of paths) {
    const { block, image } = await readFileArgument(path, deps);
    blocks.push(block);
    if (image) images.push(image);
  }
  const piped = await readPipedInput(deps, { hasPrompt: messages.length > 0 || paths.length > 0, waits: waitsForStdin });
  const [first, ...rest] = messages;
  const parts = [piped?.trimEnd() ?? "", blocks.join(""), first ?? ""].filter((part) => part !== "");
  const prompts: ModePrompt[] = parts.length === 0 ? [] : [{ text: parts.join("\n\n"), images }];
  return [...prompts, ...rest.map((text) => ({ text, images: [] }))];
}

async function readFileArgument(path: string, deps: ReadInputDeps): Promise<{ block: string; image?: ImageContent }> {
  const { resolvePath } = await import("../tools/shared/resolve-path.ts");
  const absolute = await resolvePath(path, { cwd: deps.cwd, homeDir: deps.host.homeDir, files: deps.files });
  const bytes = await readBytes(absolute, deps.files).catch((error: NodeJS.ErrnoException) => {
    throw fileError(absolute, error);
  });
  const image = await deps.decodeImage(bytes);
  if (!image && bytes.length > maxInputBytes) {
    throw new PiError("usage.file_too_large", `@${path} has ${bytes.length} bytes or more; at most ${maxInputBytes} fit into a prompt`, {
      hint: "Name the path in the message and let the read tool look at it",
    });
  }
  if (image === "omitted") {
    return { block: `<file name="${absolute}">[Image omitted: could not be resized below the inline image size limit.]</file>` };
  }
  if (image) return { block: `<file name="${absolute}"></file>`, image };
  const text = textIn(bytes);
  if (text === undefined) {
    throw new PiError("usage.binary_file", `@${path} is neither text nor an image (${basename(absolute)})`, {
      hint: "Give text, png, jpeg, gif or webp",
    });
  }
  return { block: `<file name="${absolute}">\n${text}\n</file>` };
}

function textIn(bytes: Uint8Array): string | undefined {
  const detected = detectText(bytes);
  return detected && decodeText(bytes, detected);
}

/** A pipe (`@<(command)`) or a device tells no size and may have no end: of it no more is read than is known to be too much. */
async function readBytes(path: string, files: FileOperations): Promise<Uint8Array> {
  if ((await files.stat(path)).kind !== "other") return files.read(path);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of files.readChunks(path)) {
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

async function readPipedInput(deps: ReadInputDeps, want: { hasPrompt: boolean; waits: boolean }): Promise<string | undefined> {
  const { stdin } = deps.host;
  if (stdin.kind === "none" || (stdin.kind === "terminal" && !want.waits)) return undefined;
  // A file answers at once; only a pipe or a socket can be held open by a host that never writes.
  const mayBeSilent = want.hasPrompt && !want.waits && (stdin.kind === "pipe" || stdin.kind === "socket");
  return readText(stdin, mayBeSilent, deps.warn);
}

async function readText(stdin: InputStream, mayBeSilent: boolean, warn: (line: string) => void): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = stdin.chunks()[Symbol.asyncIterator]();
  for (;;) {
    const next = iterator.next();
    const result = mayBeSilent && size === 0 ? await orSilence(next) : await next;
    if (result === "silent") {
      // The read is left pending on purpose; it must not become an unhandled rejection when the stream breaks later.
      next.catch(() => undefined);
      stdin.release();
      warn(`stdin is open but silent; going on without it (write - to wait for it, or </dev/null to say there is none)`);
      return undefined;
    }
    if (result.done) {
      const text = textIn(concatenated(chunks, size));
      if (text === undefined) throw new PiError("usage.binary_file", "stdin is not text", { hint: "Give text" });
      return text;
    }
    chunks.push(result.value);
    size += result.value.length;
    if (size > maxInputBytes) {
      stdin.release();
      throw new PiError("usage.input_too_large", `stdin gave more than ${maxInputBytes} bytes`, {
        hint: "Write it to a file and name the file in the message",
      });
    }
  }
}

/** The clock is stopped with the first word, or it would hold the process to its end. */
async function orSilence<T>(next: Promise<T>): Promise<T | "silent"> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<"silent">((resolve) => {
    timer = setTimeout(() => resolve("silent"), silenceLimitMs);
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
