import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireLease } from "../../../src/platform/locks/lease.ts";
import { checkSession, type Finding } from "../../../src/session/repair/check-session.ts";
import { assistantMessage } from "../../support/messages.ts";
import { seededRandom } from "../../support/random.ts";
import { answer, call, linesOf, result, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

const json = (fields: object): string => JSON.stringify({ type: "message", ...fields, timestamp: "2026-11-20T11:00:00.000Z" });
const said = (id: string, parentId: string | null, text: string): string =>
  json({ id, parentId, message: { role: "user", content: [{ type: "text", text }], timestamp: 1 } });

/** A file with the given lines behind the header of a sound session. */
async function fileWith(home: SessionHome, lines: readonly string[], end = "\n"): Promise<string> {
  const { path } = await home.add([user("x")]);
  writeFileSync(path, [linesOf(path)[0], ...lines].join("\n") + end);
  return path;
}

async function findings(home: SessionHome, path: string): Promise<[number, string][]> {
  const { out } = await home.pi("sessions", "check", path, "--json");
  return (JSON.parse(out) as { lineNumber: number; kind: string }[]).map(({ lineNumber, kind }) => [lineNumber, kind]);
}

/** What is found but for the one thing that no repair can give: an answer. */
const toMend = (path: string): Finding[] => checkSession(path).filter(({ kind }) => kind !== "unanswered-prompt");

describe("check", () => {
  test("says nothing on stdout about sound files", async () => {
    const home = sessionHome();
    await home.add([user("a"), call("c", "bash", {}), result("c", "ok"), answer("b")]);
    await home.add([user("elsewhere"), answer("there")], { cwd: home.tree.at("other") });
    expect(await home.pi("sessions", "check")).toEqual({ status: 0, out: "", lines: [], err: "1 session checked: sound.\n" });
    expect((await home.pi("sessions", "check", "--all")).err).toBe("2 sessions checked: sound.\n");
    expect(await home.pi("sessions", "check", "--json")).toMatchObject({ status: 0, out: "[]\n" });
  });

  test("of a file that is none of ours the first lines are told, and how many there are; programs get all", async () => {
    const home = sessionHome();
    const { path } = await home.add([user("x")]);
    writeFileSync(path, "<p>\n".repeat(5000));
    const { status, lines } = await home.pi("sessions", "check", path);
    expect(status).toBe(1);
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(`${path}:1: the file does not begin with a session header`);
    expect(lines[20]).toBe(`${path}: and 4980 lines more; --jsonl names them all`);
    expect((await home.pi("sessions", "check", path, "--jsonl")).lines).toHaveLength(5000);
  });

  test("a run that was killed is interrupted, not damaged: status 0", async () => {
    const home = sessionHome();
    const call = json({
      id: "bbbbbbbb",
      parentId: "aaaaaaaa",
      message: assistantMessage([{ type: "toolCall", id: "t1", name: "bash", arguments: {} }]),
    });
    const path = await fileWith(home, [said("aaaaaaaa", null, "a"), call, '{"type":"mess'], "");
    const { status, lines, err } = await home.pi("sessions", "check");
    expect(status).toBe(0);
    expect(lines).toEqual([
      `${path}:3: interrupted: the call of bash (t1) has no result`,
      `${path}:4: interrupted: the last line was cut off while it was written`,
    ]);
    expect(err).toBe("1 session checked: 1 interrupted.\n");
  });

  test("path:line: what, and status 1", async () => {
    const home = sessionHome();
    const path = await fileWith(home, [said("aaaaaaaa", null, "a"), "broken", said("bbbbbbbb", "99999999", "b")]);
    const { status, lines, err } = await home.pi("sessions", "check");
    expect(status).toBe(1);
    expect(lines).toEqual([
      `${path}:3: no session entry can be read from it`,
      `${path}:4: entry bbbbbbbb hangs on 99999999, which is not in the file`,
    ]);
    expect(err).toMatch(/1 damaged\. pi sessions repair/);
  });

  const reply = (id: string, parentId: string, rest: object = {}): string =>
    json({ id, parentId, message: { ...assistantMessage("b"), ...rest } });
  const beside = (id: string, parentId: string, type: string, rest: object): string =>
    JSON.stringify({ type, id, parentId, timestamp: "2026-11-20T11:00:00.000Z", ...rest });
  const label = beside("dddddddd", "aaaaaaaa", "label", { targetId: "aaaaaaaa", label: "here" });
  const summary = { summary: "s", firstKeptEntryId: "aaaaaaaa", tokensBefore: 1, fromId: "aaaaaaaa" };

  test("a prompt without an answer at the end of the path is an interruption, unless somebody is at it", async () => {
    const home = sessionHome();
    const path = await fileWith(home, [said("aaaaaaaa", null, "a"), reply("bbbbbbbb", "aaaaaaaa"), said("cccccccc", "bbbbbbbb", "c")]);
    const line = `${path}:4: interrupted: the last prompt has no answer`;
    expect(await home.pi("sessions", "check")).toMatchObject({ status: 0, lines: [line], err: "1 session checked: 1 interrupted.\n" });
    expect(await home.pi("sessions", "repair", path)).toMatchObject({ status: 0 });
    const lease = await acquireLease(path, "fail");
    if (typeof lease === "string") throw new Error(lease);
    expect(await findings(home, path)).toEqual(process.platform === "linux" ? [] : [[4, "unanswered-prompt"]]);
    lease.release();
    expect(await findings(home, path)).toEqual([[4, "unanswered-prompt"]]);
  });

  const dangling = json({
    id: "cccccccc",
    parentId: "aaaaaaaa",
    message: assistantMessage([
      { type: "toolCall", id: "t1", name: "bash", arguments: {} },
      { type: "toolCall", id: "t2", name: "read", arguments: {} },
    ]),
  });
  const oneResult = json({
    id: "dddddddd",
    parentId: "cccccccc",
    message: { role: "toolResult", toolCallId: "t1", toolName: "bash", content: [], isError: false, timestamp: 1 },
  });
  test.each<[string, string[], string, [number, string][]]>([
    ["a circle of parents", [said("aaaaaaaa", "bbbbbbbb", "a"), said("bbbbbbbb", "aaaaaaaa", "b")], "", [[2, "circle"]]],
    ["an entry that is its own parent", [said("aaaaaaaa", "aaaaaaaa", "a")], "", [[2, "circle"]]],
    ["a torn last line", [said("aaaaaaaa", null, "a"), '{"type":"mess'], "", [[3, "torn-line"]]],
    ["a missing end of line", [said("aaaaaaaa", null, "a"), reply("bbbbbbbb", "aaaaaaaa")], "", []],
    ["records glued together", [`${said("aaaaaaaa", null, "a")}${said("bbbbbbbb", "aaaaaaaa", "b")}`], "\n", [[2, "irregular-line"]]],
    [
      "a record with a raw line end",
      [said("aaaaaaaa", null, "one~two").replace("~", "\n"), said("bbbbbbbb", "aaaaaaaa", "b")],
      "\n",
      [[2, "irregular-line"]],
    ],
    ["an id that stands there twice", [said("aaaaaaaa", null, "a"), said("aaaaaaaa", null, "b")], "\n", [[2, "duplicate-id"]]],
    ["calls without result", [said("aaaaaaaa", null, "a"), dangling, oneResult], "\n", [[3, "dangling-call"]]],
    ["a prompt with nothing but marks behind it", [said("aaaaaaaa", null, "a"), label], "\n", [[2, "unanswered-prompt"]]],
    ["a prompt before a summary", [said("aaaaaaaa", null, "a"), beside("dddddddd", "aaaaaaaa", "compaction", summary)], "\n", []],
    ["a prompt that was left", [said("aaaaaaaa", null, "a"), beside("dddddddd", "aaaaaaaa", "branch_summary", summary)], "\n", []],
    ["an aborted answer", [said("aaaaaaaa", null, "a"), reply("bbbbbbbb", "aaaaaaaa", { content: [], stopReason: "aborted" })], "\n", []],
    ["a failed answer", [said("aaaaaaaa", null, "a"), reply("bbbbbbbb", "aaaaaaaa", { content: [], stopReason: "error" })], "\n", []],
    [
      "a prompt on another branch",
      [said("aaaaaaaa", null, "a"), said("cccccccc", "aaaaaaaa", "c"), reply("bbbbbbbb", "aaaaaaaa")],
      "\n",
      [],
    ],
    ["calls of an aborted answer", [said("aaaaaaaa", null, "a"), dangling.replace('"stop"', '"aborted"')], "\n", []],
  ])("%s", async (_, lines, end, expected) => {
    const home = sessionHome();
    expect(await findings(home, await fileWith(home, lines, end))).toEqual(expected);
  });

  test("the header", async () => {
    const home = sessionHome();
    const file = (text: string): string => home.tree.write("one.jsonl", text);
    expect(await findings(home, file(""))).toEqual([[1, "empty"]]);
    expect(await findings(home, file(`${said("aaaaaaaa", null, "a")}\n`))).toEqual([[1, "header"]]);
    expect(await findings(home, file(`{"type":"session","version":3,"id":"x"\n${said("aaaaaaaa", null, "a")}\n`))).toEqual([[1, "header"]]);
    expect(await findings(home, file('{"type":"session","version":3,"id":"x"}\n'))).toEqual([[1, "header"]]);
    expect(await findings(home, file('{"type":"session","version":9,"id":"x","timestamp":"t","cwd":"/"}\n'))).toEqual([[1, "version"]]);
    expect(await findings(home, file('{"type":"session","id":"x","timestamp":"t","cwd":"/"}\n{"type":"message"}\n'))).toEqual([]);
    expect(await home.pi("sessions", "check", "nowhere")).toMatchObject({ status: 2 });
  });
});

describe("repair", () => {
  test("leaves a sound file alone", async () => {
    const home = sessionHome();
    const { path } = await home.add([user("a")]);
    const before = readFileSync(path);
    expect(await home.pi("sessions", "repair", path)).toMatchObject({
      status: 0,
      out: "",
      err: expect.stringContaining("is sound; nothing"),
    });
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(home.directory)).toHaveLength(1);
  });

  test("makes a damaged one sound and keeps the old one and its date", async () => {
    const home = sessionHome();
    const calls = json({
      id: "cccccccc",
      parentId: "bbbbbbbb",
      message: assistantMessage([{ type: "toolCall", id: "t1", name: "bash", arguments: {} }]),
    });
    const good = `{ "type":"message", "id":"dddddddd","parentId":"aaaaaaaa","timestamp":"2026-11-20T11:00:00.000Z","message":{"role":"user","content":"odd but sound","timestamp":1}}`;
    const path = await fileWith(
      home,
      [said("aaaaaaaa", null, "a"), "broken", said("bbbbbbbb", "99999999", "b"), calls, good, '{"type":"mess'],
      "",
    );
    const before = readFileSync(path);
    const { mtimeMs } = statSync(path);
    const { lines, status, err } = await home.pi("sessions", "repair", path);
    expect([status, err]).toEqual([0, expect.stringContaining("is sound now")]);
    expect(lines).toEqual([
      "2 lines that nothing could be read from left out",
      "1 entry hung on its nearest known ancestor",
      "1 tool call given a result that says there was none",
    ]);
    expect(err).toContain(`${path}.bak`);
    expect(readFileSync(`${path}.bak`)).toEqual(before);
    expect(statSync(path).mtimeMs).toBeCloseTo(mtimeMs, -1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(linesOf(path)).toContain(good);
    expect(await home.pi("sessions", "check", path)).toMatchObject({ status: 0 });
    expect((await home.pi("sessions", "show", path, "--branch", "cccccccc")).status).toBe(0);
  });

  test("a header that is gone is made from the file's name", async () => {
    const home = sessionHome();
    const { path, id } = await home.add([user("a"), answer("b")]);
    writeFileSync(path, `${linesOf(path).slice(1).join("\n")}\n`);
    expect((await home.pi("sessions", "list")).lines).toEqual([expect.stringMatching(/damaged: it does not begin as a session does$/)]);
    expect(JSON.parse((await home.pi("sessions", "list", "--json")).out)).toMatchObject([{ id, path, damage: expect.any(String) }]);
    expect((await home.pi("sessions", "repair", id)).status).toBe(0);
    expect((await home.pi("sessions", "list")).lines).toHaveLength(1);
    expect(JSON.parse(linesOf(path)[0] ?? "")).toMatchObject({ type: "session", version: 3, id, cwd: home.cwd });
  });

  test("versions 1 and 2 become 3; a newer one and other files are refused", async () => {
    const home = sessionHome();
    const old = home.tree.write(
      "old.jsonl",
      '{"type":"session","id":"o","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/x"}\n{"type":"message","message":{"role":"user","content":"hi","timestamp":1}}\n',
    );
    expect((await home.pi("sessions", "repair", old)).lines).toEqual(["version 1 became 3"]);
    expect(toMend(old)).toEqual([]);
    const newer = home.tree.write("new.jsonl", '{"type":"session","version":9,"id":"x","timestamp":"t","cwd":"/"}\n');
    expect(await home.pi("sessions", "repair", newer)).toMatchObject({ status: 1, err: expect.stringContaining("version 9") });
    const text = home.tree.write("text.jsonl", "just\ntext\n");
    expect(await home.pi("sessions", "repair", text)).toMatchObject({ status: 2, err: expect.stringContaining("not a valid pi session") });
    expect(existsSync(`${text}.bak`)).toBe(false);
  });

  test("whatever happened to a file, what repair makes of it is sound and has every sound entry", async () => {
    const home = sessionHome();
    const { path } = await home.add([
      user("a"),
      call("t", "bash", { command: "x" }),
      result("t", "ok\nmore"),
      answer("b"),
      user("c"),
      answer("d"),
    ]);
    const whole = readFileSync(path);
    const random = seededRandom(11);
    for (let round = 0; round < 150; round++) {
      let bytes = Buffer.from(whole);
      for (let hit = random.below(4); hit >= 0; hit--) {
        const at = random.below(bytes.length);
        const length = random.below(30);
        if (random.chance(0.3)) bytes = bytes.subarray(0, Math.max(1, at));
        else if (random.chance(0.5)) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        else bytes.fill(random.pick([0, 10, 34, 120]), at, Math.min(bytes.length, at + length));
      }
      const file = home.tree.write(`round-${round}.jsonl`, "");
      writeFileSync(file, bytes);
      const before = toMend(file);
      const { status, err } = await home.pi("sessions", "repair", file);
      if (err.includes("not a valid pi session")) continue;
      expect([status, before.length > 0 ? existsSync(`${file}.bak`) : true], `round ${round}: ${err}`).toEqual([0, true]);
      expect(toMend(file), `round ${round}`).toEqual([]);
      const kept = readFileSync(file, "utf8");
      const damaged = bytes.toString("utf8").split("\n");
      for (const line of linesOf(path).slice(1)) if (damaged.includes(line)) expect(kept).toContain(JSON.parse(line).id);
    }
  });
});

describe("import", () => {
  test("a file from anywhere becomes this project's session", async () => {
    const home = sessionHome();
    const source = await home.add([user("from afar"), answer("b")], {
      id: "afar-1",
      directory: home.tree.at("backup"),
      cwd: "/their/project",
      ageMs: 9e9,
    });
    const bytes = readFileSync(source.path);
    const { status, out } = await home.pi("sessions", "import", source.path);
    const [id, path = ""] = out.trim().split(" ");
    expect([status, id]).toEqual([0, "afar-1"]);
    expect(path.startsWith(home.directory)).toBe(true);
    expect(JSON.parse(linesOf(path)[0] ?? "")).toMatchObject({ id: "afar-1", cwd: home.cwd, version: 3 });
    expect(linesOf(path).slice(1)).toEqual(linesOf(source.path).slice(1));
    expect(readFileSync(source.path)).toEqual(bytes);
    expect((await home.pi("sessions", "path", "last")).out).toBe(`${path}\n`);
    expect(await home.pi("sessions", "import", source.path)).toMatchObject({
      status: 0,
      out: "",
      err: expect.stringContaining("already there"),
    });
  });

  test("a whole directory, each staying with its project and its date", async () => {
    const home = sessionHome();
    const backup = home.tree.at("backup/sessions");
    const one = await home.add([user("one")], { directory: `${backup}/--a--`, cwd: "/a", ageMs: 5e9 });
    await home.add([user("two")], { directory: `${backup}/--b--`, cwd: "/b" });
    writeFileSync(`${backup}/--b--/bad_one.jsonl`, "text\n");
    const { status, out, err } = await home.pi("sessions", "import", backup, "--keep-project", "--json");
    expect(status).toBe(1);
    expect(err).toContain("not a valid pi session");
    const made = JSON.parse(out) as { path: string; source: string }[];
    expect(made).toHaveLength(2);
    const copy = made.find(({ source }) => source === one.path);
    expect(copy?.path).toContain("--a--");
    expect(statSync(copy?.path ?? "").mtimeMs).toBe(statSync(one.path).mtimeMs);
    expect((await home.pi("sessions", "list", "--all")).lines).toHaveLength(2);
  });

  test("damaged and old files are mended on the way; a missing one is a mistake", async () => {
    const home = sessionHome();
    const old = home.tree.write(
      "x/2025_old.jsonl",
      '{"type":"session","id":"o","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/x"}\n{"type":"message","message":{"role":"user","content":"hi","timestamp":1}}\nbroken\n',
    );
    const { out, err } = await home.pi("sessions", "import", old);
    expect(err).toContain("version 1 became 3");
    expect(await home.pi("sessions", "check", out.trim().split(" ")[1] ?? "")).toMatchObject({ status: 0 });
    expect(await home.pi("sessions", "import", "gone.jsonl")).toMatchObject({ status: 2, err: expect.stringContaining("gone.jsonl") });
    expect(await home.pi("sessions", "import", "README.md")).toMatchObject({ status: 2, err: expect.stringContaining("not a valid") });
  });
});
