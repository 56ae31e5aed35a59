// A launch as what a session is started with: what is shown of it is in force, and a reload makes it anew.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Inspection } from "../../../src/harness/host/inspect-launch.ts";
import { inspectLaunch } from "../../../src/harness/host/inspect-launch.ts";
import { roles } from "../../../src/tui/theme/roles.ts";
import { makeLaunch, makeRpcWorld, type Reply, type RpcWorld } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const nothingElse = { withContextFiles: false, withSkills: false, withTemplates: false, skillPaths: [], templatePaths: [], themePaths: [] };

/** Looks again and again: only a limit ends it. */
const restless: Reply = async function* () {
  yield { type: "toolcall_start", contentIndex: 0, id: crypto.randomUUID(), toolName: "ls" };
  yield { type: "toolcall_delta", contentIndex: 0, delta: "{}" };
  yield { type: "toolcall_end", contentIndex: 0 };
  yield { type: "finish", stopReason: "toolUse" };
};

function configure(directory: string, text: string): void {
  mkdirSync(join(directory, "agent"), { recursive: true });
  writeFileSync(join(directory, "agent", "config.toml"), text);
}

async function shown(world: RpcWorld): Promise<Inspection> {
  return ((await world.ask("inspect")).data as { launch: Inspection }).launch;
}

async function turnsOf(world: RpcWorld): Promise<number> {
  const from = world.records.length;
  const settled = world.next((record) => record.type === "agent_settled");
  await world.ask("prompt", { message: "look" });
  expect(await settled).toMatchObject({ outcome: "budget" });
  return world.records.slice(from).filter((record) => record.type === "turn_end").length;
}

test("after a reload the limits that inspect shows are those that end a run", async () => {
  const directory = temporaryDirectory();
  configure(directory, "[limits]\nmax_turns = 1\n");
  const world = await makeRpcWorld({ directory, reply: restless, options: { tools: { only: "ls", none: false, noBuiltin: false } } });
  onTestFinished(() => world.sessions.dispose());
  expect((await shown(world)).limits.maxTurns).toBe(1);
  expect(await turnsOf(world)).toBe(1);
  configure(directory, "[limits]\nmax_turns = 3\n\n[network]\nidle_timeout_ms = 1234\n");
  // Until it is asked for, what is in force stays, and is what is shown.
  expect((await shown(world)).limits.maxTurns).toBe(1);
  await world.ask("reload");
  expect((await shown(world)).limits).toMatchObject({ maxTurns: 3, stallModelMs: 1234 });
  expect(await turnsOf(world)).toBe(3);
});

test("what was said on the command line stays in force over a reload, whatever the files say by then", async () => {
  const directory = temporaryDirectory();
  const settings = { "limits.max_turns": 2, models: ["demo"] };
  const world = await makeRpcWorld({ directory, reply: restless, settings });
  onTestFinished(() => world.sessions.dispose());
  configure(directory, "[limits]\nmax_turns = 9\nmax_cost_usd = 4.5\n\n[compaction]\nenabled = false\n");
  await world.ask("reload");
  const { limits, settings: told } = await shown(world);
  expect(limits).toMatchObject({ maxTurns: 2, maxCostUsd: 4.5 });
  expect(told.find(({ key }) => key === "limits.max_turns")).toEqual({ key: "limits.max_turns", value: 2, origin: "command line" });
  expect(await turnsOf(world)).toBe(2);
});

test("a reload finds context files anew, and says so", async () => {
  const directory = temporaryDirectory();
  const world = await makeRpcWorld({ directory, reply: restless, settings: { "limits.max_turns": 1 } });
  onTestFinished(() => world.sessions.dispose());
  expect((await shown(world)).contextFiles).toEqual([]);
  const file = join(world.cwd, "AGENTS.md");
  writeFileSync(file, "Speak softly.");
  await world.ask("reload");
  expect((await shown(world)).contextFiles).toEqual([file]);
  await turnsOf(world);
  const { systemPrompt } = ((await world.ask("inspect")).data as { current: { systemPrompt: string } }).current;
  expect(systemPrompt).toContain("Speak softly.");
});

test("the first of the models to cycle through is the one shown and the one started with", async () => {
  const { launch } = await makeLaunch(temporaryDirectory(), {
    options: { model: undefined as never },
    settings: { models: ["scripted/demo"] },
  });
  const { model } = await inspectLaunch(launch, 0);
  expect(model).toMatchObject({ provider: "scripted", id: "demo", why: "the first of the models to cycle through" });
});

test("switches with nothing to act on are told", async () => {
  const { launch } = await makeLaunch(temporaryDirectory(), { options: { idle: ["--no-themes"] } });
  expect((await inspectLaunch(launch, 0)).idle).toEqual(["--no-themes"]);
  const { launch: plain } = await makeLaunch(temporaryDirectory());
  expect((await inspectLaunch(plain, 0)).idle).toEqual([]);
});

test("themes are told with where they come from, which is in use, and what is wrong with those that are damaged", async () => {
  const directory = temporaryDirectory();
  const themes = join(directory, "agent", "themes");
  mkdirSync(themes, { recursive: true });
  const colors = Object.fromEntries(Object.keys(roles).map((role) => [role, "#a0b0c0"]));
  writeFileSync(join(themes, "mine.json"), JSON.stringify({ name: "mine", colors }));
  writeFileSync(join(themes, "no-json.json"), "{");
  writeFileSync(join(themes, "no-colour.json"), JSON.stringify({ name: "no-colour", colors: { ...colors, accent: "blueish" } }));
  writeFileSync(join(themes, "endless.json"), "x".repeat((1 << 20) + 1));
  const shownFor = async (theme: string): Promise<Inspection["themes"]> => {
    const { launch } = await makeLaunch(directory, { settings: { theme }, options: { resources: { ...nothingElse, withThemes: true } } });
    return (await inspectLaunch(launch, 0)).themes;
  };
  const file = (name: string): { name: string; path: string } => ({ name, path: join(themes, `${name}.json`) });
  expect(await shownFor("light/mine")).toEqual([
    { name: "system", inUse: false },
    { name: "dark", inUse: false },
    { name: "light", inUse: true, background: "light" },
    { ...file("endless"), inUse: false, problem: expect.stringContaining("1") },
    { ...file("mine"), inUse: true, background: "dark" },
    { ...file("no-colour"), inUse: false, problem: 'accent: "blueish" is no colour' },
    { ...file("no-json"), inUse: false, problem: expect.stringMatching(/JSON/) },
  ]);
  const themed = await shownFor("gone");
  expect(themed.at(-1)).toEqual({ name: "gone", inUse: true, problem: 'there is no theme "gone"' });
  expect(themed.filter(({ inUse }) => inUse)).toHaveLength(1);
});
