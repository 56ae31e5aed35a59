// The path found from the end of a file, chunk by chunk, is the one a slow reading finds; where it cannot be sure, it says nothing.

import { expect, test } from "vitest";
import { readRows } from "../../../src/session/index/decode-rows.ts";
import { PathLines } from "../../../src/session/index/path-lines.ts";
import { scanBack } from "../../../src/session/index/scan-back.ts";
import { soundEntry } from "../../../src/session/lines/sound-entry.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { type Line, pathOf } from "../../support/session-reference.ts";

function newId(random: Random, number: number): string {
  const short = (0x10000000 + number * 7919).toString(16).slice(0, 8);
  return random.chance(0.1)
    ? `long-id-of-another-writer-${number}`
    : random.chance(0.05)
      ? `${100 + number}-é${random.pick(["", "x", "xy"])}`
      : short;
}

/** A tree in file order, each line in one of the forms that are met with. */
function randomLines(random: Random): { lines: Line[]; texts: string[] } {
  const lines: Line[] = [];
  const count = 1 + random.below(60);
  for (let number = 0; number < count; number++) {
    const parent = number === 0 || random.chance(0.03) ? undefined : random.chance(0.7) ? lines.at(-1) : random.pick(lines);
    const type = random.chance(0.8) ? "message" : random.pick(["label", "session_info", "compaction", "model_change", "of-another-writer"]);
    const text = random.pick(["plain", "é\u2028 and \u0000", "x".repeat(random.below(600)), '"type":"message"}', "session_info"]);
    lines.push({ type, id: newId(random, number), parentId: parent?.id ?? null, timestamp: "t", text });
  }
  const texts = lines.map(({ type, id, parentId, timestamp, text }) => {
    if (random.chance(0.05)) return JSON.stringify({ text, timestamp, parentId, id, type });
    return JSON.stringify({ type, id, parentId, timestamp, text });
  });
  return { lines, texts };
}

function scan(texts: readonly string[], wantedId: string, chunkBytes?: number, isElsewhere = (_: string): boolean => false) {
  const file = Buffer.from(texts.map((text) => `${text}\n`).join(""));
  const source = { size: file.length, read: (target: Uint8Array, position: number) => file.copy(target, 0, position) };
  const path = new PathLines(4);
  const found = scanBack(source, { from: 0, to: file.length }, wantedId, path, isElsewhere, chunkBytes);
  const positions = Array.from({ length: path.length }, (_, position) => position);
  const rows = positions.map((position) => path.rowAt(position));
  const middle = path.length >> 1;
  readRows(source, path, middle, Math.min(path.length, middle + 1));
  readRows(source, path, 0, path.length);
  return {
    found,
    path,
    ids: positions.map((position) => path.idAt(position)),
    types: positions.map((position) => path.typeAt(position)),
    lines: rows.map((row) => file.toString("utf8", path.startOf(row), path.startOf(row) + path.lengthOf(row))),
    entries: rows.map((row) => path.entryIn(row)),
  };
}

test("3,000 random trees, in chunks of every size: the path, its lines, and what is decoded of it", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 3000; round++) {
    const { lines, texts } = randomLines(random);
    const wanted = pathOf(lines, lines.at(-1)?.id ?? "");
    const got = scan(texts, lines.at(-1)?.id ?? "", 1 + random.below(2000));
    expect(got.found?.nextId).toBe(null);
    expect(got.ids).toEqual(wanted.map(({ id }) => id));
    expect(got.types).toEqual(wanted.map(({ type }) => type));
    expect(got.lines).toEqual(wanted.map((line) => texts[lines.indexOf(line)]));
    expect(got.entries).toEqual(wanted.map((line) => soundEntry(line)));
    for (const type of ["message", "compaction", "session_info"]) {
      const before = random.below(wanted.length + 1);
      expect(got.path.lastOfType(type, before)).toBe(wanted.slice(0, before).findLastIndex((line) => line.type === type));
    }
    const seen = lines.filter((_, at) => Buffer.byteLength(texts.slice(0, at).join("\n")) >= (got.found?.position ?? 0));
    for (const type of ["label", "session_info"]) {
      const last = seen.findLast((line) => line.type === type);
      if (last === undefined) continue;
      const place = got.found?.lastOfType.get(type);
      expect(place?.length).toBe(Buffer.byteLength(texts[lines.indexOf(last)] ?? ""));
    }
  }
});

const chain = ["00000001", "00000002", "00000003", "00000004"].map((id, at, ids) =>
  JSON.stringify({ type: "message", id, parentId: ids[at - 1] ?? null, timestamp: "t", text: "x" }),
);

test("it stops where the next entry is known elsewhere", () => {
  const { found, ids } = scan(chain, "00000004", 100, (id) => id === "00000002");
  expect(found?.nextId).toBe("00000002");
  expect(ids).toEqual(["00000003", "00000004"]);
});

for (const [what, texts] of [
  ["an entry whose parent is nowhere", chain.slice(1)],
  ["an entry whose parent comes behind it", [chain[1], chain[0], chain[2], chain[3]]],
  ["an entry that is its own parent", [(chain[0] ?? "").replace("null", '"00000001"'), ...chain.slice(1)]],
  ["a damaged line off the path", [chain[0], "damaged", ...chain.slice(1)]],
  ["a damaged line on the path", [chain[0], (chain[1] ?? "").slice(0, -1), ...chain.slice(2)]],
  ["a second header", [chain[0], '{"type":"session","version":3,"id":"s"}', ...chain.slice(1)]],
  ["records glued together", [`${chain[0]}${chain[1]}`, ...chain.slice(2)]],
  ["records with a comma between them", [chain[0], `${chain[1]},${chain[2]}`, chain[3]]],
  ["a record in two lines beside two records in one", [chain[0], ...(chain[1] ?? "").split(/(?<="t"),/), `${chain[2]},${chain[3]}`]],
  ["a line that closes a list", [chain[0], `${chain[1]}]`, ...chain.slice(2)]],
] as const) {
  test(`${what}: no answer`, () => {
    for (const chunkBytes of [undefined, 90, 150, 200, 300, 350])
      expect(scan(texts.map(String), "00000004", chunkBytes).found).toBe(undefined);
  });
}

test("a damaged line with a sound head and end is on the path, and nothing is kept for it; the others are decoded", () => {
  const texts = [chain[0], (chain[1] ?? "").replace('"text":"x"', '"text":x'), ...chain.slice(2)].map(String);
  const { ids, entries } = scan(texts, "00000004");
  expect(ids).toEqual(["00000001", "00000002", "00000003", "00000004"]);
  expect(entries.map((entry) => entry?.id)).toEqual(["00000001", undefined, "00000003", "00000004"]);
});
