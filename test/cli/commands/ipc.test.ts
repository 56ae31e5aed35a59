// `pi ipc drain` and `pi metrics` from arguments to exit status.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run as runIpc } from "../../../src/cli/commands/ipc.ts";
import { run as runMetrics } from "../../../src/cli/commands/metrics.ts";
import { type FakeHostFields, fakeHost } from "../../support/fake-host.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const message = (text: string): string => JSON.stringify({ type: "message", chatJid: "c", text });
const files = {
  "ipc/family/messages/1.json": message("one"),
  "ipc/family/messages/2.json": "{",
  "ipc/main/messages/3.json": message("three"),
};

const hostAt = (tree: TempTree, given: FakeHostFields = {}) =>
  fakeHost({ cwd: tree.path, homeDir: tree.path, env: { PI_CODING_AGENT_DIR: tree.at("agent"), PATH: process.env.PATH ?? "" }, ...given });
const metricsIn = (directory: string): string =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("");

test("a line a file; what could not be taken is told, counted and makes exit status 1", async () => {
  const tree = tempTree(files);
  const host = hostAt(tree);
  expect(await runIpc(["drain", "ipc"], host)).toBe(1);
  expect(
    host
      .out()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { group: "family", isMain: false, file: "1.json", type: "message", data: JSON.parse(message("one")) },
    { group: "main", isMain: true, file: "3.json", type: "message", data: JSON.parse(message("three")) },
  ]);
  expect(host.err()).toBe("Error: family/2.json was not taken: it is no JSON; it is now errors/family-2.json.\n2 taken, 1 parked\n");
  expect(JSON.parse(metricsIn(tree.at("agent/metrics")))).toMatchObject({ kind: "ipc_error", group: "family" });
  const again = hostAt(tree);
  expect(await runIpc(["drain", "ipc", "--json"], again)).toBe(0);
  expect([again.out(), again.err()]).toEqual(["", ""]);
});

test("such errors count for the engine that the group is routed to", async () => {
  const tree = tempTree({ "ipc/g/messages/1.json": "{", "agent/config.toml": '[groups.g]\nruntime = "claude"\n' });
  await runIpc(["drain", "ipc"], hostAt(tree));
  expect(JSON.parse(metricsIn(tree.at("agent/metrics")))).toMatchObject({ kind: "ipc_error", engine: "claude" });
});

test("a reader that goes away has taken what it read, and the rest stays", async () => {
  const tree = tempTree({ "ipc/g/messages/1.json": message("a"), "ipc/g/messages/2.json": message("b") });
  expect(await runIpc(["drain", "ipc"], hostAt(tree, { closesAfter: 1 }))).toBe(1);
  expect(readdirSync(tree.at("ipc/g/messages"))).toEqual(["1.json", "2.json"]);
  const full = hostAt(tree, { closesAfter: 0, outFailure: new Error("no space") });
  await expect(runIpc(["drain", "ipc"], full)).rejects.toMatchObject({ code: "io.write" });
});

test("a command for each file takes it by exiting with 0", async () => {
  const tree = tempTree({ "ipc/g/messages/1.json": message("good"), "ipc/g/messages/2.json": message("bad") });
  const host = hostAt(tree);
  expect(await runIpc(["drain", "ipc", "--exec", "grep good >>seen", "--data", "data"], host)).toBe(1);
  expect(JSON.parse(readFileSync(tree.at("seen"), "utf8"))).toMatchObject({ group: "g", file: "1.json", data: { text: "good" } });
  expect(host.err()).toContain("g/2.json was not taken: the command exited with 1");
  expect(existsSync(tree.at("ipc/errors/g-2.json"))).toBe(true);
  expect(metricsIn(tree.at("data/metrics"))).toContain("ipc_error");
});

test("--watch goes on until it is told to end, with that signal's status", async () => {
  const tree = tempTree({ "ipc/g/messages/1.json": message("a") });
  const host = hostAt(tree);
  const ended = runIpc(["drain", "ipc", "--watch"], host);
  await host.listens("SIGTERM");
  host.signal("SIGTERM");
  expect(await ended).toBe(143);
});

test.each<[string[], string]>([
  [["drain", "ipc", "--groups", "none.json"], "usage.file_not_found"],
  [["drain", "ipc", "--groups", "list.json"], "usage.bad_value"],
  [["drain", "ipc", "--groups", "bad.json"], "usage.bad_value"],
  [["drain"], "usage.command"],
  [["drain", "nowhere"], "io.ipc"],
])("%j is refused", async (args, code) => {
  const tree = tempTree({ "ipc/x": "", "list.json": "[]", "bad.json": '{"family": {}}' });
  await expect(runIpc(args, hostAt(tree))).rejects.toMatchObject({ code });
});

