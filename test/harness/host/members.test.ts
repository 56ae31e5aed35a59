// Facades stay small: what grows in the session host, or in a coding session, gets an owner of its own that they show.

import { expect, test } from "vitest";
import { SessionHost } from "../../../src/harness/host/session-host.ts";
import { CodingSession } from "../../../src/harness/run/coding-session.ts";
import { codingBench } from "../../support/coding-bench.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Methods, accessors and fields that anybody can reach. */
function membersOf(instance: object, type: { prototype: object }): string[] {
  return [...Object.getOwnPropertyNames(type.prototype), ...Object.keys(instance)].filter((name) => name !== "constructor");
}

test("the session host has fewer than 15 public members, a coding session fewer than 20", async () => {
  const world = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("done") });
  const members = membersOf(world.sessions, SessionHost);
  expect(members).toContain("changes");
  expect(members.length).toBeLessThan(15);
  await world.sessions.dispose();
  expect(membersOf(codingBench().coding, CodingSession).length).toBeLessThan(20);
});
