// How each kind of block is drawn. A kind without a face does not compile. Read by the views of blocks.
// Invariant: what comes from models, tools, files and sessions is shown and never obeyed; no line is wider than the screen.

import { hyperlink, Markdown, sliceByColumn, truncateToWidth, visibleWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import { visibleText } from "../../../contracts/text/plain.ts";
import { countText } from "../../../contracts/text/terminal-text.ts";
import { duration } from "../../../transcript/format.ts";
import { textOfBlocks } from "../../../transcript/items.ts";
import { shownLine, shownText } from "../../../tui/shown-text.ts";
import type { Block, BlockKind, BlockOf, Stored } from "./block.ts";
import type { Drawn, Look, TransformedMarkdown } from "./look.ts";
import { markdownTheme } from "./markdown-theme.ts";
import { hiddenCount, outputLines, withMore } from "./output.ts";
import { BlockPictures } from "./pictures.ts";
import { StreamedMarkdown } from "./streamed-markdown.ts";
import { toolLines } from "./tool.ts";

/** Where jumps from prompt to prompt stop: a mark that terminals and the screen of our own know. Nothing is seen of it. */
const promptStart = "\u001b]133;A\u0007";

const faces: { readonly [K in BlockKind]: (block: BlockOf<K>) => Drawn } = {
  prompt: (block) => promptFace(block),
  text: (block) => textFace(block),
  thinking: (block) => thinkingFace(block),
  tool: (block) => toolFace(block),
  shell: (block) => ({ draw: (width, look) => shellLines(block, width, look) }),
  summary: (block) => ({ draw: (width, look) => summaryLines(block, width, look) }),
  note: (block) => ({ draw: (width, look) => noteLines(block, width, look) }),
  notice: (block) => ({ draw: (width, look) => noticeLines(block, width, look) }),
};

export function faceOf(block: Block): Drawn {
  return (faces[block.kind] as (block: Block) => Drawn)(block);
}

function promptFace(block: BlockOf<"prompt">): Drawn {
  const pictures = new BlockPictures();
  return { draw: (width, look) => [...promptLines(block, width, look), ...pictures.lines(block.images, width, look)] };
}

function toolFace(block: BlockOf<"tool">): Drawn {
  const pictures = new BlockPictures();
  return {
    draw: (width, look) => {
      const lines = toolLines(block, width, look);
      // While it goes on what is above must be able to leave the screen.
      if (block.isLive || block.result === undefined) return lines;
      const images = block.result.blocks.filter((one) => one.kind === "image");
      return images.length === 0 ? lines : [...lines, ...pictures.lines(images, width, look)];
    },
  };
}

function promptLines(block: BlockOf<"prompt">, width: number, look: Look): string[] {
  const { images } = block;
  const { theme } = look;
  const shown = transformed(block, "user", width - 2, look);
  const said = shownText(shown).trimEnd();
  const lines = said === "" ? [] : wrapTextWithAnsi(said, width - 2);
  if (lines.length === 0 && images.length === 0) return [];
  const mark = `${promptStart}${theme.fg("accent", "❯ ")}`;
  if (!theme.hasBg("userMessageBg"))
    return ["", ...lines.map((line, at) => `${at === 0 ? mark : "  "}${theme.fg("userMessageText", line)}`)];
  return [
    "",
    ...lines.map((line, at) => {
      const row = `${at === 0 ? mark : "  "}${theme.fg("userMessageText", line)}`;
      return theme.bg("userMessageBg", row + " ".repeat(Math.max(0, width - visibleWidth(row))));
    }),
  ];
}

function textFace(block: BlockOf<"text">): Drawn {
  let streamed: { look: Look; markdown: StreamedMarkdown } | undefined;
  return {
    draw: (width, look) => {
      if (streamed?.look !== look) streamed = { look, markdown: new StreamedMarkdown(markdownTheme(look)) };
      streamed.markdown.setText(visibleText(transformed(block, "assistant", width, look)));
      const lines = streamed.markdown.lines(width);
      return lines.length === 0 ? [] : ["", ...lines];
    },
    settled: () => (streamed === undefined || streamed.markdown.settled === 0 ? 0 : streamed.markdown.settled + 1),
  };
}

function transformed(
  { text, isLive, stored }: { text: string; isLive: boolean; stored?: Stored },
  messageType: TransformedMarkdown["messageType"],
  availableWidth: number,
  look: Look,
): string {
  return look.transform(text, { messageType, isStreaming: isLive, availableWidth, ...stored });
}

function thinkingFace(block: BlockOf<"thinking">): Drawn {
  let streamed: { look: Look; markdown: StreamedMarkdown } | undefined;
  // Where there is no colour and nothing slanted, a word tells it from the answer.
  const headOf = ({ theme }: Look): string[] => (theme.depth === "none" ? ["", "Thinking:"] : [""]);
  return {
    draw: (width, look) => {
      const { theme } = look;
      if (look.hidesThinking) {
        streamed = undefined;
        const { startedMs, endedMs } = block;
        const time = startedMs === undefined || endedMs === undefined ? "" : ` ${duration(endedMs - startedMs)}`;
        return ["", theme.italic(theme.fg("thinkingText", look.hiddenThinking() ?? (block.isLive ? "Thinking…" : `Thought${time}`)))];
      }
      const color = (text: string): string => theme.fg("thinkingText", theme.italic(text));
      if (streamed?.look !== look) streamed = { look, markdown: new StreamedMarkdown(markdownTheme(look), color) };
      streamed.markdown.setText(visibleText(transformed(block, "assistant-thinking", width, look)));
      const lines = streamed.markdown.lines(width);
      return lines.length === 0 ? [] : [...headOf(look), ...lines];
    },
    settled: () =>
      streamed === undefined || streamed.markdown.settled === 0 ? 0 : streamed.markdown.settled + headOf(streamed.look).length,
  };
}

/** In words; of one that went well nothing. */
export function commandOutcome({ isCancelled, exitCode }: BlockOf<"shell">): string {
  if (isCancelled) return "stopped";
  return exitCode === undefined ? "not run" : exitCode === 0 ? "" : `exit ${exitCode}`;
}

function shellLines(block: BlockOf<"shell">, width: number, look: Look): string[] {
  const { theme } = look;
  const title = theme.fg("bashMode", theme.bold(`${block.isHidden ? "!!" : "!"} ${shownText(block.command)}`));
  const lines = ["", ...wrapTextWithAnsi(title, width)];
  const outcome = commandOutcome(block);
  lines.push(...outputLines(block.output, width, look, { keep: "last", count: 10, isLive: block.isLive, facts: [outcome] }));
  return lines;
}

function summaryLines(block: BlockOf<"summary">, width: number, look: Look): string[] {
  const { of, text, tokensBefore, tokensAfter } = block;
  const { theme } = look;
  const tokens =
    tokensBefore === undefined
      ? ""
      : ` ${countText(tokensBefore)}${tokensAfter === undefined ? "" : ` → ${countText(tokensAfter)}`} tokens`;
  const title = of === "branch" ? "Summary of the branch left behind" : `Compacted${tokens}`;
  const lines = ["", truncateToWidth(theme.fg("customMessageLabel", theme.bold(title)), width)];
  if (!look.isExpanded)
    return [...lines, truncateToWidth(theme.fg("dim", hiddenCount(text.trim().split("\n").length, "line", look)), width)];
  return [...lines, ...new Markdown(visibleText(transformed(block, "summary", width, look)), 0, 0, markdownTheme(look)).render(width)];
}

function noteLines({ name, blocks, isWhole, message, stored }: BlockOf<"note">, width: number, look: Look): string[] {
  const { theme } = look;
  const said = textOfBlocks(blocks);
  // A text of ours is no message.
  const shown = message === undefined ? said : transformed({ text: said, isLive: false, ...defined({ stored }) }, "custom", width, look);
  const text = visibleText(shown).trimEnd();
  const label = theme.fg("customMessageLabel", theme.bold(shownLine(name)));
  const body =
    text === "" ? [] : new Markdown(text, 0, 0, markdownTheme(look), { color: (one) => theme.fg("customMessageText", one) }).render(width);
  return ["", truncateToWidth(label, width), ...(isWhole === true ? body : withMore(body, look, 12, width))];
}

function noticeLines({ level, text, hint }: BlockOf<"notice">, width: number, { theme }: Look): string[] {
  const mark = level === "error" ? theme.fg("error", "✗ ") : level === "warning" ? theme.fg("warning", "! ") : theme.fg("dim", "· ");
  const role = level === "info" ? "muted" : level;
  const said = [...saidLines(text, width, (one) => theme.fg(role, one)), ...saidLines(hint, width, (one) => theme.fg("muted", one))];
  return ["", ...said.map((line, at) => (at === 0 ? `${mark}${line.text}` : line.isWhole ? line.text : `  ${line.text}`))];
}

/** Without what ends the sentence that it stands in. */
const address = /(https?:\/\/\S*[^\s.,;:!?)\]}'"])/;

