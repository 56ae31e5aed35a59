import { describe, expect, test } from "vitest";
import { answer, linesOf, sessionHome, user } from "../../support/session-home.ts";

describe("fork", () => {
  test("copies the branch byte for byte, and says where it came from", async () => {
    const home = sessionHome();
    const { id, path } = await home.add([user("a"), answer("b"), user("c")]);
    const { status, out } = await home.pi("sessions", "fork", id);
    const [newId, newPath = ""] = out.trim().split(" ");
    const [header = "", ...lines] = linesOf(newPath);
    expect(status).toBe(0);
    expect(JSON.parse(header)).toMatchObject({ id: newId, parentSession: path, cwd: home.cwd, version: 3 });
    expect(lines).toEqual(linesOf(path).slice(1));
    expect((await home.pi("sessions", "path", "last")).out).toBe(`${newPath}\n`);
  });

  test("--at an entry or a label, --name, --cwd, --json", async () => {
    const home = sessionHome();
    const { id, path, ids } = await home.add([user("a"), answer("b"), user("c")]);
    await home.pi("sessions", "label", id, ids[1] ?? "", "here");
    for (const at of [ids[1] ?? "", "here"]) {
      const { out } = await home.pi("sessions", "fork", id, "--at", at, "--name", "tried", "--cwd", "../other", "--json");
      const made = JSON.parse(out) as Record<string, unknown>;
      expect(made).toEqual({
        id: expect.any(String),
        path: expect.stringContaining("other--"),
        parentSession: path,
        cwd: home.tree.at("other"),
        leafId: expect.any(String),
        entryCount: 4,
        name: "tried",
      });
      // The header, the way to the entry, the label it has, the name.
      const types = linesOf(String(made.path)).map((line) => (JSON.parse(line) as { type: string }).type);
      expect(types).toEqual(["session", "message", "message", "label", "session_info"]);
    }
    expect(JSON.parse((await home.pi("sessions", "list", "--cwd", "../other", "--named", "--json")).out)).toHaveLength(2);
  });

  test("a copy does not bear the name of the session that it is of, and what its entries refer to is there", async () => {
    const home = sessionHome();
    const { id } = await home.add([user("a"), { type: "session_info", name: "login" }, answer("b"), user("c")]);
    const [made = ""] = (await home.pi("sessions", "fork", "login")).out.split(" ");
    const listed = JSON.parse((await home.pi("sessions", "list", "--json")).out) as {
      id: string;
      name: string | null;
      firstPrompt: string;
    }[];
    expect(listed.map((one) => [one.id, one.name, one.firstPrompt]).sort()).toEqual(
      [
        [id, "login", "a"],
        [made, null, "a"],
      ].sort(),
    );
    const idsIn = (path: string): unknown[] =>
      linesOf(path)
        .map((line) => (JSON.parse(line) as { id: string }).id)
        .slice(1);
    const paths = JSON.parse((await home.pi("sessions", "list", "--json")).out) as { path: string }[];
    expect(idsIn(paths[0]?.path ?? "")).toEqual(idsIn(paths[1]?.path ?? ""));
    // One that was given a name itself.
    await home.pi("sessions", "rename", made, "login 2");
    expect((await home.pi("sessions", "path", "login")).err).toBe("");
  });

  test("refuses what makes no session", async () => {
    const home = sessionHome();
    const { id, ids } = await home.add([{ type: "model_change", provider: "p", modelId: "m" }, user("a")]);
    expect(await home.pi("sessions", "fork", id, "--at", ids[0] ?? "")).toMatchObject({
      status: 2,
      out: "",
      err: expect.stringContaining("no message"),
    });
    expect(await home.pi("sessions", "fork", id, "--name", " ")).toMatchObject({ status: 2 });
    expect(await home.pi("sessions", "fork", id, "--cwd", "gone")).toMatchObject({ status: 2, err: expect.stringContaining("gone") });
    expect(await home.pi("sessions", "fork")).toMatchObject({ status: 2, err: expect.stringContaining("ref") });
    expect(JSON.parse((await home.pi("sessions", "list", "--json")).out)).toHaveLength(1);
  });
});
