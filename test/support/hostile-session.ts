// A session in which every field tries to become markup or script. Each attempt that works marks the page: see `markName`.

import { type SessionLines, sessionLines } from "./session-lines.ts";

/** Attribute of the page's root element that every attack sets. */
export const markName = "data-owned";

const attack = `document.documentElement.setAttribute('${markName}','1')`;

export const attacks: readonly string[] = [
  `<script>${attack}</script>`,
  `</script><script>${attack}</script>`,
  `</style><script>${attack}</script>`,
  `--></template></textarea></title></pre></code></details><img src=x onerror="${attack}">`,
  `"><img src=x onerror=${attack}>`,
  `' onmouseover='${attack}' x='`,
  `<svg/onload=${attack}>`,
  `<iframe srcdoc="<script>parent.${attack}</script>"></iframe>`,
  `[link](javascript:${attack})`,
  `[link](JaVa&#x53;cript:${attack})`,
  `[link](data:text/html,<script>${attack}</script>)`,
  `[link]( "javascript:${attack}")`,
  `[ref]\n\n[ref]: javascript:${attack}`,
  `<javascript:${attack}>`,
  `![image](https://tracker.invalid/x.png "' onerror='${attack}")`,
  `![image](data:image/svg+xml;base64,PHN2Zy8+)`,
  `[ok](https://example.org/"onclick="${attack}")`,
  '```html"onmouseover="x\n<script>alert(1)</script>\n```',
  "```\n</code></pre><script>1</script>",
  "`</code><script>1</script>`",
  "\u2028</script>\u2029<!-- \u0000 <![CDATA[",
  "\u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007 \u001b[31mred\u001b[0m \u009b1m",
  "lone \ud800 and \udc00 surrogates, \u202egnp.exe",
  "<base href='https://attacker.invalid/'><meta http-equiv=refresh content='0;url=https://attacker.invalid'>",
  "| a | b |\n|---|:-:|\n| <script>1</script> | [x](javascript:1) |",
  '<a href="javascript:1" style="position:fixed">raw</a>',
  `{"json": "<script>${attack}</script>"}`,
];

export function hostileSession(): SessionLines {
  const all = attacks.join("\n\n");
  const lines = sessionLines({ id: "s-1", cwd: `/tmp/${attacks[1]}`, parentSession: attacks[4] });
  for (const text of attacks) {
    lines.user(text);
    const tool = { type: "toolCall", id: `c"><b>${text}`, name: text, arguments: { path: text, command: text, [text]: text } };
    const thinking = { type: "thinking", thinking: text, thinkingSignature: text };
    lines.assistant([thinking, { type: "text", text }, tool, { type: text, text }], {
      model: text,
      provider: text,
      stopReason: "error",
      errorMessage: text,
      durationMs: text,
      usage: { input: text, cost: { total: text } },
    });
    lines.result(tool.id, text, { toolName: text, isError: text, details: { diff: text } });
    lines.add("label", { targetId: lines.user(all), label: text });
    lines.add("session_info", { name: text });
    lines.add("model_change", { provider: text, modelId: text });
    lines.add("thinking_level_change", { thinkingLevel: text });
    lines.add("custom_message", { customType: text, content: text, display: true });
    lines.add("compaction", { summary: text, tokensBefore: text, details: { readFiles: [text, 1], modifiedFiles: text } });
    lines.add("branch_summary", { summary: text, fromId: text });
    lines.add("custom", { customType: text, data: { [text]: text } });
    lines.add(text, { [text]: text });
    lines.add("message", { message: { role: text, content: text } });
    lines.add("message", { message: { role: "bashExecution", command: text, output: text, exitCode: text } });
    lines.add("message", {
      message: {
        role: "system",
        content: text,
        sections: { [text]: text, gone: null },
        toolsAdded: [{ name: text, description: text }, null],
        toolsRemoved: [{ name: text }],
      },
    });
    lines.user([{ type: "image", data: `AAAA"><script>${text}`, mimeType: "image/png" }]);
    lines.user([{ type: "image", data: "AAAA", mimeType: `image/svg+xml${text}` }]);
    for (const name of ["bash", "read", "write", "edit", "grep"]) {
      const call = {
        type: "toolCall",
        id: `${name} ${text}`,
        name,
        arguments: { path: text, command: text, content: text, oldText: text, newText: text },
      };
      lines.assistant([call]);
      lines.result(call.id, text, { toolName: name });
    }
  }
  // Ids and times are other writers' business, and so are whole shapes.
  for (const text of attacks) lines.add("message", { id: `id${text}`, timestamp: text, message: { role: "user", content: "x" } });
  for (const message of [
    null,
    1,
    "x",
    [],
    { role: "assistant" },
    { role: "assistant", content: [null, 1, "x"] },
    { role: "user", content: 7 },
  ]) {
    lines.add("message", { message });
  }
  return lines;
}
