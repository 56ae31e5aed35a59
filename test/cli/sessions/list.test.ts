import { describe, expect, test } from "vitest";
import { textWidth } from "../../../src/contracts/text/terminal-text.ts";
import { answer, nowMs, type SessionHome, sessionHome, user } from "../../support/session-home.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

async function threeSessions(): Promise<SessionHome> {
  const home = sessionHome();
  await home.add([user("first question"), answer("a", 0.25)], { id: "aaaa1111-x", ageMs: 3 * day });
  await home.add([user("second\nquestion"), answer("b", 1.5), { type: "session_info", name: "login" }], {
    id: "bbbb2222-x",
    ageMs: 5 * minute,
  });
  await home.add([user("elsewhere")], { id: "cccc3333-x", cwd: home.tree.at("other"), ageMs: minute });
  return home;
}

describe("the table", () => {
  test("of this project, newest first, aligned and whole", async () => {
    const home = await threeSessions();
    expect((await home.pi("sessions", "list")).lines).toEqual([
      "bbbb2222  5 minutes ago  2   $1.50  test-1  login",
      "aaaa1111  3 days ago     2  $0.250  test-1  first question",
    ]);
    expect((await home.pi("sessions")).lines).toHaveLength(2);
  });

  test("of every project with --all", async () => {
    const home = await threeSessions();
    const { lines } = await home.pi("sessions", "list", "--all");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["cccc3333", "bbbb2222", "aaaa1111"]);
    expect(lines[0]).toContain(home.tree.at("other"));
  });

  test("--limit, --named, --search", async () => {
    const home = await threeSessions();
    const ids = async (...args: string[]): Promise<string[]> =>
      (await home.pi("sessions", "list", ...args)).lines.map((line) => line.slice(0, 4));
    expect(await ids("--limit", "1")).toEqual(["bbbb"]);
    expect(await ids("--limit", "0")).toEqual([]);
    expect(await ids("--named")).toEqual(["bbbb"]);
    expect(await ids("--search", "FIRST")).toEqual(["aaaa"]);
    expect(await ids("--search", "second q")).toEqual(["bbbb"]);
    expect(await ids("--search", "elsewhere", "--all")).toEqual(["cccc"]);
    expect(await ids("--cwd", "../other")).toEqual(["cccc"]);
    expect(await home.pi("sessions", "list", "--limit", "many")).toMatchObject({ status: 2, err: expect.stringContaining("--limit") });
  });

  test("without any session there is a line on stderr, and an empty array", async () => {
    const home = sessionHome();
    expect(await home.pi("sessions", "list")).toMatchObject({ status: 0, out: "", err: expect.stringContaining("--all") });
    expect(await home.pi("sessions", "list", "--json")).toMatchObject({ status: 0, out: "[]\n", err: "" });
  });

  test("what is no directory is not taken for an empty one", async () => {
    const home = sessionHome();
    const file = home.tree.write("file", "");
    for (const form of [[], ["--json"]]) {
      expect(await home.pi("sessions", "list", "--session-dir", file, ...form)).toMatchObject({
        status: 1,
        out: "",
        err: expect.stringContaining(`Session directory ${file} cannot be read: it is no directory`),
      });
    }
  });

  test("on a terminal it has headings and fits; colours unless NO_COLOR is set", async () => {
    const home = await threeSessions();
    await home.add([user(`\u001b[31mlong ${"wide 漢字 ".repeat(40)}`)], { id: "dddd4444-x", ageMs: 10 * minute });
    const plain = home.host({ env: { HOME: home.tree.at("home"), NO_COLOR: "1" }, isTerminal: true, columns: 100 });
    const { lines } = await home.piWith(plain, "sessions", "list");
    expect(lines[0]).toMatch(/^SESSION +CHANGED +MESSAGES +COST +MODEL +NAME/);
    expect(lines.every((line) => textWidth(line) <= 100 && !line.includes("\u001b"))).toBe(true);
    expect(lines[2]).toMatch(/…$/);
    const coloured = await home.piWith(home.host({ isTerminal: true, columns: 60 }), "sessions", "list");
    expect(coloured.out).toContain("\u001b[33mbbbb2222");
    expect(coloured.out).not.toContain("\u001b[31m");
  });
});

