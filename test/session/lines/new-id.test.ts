import { expect, test } from "vitest";
import { newEntryId, newSessionId } from "../../../src/session/lines/new-id.ts";

test("the id of a session is a UUID of version 7 that begins with its time", () => {
  const id = newSessionId(0x0123_4567_89ab);
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newSessionId(1.75)).toMatch(/^00000000-0001-7/);
  expect(newSessionId(2) < newSessionId(3)).toBe(true);
  expect(new Set(Array.from({ length: 100 }, () => newSessionId(5))).size).toBe(100);
});

test("the id of an entry is eight hex digits", () => {
  for (let count = 0; count < 100; count++) expect(newEntryId()).toMatch(/^[0-9a-f]{8}$/);
});
