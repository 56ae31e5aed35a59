import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireLease } from "../../../src/platform/locks/lease.ts";
import { answer, linesOf, nowMs, sessionHome, user } from "../../support/session-home.ts";

describe("rename", () => {
  test("names a session, which can then be meant by it; its date stays", async () => {
    const home = sessionHome();
    const { id, path } = await home.add([user("a")]);
    const before = statSync(path).mtimeMs;
    expect(await home.pi("sessions", "rename", id, " my work ")).toMatchObject({ status: 0, out: "", err: "" });
    expect(statSync(path).mtimeMs).toBe(before);
    expect((await home.pi("sessions", "path", "my work")).out).toBe(`${path}\n`);
    await home.pi("sessions", "rename", id, "my work");
    expect(linesOf(path)).toHaveLength(3);
    expect(await home.pi("sessions", "rename", id, " ")).toMatchObject({ status: 2, err: expect.stringContaining("cannot be empty") });
  });

  test("not while another process writes the session", async () => {
    const home = sessionHome();
    const { id, path } = await home.add([user("a")]);
    const lease = await acquireLease(path, "fail");
    try {
      expect(await home.pi("sessions", "rename", id, "x")).toMatchObject({
        status: 1,
        err: expect.stringMatching(/in use by .*Try again/),
      });
    } finally {
      if (typeof lease === "object") lease.release();
    }
    expect(linesOf(path)).toHaveLength(2);
  });
});

describe("label", () => {
  test("sets, moves and clears", async () => {
    const home = sessionHome();
    const { id, ids } = await home.add([user("a"), answer("b")]);
    const [first = "", second = ""] = ids;
    const label = (...args: string[]): ReturnType<typeof home.pi> => home.pi("sessions", "label", id, ...args);
    const tree = async (): Promise<string> => (await home.pi("sessions", "show", id, "--tree")).out;
    expect(await label(first, "start")).toMatchObject({ status: 0, err: "" });
    expect(await tree()).toContain(`${first} (label: start) user`);
    await label("start", "begin");
    expect(await tree()).toContain(`${first} (label: begin) user`);
    await label("begin");
    expect(await tree()).not.toContain("(label:");
    await label(second.slice(0, 8), "end");
    expect(await tree()).toContain(`${second} (label: end)`);
    expect(await label("0000", "x")).toMatchObject({ status: 2, err: expect.stringContaining("ambiguous") });
  });
});

describe("path", () => {
  test("of a session by id, prefix, name, last and path; else of the directory", async () => {
    const home = sessionHome();
    const older = await home.add([user("a")], { id: "older-1", ageMs: 2000 });
    const newer = await home.add([user("b"), { type: "session_info", name: "Newer One" }], { id: "newer-1", ageMs: 1000 });
    const path = async (ref?: string): Promise<string> =>
      (await home.pi("sessions", "path", ...(ref === undefined ? [] : [ref]))).out.trim();
    expect(await path("older-1")).toBe(older.path);
    expect(await path("old")).toBe(older.path);
    expect(await path("last")).toBe(newer.path);
    expect(await path("newer one")).toBe(newer.path);
    expect(await path(newer.path)).toBe(newer.path);
    expect(await path()).toBe(home.directory);
  });
});

