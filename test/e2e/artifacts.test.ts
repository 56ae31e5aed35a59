// Long outputs of an extension's tool, and pictures that are kept once: the built program, on both runtimes.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { answerSteps, callSteps, type Json, recordsOf, test } from "../support/world.ts";

describe.each(["binary", "node"] as const)("%s", (way) => {
  test("what a tool of an extension says at length is an artifact, which read finds", async ({ world }) => {
    const tool = world.write(
      "many.ts",
      `export default (pi) => pi.registerTool({
        name: "many", label: "many", description: "many lines", parameters: { type: "object", properties: {} },
        execute: async () => ({ content: [{ type: "text", text: Array.from({ length: 5000 }, (_, at) => "line " + at).join("\\n") }], details: {} }),
      });\n`,
    );
    const read = callSteps("read", { path: "artifact://0", offset: 4990, limit: 3 }, "call_2");
    const model = world.trace(callSteps("many", {}), read, answerSteps("seen"));
    const { status, stderr } = await world.run(["-p", "-e", tool, "--model", model, "go"], { way });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [file = ""] = world.sessionFiles();
    const results = recordsOf(readFileSync(file, "utf8")).filter((one: Json) => one.message?.role === "toolResult");
    const [many, shown] = results.map((one: Json) => one.message);
    expect(many.details).toMatchObject({ artifactId: 0, fullOutputPath: expect.stringMatching(/\.artifacts\/0\.many\.log$/) });
    expect(many.content[0].text).toContain("[Showing lines 1-2000 of 5000. Full output: ");
    expect(shown.content[0].text).toContain("line 4989\nline 4990\nline 4991");
  });
});

const pixels = (seed: number): Buffer => {
  const bytes = Buffer.alloc(40_000);
  for (let at = 0, value = seed; at < bytes.length; at++) {
    value = (Math.imul(value, 1103515245) + 12345) >>> 0;
    bytes[at] = value >>> 16;
  }
  return bytes;
};

test("a thousand sessions that share pictures are listed, opened and searched without one of them", async ({ world }) => {
  const base = { timestamp: "2026-01-01T00:00:00.000Z" };
  const directory = join(world.agentDir, "sessions", `--${world.cwd.slice(1).replaceAll("/", "-")}--`);
  mkdirSync(directory, { recursive: true });
  for (let number = 0; number < 1000; number++) {
    const id = `s${number}`;
    const content = [{ type: "image", data: `blob:sha256:${"ab".repeat(32)}`, mimeType: "image/png" }];
    const lines = [
      { type: "session", version: 3, id, ...base, cwd: world.cwd },
      { type: "message", id: "00000001", parentId: null, ...base, message: { role: "user", content: `words of ${number}`, timestamp: 1 } },
      { type: "message", id: "00000002", parentId: "00000001", ...base, message: { role: "user", content, timestamp: 2 } },
    ];
    const path = join(directory, `2026-01-01T00-00-00-000Z_${id}.jsonl`);
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    utimesSync(path, 1_760_000_000 + number, 1_760_000_000 + number);
  }
  // There is no store: whoever looked for the picture would say that it is missing.
  const list = await world.run(["sessions", "list", "--json", "--all"]);
  expect({ status: list.status, stderr: list.stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(list.stdout)).toHaveLength(1000);
  const search = await world.run(["sessions", "search", "--all", "-l", "words of 777"]);
  expect({ status: search.status, stderr: search.stderr }).toEqual({ status: 0, stderr: "" });
  for (const args of [["stats"], ["path", "s500"], ["show", "s500", "--tree"], ["fork", "s500"], ["check"]]) {
    const { status, stderr } = await world.run(["sessions", ...args]);
    expect({ args, status, missing: stderr.includes("not available") }).toEqual({ args, status: 0, missing: false });
  }
  const shown = await world.run(["sessions", "show", "s500"]);
  expect(shown.stderr).toMatch(
    /^Warning: A picture of session s500 cannot be had: \[image not available: image\/png, blob abababababab\]\n$/,
  );
});

test("one picture in three sessions is one blob; each file is hardly larger than without it", async ({ world }) => {
  const model = world.trace(answerSteps("seen"));
  const sizes: number[][] = [];
  for (const toml of ["", "[session]\nblobs = true\n"]) {
    world.config(toml);
    rmSync(join(world.agentDir, "sessions"), { recursive: true, force: true });
    world.write("picture.png", bitmap(pixels(7)));
    for (let run = 0; run < 3; run++) {
      const { status, stderr } = await world.run(["-p", "--model", model, "@picture.png", "what is it?"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    world.write("empty.txt", "-");
    await world.run(["-p", "--model", model, "@empty.txt", "what is it?"]);
    sizes.push(world.sessionFiles().map((path) => statSync(path).size));
  }
  const [inFiles = [], inStore = []] = sizes;
  expect(readdirSync(join(world.agentDir, "blobs"))).toHaveLength(1);
  for (const size of inFiles.slice(0, 3)) expect(size - (inFiles[3] ?? 0)).toBeGreaterThan(10_000);
  for (const size of inStore.slice(0, 3)) expect(size - (inStore[3] ?? 0)).toBeLessThan(2048);
  // Turned off again, and gone on with: what is referred to is still there, and a gc needs nothing of it.
  world.config("");
  const again = await world.run(["-c", "-p", "--model", model, "and now?"]);
  expect({ status: again.status, stderr: again.stderr }).toEqual({ status: 0, stderr: "" });
  expect((await world.run(["sessions", "gc"])).stderr).toMatch(/^Removed 0 pictures .* 1 picture .* stays\.\n$/);
});

/** A picture that cannot be made smaller: 100 by 100 points of noise, as a bitmap. */
function bitmap(noise: Buffer): Buffer {
  const side = 100;
  const head = Buffer.alloc(54);
  head.write("BM");
  head.writeUInt32LE(54 + side * side * 3, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(side, 18);
  head.writeInt32LE(side, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, noise.subarray(0, side * side * 3)]);
}
