import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Session } from "../../src/session/tree/session.ts";
import { exportHtml, htmlChunks } from "../../src/transcript/export-html.ts";
import { surveySession } from "../../src/transcript/survey.ts";
import { hostileSession } from "../support/hostile-session.ts";
import { pageText, readPage } from "../support/page-reader.ts";
import { quickestMs } from "../support/quickest.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { type SessionLines, sessionLines } from "../support/session-lines.ts";
import { parseLines, pathOf } from "../support/session-reference.ts";
import { tempTree } from "../support/temp-tree.ts";
import { toolViews } from "../support/tool-views.ts";

async function pageOf(lines: SessionLines, options: { leafId?: string } = {}): Promise<string> {
  const session = await lines.open();
  try {
    return await pageText(htmlChunks(session, { toolViews, ...options }));
  } finally {
    session.close();
  }
}

describe("the page", () => {
  test("shows what was said, in order, with facts above it", async () => {
    const lines = sessionLines();
    lines.add("session_info", { name: "Fix & <mend>" });
    lines.user("Please **look** at `a.ts`");
    const usage = { input: 1000, output: 500, cacheRead: 20_000, cacheWrite: 0, cost: { total: 0.25 } };
    const call = { type: "toolCall", id: "c1", name: "bash", arguments: { command: "ls -l" } };
    lines.assistant([{ type: "thinking", thinking: "Hm, let me see." }, { type: "text", text: "I look." }, call], { usage });
    lines.result("c1", "a.ts\nb.ts", { durationMs: 2500 });
    lines.assistant("Done.", { stopReason: "length" });
    const html = await pageOf(lines);
    const page = readPage(html);
    expect(html).toContain("<title>Fix &amp; &lt;mend&gt;</title>");
    expect(html).toContain("1 prompt, 2 answers, 1 tool call");
    expect(html).toContain("$0.250");
    expect(html).toContain("1k in, 500 out, 20k from cache");
    expect(html).toContain("<p>Please <strong>look</strong> at <code>a.ts</code></p>");
    expect(page.articles.map(({ text }) => text.replace(/\s+/g, " ").trim())).toEqual([
      "Name Fix & <mend>09:00",
      "You09:00Please look at a.ts",
      "m-1 21k in, 500 out · $0.25009:00Thinking Hm, let me see.Hm, let me see.I look.",
      "bash ls -l 2.5 s · 2 linesls -la.ts b.ts",
      "m-109:00Done.Cut off at the output limit.",
    ]);
    // Folded: thinking and output; nothing else.
    expect(html.match(/<details class="(?:think|call)">/g)).toHaveLength(2);
  });

  test("says what went wrong: with an answer, and with a call", async () => {
    const lines = sessionLines();
    const call = { type: "toolCall", id: "c1", name: "bash", arguments: { command: "false" } };
    lines.assistant([call]);
    lines.result("c1", "Command exited with code 1", { isError: true, durationMs: 2500 });
    lines.assistant("Half", { stopReason: "error", errorMessage: "529 <b>Overloaded</b>" });
    lines.assistant("", { stopReason: "error" });
    lines.assistant("Half", { stopReason: "aborted" });
    const { articles } = readPage(await pageOf(lines));
    expect(articles.map(({ text }) => text.replace(/\s+/g, " ").trim())).toEqual([
      "m-109:00",
      "bash false failed · 2.5 s · 1 linefalseCommand exited with code 1",
      "m-109:00Half529 <b>Overloaded</b>",
      "m-109:00The model failed.",
      "m-109:00HalfAborted.",
    ]);
  });

  test("lets nothing be loaded and nothing run but its own two assets", async () => {
    const html = await pageOf(sessionLines());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? "";
    const script = /<script>([\s\S]*?)<\/script>\n<\/body>/.exec(html)?.[1] ?? "";
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hashOf(script)}`,
      `style-src ${hashOf(style)}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<title>"));
    expect(style + script).not.toMatch(/https?:|@import|url\(|innerHTML|eval|insertAdjacentHTML|document\.write/);
  });

  test("shows pictures only where they are pictures", async () => {
    const lines = sessionLines();
    lines.user([{ type: "image", data: "iVBORw0K\nGgo=", mimeType: "image/png" }]);
    lines.user([{ type: "image", data: "PHN2Zz4=", mimeType: "image/svg+xml" }]);
    const html = await pageOf(lines);
    readPage(html);
    expect(html.match(/<img [^>]*src="([^"]*)"/g)).toHaveLength(1);
    expect(html).toContain('src="data:image/png;base64,iVBORw0KGgo="');
    expect(html).toContain("Image of type image/svg+xml, not shown");
  });

  test("shows an edit as its diff, open", async () => {
    const lines = sessionLines();
    const edits = [{ oldText: "one", newText: "two" }];
    lines.assistant([{ type: "toolCall", id: "c", name: "edit", arguments: { path: "a.ts", edits } }]);
    lines.result("c", "Replaced", { toolName: "edit", details: { diff: " 1 x\n-2 one\n+2 two" } });
    lines.assistant([{ type: "toolCall", id: "d", name: "edit", arguments: { path: "b.ts", edits } }]);
    const html = await pageOf(lines);
    readPage(html);
    expect(html).toContain('<span class="dd">-2 one\n</span><span class="da">+2 two</span>');
    expect(html).toContain('<details class="call" open>');
    expect(html).toContain('<span class="dd">- one\n</span><span class="da">+ two</span>');
    expect(html).toContain("no result");
  });

  test("an empty session has a page too", async () => {
    expect(readPage(await pageOf(sessionLines())).articles).toEqual([]);
  });
});

