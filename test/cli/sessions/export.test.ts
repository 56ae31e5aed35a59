import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../../src/cli/commands/sessions.ts";
import { exportPage } from "../../../src/cli/export-page.ts";
import { parseOptions } from "../../../src/cli/options.ts";
import { type FakeHost, fakeHost } from "../../support/fake-host.ts";
import { sessionLines } from "../../support/session-lines.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

/** A project with one session, kept where sessions are kept. */
function project(): { tree: TempTree; host: FakeHost; branch: string; text: string } {
  const lines = sessionLines({ id: "abc-1" });
  lines.add("session_info", { name: "Mend it" });
  const first = lines.user("hello");
  const branch = lines.assistant("one way");
  lines.add("label", { targetId: branch, label: "kept" });
  lines.user("another way", first);
  const text = lines.text();
  const tree = tempTree({ "agent/sessions/--project--/2026_abc-1.jsonl": text, "here/.keep": "" });
  const host = fakeHost({ cwd: tree.at("here"), homeDir: tree.path, env: { PI_CODING_AGENT_DIR: tree.at("agent") } });
  return { tree, host, branch, text };
}

describe("pi sessions export", () => {
  test("writes a page and says where", async () => {
    const { tree, host } = project();
    expect(await run(["export", "abc"], host)).toBe(0);
    expect(host.out()).toBe("pi-session-2026_abc-1.html\n");
    expect(readFileSync(tree.at("here/pi-session-2026_abc-1.html"), "utf8")).toContain("<title>Mend it</title>");
  });

  test("each format, to a file of any name", async () => {
    const { tree, host, text } = project();
    await run(["export", "Mend it", "--html", "a.html"], host);
    await run(["export", "abc-1", "--md", "~/b.md"], host);
    await run(["export", tree.at("agent/sessions/--project--/2026_abc-1.jsonl"), "--all", "--jsonl=c.jsonl"], host);
    expect(host.out()).toBe("a.html\n~/b.md\nc.jsonl\n");
    expect(readFileSync(tree.at("here/a.html"), "utf8")).toContain("one way");
    expect(readFileSync(tree.at("b.md"), "utf8")).not.toContain("one way");
    expect(readFileSync(tree.at("here/c.jsonl"), "utf8")).toBe(text);
  });

  test("- is stdout, and a branch is named by an id, its beginning or a label", async () => {
    const { tree, host, branch } = project();
    await run(["export", "abc-1", "--md", "-", "--branch", "kept"], host);
    expect(host.out()).toContain("one way");
    expect(host.out()).not.toContain("another way");
    const other = project();
    await run(["export", "abc-1", "--jsonl", "-", "--branch", branch], other.host);
    const lines = other.host.out().trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "label", label: "kept" });
    expect(readdirSync(tree.at("here"))).toEqual([".keep"]);
  });

  test.each([
    [["export", "abc-1", "--html", "a", "--md", "b"], "usage.export"],
    [["export", "abc-1", "--all"], "usage.export"],
    [["export", "abc-1", "--md", "-", "--branch", "zzz"], "session.entry_not_found"],
    [["export", "abc-1", "--md", "-", "--branch", "0000"], "usage.ambiguous_entry"],
    [["export", "nope"], "session.not_found"],
    [["export"], "usage.command"],
    [["exprt"], "usage.command"],
  ])("%j is refused before anything is written", async (args, code) => {
    const { tree, host } = project();
    await expect(run(args, host)).rejects.toMatchObject({ code, exitStatus: 2 });
    expect(readdirSync(tree.at("here"))).toEqual([".keep"]);
  });
});

describe("--export", () => {
  test("takes a file and another", async () => {
    const { tree, host } = project();
    tree.write("here/in.jsonl", readFileSync(tree.at("agent/sessions/--project--/2026_abc-1.jsonl"), "utf8"));
    await exportPage(parseOptions(["--export", "in.jsonl"]), host);
    await exportPage(parseOptions(["--export", "in.jsonl", "out.html"]), host);
    await exportPage(parseOptions(["--export", "abc-1", "third.html"]), host);
    expect(host.out()).toBe("Exported to: pi-session-in.html\nExported to: out.html\nExported to: third.html\n");
    expect(["pi-session-in.html", "out.html", "third.html"].every((name) => existsSync(tree.at("here", name)))).toBe(true);
  });

  test("and pi sessions export write over nothing but what they may", async () => {
    const { tree, host } = project();
    const page = (name: string) => exportPage(parseOptions(["--export", "abc-1", name]), host);
    tree.write("here/notes.md", "mine");
    await expect(page("notes.md")).rejects.toMatchObject({ code: "usage.export_over_file", exitStatus: 2 });
    await page("page.html");
    await page("page.html");
    for (const format of ["--html", "--md", "--jsonl"])
      await expect(run(["export", "abc-1", format, "notes.md"], host)).rejects.toMatchObject({ code: "usage.export_over_file" });
    await expect(run(["export", "abc-1", "--html", "page.html"], host)).rejects.toMatchObject({ code: "usage.export_over_file" });
    expect(readFileSync(tree.at("here/notes.md"), "utf8")).toBe("mine");
    await run(["export", "abc-1", "--force", "--md", "notes.md"], host);
    expect(readFileSync(tree.at("here/notes.md"), "utf8")).not.toBe("mine");
  });

  test("takes no more, and nothing that is not there", async () => {
    const { host } = project();
    await expect(exportPage(parseOptions(["--export", "abc-1", "a", "b"]), host)).rejects.toMatchObject({ code: "usage.export" });
    await expect(exportPage(parseOptions(["--export", "gone.jsonl"]), host)).rejects.toMatchObject({ code: "session.not_found" });
  });
});
