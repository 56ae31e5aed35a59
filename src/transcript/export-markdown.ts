// A branch of a session as Markdown, to be read as it is or rendered. Called by `pi sessions export`.
// Invariant: every piece ends what it begins: no fence, comment or tag inside a message reaches beyond it.

import type { EntrySource } from "../contracts/entry-source.ts";
import { bodyOf, headlineOf, type ShownBody, type ToolViews } from "../contracts/tool-view.ts";
import { languageOfPath } from "./code/languages.ts";
import { ConversationFold, type Told } from "./fold.ts";
import { artifactsLeftOut, dateTime, duration, imageSize, money, plural, shortCount } from "./format.ts";
import { cleanText, oneLine } from "./html/escape.ts";
import { type Call, type Faces, faceOf, type ItemOf, textOfBlocks } from "./items.ts";
import { type Block, jsonText } from "./read-entry.ts";
import type { SessionFacts } from "./session-facts.ts";
import { type ExportNode, type ShownOptions, surveySession } from "./survey.ts";
import { type ExportTarget, writeExport } from "./write-export.ts";

/** Writes the branch; the default name is that of the HTML export with `.md`. */
export async function exportMarkdown(session: EntrySource, target: ExportTarget & ShownOptions): Promise<{ path: string }> {
  return writeExport(session, target, "md", markdownChunks(session, target));
}

/** The branch to `leafId` (default where the session stands), piece by piece. */
export async function* markdownChunks(session: EntrySource, options: ShownOptions): AsyncGenerator<string> {
  const { nodes, facts } = surveySession(session, options);
  const sound = await createSoundText();
  const renderer: Renderer = { sound, toolViews: options.toolViews };
  const fold = new ConversationFold();
  yield heading(facts, artifactsLeftOut(options.artifacts));
  for (const node of nodes) {
    const entry = node.isOnBranch ? session.entryAt(node.row) : undefined;
    if (entry === undefined) continue;
    const piece = toldMarkdown(fold.takeEntry(entry), node, renderer);
    if (piece !== "") yield `\n${piece}`;
  }
  for (const call of fold.open.values()) yield `\n${callMarkdown(call, undefined, renderer)}`;
}

function heading(facts: SessionFacts, artifacts: string): string {
  const { tokens } = facts;
  const lines = [
    `# ${inlineText(facts.title)}`,
    "",
    `- Session: ${codeSpan(facts.id)}`,
    `- Directory: ${codeSpan(facts.cwd)}`,
    `- Date: ${inlineText(dateTime(facts.startedAt))} to ${inlineText(dateTime(facts.endedAt))}`,
    ...(facts.models.length === 0 ? [] : [`- Models: ${inlineText(facts.models.join(", "))}`]),
    `- Messages: ${plural(facts.prompts, "prompt")}, ${plural(facts.answers, "answer")}, ${plural(facts.toolCalls, "tool call")}`,
    `- Tokens: ${shortCount(tokens.input)} in, ${shortCount(tokens.output)} out, ${shortCount(tokens.cacheRead)} from cache, ${shortCount(tokens.cacheWrite)} to cache; ${money(facts.cost)}`,
    ...(artifacts === "" ? [] : [`- Artifacts: ${artifacts}`]),
  ];
  return `${lines.join("\n")}\n`;
}

type SoundText = (text: string) => string;

interface Renderer {
  readonly sound: SoundText;
  readonly toolViews: ToolViews;
}

function toldMarkdown({ item, call }: Told, node: ExportNode, renderer: Renderer): string {
  const label = node.label === undefined ? "" : ` \\[${inlineText(node.label)}\\]`;
  return faceOf(pieces, item, (who: string) => `## ${inlineText(who)}${label}\n\n`, renderer, call);
}

const pieces: Faces<string, [title: (who: string) => string, renderer: Renderer, call: Call | undefined]> = {
  prompt: ({ blocks }, title, { sound }) => `${title("You")}${content(blocks, sound)}`,
  answer: answerMarkdown,
  result: (item, _title, renderer, call) => (call === undefined ? "" : callMarkdown(call, item, renderer)),
  shell: ({ command, output }, title) => {
    const shown = output.trimEnd() === "" ? "" : `\n${folded("Output", fence(output.trimEnd(), ""))}`;
    return `${title("Shell")}${fence(command, "bash")}${shown}`;
  },
  summary: ({ of, text, tokensBefore = 0 }, title, { sound }) => {
    if (of === "message") return "";
    if (of === "branch") return `${title("Branch left behind")}${folded("Summary", sound(text))}`;
    return `${title("Compaction")}${folded(`Summary of ${shortCount(tokensBefore)} tokens`, sound(text))}`;
  },
  note: ({ name, blocks, isHidden }, title, { sound }) => (isHidden ? "" : `${title(name || "Message")}${content(blocks, sound)}`),
  model: ({ provider, modelId }) => `*Model: ${inlineText(`${provider}/${modelId}`)}*\n`,
  system: () => "",
  thinking: () => "",
  edit: () => "",
  usage: () => "",
  label: () => "",
  name: () => "",
  data: () => "",
  message: () => "",
};

