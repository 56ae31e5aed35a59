// Into the editor from the clipboard, and from an answer to the clipboard. Called for their keys and by /copy.

import type { ImageContent } from "../../../contracts/message.ts";
import type { CommandHost, Surface } from "../surface.ts";

/** A picture where there is one, else text. */
export async function pasteFromClipboard(at: Surface): Promise<void> {
  const { readClipboardImage, readClipboardText } = await import("../../../platform/processes/clipboard.ts");
  const bytes = await readClipboardImage(at.env);
  if (bytes !== undefined) {
    const { decodeImage } = await import("../../../harness/intake/prompt-images.ts");
    const image = await decodeImage(bytes, { resizes: at.sessions.launch.config.values.images.resize });
    if (image === "omitted" || image === undefined) at.hint("The picture in the clipboard cannot be sent");
    else at.composer.attach(image satisfies ImageContent);
    return;
  }
  const text = await readClipboardText(at.env);
  if (text === undefined || text === "") at.hint("The clipboard is empty, or no program here can read it");
  else at.screen.editor.paste(text);
}

export async function copyLastAnswer(at: CommandHost): Promise<void> {
  const text = at.sessions.coding.conversation.lastAssistantText();
  if (text === undefined || text === "") {
    at.hint("There is no answer to copy yet");
    return;
  }
  await at.copy(text);
}

/** By a program, and where there is none, or from afar, by the terminal: one of them has it. */
export async function copied(text: string, at: Surface): Promise<true> {
  const { copyText: copy } = await import("../../../platform/processes/clipboard.ts");
  const isTaken = await copy(text, at.env);
  // The terminal's own way, which also works from afar; terminals that do not know it pass over it.
  if (!isTaken || at.env.SSH_CONNECTION) at.device.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
  return true;
}