describe("branches", () => {
  function branched(): { lines: SessionLines; ids: Record<"first" | "call" | "result" | "old" | "other" | "new", string> } {
    const lines = sessionLines();
    const first = lines.user("first");
    const call = lines.assistant([{ type: "toolCall", id: "c", name: "bash", arguments: { command: "make" } }]);
    const result = lines.result("c", "made");
    const old = lines.assistant("the old way");
    const other = lines.user("another way", call);
    const fresh = lines.assistant("the new way");
    lines.add("label", { targetId: old, label: "kept" });
    lines.add("label", { targetId: first, label: "gone" });
    lines.add("label", { targetId: first });
    return { lines, ids: { first, call, result, old, other, new: fresh } };
  }

  test("every entry is there, the branch in use is shown", async () => {
    const { lines, ids } = branched();
    const html = await pageOf(lines);
    const page = readPage(html);
    const shown = page.articles.filter(({ isShown }) => isShown).map(({ id }) => id.slice(2));
    expect(shown.slice(0, 4)).toEqual([ids.first, ids.call, ids.other, ids.new]);
    expect(page.articles).toHaveLength(9);
    expect(page.rows.map(({ key }) => key)).toEqual(page.articles.map(({ id }) => id));
    expect(page.rows.map(({ isOn }) => isOn)).toEqual(page.articles.map(({ isShown }) => isShown));
    expect(html).toContain("<mark>kept</mark>");
    expect(html).not.toContain("<mark>gone</mark>");
    expect(html).toContain("2 ways on");
  });

  test("a call whose result is on another branch stands by itself until that one is shown", async () => {
    const { lines, ids } = branched();
    expect(await pageOf(lines)).toMatch(/<details class="call" data-unless="\d+">/);
    expect(await pageOf(lines, { leafId: ids.old })).toMatch(/<details class="call" data-unless="\d+" hidden>/);
    const page = readPage(await pageOf(lines, { leafId: ids.old }));
    expect(page.articles.filter(({ isShown }) => isShown).map(({ id }) => id.slice(2))).toEqual([ids.first, ids.call, ids.result, ids.old]);
  });

  function randomTree(random: Random): { lines: SessionLines; ids: string[] } {
    const lines = sessionLines();
    const ids: string[] = [];
    for (let count = random.below(20); count > 0; count--) {
      const parent = ids.length === 0 || random.chance(0.7) ? undefined : random.chance(0.1) ? null : random.pick(ids);
      const call = { type: "toolCall", id: "c", name: "bash", arguments: { command: `call${ids.length};` } };
      const role = random.below(3);
      if (role === 0) ids.push(lines.user(`u${ids.length}`, parent));
      else ids.push(role === 1 ? lines.assistant([call], {}, parent) : lines.result("c", `r${ids.length};`, {}, parent));
    }
    return { lines, ids };
  }

  test("of 2,000 random trees, every branch reads from top to bottom and is shown whole", async () => {
    const random = seededRandom(4);
    const tree = tempTree();
    for (let round = 0; round < 2000; round++) {
      const { lines, ids } = randomTree(random);
      const reference = parseLines(lines.text());
      const leaf = ids.length === 0 ? null : random.pick(ids);
      const session = await Session.open(tree.write("s.jsonl", lines.text()), { readOnly: true });
      const { nodes } = surveySession(session, { leafId: leaf, toolViews });
      session.close();
      const order = nodes.map(({ row }) => row.taken.id);
      if (![...order].sort().every((id, at) => id === [...ids].sort()[at])) throw new Error(`round ${round}: entries are missing`);
      for (const [at, node] of nodes.entries()) {
        const parentId = reference.find(({ id }) => id === order[at])?.parentId ?? null;
        if (node.parent >= at || (order[node.parent] ?? null) !== parentId) throw new Error(`round ${round}: ${order[at]} stands wrong`);
      }
      const shown = nodes.filter(({ isOnBranch }) => isOnBranch).map(({ row }) => row.taken.id);
      if (
        shown.join() !==
        pathOf(reference, leaf)
          .map(({ id }) => id)
          .join()
      )
        throw new Error(`round ${round}: another branch is shown`);
    }
  });

  test("on a branch of 100 random trees, each call is seen and each result is seen once", async () => {
    const random = seededRandom(5);
    for (let round = 0; round < 100; round++) {
      const { lines, ids } = randomTree(random);
      const leafId = ids.at(-1);
      if (leafId === undefined) continue;
      const html = await pageOf(lines, { leafId });
      const visible = readPage(html.replace(/<details class="call" data-unless="[\d ]*" hidden>[\s\S]*?<\/details>/g, "")).articles;
      const text = visible
        .filter(({ isShown }) => isShown)
        .map((article) => article.text)
        .join(" ");
      for (const line of pathOf(parseLines(lines.text()), leafId)) {
        const { role, content } = line.message;
        const command = content[0].arguments?.command;
        // In the headline of its card and in the card; again where it got a second result.
        if (role === "assistant") expect(text.match(new RegExp(`${command}`, "g"))?.length, `round ${round}`).toBeGreaterThanOrEqual(2);
        if (role === "toolResult") expect(text.match(new RegExp(`${content[0].text}`, "g"))).toHaveLength(1);
      }
    }
  });
});

