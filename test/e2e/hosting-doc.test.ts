// Every command of docs/hosting.md is run as it stands there, and its tables are settings.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { commandOf, projectRoot } from "../support/program.ts";
import { test } from "../support/world.ts";

const page = readFileSync(join(projectRoot, "docs/hosting.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text ?? "");

const says: [RegExp, number, RegExp][] = [
  [/runner --model demo/, 0, /^---PI_OUTPUT_START---\n\{"status":"success".*\}\n---PI_OUTPUT_END---\n$/],
  [/--explain-route/, 0, /^\{"group":"main","runtime":"pi","why":"default","fallback":\[\]\}\n$/],
  [/ipc drain/, 0, /^\{"group":"main","isMain":true,"file":"1\.json","type":"message","data":\{"type":"message".*\}\}\n$/],
  [/sessions migrate/, 0, /1 of 1 groups/],
  // Without runs of the candidate the gate is shut: exit status 1.
  [/metrics gate/, 1, /agent_run_count[\s\S]*pi/],
];

test("the commands of the page, one after another", async ({ world }) => {
  const ran: string[] = [];
  for (const script of blocks("sh")) {
    if (script.includes("migrate")) world.write("data/sessions.json", '{"main":"abc"}');
    const { stdout, stderr, status } = await world.run([], { shell: `pi() { ${commandOf("binary").join(" ")} "$@"; }; ${script}` });
    const [, expected, output] = says.find(([pattern]) => pattern.test(script)) ?? [/./, 0, /^$/];
    expect({ script, status, stderr }).toMatchObject({ script, status: expected });
    expect(stdout).toMatch(output);
    ran.push(script);
  }
  expect(ran).toHaveLength(says.length);
});

test("the tables of the page are settings", async ({ world }) => {
  world.config(blocks("toml").join("\n"));
  expect(await world.run(["config", "check"])).toMatchObject({ status: 0, stderr: "The configuration is sound.\n" });
  world.write("in.json", '{"prompt":"hi","groupFolder":"main","chatJid":"x"}');
  const { stdout } = await world.run(["runner", "--explain-route"], { stdin: { text: world.read("in.json") } });
  expect(JSON.parse(stdout)).toMatchObject({ runtime: "claude", why: "rollout" });
});

test("each row of what hosts ask for names tests that are there", () => {
  const table = /## Where it is tested\n(.*?)\n## /s.exec(page)?.[1] ?? "";
  const rows = [...table.matchAll(/^\| (\d\.\d+) \| (.+?) \| (.+) \|$/gm)].map(([, id = "", , tests = ""]) => ({ id, tests }));
  const numbered = (head: number, from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, at) => `${head}.${from + at}`);
  expect(rows.map(({ id }) => id)).toEqual([...numbered(0, 1, 29), ...numbered(2, 1, 35)]);
  for (const { id, tests } of rows) {
    const named = [...tests.matchAll(/([a-z0-9/-]+): ((?:“[^”]+”(?:, )?)+)/g)].map(([, file = "", names = ""]) => ({ file, names }));
    expect(named.length, `row ${id}`).toBeGreaterThan(0);
    expect(named.map(({ file, names }) => `${file}: ${names}`).join("; ")).toBe(tests);
    for (const { file, names } of named) {
      const source = readFileSync(join(projectRoot, "test", `${file}.test.ts`), "utf8");
      for (const [, name = ""] of names.matchAll(/“([^”]+)”/g)) {
        const isThere = source.includes(`${name}"`) || source.includes(`${name}\``);
        expect(isThere ? "" : `row ${id}: ${file} has no ${name}`).toBe("");
      }
    }
  }
});
