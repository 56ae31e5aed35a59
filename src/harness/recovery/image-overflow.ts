// What is done when a service takes no request with so many, or so large, pictures: the oldest are left out, or all are made smaller. One of the
// recoveries of settle-run, made by coding-session. Invariants: once a run; what is changed is what the model is shown, the file keeps the pictures.

import type { LoopResult } from "../../agent/loop.ts";
import type { ImageContent, Message, UserContent } from "../../contracts/message.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { Recovery, RecoveryPlan, Verdict } from "./settle-run.ts";

/** The newest, which the conversation is about. */
const keptCount = 5;
/** Pixels; what services make of larger ones themselves. */
const shrunkSide = 1568;

type Pictured = Extract<Message, { role: "user" | "toolResult" | "custom" }>;

export class ImageOverflowRecovery implements Recovery {
  readonly #conversation: Conversation;
  #hasAnswered = false;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  begin(): void {
    this.#hasAnswered = false;
  }

  plan(result: LoopResult): RecoveryPlan | undefined {
    if (result.failure?.code !== "image_overflow" || this.#hasAnswered) return undefined;
    const imageCount = this.#conversation.messages.reduce((sum, message) => sum + imagesOf(message).length, 0);
    if (imageCount === 0) return undefined;
    return { willRetry: true, carryOut: (signal) => this.#recover(imageCount, signal) };
  }

  async #recover(imageCount: number, signal: AbortSignal): Promise<Verdict> {
    this.#hasAnswered = true;
    const { session } = this.#conversation;
    const { messages, entryIds } = session.context();
    const strippedCount = Math.max(0, imageCount - keptCount);
    let seen = 0;
    const entries = [];
    for (const [at, message] of messages.entries()) {
      const targetId = entryIds[at];
      if (targetId === undefined || imagesOf(message).length === 0) continue;
      const content: UserContent[] = [];
      let isChanged = false;
      for (const block of (message as Pictured).content as UserContent[]) {
        let shown: UserContent = block;
        if (block.type === "image") {
          if (strippedCount === 0) shown = await shrunk(block);
          else if (seen < strippedCount) shown = { type: "text", text: await leftOutText(block) };
          seen++;
        }
        isChanged ||= shown !== block;
        content.push(shown);
      }
      if (signal.aborted) return "stop";
      if (isChanged) entries.push({ type: "context_edit" as const, targetId, replacement: { content } });
    }
    if (entries.length === 0) return "in_vain";
    const appended = session.appendAll(entries);
    this.#conversation.reload();
    for (const entry of appended) await this.#conversation.emit({ type: "entry_appended", entry });
    await this.#conversation.emit({ type: "image_overflow_recovery", imageCount, strippedCount });
    return "again";
  }
}

function imagesOf(message: Message): ImageContent[] {
  if (message.role !== "user" && message.role !== "toolResult" && message.role !== "custom") return [];
  if (typeof message.content === "string") return [];
  return message.content.filter((block): block is ImageContent => block.type === "image");
}

async function leftOutText({ data, mimeType }: ImageContent): Promise<string> {
  const { imageTypeOf, readImageHeader } = await import("../../tools/shared/image-type.ts");
  const bytes = Buffer.from(data, "base64");
  const type = imageTypeOf(bytes);
  const header = type === undefined ? undefined : readImageHeader(bytes, type);
  const size = header === undefined ? "" : `, ${header.width}×${header.height}`;
  return `[image left out: too many for one request; was ${mimeType}${size}]`;
}

/** The very block where it is small enough; a text where it cannot be made so. */
async function shrunk(block: ImageContent): Promise<UserContent> {
  const [{ imageTypeOf }, { fitImage }, { readBinaryAsset }, { imageWasmLoader }] = await Promise.all([
    import("../../tools/shared/image-type.ts"),
    import("../../tools/shared/fit-image.ts"),
    import("../../platform/assets.ts"),
    import("../../platform/files/image-wasm.ts"),
  ]);
  const bytes = Buffer.from(block.data, "base64");
  const type = imageTypeOf(bytes);
  const fitted = type === undefined ? undefined : await fitImage(bytes, type, imageWasmLoader(readBinaryAsset), shrunkSide);
  if (fitted === undefined) return { type: "text", text: await leftOutText(block) };
  if (fitted.original === undefined) return block;
  const { buffer, byteOffset, byteLength } = fitted.bytes;
  return { type: "image", data: Buffer.from(buffer, byteOffset, byteLength).toString("base64"), mimeType: fitted.mimeType };
}
