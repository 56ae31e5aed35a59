import { Lexer } from "marked";
import { describe, expect, test } from "vitest";
import { exportMarkdown, markdownChunks } from "../../src/transcript/export-markdown.ts";
import { attacks, hostileSession } from "../support/hostile-session.ts";
import { pageText } from "../support/page-reader.ts";
import { type SessionLines, sessionLines } from "../support/session-lines.ts";
import { tempTree } from "../support/temp-tree.ts";
import { toolViews } from "../support/tool-views.ts";

async function markdownOf(lines: SessionLines, options: { leafId?: string } = {}): Promise<string> {
  const session = await lines.open();
  try {
    return await pageText(markdownChunks(session, { toolViews, ...options }));
  } finally {
    session.close();
  }
}

test("blank lines around a fence stay as many as they were", async () => {
  const lines = sessionLines();
  const text = "one\n\n```ts\nconst a = 1;\n```\n\ntwo\n\n```\nx\n```\nthree";
  lines.assistant(text);
  expect(await markdownOf(lines)).toContain(`## m-1\n\n${text}\n`);
});

test("reads as the conversation", async () => {
  const lines = sessionLines();
  lines.add("session_info", { name: "Mend it" });
  const asked = lines.user([
    { type: "text", text: "Please *look*" },
    { type: "image", data: "AAAA", mimeType: "image/png" },
  ]);
  lines.assistant([
    { type: "thinking", thinking: "Hm." },
    { type: "text", text: "I look." },
    { type: "toolCall", id: "c", name: "bash", arguments: { command: "ls" } },
  ]);
  lines.result("c", "a.ts\nb.ts", { durationMs: 1500 });
  lines.user("elsewhere", asked);
  const last = lines.assistant("Done.", { stopReason: "error", errorMessage: "529 *overloaded*" });
  lines.add("label", { targetId: last, label: "end" });
  expect(await markdownOf(lines)).toBe(`# Mend it

- Session: \`s-1\`
- Directory: \`/project\`
- Date: 2026-11-20 09:00 UTC to 2026-11-20 09:00 UTC
- Models: p/m-1
- Messages: 2 prompts, 2 answers, 1 tool call
- Tokens: 0 in, 0 out, 0 from cache, 0 to cache; $0.00

## You

Please *look*

*Image: image/png, 3 B*

## You

elsewhere

## m-1 \\[end\\]

Done.

**Failed**: 529 \\*overloaded\\*
`);
  const branch = await markdownOf(lines, { leafId: "00000004" });
  expect(branch.slice(branch.indexOf("## m-1"))).toBe(`## m-1

<details>
<summary>Thinking</summary>

Hm.

</details>

I look.

**bash** \`ls\` (1.5 s)

<details>
<summary>Details</summary>

\`\`\`bash
ls
\`\`\`

\`\`\`
a.ts
b.ts
\`\`\`

</details>
`);
});

test("an aborted answer says so once, with nothing before it too", async () => {
  const lines = sessionLines();
  lines.assistant([], { stopReason: "aborted", errorMessage: "Request was aborted" });
  expect(await markdownOf(lines)).toContain("## m-1\n\n**Aborted**\n");
});

describe("nothing reaches beyond its message", () => {
  const swallowers = [
    "```\nleft open",
    "~~~~ts\nleft open",
    "text\n\n- item\n  ```\n  left open",
    "> ```\n> left open",
    "<!-- left open",
    "<pre>\nleft open",
    "<script>\nleft open",
    "<details>\n<summary>x",
    "- item\n\n<!-- left open",
    "````\n```\nfences in a fence\n```",
    "    indented ```",
    "<![CDATA[ left open",
    "[ref]: <open",
    "Setext",
    "| a |\n|---|",
    ...attacks,
  ];

  test.each(swallowers)("%j", async (text) => {
    const lines = sessionLines();
    lines.user(text);
    lines.assistant([
      { type: "thinking", thinking: text },
      { type: "text", text },
    ]);
    lines.assistant([{ type: "toolCall", id: "c", name: "bash", arguments: { command: text } }]);
    lines.result("c", `${text}\n\`\`\`\`\`\nmore`);
    lines.user("THE END");
    const tokens = new Lexer({ gfm: true }).lex(await markdownOf(lines));
    const headings = tokens
      .filter((token) => token.type === "heading" && token.depth === 2)
      .map((token) => ("text" in token ? token.text : ""));
    expect(headings.filter((heading) => heading === "You")).toHaveLength(2);
    expect(tokens.at(-1)).toMatchObject({ type: "paragraph", text: "THE END" });
    // Raw HTML is ours alone.
    for (const token of tokens)
      if (token.type === "html") expect(token.raw.trim()).toMatch(/^(?:<details>\n<summary>[^<]*<\/summary>|<\/details>)$/);
  });

  test("a hostile session is written without control characters", async () => {
    const text = await markdownOf(hostileSession());
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text).not.toMatch(/[\ud800-\udfff]/u);
  });
});

test("goes to a file", async () => {
  const lines = sessionLines();
  lines.user("hello");
  const tree = tempTree();
  const session = await lines.open("2026_x.jsonl");
  expect(await exportMarkdown(session, { toolViews, cwd: tree.path })).toEqual({ path: "pi-session-2026_x.md" });
});
