// Tips: said when somebody meets what they are about, once a session, each a few times ever, and not at all where they are not wanted.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Tips } from "../../../src/modes/interactive/tips.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const keyOf = (action: string): string => `<${action}>`;
const nothing = { seconds: 1, used: 0, isWanted: true };
const long = { ...nothing, seconds: 90 };

test("one a session, each so many times over all of them, by what is met", () => {
  const directory = temporaryDirectory();
  const inSession = (): Tips => new Tips(directory);
  expect(inSession().take(nothing, keyOf)).toBeUndefined();
  expect(existsSync(join(directory, "tips.json"))).toBe(false);
  for (let session = 0; session < 3; session++) {
    const tips = inSession();
    expect(tips.take(long, keyOf)).toContain("<app.message.followUp>");
    expect(tips.take({ ...long, used: 90 }, keyOf)).toBeUndefined();
  }
  expect(inSession().take(long, keyOf)).toBeUndefined();
  const tips = inSession();
  expect(tips.take({ ...long, used: 90 }, keyOf)).toContain("/compact");
  tips.begin();
  for (let run = 1; run < 10; run++) expect(tips.take({ ...nothing, isWanted: run > 3 }, keyOf)).toBeUndefined();
  expect(tips.take(nothing, keyOf)).toContain("/tree");
});

test("a file that is no record of them counts for nothing; where none can be kept nobody is told", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "tips.json"), '["steer", null');
  expect(new Tips(directory).take(long, keyOf)).toContain("goes in");
  writeFileSync(join(directory, "file"), "");
  expect(new Tips(join(directory, "file", "agent")).take(long, keyOf)).toBeUndefined();
});

test.each([true, false])("at the end of a long run, unless the setting says no: tips = %s", async (tips) => {
  let clock = 0;
  const reply = textReply("An answer.");
  const at: InteractiveScreen = await openInteractive({
    now: () => clock,
    settings: { tips },
    reply: (call) => {
      clock += 70_000;
      return reply(call);
    },
  });
  at.device.keys("a question\r");
  await at.until((screen) => screen.includes("An answer.") && !screen.includes("stops"), "the answer");
  expect(at.drawn().includes("· Tip: What you send while it works")).toBe(tips);
});