test("--groups says which chat is whose", async () => {
  const tree = tempTree({ "ipc/g/messages/1.json": message("a"), "groups.json": '{"g": {"jid": "other"}}' });
  const host = hostAt(tree);
  expect(await runIpc(["drain", "ipc", "--groups", "groups.json"], host)).toBe(1);
  expect(host.err()).toContain("not its chat");
});

const at = 1_800_000_000_000;
const record = (engine: string, changes: object = {}): string =>
  `${JSON.stringify({ t: at - 1000, kind: "run", engine, group: "main", outcome: "done", durationMs: 10, isTimeout: false, tools: {}, ...changes })}\n`;
const day = `${new Date(at).toISOString().slice(0, 10)}.jsonl`;
const withRuns = (pi: string, claude = record("claude").repeat(20)): TempTree =>
  tempTree({ [`agent/metrics/${day}`]: pi + claude, [`other/metrics/${day}`]: record("pi").repeat(3) });
const gateArgs = ["gate", "--baseline", "claude", "--candidate", "pi"];

test("metrics by engine, of a time, a group, another place", async () => {
  const tree = withRuns(record("pi", { group: "family" }) + record("pi", { t: at - 8 * 86_400_000 }));
  const host = hostAt(tree);
  expect(await runMetrics(["--json"], host)).toBe(0);
  expect(JSON.parse(host.out()).engines).toMatchObject({ claude: { agent_run_count: 20 }, pi: { agent_run_count: 1 } });
  for (const [args, count] of [
    [["--json", "--group", "family"], 1],
    [["--json", "--group", "main"], 0],
    [["--json", "--since", "30d"], 2],
    [["compare", "--json"], 1],
    [["compare", "--json", "--group", "main"], 0],
    [["--json", "--data", "other"], 3],
  ] as const) {
    const one = hostAt(tree);
    await runMetrics(args, one);
    expect(JSON.parse(one.out()).engines.pi.agent_run_count, args.join(" ")).toBe(count);
  }
  const prometheus = hostAt(tree);
  await runMetrics(["--prometheus"], prometheus);
  expect(prometheus.out()).toContain('agent_run_count{engine="claude"} 20\n');
});

test("the gate opens where all holds, and only there", async () => {
  const open = hostAt(withRuns(record("pi").repeat(20)));
  expect(await runMetrics(gateArgs, open)).toBe(0);
  expect(open.out()).toMatch(/pi may take over from claude\.\n$/);
  expect(await runMetrics(gateArgs, hostAt(withRuns("")))).toBe(1);
  expect(await runMetrics(gateArgs, hostAt(tempTree({})))).toBe(1);
  expect(await runMetrics([...gateArgs, "--min-runs", "21"], hostAt(withRuns(record("pi").repeat(20))))).toBe(1);
  const slow = hostAt(withRuns(record("pi", { durationMs: 13 }).repeat(20)));
  expect(await runMetrics([...gateArgs, "--json"], slow)).toBe(1);
  expect(JSON.parse(slow.out())).toMatchObject({
    holds: false,
    checks: expect.arrayContaining([expect.objectContaining({ name: "p95", holds: false })]),
  });
});

test("an incident shuts it, for as long as it is looked at", async () => {
  const tree = withRuns(record("pi").repeat(20));
  expect(await runMetrics(["incident", "--engine", "pi", "a", "key", "was", "shown"], hostAt(tree, { now: at - 3_600_000 }))).toBe(0);
  const host = hostAt(tree);
  expect(await runMetrics(gateArgs, host)).toBe(1);
  expect(host.out()).toContain("a key was shown");
  expect(await runMetrics([...gateArgs, "--since", "30m"], hostAt(tree))).toBe(0);
});

test.each<[string[], string]>([
  [["gate"], "usage.command"],
  [["gate", "--baseline", "pi", "--candidate", "gpt"], "usage.runtime"],
  [["gate", "--baseline", "pi", "--candidate", "pi"], "usage.conflict"],
  [[...gateArgs, "--min-runs", "0"], "usage.bad_value"],
  [[...gateArgs, "--min-runs", "many"], "usage.bad_value"],
  [[...gateArgs, "--since", "yesterday"], "usage.bad_value"],
  [["--json", "--prometheus"], "usage.conflict"],
  [["incident", "--engine", "pi", " "], "usage.missing_argument"],
  [["incident", "text"], "usage.command"],
  [["incident", "--engine", "other", "text"], "usage.runtime"],
])("metrics %j is refused", async (args, code) => {
  await expect(runMetrics(args, hostAt(tempTree({})))).rejects.toMatchObject({ code });
});

test("an incident that cannot be written down is no success", async () => {
  const tree = tempTree({ "agent/config.toml": "" });
  writeFileSync(tree.at("agent/metrics"), "");
  await expect(runMetrics(["incident", "--engine", "pi", "x"], hostAt(tree))).rejects.toMatchObject({ code: "io.metrics" });
});
