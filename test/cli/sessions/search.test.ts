import { appendFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parsePattern } from "../../../src/session/library/search-pattern.ts";
import { assistantMessage } from "../../support/messages.ts";
import { seededRandom } from "../../support/random.ts";
import { answer, call, result, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

async function library(): Promise<SessionHome> {
  const home = sessionHome();
  await home.add(
    [
      user('Fix the login page\nplease: it says "größe" and a/b'),
      { type: "message", message: assistantMessage([{ type: "thinking", thinking: "The LOGIN handler?" }]) },
      call("c1", "bash", { command: "grep -r 'needle' src\nexit 0", nested: { list: ["deep water"] } }),
      result("c1", "src/a.ts: needle\nother"),
      { type: "compaction", summary: "They fixed it.", firstKeptEntryId: "x", tokensBefore: 5 },
      { type: "session_info", name: "login work" },
    ],
    { id: "first-one", ageMs: 1000 },
  );
  await home.add([user("nothing here"), answer("login is done")], { id: "second-one", ageMs: 2000 });
  await home.add([user("login elsewhere")], { id: "third-one", cwd: home.tree.at("other"), ageMs: 3000 });
  return home;
}

const withoutIds = (line: string): string => line.replace(/:[0-9a-f]{8}:/, ":");

describe("as grep does", () => {
  test("SESSION:ENTRY:WHO:LINE, newest first, status 0 or 1", async () => {
    const home = await library();
    const found = await home.pi("sessions", "search", "login");
    expect(found.lines.map(withoutIds)).toEqual([
      "first-on:user:Fix the login page",
      "first-on:name:login work",
      "second-o:assistant:login is done",
    ]);
    expect(found.status).toBe(0);
    expect(await home.pi("sessions", "search", "no such text")).toEqual({ status: 1, out: "", err: "", lines: [] });
    expect((await home.pi("sessions", "search", "login", "--all")).lines).toHaveLength(4);
    expect((await home.pi("sessions", "search", "LOGIN", "-i", "-l")).lines).toEqual(["first-on", "second-o"]);
  });

  test.each([
    ["needle", ["first-on:tool call:grep -r 'needle' src", "first-on:tool result:src/a.ts: needle"]],
    ["deep water", ["first-on:tool call:deep water"]],
    ["They fixed", ["first-on:summary:They fixed it."]],
    ["/login \\w+$/", ["first-on:user:Fix the login page", "first-on:name:login work"]],
    ["/^(nothing|Fix)/", ["first-on:user:Fix the login page", "second-o:user:nothing here"]],
    ["/LOGIN (handler|page)/i", ["first-on:user:Fix the login page", "first-on:thinking:The LOGIN handler?"]],
    ['"größe"', ['first-on:user:please: it says "größe" and a/b']],
    ["a/b", ['first-on:user:please: it says "größe" and a/b']],
    ["öß", ['first-on:user:please: it says "größe" and a/b']],
  ])("%s", async (pattern, expected) => {
    const home = await library();
    expect((await home.pi("sessions", "search", pattern)).lines.map(withoutIds)).toEqual(expected);
  });

  test("finds text that another writer escaped", async () => {
    const home = await library();
    const path = (await home.pi("sessions", "path", "second-one")).out.trim();
    appendFileSync(
      path,
      '{"id":"12345678","parentId":null,"timestamp":"2026-01-01T00:00:00Z","type":"message","message":{"content":[{"text":"\\u00fcber \\u003cb\\u003e a\\/c","type":"text"}],"role":"user"}}\n',
    );
    for (const text of ["über", "<b>", "a/c", "ber <b> a/c"]) expect((await home.pi("sessions", "search", text)).lines).toHaveLength(1);
  });

  test("--json and --jsonl", async () => {
    const home = await library();
    const [match, ...others] = JSON.parse((await home.pi("sessions", "search", "page", "--json")).out) as unknown[];
    expect(others).toEqual([]);
    expect(match).toEqual({
      sessionId: "first-one",
      path: expect.any(String),
      cwd: home.cwd,
      entryId: expect.stringMatching(/^[0-9a-f]{8}$/),
      role: "user",
      where: "text",
      timestamp: expect.any(String),
      line: "Fix the login page",
      start: 14,
      length: 4,
    });
    expect(await home.pi("sessions", "search", "zzz", "--json")).toMatchObject({ status: 1, out: "[]\n" });
    expect(JSON.parse((await home.pi("sessions", "search", "page", "--jsonl")).out)).toEqual(match);
  });

  test("on a terminal the match is shown in the middle of a long line", async () => {
    const home = sessionHome();
    await home.add([user(`${"left ".repeat(100)}target${" right".repeat(100)}`)], { id: "long-line" });
    const host = home.host({ isTerminal: true, columns: 60, env: { HOME: home.tree.at("home"), NO_COLOR: "1" } });
    const { lines } = await home.piWith(host, "sessions", "search", "target");
    expect(lines[0]).toMatch(/^long-lin:[0-9a-f]{8}:user:….*target.*…$/);
    expect(lines[0]?.length).toBeLessThanOrEqual(60);
  });

  test("a mistake is 2", async () => {
    const home = await library();
    expect(await home.pi("sessions", "search", "/(/")).toMatchObject({ status: 2, err: expect.stringContaining("regular expression") });
    expect(await home.pi("sessions", "search", "")).toMatchObject({ status: 2 });
    expect(await home.pi("sessions", "search", "/(/", "-F")).toMatchObject({ status: 1 });
  });
});

test("what is looked for in the bytes stands in every line that matches", () => {
  const random = seededRandom(7);
  const letters = ["a", "b", "ab", "é", " ", "/", '"', "\\", "<"];
  const parts = [
    ...letters.map((letter) => letter.replace(/[/\\]/g, "\\$&")),
    ".",
    "a*",
    "b?",
    "(ab)?",
    "[ab]",
    "\\w",
    "a{0,2}",
    "b+",
    "^",
    "$",
    "\\.",
    "(a|b)",
  ];
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: 12 }, () => random.pick(letters)).join("");
    const isRegex = random.chance(0.7);
    const source = Array.from({ length: 1 + random.below(4) }, () => random.pick(isRegex ? parts : letters)).join("");
    const pattern = parsePattern(isRegex ? `/${source}/` : source, { isFixed: !isRegex, ignoreCase: random.chance(0.2) });
    const json = JSON.stringify(text);
    if (pattern.expression.test(text) && pattern.needle !== undefined) expect(json, `${source} in ${text}`).toContain(pattern.needle);
  }
});
