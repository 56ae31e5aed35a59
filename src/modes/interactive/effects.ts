// Carries out what `update` decided: the only code of the mode that calls the owners of a session. Called by the interaction and the mode without a screen.
// Invariant: what is refused gives the text back; nothing here throws past `perform`.

import type { ImageContent } from "../../contracts/message.ts";
import type { Received } from "../../harness/intake/intake.ts";
import { beforeEnd } from "../mode.ts";
import type { BlockOf } from "./blocks/block.ts";
import type { HeldText } from "./state.ts";
import type { CommandHost } from "./surface.ts";
import type { Effect } from "./update.ts";

/** What goes at once is not said to wait. */
const shownAfterMs = 150;

export async function perform(effect: Effect, at: CommandHost): Promise<void> {
  switch (effect.type) {
    case "quit":
      at.quit();
      return;
    case "suspend":
      at.surface?.suspend();
      return;
    case "clear editor":
      at.surface?.screen.editor.setText("");
      return;
    case "remember":
      at.composer.remember(effect.text);
      return;
    case "give back":
      at.composer.giveBack(effect.text);
      return;
    case "say":
      at.say(effect.text, effect.level);
      return;
    case "hint":
      at.hint(effect.text, effect.shownMs);
      return;
    case "look":
      at.surface?.renewLook();
      return;
    case "take queue back":
      takeQueueBack(effect.held, at);
      return;
    case "stop run":
      stopRun(at);
      return;
    case "stop shell":
      at.sessions.coding.shell.abort();
      return;
    case "send":
      await send(effect.text, effect.behavior, at);
      return;
    case "shell":
      await runShell(effect.command, effect.isHidden, at);
      return;
    case "command":
      await at.runCommand(effect.name, effect.args);
      return;
    case "edit outside":
      if (at.surface !== undefined) await (await import("./editor/external-editor.ts")).editOutside(at.surface);
      return;
    case "paste": {
      const { surface } = at;
      if (surface === undefined) return;
      const pasted = import("./editor/clipboard.ts").then(({ pasteFromClipboard }) => pasteFromClipboard(surface));
      surface.composer.beingRead.add(pasted);
      await pasted;
      return;
    }
    case "copy":
      await (await import("./editor/clipboard.ts")).copyLastAnswer(at);
      return;
  }
}

function stopRun({ sessions }: CommandHost): void {
  const { coding } = sessions;
  coding.retry.abort();
  coding.compaction.abort();
  void coding.abort();
}

/** Before what is being written. */
function takeQueueBack(held: readonly HeldText[], at: CommandHost): void {
  const { steering, followUp } = at.sessions.intake.clearQueue();
  for (const one of held) one.callOff?.();
  const texts = [...held.map(({ text }) => text), ...steering, ...followUp];
  if (texts.length > 0) at.composer.giveBack(texts.join("\n\n"));
}

async function send(text: string, behavior: HeldText["behavior"], at: CommandHost): Promise<void> {
  const { coding, extensions } = at.sessions;
  if (coding.compaction.isRunning && !coding.isStreaming) {
    at.hold({ text, behavior });
    at.release(await coding.compaction.settled());
    return;
  }
  const images = at.composer.takeAttachments(text);
  const name = /^\/(\S+)/.exec(text)?.[1];
  // It goes on for as long as its extension likes: nobody waits for it.
  if (extensions.commands()?.some((one) => one.source === "extension" && one.name === name)) await sendNow(text, images, behavior, at);
  else await sendInTurn(text, images, behavior, at);
}

/** What an extension has to say to it, or to one before it, may take for ever: it is shown as waiting, and can be called off. */
async function sendInTurn(text: string, images: ImageContent[], behavior: HeldText["behavior"], at: CommandHost): Promise<void> {
  const off = new AbortController();
  const held: HeldText = { text, behavior, callOff: () => off.abort() };
  const timer = setTimeout(() => at.hold(held), shownAfterMs);
  try {
    await at.inTurn(() => sendNow(text, images, behavior, at, off.signal));
  } finally {
    clearTimeout(timer);
    at.letGo(held);
  }
}

async function sendNow(
  text: string,
  images: ImageContent[],
  behavior: HeldText["behavior"],
  at: CommandHost,
  off?: AbortSignal,
): Promise<void> {
  const { sessions } = at;
  try {
    const streamingBehavior = behavior ?? "steer";
    const receiving = async (): Promise<Received> => sessions.intake.receive({ text, images, source: "interactive", streamingBehavior });
    const received = off === undefined ? { value: await receiving() } : await beforeEnd(off, receiving());
    if (received === undefined) {
      at.composer.carryAttachments(text, images);
      return;
    }
    const begun = sessions.intake.begin(received.value, { streamingBehavior });
    if (begun.disposition === "handled") return;
    // How it went is told by events; what is thrown here was told by none.
    begun.done?.catch((error: unknown) => at.fail(error));
  } catch (error) {
    at.composer.carryAttachments(text, images);
    at.composer.giveBack(text);
    at.fail(error);
  }
}

async function runShell(command: string, isHidden: boolean, at: CommandHost): Promise<void> {
  const shown: BlockOf<"shell"> = { kind: "shell", isLive: true, command, output: "", exitCode: 0, isCancelled: false, isHidden };
  at.transcript.add(shown);
  const end = at.status.begin(`! ${command.split("\n", 1)[0] ?? ""}`.slice(0, 40));
  try {
    const result = await at.sessions.coding.shell.run(command, {
      excludeFromContext: isHidden,
      onData: (text) => {
        shown.output = (shown.output + text).slice(-200_000);
        shown.arrived = (shown.arrived ?? 0) + text.length;
        at.transcript.changed(shown);
      },
    });
    shown.output = result.output;
    shown.exitCode = result.exitCode ?? 0;
    shown.isCancelled = result.cancelled;
  } catch (error) {
    shown.exitCode = undefined;
    at.fail(error);
  } finally {
    shown.isLive = false;
    at.transcript.changed(shown);
    end();
  }
}
