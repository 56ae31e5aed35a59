// What is being written: its draft on disk, what was sent before, the pictures that go with it, texts that come back. Owned by the interaction.
// Invariant: nothing that was typed is lost: what comes back stands before what is being written, and what no model has been given yet is in the draft.

import type { ImageContent } from "../../../contracts/message.ts";
import type { Screen } from "../screen.ts";
import type { State } from "../state.ts";
import { Attachments, withoutMarkers } from "./attachments.ts";
import { BeingRead } from "./being-read.ts";
import { Draft } from "./draft.ts";
import { PromptHistory } from "./prompt-history.ts";

/** What Up goes through; the search has all. */
const editorHistory = 100;

export interface ComposerDeps {
  agentDir: string;
  /** Where a session runs now: it changes with the session. */
  cwd(): string;
  pid: number;
  editor(): Pick<Screen["editor"], "setText" | "addToHistory" | "getExpandedText" | "insertTextAtCursor">;
  /** What waits for its turn. */
  queue(): State["queue"];
  draw(): void;
}

export class Composer {
  /** What is on its way into the text: it does not go without it. */
  readonly beingRead = new BeingRead();
  readonly #deps: ComposerDeps;
  readonly #history: PromptHistory;
  readonly #draft: Draft;
  readonly #attachments = new Attachments();

  constructor(deps: ComposerDeps) {
    this.#deps = deps;
    this.#history = new PromptHistory(deps.agentDir, deps.cwd);
    this.#draft = new Draft(deps.agentDir, deps.cwd(), deps.pid);
  }

  get text(): string {
    return this.#deps.editor().getExpandedText();
  }

  /** What is written, or what waits. */
  changed(): void {
    this.#draft.changed(() => this.#unsent());
  }

  /** From before the screen: what Up goes through, and a draft that nobody gave up. */
  takeUp(): { writtenMs: number; hasLostPictures: boolean } | undefined {
    const editor = this.#deps.editor();
    for (const text of this.history().slice(0, editorHistory).reverse()) editor.addToHistory(withoutMarkers(text));
    const kept = this.#draft.take();
    if (kept === undefined) return undefined;
    const text = withoutMarkers(kept.text);
    this.giveBack(text);
    return { writtenMs: kept.writtenMs, hasLostPictures: text !== kept.text };
  }

  /** `isAskedFor`: by the user, who has nothing more to say. */
  stop(isAskedFor: boolean): void {
    if (isAskedFor) this.#draft.drop();
    else this.#draft.save();
  }

  /** What was sent, the newest first. */
  history(): readonly string[] {
    return this.#history.texts();
  }

  /** Into the history. */
  remember(text: string): void {
    this.#history.add(text);
    this.#deps.editor().addToHistory(text);
  }

  /** Into the editor, before what is being written. */
  giveBack(text: string): void {
    const draft = this.text;
    this.#deps.editor().setText(draft === "" || draft === text ? text : `${text}\n\n${draft}`);
  }

  /** One that failed: into the editor, unless something else is written there by now, of which it would make another command. The history has it. */
  returnCommand(text: string): void {
    if (this.text === "") this.giveBack(text);
  }

  /** Pictures that the text stands for; they are sent with it. */
  takeAttachments(text: string): ImageContent[] {
    return this.#attachments.take(text);
  }

  /** They go with the text when it is sent, whether or not it has markers for them. */
  carryAttachments(text: string, images: readonly ImageContent[]): void {
    this.#attachments.carry(text, images);
  }

  /** A picture, for which a marker comes into the text. */
  attach(image: ImageContent): void {
    this.#deps.editor().insertTextAtCursor(`${this.#attachments.add(image, this.text)} `);
    this.#deps.draw();
  }

  /** What no model has been given yet: queued, and being written. */
  #unsent(): string {
    const { steering, followUp } = this.#deps.queue();
    return [...steering, ...followUp, this.text].filter((text) => text.trim() !== "").join("\n\n");
  }
}
