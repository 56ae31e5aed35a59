// The messages of a request as extensions are shown them, and as they come back. Called by session-extensions. Pure.

import type { Message } from "../../contracts/message.ts";
import { emptyUsage } from "../../contracts/usage.ts";

export function isSaid({ role }: Message): boolean {
  return role !== "system";
}

/** An answer that an extension has made up was counted by no service. */
export function counted(message: Message): Message {
  const { usage } = message as { usage?: unknown };
  return message.role === "assistant" && usage === undefined ? { ...message, usage: emptyUsage() } : message;
}

/** As they stand in the file: what a tool has put into its details may be anything. */
export function copyOf(messages: readonly Message[]): Message[] {
  return JSON.parse(JSON.stringify(messages)) as Message[];
}
