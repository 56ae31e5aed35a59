// Entries of random sessions, for comparing one reading of them with another: ours with the slow one of the tests, and with the npm agent's.

import type { Random } from "./random.ts";
import type { Line } from "./session-reference.ts";

/** Of every random session. */
export const randomHeader = { type: "session", version: 3, id: "random", timestamp: "2026-01-01T00:00:00.000Z", cwd: "/x" };
const timestamp = "2026-02-03T04:05:06.789Z";

/** Up to 23 entries of all types in a tree of any shape, with calls and results that do not always meet. `isOddly`: also what only we understand. */
export function randomLines(random: Random, isOddly = true): Line[] {
  const lines: Line[] = [];
  const count = random.below(24);
  const anyId = (): string => (lines.length > 0 && random.chance(0.9) ? random.pick(lines).id : "0000dead");
  for (let at = 0; at < count; at++) {
    const id = !isOddly || random.chance(0.9) ? (at * 7919 + 1).toString(16).padStart(8, "0") : `long-id-${at}`;
    const last = lines.at(-1)?.id ?? null;
    const parentId = random.chance(0.75) ? last : random.chance(0.9) && lines.length > 0 ? random.pick(lines).id : null;
    lines.push({ id, parentId, timestamp, ...randomBody(random, id, anyId, isOddly) });
  }
  return lines;
}

function randomBody(random: Random, id: string, anyId: () => string, isOddly: boolean): { type: string; [field: string]: unknown } {
  const text = `text of ${id}`;
  switch (random.below(16)) {
    case 0:
      return { type: "message", message: { role: "system", content: text, timestamp: 1 } };
    case 1:
    case 2:
    case 3:
      return { type: "message", message: { role: "user", content: random.chance(0.5) ? text : [{ type: "text", text }], timestamp: 1 } };
    case 4:
    case 5:
    case 6: {
      const calls = ["a", "b", "c"].slice(random.below(4)).map((call) => ({ type: "toolCall", id: call, name: "bash", arguments: {} }));
      const stopReason = random.pick(["stop", "toolUse", "toolUse", "error", "aborted", "length"]);
      return {
        type: "message",
        message: {
          role: "assistant",
          content: [{ type: "text", text }, ...calls],
          api: "openai-completions",
          provider: "test",
          model: random.pick(["test-1", "test-2"]),
          usage: randomUsage(random),
          stopReason,
          timestamp: 2,
          ...(random.chance(0.3) && { thinkingLevel: "medium" }),
        },
      };
    }
    case 7:
    case 8: {
      const content = [{ type: "text", text }];
      const toolCallId = random.pick(["a", "b", "c"]);
      return { type: "message", message: { role: "toolResult", toolCallId, toolName: "bash", content, isError: false, timestamp: 3 } };
    }
    case 9: {
      const systemMessage = random.chance(0.5) ? { systemMessage: { role: "system", content: text, timestamp: 4 } } : {};
      return { type: "compaction", summary: text, firstKeptEntryId: random.chance(0.2) ? id : anyId(), tokensBefore: 10, ...systemMessage };
    }
    case 10:
      return { type: "branch_summary", fromId: anyId(), summary: text };
    case 11:
      return {
        type: "context_edit",
        targetId: anyId(),
        replacement: random.pick([null, isOddly ? text : null, { content: text }, { content: [{ type: "text", text }] }]),
      };
    case 12:
      return { type: "custom_message", customType: "x", content: text, display: true };
    case 13:
      return random.chance(0.5)
        ? { type: "label", targetId: anyId(), ...(random.chance(0.8) && { label: text }) }
        : { type: "session_info", name: text };
    case 14:
      return random.chance(0.5)
        ? { type: "model_change", provider: "test", modelId: random.pick(["test-1", "test-2"]) }
        : { type: "thinking_level_change", thinkingLevel: random.pick(["low", "high"]) };
    default:
      return random.pick<{ type: string; [field: string]: unknown }>([
        { type: "custom", customType: "x", data: { text } },
        { type: "usage", kind: "x", provider: "test", model: "test-1", usage: randomUsage(random) },
        { type: "from_tomorrow", field: text },
        {
          type: "message",
          message: { role: "bashExecution", command: "ls", output: text, exitCode: 0, cancelled: false, truncated: false, timestamp: 5 },
        },
      ]);
  }
}

function randomUsage(random: Random): Record<string, unknown> {
  const input = random.below(500);
  const cost = { input: input / 1e6, output: 3 / 1e6, cacheRead: 0, cacheWrite: 0, total: (input + 3) / 1e6 };
  return { input, output: 3, cacheRead: 1, cacheWrite: 0, totalTokens: input + 4, cost };
}