describe("rm", () => {
  test("asks on a terminal", async () => {
    const home = sessionHome();
    const { id, path } = await home.add([user("precious")]);
    const no = await home.piWith(home.host({ isTerminal: true, input: "\n" }), "sessions", "rm", id);
    expect(no).toMatchObject({
      status: 1,
      out: "",
      err: expect.stringMatching(/precious\nRemove this session for good\? \[y\/N\] Nothing was removed/),
    });
    expect(existsSync(path)).toBe(true);
    const yes = await home.piWith(home.host({ isTerminal: true, input: "y\n" }), "sessions", "rm", id);
    expect(yes.status).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("elsewhere it needs --yes; --dry-run only tells", async () => {
    const home = sessionHome();
    const { id, path } = await home.add([user("a")]);
    const artifacts = path.replace(/\.jsonl$/, ".artifacts");
    mkdirSync(artifacts);
    writeFileSync(`${artifacts}/1.log`, "long output");
    writeFileSync(`${path}.bak`, "old");
    writeFileSync(`${path}.1.bak`, "older");
    const other = await home.add([user("b")]);
    expect(await home.pi("sessions", "rm", id)).toMatchObject({ status: 2, err: expect.stringContaining("--yes") });
    expect((await home.pi("sessions", "rm", id, "--dry-run")).lines.sort()).toEqual(
      [artifacts, path, `${path}.1.bak`, `${path}.bak`].sort(),
    );
    expect(existsSync(path)).toBe(true);
    expect(await home.pi("sessions", "rm", id, "--yes")).toMatchObject({ status: 0, out: "", err: "" });
    for (const gone of [path, artifacts, `${path}.bak`, `${path}.1.bak`]) expect(existsSync(gone)).toBe(false);
    expect(existsSync(other.path)).toBe(true);
  });

  test("--older-than, of this project or of all", async () => {
    const home = sessionHome();
    const day = 86_400_000;
    const old = await home.add([user("old")], { ageMs: 40 * day });
    const young = await home.add([user("young")], { ageMs: 20 * day });
    const elsewhere = await home.add([user("elsewhere")], { cwd: home.tree.at("other"), ageMs: 50 * day });
    expect((await home.pi("sessions", "rm", "--older-than", "30d", "--all", "--dry-run")).lines.sort()).toEqual(
      [old.path, elsewhere.path].sort(),
    );
    expect(await home.pi("sessions", "rm", young.id, "--older-than", "30d", "--yes")).toMatchObject({
      status: 0,
      err: expect.stringContaining("nothing"),
    });
    await home.pi("sessions", "rm", "--older-than", "30d", "--yes");
    expect([old, young, elsewhere].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
    expect(await home.pi("sessions", "rm", "--yes")).toMatchObject({ status: 2 });
    expect(await home.pi("sessions", "rm", "--older-than", "soon", "--yes")).toMatchObject({
      status: 2,
      err: expect.stringContaining("30d"),
    });
    expect(await home.pi("sessions", "rm", "nothing-like-it", "--yes")).toMatchObject({ status: 2 });
  });

  test("a session in use stays, the others go", async () => {
    const home = sessionHome();
    const used = await home.add([user("used")]);
    const free = await home.add([user("free")]);
    const lease = await acquireLease(used.path, "fail");
    try {
      expect(await home.pi("sessions", "rm", used.id, free.id, "--yes")).toMatchObject({
        status: 1,
        err: expect.stringContaining("in use by"),
      });
    } finally {
      if (typeof lease === "object") lease.release();
    }
    expect([existsSync(used.path), existsSync(free.path)]).toEqual([true, false]);
  });
});

describe("stats", () => {
  test("tokens and cost, by model, project and day", async () => {
    const home = sessionHome();
    const day = 86_400_000;
    const { id } = await home.add([user("a"), answer("b", 0.5), answer("c", 0.25)], { ageMs: 10 * day });
    await home.add([user("d"), answer("e", 1)], { cwd: home.tree.at("other"), ageMs: day });
    const stats = async (...args: string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await home.pi("sessions", "stats", "--json", ...args)).out);
    expect(await stats()).toEqual({
      since: null,
      sessions: 2,
      answers: 3,
      input: 300,
      output: 30,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 330,
      cost: 1.75,
    });
    expect(await stats(id)).toMatchObject({ sessions: 1, cost: 0.75 });
    expect(await stats("--since", "7d")).toMatchObject({ since: new Date(nowMs - 7 * day).toISOString(), sessions: 1, cost: 1 });
    expect(await stats("--since", "2026-11-01")).toMatchObject({ cost: 1.75 });
    expect(await stats("--cwd", home.cwd)).toMatchObject({ cost: 0.75 });
    expect(await stats("--by", "project")).toMatchObject({
      by: "project",
      groups: [
        { key: home.tree.at("other"), cost: 1, sessions: 1 },
        { key: home.cwd, cost: 0.75, answers: 2 },
      ],
    });
    expect(await stats("--by", "model")).toMatchObject({ groups: [{ key: "test/test-1", sessions: 2 }] });
    expect((await stats("--by", "day")).groups).toHaveLength(2);
    expect((await home.pi("sessions", "stats", "--by", "model")).lines).toEqual([
      "SESSIONS  ANSWERS  INPUT  OUTPUT  CACHE READ  CACHE WRITE  TOKENS   COST  MODEL",
      "       2        3    300      30           0            0     330  $1.75  test/test-1",
      "       2        3    300      30           0            0     330  $1.75  total",
    ]);
    expect(await home.pi("sessions", "stats", "--by", "colour")).toMatchObject({
      status: 2,
      err: expect.stringContaining("model, project, day"),
    });
    for (const since of ["soon", "999999999d"])
      expect(await home.pi("sessions", "stats", "--since", since, "--json")).toMatchObject({
        status: 2,
        err: expect.stringContaining(since),
      });
  });

  test("fits a narrow terminal: what is least needed goes", async () => {
    const home = sessionHome();
    await home.add([user("x"), answer("y", 1)], { cwd: home.tree.at("some/rather/long/directory") });
    for (const columns of [40, 60, 80]) {
      const host = home.host({ env: { HOME: home.tree.at("home"), NO_COLOR: "1" }, isTerminal: true, columns });
      const { lines } = await home.piWith(host, "sessions", "stats", "--by", "project");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines[0]).toMatch(/SESSIONS.*COST +PROJECT/);
    }
  });

  test("what a fork copied counts once; summaries, tools and other branches count too", async () => {
    const home = sessionHome();
    const usage = {
      input: 1,
      output: 1,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 2,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 4 },
    };
    const { id, path } = await home.add([
      user("a"),
      answer("b", 1),
      { type: "compaction", summary: "s", firstKeptEntryId: "x", tokensBefore: 9, usage },
      { type: "usage", kind: "title", provider: "small", model: "one", usage },
    ]);
    await home.pi("sessions", "fork", id);
    utimesSync(path, nowMs / 1000, nowMs / 1000);
    const { out } = await home.pi("sessions", "stats", "--json", "--by", "model");
    expect(JSON.parse(out)).toMatchObject({
      answers: 1,
      cost: 9,
      groups: [
        { key: "test/test-1", cost: 5 },
        { key: "small/one", cost: 4 },
      ],
    });
  });
});
