import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assistantMessage } from "../../support/messages.ts";
import { answer, call, linesOf, result, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

describe("the conversation", () => {
  test("prompts and answers whole, thinking in a line, calls in a line, results cut", async () => {
    const home = sessionHome();
    const thinking = assistantMessage([
      { type: "thinking", thinking: `First thought.\n${"More of it. ".repeat(30)}` },
      { type: "toolCall", id: "c1", name: "bash", arguments: { command: "seq 20" } },
    ]);
    await home.add([
      { type: "model_change", provider: "test", modelId: "test-1" },
      user("count\nfor me"),
      { type: "message", message: thinking },
      result("c1", Array.from({ length: 20 }, (_, index) => index + 1).join("\n")),
      answer("Done:\n\n```\n20\n```", 0.5),
    ]);
    const { lines, status } = await home.pi("sessions", "show");
    expect(status).toBe(0);
    const body = lines.slice(lines.findIndex((line) => line.startsWith("(model)")));
    expect(body.map((line) => line.replace(/ [0-9a-f]{8} .*\d\d:\d\d/, " ID TIME"))).toEqual([
      "(model) test/test-1",
      "",
      "user  ID TIME",
      "count",
      "for me",
      "",
      "assistant  ID TIME  test-1",
      expect.stringMatching(/^\(thinking\) First thought\. More of it\. .*…$/),
      "> bash seq 20",
      "  1",
      "  2",
      "  3",
      "  4",
      "  5",
      "  … 15 more lines",
      "",
      "assistant  ID TIME  test-1, $0.500",
      "Done:",
      "",
      "```",
      "20",
      "```",
    ]);
    const full = (await home.pi("sessions", "show", "last", "--full")).out;
    expect(full).toContain("  20\n");
    expect(full).toContain("| More of it. More of it.");
  });

  test("calls are told as their tools tell them: in a line, and whole where nothing is folded", async () => {
    const home = sessionHome();
    await home.add([
      user("go"),
      call("e", "edit", { path: "a.ts", edits: [{ oldText: "one", newText: "two" }] }),
      result("e", "Replaced 1 block", "edit"),
      call("w", "write", { path: "b.ts", content: "1\n2\n" }),
      result("w", "Wrote 4 bytes", "write"),
      call("x", "of_an_extension", { url: "http://x", depth: 2 }),
      result("x", "found", "of_an_extension"),
    ]);
    const { out } = await home.pi("sessions", "show");
    for (const line of ["> edit a.ts", "> write b.ts", "> of_an_extension http://x"]) expect(out).toContain(`\n${line}\n  `);
    const full = (await home.pi("sessions", "show", "--full")).out;
    expect(full).toContain("> edit a.ts\n| - one\n| + two\n");
    expect(full).toContain("> write b.ts\n| 1\n| 2\n");
    expect(full).toContain('> of_an_extension http://x\n| {\n|   "url": "http://x",\n|   "depth": 2\n| }\n');
    expect((await home.pi("sessions", "show", "--tree")).out).toContain("assistant: [edit a.ts]");
  });

  test("nothing in it can change the terminal", async () => {
    const home = sessionHome();
    await home.add([
      user("a\u001b[2Jb\u0007\u202ec"),
      call("c", "bash", { command: "\u001b]0;title\u0007x" }),
      result("c", "\u001b[31mred\u001b[0m\r\n"),
    ]);
    const { out } = await home.pi("sessions", "show");
    expect(out).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/);
    expect(out).toContain("abc\n");
    expect(out).toContain("> bash x\n  red\n");
    const tree = (await home.pi("sessions", "show", "--tree")).out;
    expect(tree).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/);
  });

  test("what went wrong is said; several results have their tool's name", async () => {
    const home = sessionHome();
    const two = assistantMessage([
      { type: "toolCall", id: "c1", name: "read", arguments: { path: "a" } },
      { type: "toolCall", id: "c2", name: "grep", arguments: { pattern: "x", path: "." } },
    ]);
    await home.add([
      user("go"),
      { type: "message", message: two },
      {
        type: "message",
        message: {
          role: "toolResult",
          toolCallId: "c1",
          toolName: "read",
          content: [{ type: "text", text: "no a" }],
          isError: true,
          timestamp: 1,
        },
      },
      result("c2", "hit", "grep"),
      { type: "message", message: assistantMessage([], { stopReason: "error", errorMessage: "429 too\nmany" }) },
    ]);
    const { out } = await home.pi("sessions", "show");
    expect(out).toContain("> read a\n> grep x in .\n  ! read failed\n  no a\n< grep\n  hit\n");
    expect(out).toContain("! 429 too many\n");
  });

  test("an aborted answer says so once, whether it had begun or not", async () => {
    const home = sessionHome();
    const aborted = { stopReason: "aborted", errorMessage: "Request was aborted" } as const;
    for (const [id, text] of Object.entries({ unbegun: [], begun: "half" })) {
      await home.add([user("a"), { type: "message", message: assistantMessage(text, aborted) }], { id });
      expect((await home.pi("sessions", "show", id)).out.match(/abort/g)).toEqual(["abort"]);
    }
  });
});

