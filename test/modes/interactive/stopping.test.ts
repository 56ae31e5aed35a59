// Whatever goes on is stopped by Escape and by Ctrl-C alike, and then nothing goes on: no indicator moves, what was queued stands in the editor, and the
// next prompt is answered.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** Its summary comes when the gate is opened. */
async function compacting(): Promise<{ at: InteractiveScreen; gate: Gate; answer(reply: Reply): void }> {
  const gate = new Gate();
  let reply: Reply = textReply("word ".repeat(2000));
  const at = await openInteractive({ reply: (call) => reply(call), settings: { compaction: { keep_recent_tokens: 500 } } });
  for (const prompt of ["one", "two"]) {
    at.device.keys(`${prompt}\r`);
    await at.until((text) => text.includes("word") && !text.includes("stops"));
  }
  reply = gate.reply("What was said.");
  at.device.keys("/compact\r");
  await gate.arrival();
  await at.until((text) => text.includes("compacting"));
  return {
    at,
    gate,
    answer: (next) => {
      reply = next;
    },
  };
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

  test("ends a compaction; what was sent meanwhile comes back, and the command does not", async () => {
    const { at } = await compacting();
    at.device.keys("what comes next\r");
    await at.until((text) => text.includes("next: what comes next") && text.includes("takes them back"));
    at.device.keys(key);
    const screen = await at.until((text) => text.includes("Compaction stopped") && /─\nwhat comes next *\n─/.test(text));
    expect(screen).not.toContain("❯ what comes next");
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

test("what is sent while a compaction goes on is shown as waiting, is in the draft, and goes in its order when that has ended", async () => {
  const { at, gate, answer } = await compacting();
  at.device.keys("what comes next\rand then\u001b\r");
  await at.until((text) => /next: what comes next\nthen: and then/.test(text));
  at.device.keys("half a thought");
  const drafts = join(at.directory, "agent", "drafts");
  await expect
    .poll(() => (existsSync(drafts) ? readdirSync(drafts).map((name) => readFileSync(join(drafts, name), "utf8")) : []))
    .toEqual(["what comes next\n\nand then\n\nhalf a thought"]);
  const next = new Gate();
  answer(next.reply("The answer."));
  gate.open();
  await next.arrival();
  expect(await at.until((text) => text.includes("❯ what comes next"))).toContain("then: and then");
  next.open();
  const last = next.arrival();
  await last;
  next.open();
  const screen = await at.until((text) => text.includes("❯ and then") && !text.includes("stops"));
  expect(screen).toMatch(/─\nhalf a thought *\n─/);
});

test("a command of an extension that does not end holds up nothing that is said", async () => {
  let isRun = false;
  const at = await openInteractive({
    reply: textReply("The answer."),
    extension: (pi) => {
      pi.registerCommand("watch", {
        description: "watches",
        handler: () => {
          isRun = true;
          return new Promise(() => {});
        },
      });
    },
  });
  at.device.keys("/watch\r");
  await expect.poll(() => isRun).toBe(true);
  at.device.keys("a question\r");
  expect(await at.until((text) => text.includes("The answer."))).not.toContain("next: /watch");
});

describe("an extension that never says what it makes of a prompt", () => {
  const silent = () =>
    openInteractive({
      reply: textReply("The answer."),
      extension: (pi) => {
        pi.on("input", ({ text }) => (text.startsWith("odd") ? new Promise(() => {}) : undefined));
      },
    });

  test.each(stops)("what waits for it is shown and in the draft, and comes back with %s; what is said then goes", async (_name, key) => {
    const at = await silent();
    at.device.keys("odd words\rand more\u001b\r");
    await at.until((text) => /next: odd words\nthen: and more/.test(text));
    const drafts = join(at.directory, "agent", "drafts");
    await expect
      .poll(() => (existsSync(drafts) ? readdirSync(drafts).map((name) => readFileSync(join(drafts, name), "utf8")) : []))
      .toEqual(["odd words\n\nand more"]);
    at.device.keys(key);
    await at.until((text) => /─\nodd words\n\nand more *\n─/.test(text) && !text.includes("next:"));
    at.device.keys("\u0003another\r");
    const screen = await at.until((text) => text.includes("The answer."));
    expect(screen).toContain("❯ another");
    expect(screen).not.toContain("❯ odd");
  });

  test("another session is opened: it stands in its editor", async () => {
    const at = await silent();
    at.device.keys("odd words\r");
    await at.until((text) => text.includes("next: odd words"));
    at.device.keys("/new\r");
    await at.until((text) => text.includes("New session") && /─\nodd words *\n─/.test(text) && !text.includes("next:"));
    at.device.keys("\u0003another\r");
    await at.until((text) => text.includes("The answer."));
  });
});

test("another session is opened during a compaction: what was sent meanwhile stands in its editor", async () => {
  const { at } = await compacting();
  const { id } = at.sessions.coding.session;
  at.device.keys("what comes next\r");
  await at.until((text) => text.includes("next: what comes next"));
  at.device.keys("/new\r");
  await at.until((text) => text.includes("New session") && /─\nwhat comes next *\n─/.test(text));
  expect(at.sessions.coding.session.id).not.toBe(id);
  expect(at.sessions.coding.isStreaming).toBe(false);
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

test("a command of the user's own that outlives a run, or another one, is still seen to go on, and stopped", async () => {
  const gate = new Gate();
  const at = await openInteractive({ reply: gate.reply("The answer.") });
  at.device.keys("a question\r");
  await gate.arrival();
  const waiting = "until [ -e go ]; do sleep 0.02; done";
  at.device.keys(`!${waiting}\r`);
  await at.until((text) => text.includes(`! ${waiting}`) && text.includes("working"));
  gate.open();
  await at.until((text) => text.includes("The answer.") && /─ \S+ ! until .* stops/.test(text));
  at.device.keys("!echo another\r");
  await at.until((text) => text.includes("! echo another\n  another") && /─ \S+ ! until .* stops/.test(text));
  at.device.keys("\u001b");
  await at.until((text) => text.includes("stopped"));
  await expectRest(at);
});

test.for([
  ["/new", (at) => at.device.keys("/new\r"), "New session"],
  ["a reload by an extension", (at) => void at.sessions.changes.reload(), "Stopped"],
] as [string, (at: InteractiveScreen) => void, string][])("%s gives back what was queued", async ([, change, told]) => {
  const gate = new Gate();
  const at = await openInteractive({ reply: gate.reply("unused") });
  at.device.keys("a question\r");
  await gate.arrival();
  at.device.keys("one\r");
  await at.until((text) => text.includes("next: one"));
  at.device.keys("two\u001b\r");
  await at.until((text) => text.includes("then: two"));
  change(at);
  await at.until((text) => text.includes(told) && /─\none\n\ntwo/.test(text));
});

test("/reload stops nothing: it is refused while a run or a compaction goes on, and stands in the editor", async () => {
  const { at, gate } = await compacting();
  at.device.keys("/reload\r");
  await at.until((text) => text.includes("/reload would stop the compaction") && /─\n\/reload *\n/.test(text));
  gate.open();
  await expectRest(at);
  at.device.keys("\u0015a question\r");
  await gate.arrival();
  at.device.keys("/reload\r");
  await at.until((text) => text.includes("/reload would stop the run") && /─\n\/reload *\n/.test(text));
  gate.open();
  await expectRest(at);
  at.device.keys("\r");
  await at.until((text) => text.includes("are read anew"));
});