describe("hostile sessions", () => {
  test("nothing in any field becomes markup, a link or a source", async () => {
    const html = await pageOf(hostileSession());
    const page = readPage(html);
    expect(page.tagNames.has("iframe")).toBe(false);
    expect(html.match(/<script/g)).toHaveLength(2);
    // The texts themselves are all there.
    expect(page.articles.some(({ text }) => text.includes("<svg/onload="))).toBe(true);
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(html).not.toMatch(/[\ud800-\udfff]/u);
  });

  test.each([
    ["nested quotes", ">".repeat(20_000)],
    ["nested lists", Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth * 2)}- x`).join("\n")],
    ["emphasis", "*a ".repeat(20_000)],
    ["brackets", "[".repeat(20_000)],
    ["underscores and stars", "_*".repeat(10_000)],
    ["backticks", "`a``b```c".repeat(3_000)],
    ["a line without end", "x".repeat(3_000_000)],
    ["angle brackets", "<a ".repeat(20_000)],
    ["a table of bars", `${"|a".repeat(5_000)}\n${"|-".repeat(5_000)}\n`],
  ])("%s cost little", async (_, text) => {
    const lines = sessionLines();
    lines.user(text);
    lines.assistant(`\`\`\`ts\n${text}\n\`\`\``);
    expect(await quickestMs(5_000, async () => readPage(await pageOf(lines)))).toBeLessThan(5_000);
  });
});

