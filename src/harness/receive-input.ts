// What was typed, on its way in: commands of extensions run, their handlers asked, templates and skills filled in, images made to fit.
// Called by coding-session for RPC mode, the library and extensions. Invariant: what is left of it can be prompted as it is.

import type { InputSource } from "../contracts/extension-event.ts";
import type { ImageContent } from "../contracts/message.ts";
import type { SessionHooks } from "./hooks.ts";

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

/** Nothing where a command or a handler of an extension has dealt with it. */
export async function receiveInput(
  input: Input,
  { hooks, expand }: { hooks: SessionHooks | undefined; expand(text: string): Promise<string> },
): Promise<Received | undefined> {
  const { isExpanded = true } = input;
  if (isExpanded && hooks !== undefined && input.text.startsWith("/") && (await hooks.runCommand(input.text))) return undefined;
  const heard = hooks === undefined ? input : await hooks.input(input);
  if (heard === undefined) return undefined;
  const text = isExpanded && heard.text.startsWith("/") ? await expand(heard.text) : heard.text;
  const { images } = heard;
  if (images === undefined || images.length === 0) return { text, ...(images === undefined ? {} : { images }) };
  const { fitPromptImages } = await import("./prompt-images.ts");
  const fitting = await fitPromptImages(text, images);
  return { text: fitting.message, images: fitting.images };
}
