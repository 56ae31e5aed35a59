// The map of sessions as its writers have it: what is there stays, nothing is lost between two of them, a broken one costs the change alone.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { migrateMap } from "../../../src/runtime/sessions/migrate-map.ts";
import { sessionMap } from "../../../src/runtime/sessions/session-map.ts";
import { tempTree } from "../../support/temp-tree.ts";

const mapIn = (text?: string) => {
  const tree = tempTree(text === undefined ? {} : { "sessions.json": text });
  const file = tree.at("sessions.json");
  return { tree, file, map: sessionMap(file), read: () => JSON.parse(readFileSync(file, "utf8")) };
};

test("sessions of a first run are added behind what is there, whatever that looks like", async () => {
  const before = ["", "{}", "{\n}\n", '{ "a": 1 }', '{\n  "a": {"pi": null, "claude": "x", "more": [1]}\n}\n', '{"__proto__": "old"}\n'];
  for (const text of before) {
    const { map, read, file } = mapIn(text);
    const known = text.trim() === "" ? {} : JSON.parse(text);
    await map.set("b", "pi", "1");
    await map.set("toString", "claude", "2");
    await map.set("b", "claude", "3");
    const expected = { b: { claude: "3", pi: "1" }, toString: { claude: "2", pi: null } };
    expect(JSON.stringify(read())).toBe(JSON.stringify(Object.assign(JSON.parse(JSON.stringify(known)), expected)));
    expect(readFileSync(file, "utf8").endsWith("}\n")).toBe(true);
    expect(await map.get("b", "pi")).toBe("1");
  }
});

test("two writers at once, each with many changes: all are there", async () => {
  const { file, map, read } = mapIn();
  const other = sessionMap(file);
  const numbers = Array.from({ length: 40 }, (_, at) => at);
  await Promise.all(numbers.map((at) => (at % 2 === 0 ? map : other).set(`group-${at}`, at % 3 === 0 ? "claude" : "pi", `id-${at}`)));
  expect(Object.keys(read()).sort()).toEqual(numbers.map((at) => `group-${at}`).sort());
  expect(await Promise.all(numbers.map((at) => other.get(`group-${at}`, at % 3 === 0 ? "claude" : "pi")))).toEqual(
    numbers.map((at) => `id-${at}`),
  );
});

test("the last of several ids of one group counts, also where they were said at once", async () => {
  const { map, read } = mapIn();
  await Promise.all(["1", "2", "1"].map((id) => map.set("a", "pi", id)));
  expect(read()).toEqual({ a: { claude: null, pi: "1" } });
});

test("what a host writes in between is kept, and what is known already is not written again", async () => {
  const { tree, file, map, read } = mapIn();
  await map.set("a", "pi", "1");
  writeFileSync(file, '{"a":{"pi":"2","note":"theirs"},"c":"old"}');
  expect(await map.get("a", "pi")).toBe("2");
  expect(await map.get("c", "claude")).toBe("old");
  await map.set("b", "pi", "3");
  expect(read()).toEqual({ a: { pi: "2", note: "theirs" }, c: "old", b: { claude: null, pi: "3" } });
  const other = mapIn('{"a":{"pi":"1"}}');
  await other.map.set("a", "pi", "1");
  expect(readFileSync(other.file, "utf8")).toBe('{"a":{"pi":"1"}}');
  expect(existsSync(other.tree.at("sessions.json.lock"))).toBe(false);
  expect(existsSync(tree.at("sessions.json.lock"))).toBe(true);
});

test("a map that cannot be read takes no change, and takes them once it is mended", async () => {
  const { file, map, read } = mapIn("{torn");
  const changes = await Promise.allSettled([map.set("a", "pi", "1"), map.set("b", "pi", "2")]);
  expect(changes.map((one) => one.status === "rejected" && one.reason.code)).toEqual(["io.session_map", "io.session_map"]);
  expect(readFileSync(file, "utf8")).toBe("{torn");
  writeFileSync(file, "{}");
  await map.set("a", "pi", "1");
  expect(read()).toEqual({ a: { claude: null, pi: "1" } });
});

test("a map is never written larger than it can be read", async () => {
  // Each group takes more room once it has two sessions.
  const groups = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`group${at}`, `id-${at}`.padEnd(810, "x")]));
  const { tree, file, map } = mapIn(JSON.stringify(groups));
  const before = readFileSync(file, "utf8");
  await expect(migrateMap(file)).rejects.toMatchObject({ code: "io.session_map", message: expect.stringContaining("at most 16777216") });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(readdirSync(tree.at(".")).filter((name) => name.includes("bak"))).toEqual([]);
  await map.set("one", "pi", "x").catch(() => undefined);
  expect(await map.get("group7", "claude")).toBe(groups.group7);
});
