// What was typed, on its way in: commands of extensions run, their handlers asked, templates and skills filled in, images made to fit.
// Called by RPC mode, the library and extensions. Invariant: what is left of it can be prompted as it is.

import type { InputSource } from "../../contracts/extension-event.ts";
import type { SessionHooks } from "../../contracts/hooks.ts";
import type { ImageContent } from "../../contracts/message.ts";

/** Words of a user's as they come in. */
export interface Input {
  text: string;
  images?: readonly ImageContent[];
  source: InputSource;
  /** How it will be queued while a run is going. */
  streamingBehavior?: "steer" | "followUp";
  /** Whether commands are run and templates and skills filled in. Default true. */
  isExpanded?: boolean;
}

export type Received = Pick<Input, "text" | "images">;

/** Of the session that the words are for. */
export interface Receiver {
  readonly hooks: SessionHooks | undefined;
  /** What a text stands for when it is typed as a prompt: templates and skills filled in. */
  expand(text: string): Promise<string>;
}

/** Whether `receiveInput` would give it back as it is: then nothing has to wait for that. */
export function isPlain({ text, images = [], isExpanded = true }: Omit<Input, "source">, { hooks }: Pick<Receiver, "hooks">): boolean {
  return hooks === undefined && !(isExpanded && text.startsWith("/")) && images.length === 0;
}

/** Nothing where a command or a handler of an extension has handled it. */
export async function receiveInput(input: Input, receiver: Receiver): Promise<Received | undefined> {
  const { hooks } = receiver;
  const { isExpanded = true } = input;
  if (isExpanded && hooks !== undefined && input.text.startsWith("/") && (await hooks.runCommand(input.text))) return undefined;
  const heard = hooks === undefined ? input : await hooks.input(input);
  if (heard === undefined) return undefined;
  const text = isExpanded && heard.text.startsWith("/") ? await receiver.expand(heard.text) : heard.text;
  const { images } = heard;
  if (images === undefined || images.length === 0) return { text, ...(images === undefined ? {} : { images }) };
  const { fitPromptImages } = await import("./prompt-images.ts");
  const fitting = await fitPromptImages(text, images);
  return { text: fitting.message, images: fitting.images };
}