/** a - b - c (labelled), a - d - e - f (leaf) */
async function branched(home: SessionHome): Promise<{ path: string; ids: string[] }> {
  const { path, ids } = await home.add([user("a"), answer("b"), user("c")], { id: "branched" });
  const [a = ""] = ids;
  const line = (id: string, parentId: string, rest: object): string =>
    `${JSON.stringify({ type: "message", id, parentId, timestamp: "2026-11-20T11:00:00.000Z", ...rest })}\n`;
  const message = (text: string): object => ({ message: { role: "user", content: [{ type: "text", text }], timestamp: 1 } });
  writeFileSync(
    path,
    readFileSync(path, "utf8") +
      line("dddddddd", a, message("d")) +
      line("eeeeeeee", "dddddddd", message("e")) +
      `${JSON.stringify({ type: "label", id: "ffffffff", parentId: "eeeeeeee", timestamp: "2026-11-20T11:00:00.000Z", targetId: ids[2], label: "good" })}\n`,
  );
  return { path, ids };
}

describe("the tree", () => {
  test("branches are set off, labels and the leaf are marked", async () => {
    const home = sessionHome();
    const { ids } = await branched(home);
    const [a, b, c] = ids;
    expect((await home.pi("sessions", "show", "branched", "--tree")).lines).toEqual([
      `* ${a} user: a`,
      `├─o ${b} assistant: b`,
      `│ o ${c} (label: good) user: c`,
      "└─* dddddddd user: d",
      "  * eeeeeeee user: e",
      `  * ffffffff (leaf) label: ${c} "good"`,
    ]);
    const other = (await home.pi("sessions", "show", "branched", "--tree", "--branch", "good")).lines;
    expect(other[1]).toBe(`├─* ${b} assistant: b`);
    expect(other[5]).toContain("o ffffffff (leaf)");
  });

  test("fits on a terminal, and a chain of 20,000 entries is no problem", async () => {
    const home = sessionHome();
    const { id } = await home.add(Array.from({ length: 20_000 }, (_, index) => user(`entry ${index} ${"x".repeat(100)}`)));
    const { lines } = await home.piWith(
      home.host({ isTerminal: true, columns: 40, env: { HOME: home.tree.at("home"), NO_COLOR: "1" } }),
      "sessions",
      "show",
      id,
      "--tree",
    );
    expect(lines).toHaveLength(20_000);
    expect(lines.every((line) => line.length <= 40)).toBe(true);
  });
});

describe("--json", () => {
  test("the very bytes of the lines, in one array", async () => {
    const home = sessionHome();
    const { path } = await branched(home);
    const strange = '{"id":"0a0b0c0d", "type":"from_elsewhere","parentId" : null,"n":1.0e2,"t":"\\u00e9"}';
    writeFileSync(path, `${readFileSync(path, "utf8")}${strange}\n`);
    const { out } = await home.pi("sessions", "show", "branched", "--json");
    expect(out).toBe(`[\n${linesOf(path).slice(1).join(",\n")}\n]\n`);
    expect(out).toContain(strange);
    expect(JSON.parse(out)).toHaveLength(7);
    expect((await home.pi("sessions", "show", "branched", "--jsonl")).lines).toEqual(linesOf(path).slice(1));
  });

  test("with --branch only that branch", async () => {
    const home = sessionHome();
    const { ids } = await branched(home);
    const { out } = await home.pi("sessions", "show", "branched", "--json", "--branch", "good");
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual(ids);
    expect((await home.pi("sessions", "show", "branched", "--branch", "dddd")).out).not.toContain("assistant");
  });

  test("a damaged file still gives a valid array", async () => {
    const home = sessionHome();
    const { path, ids } = await home.add([user("one"), user("two"), user("three")]);
    const [header = "", one = "", two = "", three = ""] = linesOf(path);
    writeFileSync(path, `${header}\n${one}${two}\nnot json\n${three.replace("three", "th\nree")}\n{"type":"mess`);
    const entries = JSON.parse((await home.pi("sessions", "show", path, "--json")).out) as { id: string }[];
    expect(entries.map(({ id }) => id)).toEqual(ids);
  });

  test("versions 1 and 4 can be looked at", async () => {
    const home = sessionHome();
    const old = home.tree.write(
      "old.jsonl",
      '{"type":"session","id":"o","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/x"}\n{"type":"message","timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"hi","timestamp":1}}\n',
    );
    expect(JSON.parse((await home.pi("sessions", "show", old, "--json")).out)).toMatchObject([{ message: { content: "hi" } }]);
    expect((await home.pi("sessions", "show", old)).out).toContain("\nhi\n");
    const future = home.tree.write(
      "new.jsonl",
      readFileSync((await home.add([user("later")])).path, "utf8").replace('"version":3', '"version":4'),
    );
    expect((await home.pi("sessions", "show", future)).out).toContain("\nlater\n");
  });
});

describe("what is meant", () => {
  test("nothing, too much, or what is no session", async () => {
    const home = sessionHome();
    await home.add([user("a")], { id: "aaaa-1" });
    await home.add([user("b")], { id: "aaaa-2" });
    expect(await home.pi("sessions", "show", "zzz")).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^Error: No session found matching 'zzz'\./),
    });
    expect(await home.pi("sessions", "show", "aaaa")).toMatchObject({
      status: 2,
      err: expect.stringMatching(/Candidates: aaaa-2 \(b\), aaaa-1 \(a\)\n$/),
    });
    const { err, status } = await home.pi("sessions", "show", "aaaa-1", "--branch", "zzz");
    expect([status, err]).toEqual([2, expect.stringContaining("No entry found matching 'zzz'")]);
    expect(await home.pi("sessions", "show", "aaaa-1", "--tree", "--json")).toMatchObject({ status: 2 });
    const text = home.tree.write("notes.jsonl", "hello\n");
    expect(await home.pi("sessions", "show", text, "--json")).toMatchObject({
      status: 2,
      err: expect.stringContaining("not a valid pi session"),
    });
  });
});
