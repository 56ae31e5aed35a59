// Command output on its way to a model: the end in memory, all of it in a file once it is too long to show. Used by bash and by RPC `bash`.
// Invariant: memory does not grow with the output.

import { type Artifacts, type ArtifactWriter, artifactReference } from "../../contracts/artifact.ts";
import { messageOf } from "../../contracts/error.ts";
import { cleanOutput } from "../../contracts/text/clean-output.ts";
import { OutputTail } from "./output-tail.ts";
import { formatSize, maxBytes, maxLines, type Truncation, truncateTail } from "./truncate.ts";

export interface CollectedOutput {
  /** Cleaned; only the end of it when truncated, without a note. */
  text: string;
  truncation: Truncation;
  fullOutputPath?: string;
  /** `artifact://N`. */
  artifactId?: number;
  /** Of the middle, in the file too. */
  leftOutBytes: number;
  lastLineBytes: number;
}

/** Takes output as it comes, puts it in a file once it is too long to show, and gives the end of it at any time. */
export class OutputCollector {
  readonly #tail = new OutputTail();
  readonly #artifacts: Artifacts;
  readonly #tool: string;
  #file: ArtifactWriter | undefined;
  #fileFailure: unknown;
  #opening: Promise<void> | undefined;

  constructor(artifacts: Artifacts, tool: string) {
    this.#artifacts = artifacts;
    this.#tool = tool;
  }

  /** Wait for the promise before the next one; without waiting the order is kept, but nothing holds the writer back. */
  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#opening !== undefined) return this.#opening.then(() => this.push(chunk));
    if (this.#file !== undefined) {
      this.#file.write(chunk);
      this.#tail.push(chunk);
      return;
    }
    const fits = this.#tail.totalBytes + chunk.length <= maxBytes;
    if (!fits && this.#fileFailure === undefined) return this.#open(chunk);
    this.#tail.push(chunk);
    if (this.#tail.newlines > maxLines && this.#fileFailure === undefined) return this.#open(new Uint8Array(0));
  }

  #open(chunk: Uint8Array): Promise<void> {
    this.#opening = this.#openFile(chunk).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openFile(chunk: Uint8Array): Promise<void> {
    try {
      const file = await this.#artifacts.create(this.#tool);
      for (const held of this.#tail.held()) file.write(held);
      file.write(chunk);
      this.#file = file;
    } catch (error) {
      this.#fileFailure = error;
    }
    this.#tail.push(chunk);
  }

  collected(): CollectedOutput {
    const { text, totals } = this.#tail.text(cleanOutput);
    const truncation = truncateTail(text, totals);
    const { path, id, leftOutBytes = 0 } = this.#file ?? {};
    return {
      text: truncation.content,
      truncation,
      lastLineBytes: this.#tail.lastLineBytes,
      leftOutBytes,
      ...(truncation.truncated && path !== undefined ? { fullOutputPath: path } : {}),
      ...(truncation.truncated && id !== undefined ? { artifactId: id } : {}),
    };
  }

  /** The last state. The file goes if everything could be shown after all. */
  finish(): CollectedOutput {
    const collected = this.collected();
    if (collected.truncation.truncated) this.#file?.close();
    else this.#file?.discard();
    return collected;
  }

  /** Why the file is missing or incomplete. */
  get failure(): unknown {
    return this.#fileFailure ?? this.#file?.failure;
  }
}

/** The sentence that says where all of an output is, or why it is nowhere. */
export function whereKept(
  { path, id, leftOutBytes }: { path: string | undefined; id: number | undefined; leftOutBytes: number },
  failure: unknown,
): string {
  if (path === undefined) return `Full output could not be kept: ${failure === undefined ? "no file" : messageOf(failure)}`;
  const what = leftOutBytes > 0 ? `Output but for ${formatSize(leftOutBytes)} in its middle` : "Full output";
  return `${what}: ${path}${id === undefined ? "" : ` (${artifactReference(id)})`}`;
}

/** The text with what was left out and where it is. */
export function withNote(output: CollectedOutput, failure: unknown): string {
  const { text, truncation, fullOutputPath, artifactId, leftOutBytes, lastLineBytes } = output;
  if (!truncation.truncated) return text;
  const where = whereKept({ path: failure === undefined ? fullOutputPath : undefined, id: artifactId, leftOutBytes }, failure);
  const { totalLines, outputLines } = truncation;
  const first = totalLines - outputLines + 1;
  const note = truncation.lastLinePartial
    ? `Showing last ${formatSize(truncation.outputBytes)} of line ${totalLines} (line is ${formatSize(lastLineBytes)}). ${where}`
    : `Showing lines ${first}-${totalLines} of ${totalLines}${truncation.truncatedBy === "bytes" ? ` (${formatSize(maxBytes)} limit)` : ""}. ${where}`;
  return `${text}\n\n[${note}]`;
}