function answerMarkdown(item: ItemOf<"answer">, title: (who: string) => string, { sound }: Renderer): string {
  const parts: string[] = [];
  for (const block of item.blocks) {
    if (block.kind === "text" && block.text.trim() !== "") parts.push(sound(block.text));
    else if (block.kind === "thinking" && block.text.trim() !== "") parts.push(folded("Thinking", sound(block.text)));
    else if (block.kind === "image") parts.push(imageNote(block));
  }
  const { stopReason, errorMessage } = item;
  if (stopReason === "error") parts.push(`**Failed**${errorMessage === "" ? "" : `: ${inlineText(errorMessage)}`}\n`);
  else if (stopReason === "aborted") parts.push("**Aborted**\n");
  else if (stopReason === "length") parts.push("**Cut off at the output limit**\n");
  return parts.length === 0 ? "" : title(item.model || "Assistant") + parts.join("\n");
}

/** `result`: where there is one. */
function callMarkdown(call: Call, result: ItemOf<"result"> | undefined, { toolViews }: Renderer): string {
  const view = toolViews.get(call.name);
  const { blocks, isError, durationMs: took, details } = result ?? { blocks: [], isError: false, durationMs: 0, details: undefined };
  const facts = [result === undefined ? "no result" : "", isError ? "failed" : "", took >= 100 ? duration(took) : ""].filter(Boolean);
  const headline = oneLine(headlineOf(view, call.args), 120);
  const line = `**${inlineText(call.name)}**${headline === "" ? "" : ` ${codeSpan(headline)}`}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
  const output = textOfBlocks(blocks).trimEnd();
  const path = isError ? undefined : view?.outputPath?.(call.args);
  const body = [
    bodyMarkdown(bodyOf(view, call.args, { isError, details })),
    output === "" ? "" : fence(output, path === undefined ? "" : languageOfPath(path)),
    ...blocks.map((block) => (block.kind === "image" ? imageNote(block) : "")),
  ].filter((part) => part !== "");
  return body.length === 0 ? `${line}\n` : `${line}\n\n${folded("Details", body.join("\n"))}`;
}

function bodyMarkdown(body: ShownBody | undefined): string {
  switch (body?.kind) {
    case undefined:
      return "";
    case "diff":
      return fence(body.text, "diff");
    case "arguments":
      return fence(jsonText(body.args), "json");
    case "file":
      return fence(body.text, languageOfPath(body.path));
    case "command":
      return fence(body.text, "bash");
  }
}

function content(blocks: readonly Block[], sound: SoundText): string {
  return blocks
    .map((block) => {
      if (block.kind === "text") return sound(block.text);
      return block.kind === "image" ? imageNote(block) : fence(jsonText(block.kind === "other" ? block.value : block), "json");
    })
    .join("\n");
}

function imageNote({ data, mimeType }: Extract<Block, { kind: "image" }>): string {
  return `*Image: ${inlineText(mimeType)}, ${imageSize(data)}*\n`;
}

function folded(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body.trimEnd()}\n\n</details>\n`;
}

/** Longer than any run of backticks inside. */
function fence(text: string, language: string): string {
  const clean = cleanText(text).replace(/\n$/, "");
  const mark = "`".repeat(Math.max(3, longestRun(clean) + 1));
  return `${mark}${language}\n${clean}\n${mark}\n`;
}

function codeSpan(text: string): string {
  const clean = oneLine(text, 300);
  const mark = "`".repeat(longestRun(clean) + 1);
  const pad = clean.startsWith("`") || clean.endsWith("`") ? " " : "";
  return `${mark}${pad}${clean}${pad}${mark}`;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const run of text.match(/`+/g) ?? []) longest = Math.max(longest, run.length);
  return longest;
}

/** One line in which nothing means anything. */
function inlineText(text: string): string {
  return oneLine(text, 300).replace(/[\\`*_[\]<>#&|~]/g, "\\$&");
}

/**
 * Markdown that stays what it is but ends where it ends: a fence left open is closed, and a block of raw HTML becomes text. Both would
 * swallow what comes behind them; everything else ends with its paragraph or its container.
 */
async function createSoundText(): Promise<SoundText> {
  const { Lexer } = await import("marked");
  return (text) => {
    const clean = cleanText(text);
    if (clean.length > 100_000) return fence(clean, "");
    try {
      const parts = new Lexer({ gfm: true }).lex(clean).map((token) => {
        if (token.type === "html") return token.raw.replace(/</g, "&lt;");
        if (token.type === "code" && token.codeBlockStyle !== "indented") {
          return inPlaceOf(token.raw, fence(String(token.text), String(token.lang ?? "").replace(/[`\n]/g, "")));
        }
        return hidesFromLexer(token.raw) ? inPlaceOf(token.raw, fence(token.raw.trimEnd(), "")) : token.raw;
      });
      return `${parts.join("").trimEnd()}\n`;
    } catch {
      return fence(clean, "");
    }
  };
}

/** With as many line ends behind it as there were: blank lines are tokens of their own. */
function inPlaceOf(raw: string, made: string): string {
  return made.trimEnd() + (/(?<!\n)\n*$/.exec(raw)?.[0] ?? "");
}

/** A line inside another block (a list, a quote) that would begin raw HTML where another reader takes the block to have ended. */
function hidesFromLexer(raw: string): boolean {
  return /^ {0,3}<(?:!--|\?|!\[CDATA\[|![A-Z]|\/?(?:script|pre|style|textarea|details)\b)/im.test(raw);
}
