// Ids by chance from the system's own source, and without it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeRandomUUID } from "../../../src/platform/modules/random-uuid.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("a UUID of version 4, another each time", () => {
  const ids = Array.from({ length: 200 }, () => nodeRandomUUID());
  for (const id of ids) expect(id).toMatch(version4);
  expect(new Set(ids).size).toBe(ids.length);
});

test("all of the source's bytes are in it", () => {
  const source = join(temporaryDirectory(), "source");
  writeFileSync(source, Buffer.from("00112233445566778899aabbccddeeff", "hex"));
  expect(nodeRandomUUID(source)).toBe("00112233-4455-4677-8899-aabbccddeeff");
});

test.each([
  ["gone", undefined],
  ["short", "0011"],
])("a source that is %s: the runtime's own", (name, bytes) => {
  const source = join(temporaryDirectory(), name);
  if (bytes !== undefined) writeFileSync(source, Buffer.from(bytes, "hex"));
  const [one, other] = [nodeRandomUUID(source), nodeRandomUUID(source)];
  expect(one).toMatch(version4);
  expect(other).not.toBe(one);
});
