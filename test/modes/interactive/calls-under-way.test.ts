// A call that a model is still writing: what is known of its arguments is on the screen, and what comes to nothing leaves it.

import { expect, test } from "vitest";
import type { StreamEvent } from "../../../src/contracts/stream-event.ts";
import { type InteractiveScreenOptions, openInteractive } from "../../support/interactive-screen.ts";

type Kind = "main" | "alternate";
const kinds: Kind[] = ["main", "alternate"];

const call = (contentIndex: number, id: string, toolName: string): StreamEvent => ({ type: "toolcall_start", contentIndex, id, toolName });
const piece = (contentIndex: number, delta: string): StreamEvent => ({ type: "toolcall_delta", contentIndex, delta });
const end = (contentIndex: number): StreamEvent => ({ type: "toolcall_end", contentIndex });
const text = (contentIndex: number, said: string): StreamEvent[] => [
  { type: "text_start", contentIndex },
  { type: "text_delta", contentIndex, delta: said },
  { type: "text_end", contentIndex },
];

/** All below the prompt. */
function transcriptOf(lines: readonly string[]): string {
  const [above = ""] = lines
    .map((line) => line.trimEnd())
    .join("\n")
    .split("\n─");
  return above.split("❯ go")[1]?.trim() ?? "";
}

/** What stands in the transcript after each event of the first answer whose type is told, and at the end. */
async function seen(answer: readonly StreamEvent[], type: string, options: InteractiveScreenOptions) {
  let turns = 0;
  const live = await openInteractive({
    columns: 60,
    rows: 40,
    // Nothing takes any time: what is under way is drawn anew in each frame.
    now: () => 1,
    ...options,
    async *reply() {
      yield* turns++ === 0 ? answer : [...text(0, "over"), { type: "finish", stopReason: "stop" } as const];
    },
  });
  const transcript = (): string => {
    live.drawn();
    return transcriptOf(live.device.all());
  };
  const during: string[] = [];
  const settled = new Promise<void>((resolve) => {
    live.sessions.subscribe((event) => {
      if (event.type === "message_update" && event.assistantMessageEvent.type === type) during.push(transcript());
      else if (event.type === "agent_settled") resolve();
    });
  });
  live.device.keys("go\r");
  await settled;
  return { during, after: transcript(), live };
}

test.each(kinds)("arguments are shown as they come, also of calls that come interleaved: %s", async (kind) => {
  const { during, after } = await seen(
    [
      call(0, "a", "bash"),
      call(1, "b", "write"),
      piece(0, '{"command": "echo o'),
      piece(1, '{"path":"out.txt","con'),
      piece(0, 'ne"}'),
      piece(1, 'tent":"first\\nsec'),
      piece(1, 'ond\\n"}'),
      end(0),
      end(1),
      { type: "finish", stopReason: "toolUse" },
    ],
    "toolcall_delta",
    { kind },
  );
  expect(during).toEqual([
    "○ bash echo o\n\n○ write",
    "○ bash echo o\n\n○ write out.txt",
    "○ bash echo one\n\n○ write out.txt",
    "○ bash echo one\n\n○ write out.txt\n  1 first\n  2 sec",
    "○ bash echo one\n\n○ write out.txt\n  1 first\n  2 second",
  ]);
  expect(after).toContain("● bash echo one\n  one");
  expect(after).toContain("● write out.txt\n  1 first\n  2 second\n  2 lines");
});

test("a change is shown as far as it is known", async () => {
  const { during } = await seen(
    [
      call(0, "a", "edit"),
      piece(0, '{"path":"a.txt","edits":[{"oldText":"hel'),
      piece(0, 'lo","newText":"good'),
      piece(0, 'bye"}]}'),
      end(0),
      { type: "finish", stopReason: "toolUse" },
    ],
    "toolcall_delta",
    {},
  );
  expect(during.map((shown) => shown.replace(/\n +\+.*−.*$/, ""))).toEqual([
    "○ edit a.txt\n  - hel",
    "○ edit a.txt\n  - hello\n  + good",
    "○ edit a.txt\n  - hello\n  + goodbye",
  ]);
});

test("an extension's renderer is told that arguments are still coming", async () => {
  const told: unknown[] = [];
  await seen(
    [call(0, "a", "look"), piece(0, '{"at": "he'), piece(0, 're"}'), end(0), { type: "finish", stopReason: "toolUse" }],
    "toolcall_delta",
    {
      extension: (pi) => {
        pi.registerTool({
          name: "look",
          label: "look",
          description: "Looks",
          parameters: { type: "object", properties: { at: { type: "string" } } },
          execute: async () => ({ content: [{ type: "text", text: "seen" }], details: undefined }),
          renderCall: (args: { at?: string }, _theme: unknown, context: { argsComplete: boolean }) => {
            told.push([args.at, context.argsComplete]);
            return { render: () => [`look ${args.at ?? ""}`], invalidate: () => {} };
          },
        } as never);
      },
    },
  );
  expect(told).toContainEqual(["he", false]);
  expect(told).toContainEqual(["here", false]);
  expect(told.at(-1)).toEqual(["here", true]);
});

test.each(kinds)("of an answer that fails a call that was cut leaves the screen, and the others stay as they are: %s", async (kind) => {
  const { after, live } = await seen(
    [
      ...text(0, "before"),
      call(1, "cut", "bash"),
      piece(1, '{"command": "echo cu'),
      call(2, "whole", "read"),
      piece(2, '{"path": "nowhere.txt"}'),
      end(2),
      ...text(3, "behind"),
      { type: "failure", failure: { code: "bad_request", message: "The service says no" } },
    ],
    "text_end",
    { kind },
  );
  expect(after).toContain("read nowhere.txt");
  expect(after).not.toContain("bash");
  const { sessions, directory } = live;
  live.leave();
  const again = await openInteractive({ directory, sessions, columns: 60, rows: 40, kind });
  again.drawn();
  expect(transcriptOf(again.device.all())).toBe(after);
});

test("two calls that a service gives one name keep their own arguments and results", async () => {
  const { after } = await seen(
    [
      call(0, "same", "bash"),
      piece(0, '{"command": "echo one"}'),
      end(0),
      call(1, "same", "bash"),
      piece(1, '{"command": "echo two"}'),
      end(1),
      { type: "finish", stopReason: "toolUse" },
    ],
    "toolcall_end",
    {},
  );
  expect(after).toContain("● bash echo one\n  one\n\n● bash echo two\n  two");
});
