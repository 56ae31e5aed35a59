// A call of a tool and what came of it: title, then output or the change that it made. The face of tools; how each is shown comes with the tool.

import { truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { headlineOf } from "../../../contracts/tool-view.ts";
import { duration } from "../../../transcript/format.ts";
import { textOfBlocks } from "../../../transcript/items.ts";
import { shownLine, shownText } from "../../../tui/shown-text.ts";
import type { BlockOf } from "./block.ts";
import { diffLines } from "./diff.ts";
import type { Look } from "./look.ts";
import { outputLines } from "./output.ts";

/** Shorter ones are not worth a word. */
const toldFromMs = 1000;

export function toolLines(block: BlockOf<"tool">, width: number, look: Look): string[] {
  const { theme } = look;
  const view = look.toolViews.get(block.name);
  const headline = shownText(headlineOf(view, block.args)).trim();
  const state = block.isLive ? theme.fg("muted", "○") : block.result?.isError === true ? theme.fg("error", "●") : theme.fg("success", "●");
  // What grows stays a few lines, or what is above it could never leave the screen.
  const isWhole = look.isExpanded && block.coming === undefined;
  const title = `${theme.fg("toolTitle", theme.bold(shownLine(block.name)))} ${theme.fg("accent", isWhole ? headline : oneLine(headline))}`;
  const lines = ["", ...titleLines(`${state} ${title}`, width, isWhole)];
  const said = block.result === undefined ? "" : textOfBlocks(block.result.blocks);
  const written = block.result?.isError === true ? undefined : view?.body?.(block.args);
  const isFile = written?.kind === "file" && (block.coming === undefined || written.text !== "");
  // What was put there says more than that it was.
  const text = isFile ? numberedLines(written.text) : said;
  const diff = view?.diff?.(block.args, block.result?.details) ?? "";
  const facts = [block.durationMs >= toldFromMs ? duration(block.durationMs) : ""];
  if (diff !== "" && block.result?.isError !== true) return [...lines, ...diffLines(diff, width, { ...look, isExpanded: isWhole }, facts)];
  const outcome =
    block.result === undefined
      ? ""
      : (view?.outcome?.(block.args, { text: said, isError: block.result.isError, details: block.result.details }) ?? "");
  const form = {
    keep: block.name === "bash" ? "last" : "first",
    count: isFile ? 10 : block.name === "bash" || block.result?.isError === true ? 5 : 3,
    isLive: block.isLive,
    facts: [outcome.length > 60 ? "" : outcome, ...facts],
  } as const;
  return [...lines, ...outputLines(withoutStatus(text, outcome), width, look, form)];
}

function numberedLines(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const digits = String(lines.length).length;
  return lines.map((line, at) => `${String(at + 1).padStart(digits)} ${line}`).join("\n");
}

function titleLines(title: string, width: number, isExpanded: boolean): string[] {
  return isExpanded ? wrapTextWithAnsi(title, width) : [truncateToWidth(title, width)];
}

function oneLine(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  return rest.length === 0 ? first : `${first} …`;
}

/** The exit status stands among the facts. */
function withoutStatus(text: string, outcome: string): string {
  return outcome.startsWith("exit ") ? text.replace(/(?<!\n)\n*Command exited with code \d+\s*$/, "") : text;
}
