// Command output on its way to a model: the end in memory, all of it in a file once it is too long to show. Used by bash and by RPC `bash`.
// Invariant: memory does not grow with the output.

import { messageOf } from "../../contracts/error.ts";
import { ArtifactFile } from "./artifact-file.ts";
import { cleanOutput } from "./clean-output.ts";
import { OutputTail } from "./output-tail.ts";
import { formatSize, maxBytes, maxLines, type Truncation, truncateTail } from "./truncate.ts";

export interface CollectedOutput {
  /** Cleaned; only the end of it when truncated, without a note. */
  text: string;
  truncation: Truncation;
  fullOutputPath?: string;
  lastLineBytes: number;
}

/** Takes output as it comes, puts it in a file once it is too long to show, and gives the end of it at any time. */
export class OutputCollector {
  readonly #tail = new OutputTail();
  readonly #artifactDir: () => Promise<string>;
  #file: ArtifactFile | undefined;
  #fileFailure: unknown;
  #opening: Promise<void> | undefined;

  constructor(artifactDir: () => Promise<string>) {
    this.#artifactDir = artifactDir;
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
      const file = new ArtifactFile(await this.#artifactDir(), "pi-bash");
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
    const path = this.#file?.path;
    return {
      text: truncation.content,
      truncation,
      lastLineBytes: this.#tail.lastLineBytes,
      ...(truncation.truncated && path !== undefined ? { fullOutputPath: path } : {}),
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

/** The text with what was left out and where it is. */
export function withNote({ text, truncation, fullOutputPath, lastLineBytes }: CollectedOutput, failure: unknown): string {
  if (!truncation.truncated) return text;
  const where =
    failure === undefined && fullOutputPath !== undefined
      ? `Full output: ${fullOutputPath}`
      : `Full output could not be kept: ${failure === undefined ? "no file" : messageOf(failure)}`;
  const { totalLines, outputLines } = truncation;
  const first = totalLines - outputLines + 1;
  const note = truncation.lastLinePartial
    ? `Showing last ${formatSize(truncation.outputBytes)} of line ${totalLines} (line is ${formatSize(lastLineBytes)}). ${where}`
    : `Showing lines ${first}-${totalLines} of ${totalLines}${truncation.truncatedBy === "bytes" ? ` (${formatSize(maxBytes)} limit)` : ""}. ${where}`;
  return `${text}\n\n[${note}]`;
}