/** Terminals take no longer one, and each row of a link has it whole. */
const longestAddress = 2083;

/** `isWhole`: from edge to edge. An address that is longer than that goes on over it, so that it can be taken from the screen in one piece. */
function saidLines(said: string, width: number, paint: (text: string) => string): { text: string; isWhole: boolean }[] {
  const inner = Math.max(1, width - 2);
  const parts = shownText(said).split(address);
  const lines: { text: string; isWhole: boolean }[] = [];
  let open = "";
  const close = (): void => {
    if (open !== "") for (const text of wrapTextWithAnsi(open, inner)) lines.push({ text, isWhole: false });
    open = "";
  };
  const isLink = (part: string): boolean => part.length <= longestAddress;
  const isLong = (at: number): boolean => at % 2 === 1 && isLink(parts[at] ?? "") && visibleWidth(parts[at] ?? "") > inner;
  for (const [at, part] of parts.entries()) {
    if (at % 2 === 0) {
      const from = isLong(at - 1) ? part.trimStart() : part;
      const text = isLong(at + 1) ? from.trimEnd() : from;
      open += text === "" ? "" : paint(text);
    } else if (!isLong(at)) open += isLink(part) ? hyperlink(paint(part), part) : paint(part);
    else {
      close();
      // The first line has the mark of what it is.
      if (lines.length === 0) lines.push({ text: "", isWhole: false });
      const columns = visibleWidth(part);
      for (let from = 0; from < columns; from += width) {
        lines.push({ text: hyperlink(paint(sliceByColumn(part, from, width, true)), part), isWhole: true });
      }
    }
  }
  close();
  return lines;
}