describe("on a narrow terminal", () => {
  async function shown(columns: number, ...args: string[]): Promise<string[]> {
    const home = await threeSessions();
    await home.add([user("漢字 ".repeat(60)), answer("x", 12.345)], {
      id: "dddd4444-x",
      ageMs: 20 * minute,
      cwd: home.tree.at("a/b/c/project"),
    });
    const host = home.host({ env: { HOME: home.tree.at("home"), NO_COLOR: "1" }, isTerminal: true, columns });
    return (await home.piWith(host, "sessions", "list", "--all", ...args)).lines;
  }

  test("whatever the width, no line is wider, and there is room for the name", async () => {
    for (const columns of [40, 60, 80, 120, 200]) {
      const lines = await shown(columns);
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
      expect(lines.find((line) => line.startsWith("bbbb2222"))).toMatch(/ login$/);
      expect(lines.find((line) => line.startsWith("dddd4444"))).toMatch(/ 漢字 漢字 漢.*…$/);
    }
  });

  test("ages become letters, and what says least goes first", async () => {
    expect((await shown(200))[0]).toBe((await shown(200))[0]?.replace(/ +$/, ""));
    expect((await shown(200))[0]).toMatch(/^SESSION +CHANGED +MESSAGES +COST +MODEL +PROJECT +NAME/);
    const narrow = await shown(60);
    expect(narrow[0]).toMatch(/^SESSION +AGE +/);
    expect(narrow[0]).not.toContain("MODEL");
    expect(narrow.find((line) => line.startsWith("aaaa1111"))).toMatch(/^aaaa1111 +3d +/);
    // Of a project the end says more than the beginning.
    expect(narrow.find((line) => line.startsWith("dddd4444"))).toMatch(/ …\S*\/project /);
  });
});

describe("names", () => {
  test("that were given in the middle of a long file are found by --named and --search", async () => {
    const home = sessionHome();
    const filling = user("x".repeat(3000));
    const entries = [...Array(10).fill(filling), { type: "session_info" as const, name: "middle" }, ...Array(10).fill(filling)];
    // The newest ones are read whole; this one is behind them.
    await home.add([user("y".repeat(9 << 20))], { ageMs: 1000 });
    await home.add([...entries, ...Array(100).fill(user("z".repeat(80_000)))], { id: "long-one", ageMs: 5000 });
    expect((await home.pi("sessions", "list", "--named", "--jsonl")).lines.map((line) => JSON.parse(line).name)).toEqual(["middle"]);
    expect((await home.pi("sessions", "list", "--search", "middle")).lines).toHaveLength(1);
    expect((await home.pi("sessions", "path", "middle")).out).toContain("long-one");
  });
});

describe("of a project that is gone", () => {
  test("--cwd shows what there is of it; one that never was is a mistake, and so is to begin something there", async () => {
    const home = sessionHome();
    const gone = home.tree.at("gone");
    const { path } = await home.add([user("in a folder"), answer("that was")], { cwd: gone, id: "ffff6666-x" });
    expect((await home.pi("sessions", "list", "--cwd", gone)).lines).toEqual([expect.stringMatching(/^ffff6666/)]);
    expect((await home.pi("sessions", "search", "folder", "--cwd", gone)).lines).toHaveLength(1);
    expect((await home.pi("sessions", "path", "last", "--cwd", gone)).out).toBe(`${path}\n`);
    for (const args of [
      ["list", "--cwd", home.tree.at("never")],
      ["fork", "ffff6666", "--cwd", gone],
      ["import", path, "--cwd", gone],
    ])
      expect(await home.pi("sessions", ...args)).toMatchObject({
        status: 2,
        out: "",
        err: expect.stringMatching(/--cwd \S+ is not a directory/),
      });
    expect((await home.pi("sessions", "rm", "last", "--yes", "--cwd", gone)).status).toBe(0);
    expect((await home.pi("sessions", "list", "--all")).out).toBe("");
  });
});

describe("as in git", () => {
  test("-a, -5, --since", async () => {
    const home = await threeSessions();
    const ids = async (...args: string[]): Promise<string[]> => (await home.pi("sessions", ...args)).lines.map((line) => line.slice(0, 4));
    expect(await ids("-1")).toEqual(["bbbb"]);
    expect(await ids("ls", "-a", "-n2")).toEqual(["cccc", "bbbb"]);
    expect(await ids("--since", "2d", "--all")).toEqual(["cccc", "bbbb"]);
    expect(await ids("list", "--since", "2026-11-17", "-a")).toEqual(["cccc", "bbbb", "aaaa"]);
    expect(await home.pi("sessions", "list", "--since", "yore")).toMatchObject({ status: 2, err: expect.stringContaining('"yore"') });
  });

  test("behind an option -5 is its value, whatever that is worth", async () => {
    const home = await threeSessions();
    await home.add([user("down to -5 degrees"), answer("cold")], { id: "eeee5555-x" });
    expect((await home.pi("sessions", "list", "--search", "-5")).lines).toEqual([expect.stringMatching(/^eeee5555/)]);
    expect(await home.pi("sessions", "list", "--limit", "-5")).toMatchObject({
      status: 2,
      err: expect.stringContaining('--limit "-5" is not a whole number'),
    });
    expect((await home.pi("sessions", "list", "--search", "-5", "-1")).lines).toHaveLength(1);
    // To ask for none is to find none, and not that there are none.
    expect(await home.pi("sessions", "-0")).toEqual({ status: 0, out: "", lines: [], err: "" });
  });
});

