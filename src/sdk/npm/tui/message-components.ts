// Messages and calls of tools as components, in the npm agent's names: over the blocks of the interactive mode, so that what an extension shows of a
// conversation looks as the conversation does. Imported by extensions. Invariant: nothing thrown in one gets out, no line is wider than asked for.

import { Container, type MarkdownTheme, type TUI } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import type { CustomMessage, Message } from "../../../contracts/message.ts";
import { type ToolView, type ToolViews, viewsOf } from "../../../contracts/tool-view.ts";
import type { Block, BlockOf } from "../../../modes/interactive/blocks/block.ts";
import { BlockView } from "../../../modes/interactive/blocks/block-view.ts";
import type { Drawn, Look } from "../../../modes/interactive/blocks/look.ts";
import {
  markdownTransforms,
  type Renderer,
  renderedNote,
  renderedTool,
  type ToolRendering,
} from "../../../modes/interactive/extension-ui/renderers.ts";
import { TranscriptFold } from "../../../modes/interactive/fold.ts";
import { TerminalPictures } from "../../../modes/interactive/pictures.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import { colouredCode } from "../../../transcript/code/coloured-code.ts";
import { itemOfMessage } from "../../../transcript/items.ts";
import { blocksOf, type Fields } from "../../../transcript/read-entry.ts";
import { drawnTheme } from "../../../tui/theme/current.ts";
import { keyText } from "./theme.ts";

type Transformers = readonly ((markdown: string, context: object) => unknown)[];

/** Whose message it is, as it is stored. */
interface Origin {
  markdownTransformers?: Transformers | undefined;
  messageId?: string | undefined;
  timestamp?: string | undefined;
}

const allMessages = ["user", "assistant", "assistant-thinking", "custom", "summary"];
/** Where nobody has said how high the terminal is. */
const usualRows = 24;

/** One message, of as many blocks as it has. */
abstract class MessageComponent extends Container {
  readonly #views: BlockView[] = [];
  readonly #transform: Look["transform"];
  readonly #origin: Origin;
  #look: Look | undefined;
  #pad: number;
  protected isExpanded = false;
  protected hidesThinking = false;
  protected hiddenThinkingLabel: string | undefined;
  /** A blank line above: where whoever shows it puts none. */
  protected readonly hasSpaceAbove: boolean = true;

  /** `pad`: blanks on both sides. */
  constructor(pad = 0, origin: Origin = {}) {
    super();
    this.#pad = pad;
    this.#origin = origin;
    const registered = (origin.markdownTransformers ?? []).map((value) => ({
      name: "",
      extensionPath: "",
      value,
      options: { messageTypes: allMessages },
    }));
    this.#transform = markdownTransforms({ extensions: () => ({ terminal: () => registered }) as never, failed: () => {} });
  }

  setOutputPad(pad: number): void {
    this.#pad = pad;
  }

  setExpanded(isExpanded: boolean): void {
    this.isExpanded = isExpanded;
    this.changed();
  }

  override invalidate(): void {
    super.invalidate();
    this.changed();
  }

  override render(width: number): string[] {
    const pad = Math.max(0, Math.min(this.#pad, Math.floor((width - 1) / 2)));
    const before = " ".repeat(pad);
    const drawn = this.#views.flatMap((view) => view.lines(width - 2 * pad));
    const lines = !this.hasSpaceAbove && drawn[0] === "" ? drawn.slice(1) : drawn;
    return [...(pad === 0 ? lines : lines.map((line) => (line === "" ? "" : before + line))), ...super.render(width)];
  }

  /** Its blocks from now on; those of the same kind that are there already go on. */
  protected show(blocks: readonly Block[], face: (block: Block) => Drawn | undefined = () => undefined): void {
    for (const [at, block] of blocks.entries()) {
      const view = this.#views[at];
      if (view?.block.kind === block.kind) Object.assign(view.block, block);
      else this.#views[at] = new BlockView(this.#stored(block), () => this.#lookNow(), face(block));
      this.#views[at]?.changed();
    }
    this.#views.length = blocks.length;
  }

  /** The blocks are not what they were, or are to be drawn in another way. */
  protected changed(): void {
    this.#look = undefined;
    for (const view of this.#views) view.changed();
  }

  protected toolViews(): ToolViews {
    return noViews;
  }

  protected pictures(): Look["pictures"] {
    return noPictures;
  }

  #stored(block: Block): Block {
    const { messageId, timestamp } = this.#origin;
    if (messageId !== undefined && timestamp !== undefined && "text" in block && block.kind !== "notice")
      block.stored = { messageId, timestamp };
    return block;
  }

  #lookNow(): Look {
    const theme = drawnTheme();
    if (this.#look?.theme !== theme) {
      this.#look = {
        theme,
        toolViews: this.toolViews(),
        isExpanded: this.isExpanded,
        hidesThinking: this.hidesThinking,
        hiddenThinking: () => this.hiddenThinkingLabel,
        keyOf: keyText,
        now: () => Date.now(),
        pictures: this.pictures(),
        transform: this.#transform,
        highlight: (code, language) => (theme.depth === "none" ? undefined : colouredCode(code, language, theme)),
      };
    }
    return this.#look;
  }
}

