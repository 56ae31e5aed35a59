// A session as one page that needs nothing else. Called by RPC `export_html` and by the command line.
// Invariant: nothing that a model, a tool or a file said becomes markup or script of the page.

import { basename, isAbsolute, join } from "node:path";
import type { AssistantContent, Message, UserContent } from "../contracts/message.ts";
import type { AnyEntry, EntryOf } from "../contracts/session-entry.ts";
import type { FileOperations } from "../contracts/tool.ts";
import type { Session } from "../session/session.ts";

export interface ExportHtmlOptions {
  cwd: string;
  files: FileOperations;
  /** Default: `pi-session-<stem of the session file, or its id>.html` in `cwd`. */
  outputPath?: string;
}

/** Writes the branch in force. `path` is as given, or the default's file name. */
export async function exportHtml(session: Session, { cwd, files, outputPath }: ExportHtmlOptions): Promise<{ path: string }> {
  const stem = session.filePath === undefined ? session.id : basename(session.filePath, ".jsonl");
  const path = outputPath ?? `pi-session-${stem}.html`;
  await files.writeAtomic(isAbsolute(path) ? path : join(cwd, path), await sessionPage(session));
  return { path };
}

/** The whole page. */
export async function sessionPage(session: Session): Promise<string> {
  const markdown = await markdownRenderer();
  const title = session.name ?? firstPrompt(session.branch()) ?? session.id;
  const body = session.branch().map((entry) => entryHtml(entry, markdown));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escaped(title.slice(0, 120))}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escaped(title.slice(0, 120))}</h1><p>${escaped(session.header.cwd)} · ${escaped(session.header.timestamp)} · ${escaped(session.id)}</p></header>
<main>
${body.filter((one) => one !== "").join("\n")}
</main>
</body>
</html>
`;
}

type Markdown = (text: string) => string;

/** Raw HTML is shown as it is written; only links that a browser may follow without harm are links. */
async function markdownRenderer(): Promise<Markdown> {
  const { Marked } = await import("marked");
  const isSafe = (href: string): boolean => /^(https?:|mailto:|#)/i.test(href.trim());
  const marked = new Marked({
    async: false,
    gfm: true,
    renderer: {
      html: ({ text }) => escaped(text),
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        return isSafe(href) ? `<a href="${escaped(href)}" rel="noreferrer">${text}</a>` : text;
      },
      image: ({ text }) => escaped(text),
    },
  });
  return (text) => marked.parse(text) as string;
}

function entryHtml(entry: AnyEntry, markdown: Markdown): string {
  switch (entry.type) {
    case "message":
      return messageHtml((entry as EntryOf<"message">).message, markdown);
    case "compaction":
      return block("note", "Summary of what came before", markdown((entry as EntryOf<"compaction">).summary));
    case "branch_summary":
      return block("note", "Summary of another branch", markdown((entry as EntryOf<"branch_summary">).summary));
    case "model_change":
      return line(`Model: ${(entry as EntryOf<"model_change">).provider}/${(entry as EntryOf<"model_change">).modelId}`);
    case "thinking_level_change":
      return line(`Thinking: ${(entry as EntryOf<"thinking_level_change">).thinkingLevel}`);
    case "custom_message": {
      const { display, content, customType } = entry as EntryOf<"custom_message">;
      return display ? block("note", customType, contentHtml(content, markdown)) : "";
    }
    default:
      return "";
  }
}

function messageHtml(message: Message, markdown: Markdown): string {
  switch (message.role) {
    case "user":
      return block("user", "You", contentHtml(message.content, markdown));
    case "assistant": {
      const failure = message.errorMessage === undefined ? "" : `<p class="error">${escaped(message.errorMessage)}</p>`;
      return block("assistant", message.model, message.content.map((one) => answerHtml(one, markdown)).join("\n") + failure);
    }
    case "toolResult": {
      const body = message.content.map((one) => (one.type === "text" ? output(one.text) : imageHtml(one))).join("\n");
      return folded(message.isError ? "tool error" : "tool", `${message.toolName}: result`, body);
    }
    case "bashExecution":
      return folded("tool", `$ ${message.command}`, output(message.output));
    case "system": {
      const sections = Object.entries(message.sections ?? {}).map(([name, text]) => `${name}\n${text ?? "(removed)"}`);
      return sections.length === 0 ? "" : folded("note", "Prompt", output(sections.join("\n\n")));
    }
    default:
      return "";
  }
}

function answerHtml(content: AssistantContent, markdown: Markdown): string {
  if (content.type === "text") return markdown(content.text);
  if (content.type === "thinking") return content.thinking === "" ? "" : folded("thinking", "Thinking", output(content.thinking));
  return folded("tool", `${content.name} ${brief(content.arguments)}`, output(JSON.stringify(content.arguments, null, 2)));
}

function contentHtml(content: string | readonly UserContent[], markdown: Markdown): string {
  if (typeof content === "string") return markdown(content);
  return content.map((one) => (one.type === "text" ? markdown(one.text) : imageHtml(one))).join("\n");
}

function imageHtml(image: { data: string; mimeType: string }): string {
  const isImage = /^image\/(png|jpeg|gif|webp)$/.test(image.mimeType) && /^[A-Za-z0-9+/=\s]*$/.test(image.data);
  return isImage ? `<img alt="" src="data:${image.mimeType};base64,${image.data}">` : "";
}

function brief(args: Record<string, unknown>): string {
  const value = args.command ?? args.path ?? args.pattern;
  return typeof value === "string" ? (value.split("\n", 1)[0]?.slice(0, 120) ?? "") : "";
}

function block(kind: string, title: string, body: string): string {
  return `<section class="${kind}"><h2>${escaped(title)}</h2>${body}</section>`;
}

function folded(kind: string, title: string, body: string): string {
  return `<details class="${kind}"><summary>${escaped(title)}</summary>${body}</details>`;
}

function output(text: string): string {
  return `<pre>${escaped(text)}</pre>`;
}

function line(text: string): string {
  return `<p class="line">${escaped(text)}</p>`;
}

function firstPrompt(entries: readonly AnyEntry[]): string | undefined {
  for (const entry of entries) {
    const message = entry.type === "message" ? (entry as EntryOf<"message">).message : undefined;
    if (message?.role !== "user") continue;
    const text = typeof message.content === "string" ? message.content : message.content.find((one) => one.type === "text")?.text;
    return text?.split("\n", 1)[0];
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 0 auto; padding: 1rem; }
header p, .line { color: #888; font-size: .85em; }
h1 { font-size: 1.3rem; } h2 { font-size: .8rem; color: #888; margin: 0 0 .3rem; font-weight: 600; }
section, details { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; margin: .6rem 0; overflow-wrap: anywhere; }
section.user { background: var(--soft); } .error { color: #c33; } details.thinking { border-style: dashed; }
summary { cursor: pointer; font-family: ui-monospace, monospace; font-size: .85em; }
pre { overflow: auto; white-space: pre-wrap; font: .85em/1.45 ui-monospace, monospace; margin: .4rem 0 0; max-height: 40rem; }
code { font: .9em ui-monospace, monospace; } img { max-width: 100%; }
`;