describe("the file", () => {
  async function smallSession(): Promise<Session> {
    const lines = sessionLines();
    lines.user("hello");
    return lines.open("2026-01-01_abc.jsonl");
  }

  test("has the session's name unless told otherwise, and is for its owner only", async () => {
    const tree = tempTree();
    const session = await smallSession();
    expect(await exportHtml(session, { toolViews, cwd: tree.path })).toEqual({ path: "pi-session-2026-01-01_abc.html" });
    expect(statSync(tree.at("pi-session-2026-01-01_abc.html")).mode & 0o777).toBe(0o600);
    expect(await exportHtml(session, { toolViews, cwd: tree.path, outputPath: "deep/er/x.html" })).toEqual({ path: "deep/er/x.html" });
    expect(readFileSync(tree.at("deep/er/x.html"), "utf8")).toContain("hello");
    expect(readdirSync(tree.path).sort()).toEqual(["deep", "pi-session-2026-01-01_abc.html"]);
  });

  test("replaces what was there, through a link too, and keeps its mode", async () => {
    const tree = tempTree({ "real.html": "old" });
    symlinkSync(tree.at("real.html"), tree.at("link.html"));
    await exportHtml(await smallSession(), { toolViews, cwd: tree.path, outputPath: "link.html" });
    expect(readFileSync(tree.at("real.html"), "utf8")).toContain("hello");
    expect(readdirSync(tree.path).sort()).toEqual(["link.html", "real.html"]);
  });

  test("is never the session itself, nor a directory", async () => {
    const session = await smallSession();
    const path = session.filePath ?? "";
    const before = readFileSync(path, "utf8");
    await expect(exportHtml(session, { toolViews, cwd: "/", outputPath: path })).rejects.toMatchObject({
      code: "usage.export_over_session",
    });
    expect(readFileSync(path, "utf8")).toBe(before);
    const tree = tempTree();
    await expect(exportHtml(session, { toolViews, cwd: tree.path, outputPath: "." })).rejects.toMatchObject({ code: "io.write" });
    expect(existsSync(tree.path)).toBe(true);
  });

  test("a session that is not in a file can be exported too", async () => {
    const tree = tempTree();
    const session = Session.create({ cwd: "/x", directory: undefined, id: "in-memory" });
    session.append({ type: "message", message: { role: "user", content: "unsaved", timestamp: 1 } });
    expect(await exportHtml(session, { toolViews, cwd: tree.path })).toEqual({ path: "pi-session-in-memory.html" });
    expect(readFileSync(tree.at("pi-session-in-memory.html"), "utf8")).toContain("unsaved");
  });

  test("a damaged session is exported without its damaged lines", async () => {
    const lines = sessionLines();
    const first = lines.user("first");
    lines.user("second");
    lines.user("third");
    const text = lines.text().replace('"second"', '"sec');
    const tree = tempTree({ "s.jsonl": text });
    const session = await Session.open(tree.at("s.jsonl"), { readOnly: true });
    const page = readPage(await pageText(htmlChunks(session, { toolViews })));
    session.close();
    expect(page.articles.map(({ text: shown }) => shown.includes("first") || shown.includes("third"))).toEqual([true, true]);
    expect(page.articles[0]?.id).toBe(`e-${first}`);
  });
});
