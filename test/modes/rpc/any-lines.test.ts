// Whatever comes in: an answer to all that can be answered, no crash, no growth.

import { expect, onTestFinished, test } from "vitest";
import { methodsByName } from "../../../src/modes/rpc/methods.ts";
import { RpcServer } from "../../../src/modes/rpc/serve.ts";
import { seededRandom } from "../../support/random.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Methods that only look: the point is what the lines do to the server, not what the methods do. */
const harmless = [
  "get_state",
  "get_version",
  "get_messages",
  "get_last_assistant_text",
  "get_tools",
  "clear_queue",
  "get_tree",
  "abort_retry",
];

test("100,000 random and malformed lines, cut anywhere, are answered one by one", async () => {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("x"), stored: false });
  onTestFinished(() => made.sessions.dispose());
  const random = seededRandom(11);
  const scraps = ["null", "[]", "1", "{", "}", '"', "\\", "\u2028", "é", "true", "[[[[", '{"type":', "𝄞", "\u0000", "-0", "1e999"];
  const values = [null, 0, -1, "", "x", [], {}, true, "\u2029", 1e300];
  let expected = 0;
  const line = (index: number): string => {
    expected++;
    switch (random.below(5)) {
      case 0:
        return Array.from({ length: 1 + random.below(4) }, () => random.pick(scraps)).join("");
      case 1:
        return JSON.stringify({ id: `r${index}`, type: random.pick([...harmless]) });
      case 2:
        return JSON.stringify({ id: random.pick(values), type: random.pick(values) });
      case 3:
        return JSON.stringify(random.pick(values));
      default: {
        const names = [...methodsByName().values()].filter((one) => Object.values(one.params).some((field) => !field.isOptional));
        const method = random.pick(names);
        return JSON.stringify({
          id: `b${index}`,
          type: method.name,
          ...Object.fromEntries(Object.keys(method.params).map((name) => [name, []])),
        });
      }
    }
  };
  let answered = 0;
  const bad: string[] = [];
  const server = new RpcServer({
    sessions: made.sessions,
    stdout: {
      together: (act) => act(),
      flush: async () => undefined,
      write: (text) => {
        for (const one of text.split("\n").slice(0, -1)) {
          const record = JSON.parse(one) as { type: string; success?: unknown };
          if (record.type === "response") answered++;
          if (record.type === "response" && typeof record.success !== "boolean") bad.push(one);
        }
        return undefined;
      },
    },
    warn: (one) => void bad.push(one),
    newId: () => "x",
  });
  const encoder = new TextEncoder();
  async function* chunks(): AsyncIterable<Uint8Array> {
    let waiting = new Uint8Array(0);
    for (let index = 0; index < 100_000; index++) {
      const text = line(index);
      // A list of tool names may be empty: that one is a change that is made, not a mistake.
      const bytes = encoder.encode(`${text}\n`);
      const joined = new Uint8Array(waiting.length + bytes.length);
      joined.set(waiting);
      joined.set(bytes, waiting.length);
      waiting = joined;
      if (waiting.length < 20_000 && index < 99_999) continue;
      const cut = index === 99_999 ? waiting.length : random.below(waiting.length);
      yield waiting.subarray(0, cut);
      waiting = waiting.slice(cut);
    }
  }
  await server.read({ chunks });
  await server.settled();
  expect(bad).toEqual([]);
  expect(answered).toBe(expected);
});

test("a line of 50 MB is answered, one beyond the limit as well, and what stands behind it", async () => {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("x"), stored: false });
  onTestFinished(() => made.sessions.dispose());
  const answers: { id?: string; command?: string; success: boolean; error?: string }[] = [];
  const server = new RpcServer({
    sessions: made.sessions,
    stdout: {
      together: (act) => act(),
      flush: async () => undefined,
      write: (text) =>
        void answers.push(
          ...text
            .split("\n")
            .slice(0, -1)
            .map((one) => JSON.parse(one)),
        ) as undefined,
    },
    warn: () => undefined,
    newId: () => "x",
    maxLineBytes: 60 << 20,
  });
  const filler = new Uint8Array(1 << 20).fill(120);
  const encoder = new TextEncoder();
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield encoder.encode('{"id":"big","type":"nope","filler":"');
    for (let count = 0; count < 50; count++) yield filler;
    yield encoder.encode('"}\n');
    for (let count = 0; count < 70; count++) yield filler;
    yield encoder.encode('\n{"id":"after","type":"get_version"}\n');
  }
  await server.read({ chunks });
  expect(answers).toMatchObject([
    { id: "big", command: "nope", success: false, error: "Unknown command: nope" },
    { command: "parse", success: false },
    { id: "after", success: true },
  ]);
});

test("an id nested so deep that it cannot be written is left out; what stands behind it is answered", async () => {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("x"), stored: false });
  onTestFinished(() => made.sessions.dispose());
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  for (const rest of ['"type":"get_version"', '"type":"nope"', '"type":7', '"type":"prompt"']) made.line(`{"id":${deep},${rest}}`);
  made.line('{"id":{"a":[1]},"type":"get_version"}');
  expect(made.records.map((one) => ["id" in one, one.success])).toEqual([
    [false, true],
    [false, false],
    [false, false],
    [false, false],
    [true, true],
  ]);
  expect(made.records.at(-1)?.id).toEqual({ a: [1] });
});

test("a reader that stops holds the reading of commands back, and nothing is lost when it goes on", async () => {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("x"), stored: false });
  onTestFinished(() => made.sessions.dispose());
  let written = 0;
  let go = (): void => {};
  const server = new RpcServer({
    sessions: made.sessions,
    stdout: {
      together: (act) => act(),
      flush: async () => undefined,
      write: () => {
        written++;
        return new Promise<void>((resolve) => {
          go = resolve;
        });
      },
    },
    warn: () => undefined,
    newId: () => "x",
  });
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield new TextEncoder().encode('{"type":"get_version"}\n'.repeat(50));
  }
  const reading = server.read({ chunks });
  for (let count = 1; count <= 50; count++) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(count);
    go();
  }
  await reading;
});
