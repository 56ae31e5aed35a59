import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../../../src/cli/commands/trust.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const files = { "repo/.git/HEAD": "", "repo/.pi/config.toml": 'theme = "own"\n', "repo/deep/er/x": "", "other/x": "" };

async function pi(tree: TempTree, at: string, ...args: string[]): Promise<{ out: string; err: string }> {
  const host = fakeHost({ cwd: tree.at(at), homeDir: tree.path, env: { PI_CODING_AGENT_DIR: tree.at("agent") } });
  expect(await run(args, host)).toBe(0);
  return { out: host.out(), err: host.err() };
}

const theme = async (tree: TempTree): Promise<string> =>
  (await loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("repo/deep"), homeDir: tree.path, env: {} })).values.theme;
const stored = (tree: TempTree): unknown => JSON.parse(readFileSync(tree.at("agent/trust.json"), "utf8"));

test("trusts the project from anywhere in it, privately, and takes it back", async () => {
  const tree = tempTree(files);
  expect(await theme(tree)).toBe("system");
  expect((await pi(tree, "repo/deep/er")).out).toBe(`${tree.at("repo")} is trusted; ${tree.at("repo/.pi")} holds config.toml.\n`);
  expect(await theme(tree)).toBe("own");
  expect(statSync(tree.at("agent/trust.json")).mode & 0o777).toBe(0o600);
  expect((await pi(tree, "repo", "--revoke")).out).toContain("is trusted no more");
  expect(await theme(tree)).toBe("system");
  expect(stored(tree)).toEqual({});
});

test("names a directory, keeps what others have decided, and lists it", async () => {
  const tree = tempTree({ ...files, "agent/trust.json": '\ufeff{"/gone": false, "/odd": "x"}' });
  expect((await pi(tree, "repo", "../other")).out).toBe(`${tree.at("other")} is trusted; there is no .pi in it yet.\n`);
  expect((await pi(tree, "repo", "list")).out).toBe(`refused  /gone\ntrusted  ${tree.at("other")}\n`);
  expect(JSON.parse((await pi(tree, "repo", "list", "--json")).out)).toEqual([
    { directory: "/gone", trusted: false },
    { directory: tree.at("other"), trusted: true },
  ]);
  expect((await pi(tempTree(files), "repo", "list")).err).toContain("Nothing was decided yet");
});

test("what is trusted by a directory above is refused by name", async () => {
  const tree = tempTree(files);
  await pi(tree, "repo", tree.path);
  expect(await theme(tree)).toBe("own");
  await pi(tree, "repo", "--revoke");
  expect(await theme(tree)).toBe("system");
  expect(stored(tree)).toEqual({ [tree.path]: true, [tree.at("repo")]: false });
  await pi(tree, "repo");
  expect(await theme(tree)).toBe("own");
});

test("no directory, a damaged file: refused, and nothing written over", async () => {
  const tree = tempTree({ ...files, "agent/trust.json": "{oops" });
  await expect(pi(tree, "repo", "nowhere")).rejects.toMatchObject({ code: "usage.bad_directory", exitStatus: 2 });
  await expect(pi(tree, "repo")).rejects.toMatchObject({ code: "config.trust_file", exitStatus: 2 });
  await expect(pi(tree, "repo", "a", "b")).rejects.toMatchObject({ code: "usage.command" });
  expect(readFileSync(tree.at("agent/trust.json"), "utf8")).toBe("{oops");
});