const noViews: ToolViews = new Map();
const noPictures: Look["pictures"] = { areShown: false, maxColumns: 1, maxRows: () => 1, forTerminal: () => null };

/** As the fold of a conversation has it. */
function blocksOfMessage(message: unknown): Block[] {
  const blocks: Block[] = [];
  const sink = { add: (block: Block) => void blocks.push(block), changed: () => {}, remove: () => {}, drawsEntry: () => false };
  new TranscriptFold(sink, () => Date.now()).takeMessage(itemOfMessage(message as Message), message);
  return blocks;
}

export class UserMessageComponent extends MessageComponent {
  protected override readonly hasSpaceAbove = false;

  constructor(
    text: string,
    _markdownTheme?: MarkdownTheme,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super(pad, { markdownTransformers, messageId, timestamp });
    this.show([{ kind: "prompt", isLive: false, text, images: [] }]);
  }
}

/** What was said and thought; calls of tools have components of their own. */
export class AssistantMessageComponent extends MessageComponent {
  constructor(
    message?: unknown,
    hidesThinking = false,
    _markdownTheme?: MarkdownTheme,
    hiddenThinkingLabel?: string,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super(pad, { markdownTransformers, messageId, timestamp });
    this.hidesThinking = hidesThinking;
    this.hiddenThinkingLabel = hiddenThinkingLabel;
    if (message !== undefined) this.updateContent(message);
  }

  updateContent(message: unknown, isStreaming = false): void {
    const blocks = blocksOfMessage(message).filter(({ kind }) => kind !== "tool");
    for (const block of blocks) block.isLive = isStreaming && block.kind !== "notice";
    this.show(blocks);
  }

  setHideThinkingBlock(hidesThinking: boolean): void {
    this.hidesThinking = hidesThinking;
    this.changed();
  }

  setHiddenThinkingLabel(label: string): void {
    this.hiddenThinkingLabel = label;
    this.changed();
  }
}

abstract class SummaryComponent extends MessageComponent {
  protected override readonly hasSpaceAbove = false;

  constructor(
    of: "branch" | "compaction",
    { summary, tokensBefore }: { summary: string; tokensBefore?: number },
    pad?: number,
    origin?: Origin,
  ) {
    super(pad, origin);
    this.show([{ kind: "summary", isLive: false, of, text: summary, tokensBefore, tokensAfter: undefined }]);
  }
}

export class BranchSummaryMessageComponent extends SummaryComponent {
  constructor(
    message: { summary: string },
    _markdownTheme?: MarkdownTheme,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super("branch", message, pad, { markdownTransformers, messageId, timestamp });
  }
}

export class CompactionSummaryMessageComponent extends SummaryComponent {
  constructor(
    message: { summary: string; tokensBefore: number },
    _markdownTheme?: MarkdownTheme,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super("compaction", message, pad, { markdownTransformers, messageId, timestamp });
  }
}

export class CustomMessageComponent extends MessageComponent {
  constructor(
    message: CustomMessage,
    renderer?: Renderer,
    _markdownTheme?: MarkdownTheme,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super(pad, { markdownTransformers, messageId, timestamp });
    const block: BlockOf<"note"> = {
      kind: "note",
      isLive: false,
      name: message.customType,
      blocks: blocksOf(message.content),
      message,
      ...(messageId !== undefined && timestamp !== undefined && { stored: { messageId, timestamp } }),
    };
    this.show([block], () => renderer && renderedNote(block, renderer, { failed: () => {} }));
  }
}

