import { expect, test } from "vitest";
import { htmlChunks } from "../../src/transcript/export-html.ts";
import { cleanText, escapeHtml } from "../../src/transcript/html/escape.ts";
import { terminalHtml } from "../../src/transcript/html/terminal-html.ts";
import { pageText, readPage } from "../support/page-reader.ts";
import { seededRandom } from "../support/random.ts";
import { sessionLines } from "../support/session-lines.ts";
import { toolViews } from "../support/tool-views.ts";

const html = (text: string, left = 1000): string => terminalHtml(text, { left });

test.each([
  ["plain <b>", "plain &lt;b&gt;"],
  ["\u001b[31mred\u001b[0m and \u001b[1;92mgreen\u001b[m", '<span class="z1">red</span> and <span class="z10 zb">green</span>'],
  ["\u001b[33;44mboth\u001b[39mground\u001b[49mnone", '<span class="z3 y4">both</span><span class="y4">ground</span>none'],
  ["\u001b[2;3;4;9mall\u001b[22;23;24;29mnone", '<span class="zd zi zu zs">all</span>none'],
  [
    "\u001b[7minverse\u001b[31mred ground\u001b[27mred",
    '<span class="zv">inverse</span><span class="zv y1">red ground</span><span class="z1">red</span>',
  ],
  [
    "\u001b[38;5;9mten\u001b[38;5;196mcube\u001b[48;5;240mgrey",
    '<span class="z9">ten</span><span class="z9">cube</span><span class="z9 y8">grey</span>',
  ],
  ["\u001b[38;2;20;30;180mblue\u001b[38:2:250:240:30myellow", '<span class="z4">blue</span><span class="z11">yellow</span>'],
  ["\u001b[38mno colour\u001b[999mnor here", "no colournor here"],
  ["\u001b[31mred\u001b[2K\u001b[1A\u001b]0;title\u0007 still\u001b[0m", '<span class="z1">red still</span>'],
  ["one\r\u001b[31m\ntwo", 'one<span class="z1">\ntwo</span>'],
  ['\u001b[31m"><script>\u001b[0m', '<span class="z1">&quot;&gt;&lt;script&gt;</span>'],
])("%j", (text, wanted) => {
  expect(html(text)).toBe(wanted);
});

test("a spent budget leaves the text plain", () => {
  expect(html("\u001b[31ma\u001b[32mb\u001b[33mc", 1)).toBe('<span class="z1">a</span>bc');
});

test("without its marks it is the clean text, in 3,000 random outputs; broken sequences break nothing", () => {
  const random = seededRandom(7);
  const whole = ["\u001b[31m", "\u001b[0m", "\u001b[38;2;1;2;3m", "\u001b[2K", "m", ";", "<b>", "&", "\n", "é", " x "];
  const broken = ["\u001b[1;38;5;", "\u001b[", "\u001b", "\u009b", "\ud800", "\r"];
  const textOf = (marked: string): string => marked.replace(/<span class="[a-z\d ]+">|<\/span>/g, "");
  for (let round = 0; round < 3000; round++) {
    const pieces = round % 2 === 0 ? whole : [...whole, ...broken];
    const text = Array.from({ length: random.below(20) }, () => random.pick(pieces)).join("");
    const shown = textOf(html(text));
    if (round % 2 === 0) expect(shown).toBe(escapeHtml(cleanText(text)));
    else expect(shown).not.toMatch(/[<>"\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
});

test("output of tools and of the user's own commands has its colours on the page", async () => {
  const lines = sessionLines();
  lines.assistant([{ type: "toolCall", id: "c", name: "bash", arguments: { command: "make" } }]);
  lines.result("c", "\u001b[32mok\u001b[0m");
  lines.add("message", { message: { role: "bashExecution", command: "ls", output: "\u001b[34mdir\u001b[0m\n", exitCode: 0 } });
  const session = await lines.open();
  const page = await pageText(htmlChunks(session, { toolViews }));
  session.close();
  readPage(page);
  expect(page).toContain('<pre class="out"><code><span class="z2">ok</span></code></pre>');
  expect(page).toContain('<pre class="out"><span class="z4">dir</span></pre>');
});
