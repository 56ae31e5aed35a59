import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportHtml, sessionPage } from "../../src/harness/export-html.ts";
import { createFileOperations } from "../../src/platform/files.ts";
import { Session } from "../../src/session/session.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const hostile = `See <script>alert(1)</script> [x](javascript:alert(2)) <img src=x onerror=alert(3)> **bold** \`\`<b>\`\` "quoted"`;

function sessionOf(text: string): Session {
  const session = Session.create({ cwd: "/somewhere", directory: undefined });
  session.append({ type: "message", message: { role: "user", content: text, timestamp: 1 } });
  session.append({
    type: "message",
    message: {
      role: "assistant",
      content: [
        { type: "text", text },
        { type: "thinking", thinking: text },
        { type: "toolCall", id: "1", name: "bash", arguments: { command: text } },
      ],
      api: "x",
      provider: "x",
      model: text,
      usage: {
        input: 0,
        output: 0,
        cacheRead: 0,
        cacheWrite: 0,
        totalTokens: 0,
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
      },
      stopReason: "stop",
      timestamp: 1,
    },
  });
  session.append({
    type: "message",
    message: {
      role: "toolResult",
      toolCallId: "1",
      toolName: text,
      content: [
        { type: "text", text },
        { type: "image", data: `"><script>`, mimeType: "image/png" },
      ],
      isError: false,
      timestamp: 1,
    },
  });
  return session;
}

test("nothing that was said becomes markup of the page", async () => {
  const page = await sessionPage(sessionOf(hostile));
  expect(page).not.toMatch(/<script|<img src=x|javascript:alert\(2\)"|onerror=alert\(3\)>/);
  expect(page).toContain("<strong>bold</strong>");
  expect(page).toContain("default-src 'none'");
});

test("the page lies where it was asked for, else under the session's name in the working directory", async () => {
  const cwd = temporaryDirectory();
  const files = createFileOperations();
  const session = sessionOf("hi");
  expect(await exportHtml(session, { cwd, files })).toEqual({ path: `pi-session-${session.id}.html` });
  expect(await exportHtml(session, { cwd, files, outputPath: "deep/page.html" })).toEqual({ path: "deep/page.html" });
  expect(readFileSync(join(cwd, "deep/page.html"), "utf8")).toBe(readFileSync(join(cwd, `pi-session-${session.id}.html`), "utf8"));
});