/** The skill alone; what was said with it is a message of the user's. */
export class SkillInvocationMessageComponent extends MessageComponent {
  protected override readonly hasSpaceAbove = false;

  constructor(
    skill: { name: string; content: string },
    _markdownTheme?: MarkdownTheme,
    pad?: number,
    markdownTransformers?: Transformers,
    messageId?: string,
    timestamp?: string,
  ) {
    super(pad, { markdownTransformers, messageId, timestamp });
    const blocks = blocksOf([{ type: "text", text: skill.content }]);
    this.show([{ kind: "note", isLive: false, name: `skill ${skill.name}`, blocks, message: undefined }]);
  }
}

/** A command of the user's own. */
export class BashExecutionComponent extends MessageComponent {
  readonly #block: BlockOf<"shell">;

  constructor(command: string, _ui?: TUI, isHidden = false, pad?: number) {
    super(pad);
    this.#block = { kind: "shell", isLive: true, command, output: "", exitCode: 0, isCancelled: false, isHidden };
    this.show([this.#block]);
  }

  appendOutput(text: string): void {
    this.#block.output += text;
    this.changed();
  }

  setComplete(exitCode: number | undefined, isCancelled: boolean, truncation?: { truncated?: boolean }, fullOutputPath?: string): void {
    if (truncation?.truncated === true && fullOutputPath !== undefined) this.#block.output += `\n[The whole output: ${fullOutputPath}]`;
    Object.assign(this.#block, { isLive: false, exitCode: exitCode ?? 0, isCancelled });
    this.changed();
  }

  getOutput(): string {
    return this.#block.output;
  }

  getCommand(): string {
    return this.#block.command;
  }
}

interface ToolResultGiven {
  content: readonly object[];
  details?: unknown;
  isError?: boolean;
  durationMs?: number;
}

/** A call and what came of it, drawn by its tool where that has renderers. */
export class ToolExecutionComponent extends MessageComponent {
  readonly #block: BlockOf<"tool">;
  readonly #views: ToolViews;
  readonly #pictures: TerminalPictures;
  readonly #rows: () => number;
  #showsImages: boolean;
  #imageColumns: number;

  constructor(
    name: string,
    callId: string,
    args: unknown,
    { showImages = true, imageWidthCells = 60, outputPad }: { showImages?: boolean; imageWidthCells?: number; outputPad?: number } = {},
    definition?: (ToolRendering & { view?: ToolView }) | undefined,
    ui?: TUI,
    cwd = "",
  ) {
    super(outputPad);
    this.#showsImages = showImages;
    this.#imageColumns = imageWidthCells;
    const draw = (): void => {
      this.changed();
      ui?.requestRender();
    };
    this.#pictures = new TerminalPictures(draw);
    this.#rows = () => ui?.terminal.rows ?? usualRows;
    this.#views = new Map([...builtinToolViews(), ...viewsOf([{ name, ...defined({ view: definition?.view }) }])]);
    const block: BlockOf<"tool"> = {
      kind: "tool",
      isLive: true,
      callId,
      name,
      args: (args ?? {}) as Fields,
      result: undefined,
      startedMs: undefined,
      durationMs: 0,
    };
    this.#block = block;
    this.show([block], () => definition && renderedTool(block, definition, { failed: () => {}, cwd: () => cwd, draw }));
  }

  updateArgs(args: unknown): void {
    this.#block.args = (args ?? {}) as Fields;
    this.changed();
  }

  markExecutionStarted(): void {
    this.#block.startedMs ??= Date.now();
    this.changed();
  }

  /** Nothing here is drawn in another way for it. */
  setArgsComplete(): void {
    this.changed();
  }

  updateResult({ content, details, isError = false, durationMs }: ToolResultGiven, isPartial = false): void {
    this.#block.result = { blocks: blocksOf(content), details, isError };
    this.#block.durationMs = durationMs ?? this.#block.durationMs;
    this.#block.isLive = isPartial;
    this.changed();
  }

  setShowImages(isShown: boolean): void {
    this.#showsImages = isShown;
    this.changed();
  }

  setImageWidthCells(columns: number): void {
    this.#imageColumns = columns;
    this.changed();
  }

  protected override toolViews(): ToolViews {
    return this.#views;
  }

  protected override pictures(): Look["pictures"] {
    return this.#pictures.look({ isWanted: this.#showsImages, maxColumns: this.#imageColumns, rows: this.#rows });
  }
}