describe("for programs", () => {
  test("--json is one array, --jsonl a record a line; every field is always there", async () => {
    const home = await threeSessions();
    const { out } = await home.pi("sessions", "list", "--json");
    const records = JSON.parse(out) as Record<string, unknown>[];
    expect(records[0]).toEqual({
      id: "bbbb2222-x",
      shortId: "bbbb2222",
      path: expect.stringMatching(/_bbbb2222-x\.jsonl$/),
      cwd: home.cwd,
      name: "login",
      firstPrompt: "second question",
      messageCount: 2,
      cost: 1.5,
      model: "test/test-1",
      created: new Date(nowMs - 5 * minute).toISOString(),
      modified: new Date(nowMs - 5 * minute).toISOString(),
      sizeBytes: expect.any(Number),
      parentSession: null,
      damage: null,
    });
    expect(records[1]).toMatchObject({ name: null });
    const lines = (await home.pi("sessions", "list", "--jsonl")).lines.map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual(records);
  });

  test("short ids name one session each, also of the same minute", async () => {
    const home = sessionHome();
    const ids = ["01a1fbe6-37df-73ed-af3c-41fe5083c08e", "01a1fbe6-37df-73ed-bf3c-000000000000", "01a1fbe6-4000-7000-8000-000000000000"];
    for (const id of ids) await home.add([user(id)], { id });
    const records = JSON.parse((await home.pi("sessions", "list", "--json")).out) as { id: string; shortId: string }[];
    expect(Object.fromEntries(records.map(({ id, shortId }) => [id, shortId]))).toEqual({
      [ids[0] ?? ""]: "01a1fbe6-37df-73ed-a",
      [ids[1] ?? ""]: "01a1fbe6-37df-73ed-b",
      [ids[2] ?? ""]: "01a1fbe6-4000",
    });
    for (const { id, shortId } of records) expect((await home.pi("sessions", "path", shortId)).out).toContain(id);
  });

  test("files of --session-dir lie there directly; others of its sessions only with --all", async () => {
    const home = sessionHome();
    const directory = home.tree.at("mine");
    await home.add([user("here")], { directory });
    await home.add([user("there")], { directory, cwd: "/somewhere" });
    expect((await home.pi("sessions", "list", "--session-dir", directory)).lines).toHaveLength(1);
    expect((await home.pi("sessions", "list", "--session-dir", directory, "--all")).lines).toHaveLength(2);
    const env = { HOME: home.tree.at("home"), PI_CODING_AGENT_SESSION_DIR: directory };
    expect((await home.piWith(home.host({ env }), "sessions", "list")).lines).toHaveLength(1);
  });

  test("messages and cost are counted of the newest files, of all with --whole", async () => {
    const home = sessionHome();
    const long = user("x".repeat(3 << 20));
    await home.add([long, answer("y", 2), user("z")], { ageMs: 2000 });
    await home.add([long, answer("y", 3)], { ageMs: 1000 });
    const read = async (...args: string[]): Promise<unknown> => JSON.parse((await home.pi("sessions", "list", "--json", ...args)).out);
    expect(await read()).toMatchObject([
      { messageCount: 2, cost: 3 },
      { messageCount: null, cost: null, sizeBytes: expect.any(Number), model: "test/test-1" },
    ]);
    expect(await read("--whole")).toMatchObject([{ messageCount: 2 }, { messageCount: 3, cost: 2 }]);
    expect((await home.pi("sessions", "list")).lines[1]).toMatch(/ago +- +- +test-1/);
  });
});

describe("a reader that goes away", () => {
  test("ends the listing quietly, as git log does", async () => {
    const home = sessionHome();
    for (let number = 0; number < 100; number++) await home.add([user(`question ${number}`)]);
    const host = home.host({ closesAfter: 10 });
    expect(await home.piWith(host, "sessions", "list", "--jsonl")).toMatchObject({ status: 141, err: "" });
    expect(host.out().split("\n").length).toBeLessThan(20);
  });
});
