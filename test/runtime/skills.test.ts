// Skills of a host's run: which of two counts, how many fit, what is not read, where the model is not told.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { skillsOfRun } from "../../src/runtime/context/run-skills.ts";
import { type RuntimeWorld, runtimeWorld, systemText } from "../support/runtime-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const worlds: RuntimeWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const open = async (config: Record<string, unknown> = {}, kind: "pi" | "claude" = "pi"): Promise<RuntimeWorld> => {
  const world = await runtimeWorld({ kind, scripts: [{ say: [{ text: "Yes." }] }], config });
  worlds.push(world);
  writeFileSync(join(world.home, ".pi/agent/config.toml"), '[trust]\ndefault = "always"\n');
  return world;
};

function skill(root: string, name: string, description: string): void {
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, "SKILL.md"), `---\nname: ${name}\ndescription: ${description}\n---\nDo it.\n`);
}

async function toldBy(world: RuntimeWorld, more: Parameters<RuntimeWorld["request"]>[0] = {}): Promise<string> {
  await world.runtime.run(world.request(more));
  return systemText(world.server.requests.at(-1)?.body);
}

test("workspace before user before what the configuration adds, by name, in one block", async () => {
  const extra = temporaryDirectory();
  const world = await open({ "resources.skills": [extra] });
  const [workspace, user] = [join(world.workspace, ".pi/skills"), join(world.home, ".pi/agent/skills")];
  for (const [root, whose] of [
    [extra, "extra"],
    [user, "user"],
    [workspace, "workspace"],
  ] as const) {
    skill(root, "everywhere", `of the ${whose}`);
    if (whose !== "workspace") skill(root, "outside", `of the ${whose}`);
    skill(root, `only-${whose}`, `of the ${whose}`);
  }
  const told = await toldBy(world);
  expect(told.match(/<available_skills>/g)).toHaveLength(1);
  const described = [...told.matchAll(/<name>(.*?)<\/name>\s*<description>(.*?)<\/description>/g)].map(([, name, text]) => [name, text]);
  expect(Object.fromEntries(described)).toEqual({
    everywhere: "of the workspace",
    outside: "of the user",
    "only-workspace": "of the workspace",
    "only-user": "of the user",
    "only-extra": "of the extra",
  });
});

test("a prompt has room for so many skills; the rest is left out, and told", async () => {
  const world = await open();
  for (let at = 0; at < 200; at++) skill(join(world.workspace, ".pi/skills"), `skill-${String(at).padStart(3, "0")}`, "x");
  const told = await toldBy(world);
  const section = /Skills are instructions[\s\S]*<\/available_skills>/.exec(told)?.[0] ?? "";
  expect(section.match(/<skill>/g)?.length).toBeLessThanOrEqual(150);
  expect(section.length).toBeLessThanOrEqual(18_000);
  expect(section).toContain("skill-000");
  expect(world.warnings.filter((line) => /of 200 skills are left out/.test(line))).toHaveLength(1);
});

test("150 fit where they are short; a long one costs the others nothing; hidden ones take no room", () => {
  const warnings: string[] = [];
  const of = (name: string, description: string, isHidden = false) => ({
    name,
    description,
    path: "/s",
    source: "user" as const,
    isHidden,
  });
  const short = Array.from({ length: 160 }, (_, at) => of(`s${at}`, "d"));
  const run = skillsOfRun([of("long", "x".repeat(20_000)), of("hidden", "y".repeat(20_000), true), ...short], (line) =>
    warnings.push(line),
  );
  expect(run.section.match(/<skill>/g)).toHaveLength(150);
  expect(run.section.length).toBeLessThanOrEqual(18_000);
  expect(run.skills.map(({ name }) => name)).toContain("hidden");
  expect(run.section).not.toMatch(/long|hidden/);
  expect(warnings).toHaveLength(1);
  const full = skillsOfRun(
    Array.from({ length: 150 }, (_, at) => of(`s${at}`, "x".repeat(100))),
    () => undefined,
  );
  expect(full.section.length).toBeLessThanOrEqual(18_000);
  expect(full.section.length).toBeGreaterThan(17_600);
});

test("a link out of the workspace's skills is not followed, and told", async () => {
  const world = await open();
  skill(join(world.home, "elsewhere"), "stolen", "a description from outside");
  const root = join(world.workspace, ".pi/skills");
  skill(root, "own", "of the workspace");
  symlinkSync(join(world.home, "elsewhere/stolen"), join(root, "stolen"));
  const told = await toldBy(world);
  expect(told).toContain("of the workspace");
  expect(told).not.toContain("from outside");
  expect(world.warnings.join("\n")).toMatch(/stolen/);
});

test.each(["pi", "claude"] as const)(
  "%s: a snapshot wins over folders, and without what reads files the model is told of none",
  async (kind) => {
    const world = await open({ "runtime.claude.built_in_tools": ["Read"] }, kind);
    skill(join(world.workspace, ".pi/skills"), "of-disk", "on the disk");
    const skillsSnapshot = { skills: [{ name: "of-snapshot", description: "kept by the host", path: "/kept/SKILL.md" }] };
    const told = await toldBy(world, { skillsSnapshot });
    expect(told).toContain("kept by the host");
    expect(told).not.toContain("on the disk");
    expect(await toldBy(world)).toContain("on the disk");
    const without = await toldBy(world, { skillsSnapshot, policy: [{ deny: ["read", "Read"] }] });
    expect(without).not.toContain("available_skills");
  },
);
