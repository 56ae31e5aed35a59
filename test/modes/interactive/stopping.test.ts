// Whatever goes on is stopped by Escape and by Ctrl-C alike, and then nothing goes on: no indicator moves, what was queued stands in the editor, and the
// next prompt is answered.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { Gate, type Reply, textReply } from "../../support/rpc-world.ts";

const stops = [
  ["Escape", "\u001b"],
  ["Ctrl-C", "\u0003"],
] as const;

const failing: Reply = async function* () {
  yield { type: "failure", failure: { code: "overloaded", message: "Overloaded" } };
};

async function expectRest(at: InteractiveScreen): Promise<void> {
  const screen = await at.until((text) => !text.includes("stops"), "the end of what went on");
  expect(screen).not.toMatch(/working|compacting|trying again/);
  expect(at.interaction.status.isBusy).toBe(false);
}

describe.each(stops)("%s", (_name, key) => {
  test("ends the wait for another try, and says that there is none", async () => {
    let reply = failing;
    const at = await openInteractive({ reply: (call) => reply(call), settings: { retry: { base_delay_ms: 600_000 } } });
    at.device.keys("a question\r");
    await at.until((text) => text.includes("Trying again (1/3)"));
    reply = textReply("The answer.");
    at.device.keys(key);
    const screen = await at.until((text) => text.includes("Stopped: it is not tried again"));
    expect(screen).not.toContain("Gave up");
    await expectRest(at);
    at.device.keys("another\r");
    await at.until((text) => text.includes("The answer."));
  });

  test("ends a compaction", async () => {
    const gate = new Gate();
    let reply: Reply = textReply("word ".repeat(2000));
    const at = await openInteractive({ reply: (call) => reply(call), settings: { compaction: { keep_recent_tokens: 500 } } });
    for (const prompt of ["one", "two"]) {
      at.device.keys(`${prompt}\r`);
      await at.until((text) => text.includes("word") && !text.includes("stops"));
    }
    reply = gate.reply("unused");
    at.device.keys("/compact\r");
    await gate.arrival();
    await at.until((text) => text.includes("compacting"));
    at.device.keys(key);
    await at.until((text) => text.includes("Compaction stopped"));
    await expectRest(at);
  });

  test("ends an answer; what was queued comes back", async () => {
    const gate = new Gate();
    const at = await openInteractive({ reply: gate.reply("unused") });
    at.device.keys("a question\r");
    await gate.arrival();
    at.device.keys("what comes next\r");
    await at.until((text) => text.includes("takes them back"));
    at.device.keys(key);
    expect(await at.until((text) => text.includes("Stopped"))).toMatch(/─\nwhat comes next *\n/);
    await expectRest(at);
  });
});

test("tries that were made are counted", async () => {
  const at = await openInteractive({ reply: failing, settings: { retry: { base_delay_ms: 1, max_retries: 1 } } });
  at.device.keys("a question\r");
  await at.until((text) => text.includes("Gave up after another try"));
  await expectRest(at);
});

test("the seconds of a command of the user's own go on while it says nothing", async () => {
  let second = 0;
  const at = await openInteractive({ now: () => second++ * 1000 });
  at.device.keys("!until [ -e go ]; do sleep 0.02; done\r");
  const shown = (text: string): number => Number(/until.* (\d+) s · /.exec(text)?.[1] ?? -1);
  const first = shown(await at.until((text) => shown(text) >= 0));
  await at.until((text) => shown(text) > first + 20, "later seconds");
  writeFileSync(join(at.directory, "project", "go"), "");
  await expectRest(at);
});

test.for([
  ["/new", "New session"],
  ["/reload", "are read anew"],
])("%s gives back what was queued", async ([command = "", told = ""]) => {
  const gate = new Gate();
  const at = await openInteractive({ reply: gate.reply("unused") });
  at.device.keys("a question\r");
  await gate.arrival();
  at.device.keys("one\r");
  await at.until((text) => text.includes("next: one"));
  at.device.keys("two\u001b\r");
  await at.until((text) => text.includes("then: two"));
  at.device.keys(`${command}\r`);
  await at.until((text) => text.includes(told) && /─\none\n\ntwo/.test(text));
});
