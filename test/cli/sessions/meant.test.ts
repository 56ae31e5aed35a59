// What a word on the command line means: which session, which command, and what is said when it is neither.

import { describe, expect, test } from "vitest";
import { sessionsTable } from "../../../src/cli/commands/sessions.ts";
import { sessionHome, user } from "../../support/session-home.ts";

describe("a session", () => {
  test("a path, a full id, a prefix, a name in any case, last", async () => {
    const home = sessionHome();
    const { path } = await home.add([user("x"), { type: "session_info", name: "Login" }], { id: "aaaa1111-x" });
    for (const ref of [path, "aaaa1111-x", "aaaa", "Login", "login", "last"])
      expect((await home.pi("sessions", "path", ref)).out).toBe(`${path}\n`);
  });

  test("an ambiguous one lists what it could be, each by a prefix that is its own", async () => {
    const home = sessionHome();
    await home.add([user("one"), { type: "session_info", name: "twice" }], { id: "aaaa1111-x", ageMs: 1 });
    await home.add([user("two"), { type: "session_info", name: "twice" }], { id: "aaaa2222-x", ageMs: 2 });
    await home.add([user(`three ${"long ".repeat(20)}`)], { id: "aaaa3333-x", ageMs: 3 });
    expect((await home.pi("sessions", "path", "aaaa")).err).toMatch(/3 sessions match. Candidates: .*aaaa3333 \(three long long .*…\)\n$/);
  });

  test("of several of one name the newest of this folder is meant, and one line says so", async () => {
    const home = sessionHome();
    const elsewhere = { id: "cccc0000-x", cwd: home.tree.at("other") };
    await home.add([user("0"), { type: "session_info", name: "twice" }], elsewhere);
    await home.add([user("one"), { type: "session_info", name: "twice" }], { id: "aaaa1111-x", ageMs: 2 });
    await home.add([user("two"), { type: "session_info", name: "twice" }], { id: "aaaa2222-x", ageMs: 1 });
    expect(await home.pi("sessions", "path", "twice")).toMatchObject({
      status: 0,
      out: expect.stringContaining("aaaa2222-x"),
      err: "Warning: 2 sessions are called 'twice': this is the newest, aaaa2222-x. pi sessions list shows them.\n",
    });
  });

  test("what is the beginning of one's id and the name of another is neither", async () => {
    const home = sessionHome();
    await home.add([user("one")], { id: "feed1111-x" });
    await home.add([user("two"), { type: "session_info", name: "feed" }], { id: "bbbb2222-x" });
    expect(await home.pi("sessions", "rm", "feed", "--yes")).toMatchObject({
      status: 2,
      err: expect.stringMatching(/feed1111.*bbbb2222|bbbb2222.*feed1111/),
    });
    expect((await home.pi("sessions", "path", "feed1111")).out).toContain("feed1111-x");
  });

  test("last is of this project and no other, whatever others are called", async () => {
    const home = sessionHome();
    await home.add([user("x"), { type: "session_info", name: "last" }], { id: "last-one", cwd: home.tree.at("other") });
    expect(await home.pi("sessions", "rm", "last", "--yes")).toMatchObject({
      status: 2,
      err: expect.stringContaining(`There is no session of ${home.cwd} yet`),
    });
    expect((await home.pi("sessions", "path", "last-one")).status).toBe(0);
  });

  test("one that looks like an option stands behind --", async () => {
    const home = sessionHome();
    await home.add([user("x"), { type: "session_info", name: "--tree" }], { id: "aaaa1111-x" });
    expect((await home.pi("sessions", "path", "--", "--tree")).out).toContain("aaaa1111-x");
  });
});

describe("a command", () => {
  test.each(sessionsTable.flatMap(({ name, aliases = [] }) => aliases.map((alias) => [alias, name])))("%s is %s", async (alias, name) => {
    const home = sessionHome();
    const { out, status } = await home.pi("sessions", alias, "--help");
    expect([status, out]).toEqual([0, (await home.pi("sessions", name, "--help")).out]);
  });

  test("no word means two", () => {
    const all = sessionsTable.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(all).size).toBe(all.length);
  });

  test("what others call differently, a session in its place, and slips get a hint", async () => {
    const home = sessionHome();
    await home.add([user("x"), { type: "session_info", name: "login" }]);
    const said = async (...args: string[]): Promise<string> => {
      const { status, out, err } = await home.pi("sessions", ...args);
      expect([status, out, err.split("\n").length]).toEqual([2, "", 2]);
      return err;
    };
    expect(await said("tree")).toContain("pi sessions show --tree");
    expect(await said("resume", "login")).toContain("pi --session");
    expect(await said("login")).toContain("pi sessions show login");
    expect(await said("serach", "x")).toContain("Did you mean search?");
    expect(await said("list", "login")).toContain("--search login");
    expect(await said("show", "--tre")).toMatch(/Did you mean --tree\?.*pi sessions show --help/);
    expect(await said("fork")).toContain("Usage: pi sessions fork <ref>");
    expect(await said("label", "last")).toContain("Usage: pi sessions label <ref> <entry> [text]");
    expect(await said("import", "nowhere.jsonl")).toContain("Name a .jsonl file");
  });
});
