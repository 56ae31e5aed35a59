// Markdown as extensions want it shown: in their order, of the messages that each has named; one that fails is told of once and changes nothing.

import { expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { markdownTransforms } from "../../../src/modes/interactive/extension-ui/renderers.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { textReply } from "../../support/rpc-world.ts";

type Registered = { value: unknown; options?: unknown };

function transformedBy(registered: readonly Registered[]): { transform: ReturnType<typeof markdownTransforms>; failures: string[] } {
  const failures: string[] = [];
  const terminal = (): { extensionPath: string; name: string; value: unknown; options: unknown }[] =>
    registered.map(({ value, options }, at) => ({ extensionPath: `/e${at}.ts`, name: "", value, options }));
  const extensions = (): never => ({ terminal }) as never;
  return { transform: markdownTransforms({ extensions, failed: (what) => failures.push(what) }), failures };
}

const of = { messageType: "assistant", isStreaming: false, availableWidth: 40 } as const;

test("each gets what the one before has made of it, and what there is to know", () => {
  const seen: object[] = [];
  const { transform } = transformedBy([
    {
      value: (text: string, context: object) => {
        seen.push(context);
        return `${text} one`;
      },
    },
    { value: (text: string) => `${text} two` },
  ]);
  expect(transform("text", of)).toBe("text one two");
  expect(seen).toEqual([{ messageType: "assistant", isStreaming: false, availableWidth: 40, messageId: undefined, timestamp: undefined }]);
});

test("only of the messages that it has named; without any those of the conversation", () => {
  const { transform } = transformedBy([
    { value: (text: string) => `${text} usual` },
    { value: (text: string) => `${text} summary`, options: { messageTypes: ["summary"] } },
  ]);
  expect(transform("text", { ...of, messageType: "summary" })).toBe("text summary");
  expect(transform("text", { ...of, messageType: "assistant-thinking" })).toBe("text usual");
  expect(transform("text", { ...of, messageType: "custom" })).toBe("text");
});

test("one that throws, or gives no text, changes nothing; it is told of once", () => {
  const { transform, failures } = transformedBy([
    {
      value: () => {
        throw new Error("no");
      },
    },
    { value: () => 7 },
    { value: (text: string) => `${text} end` },
  ]);
  for (let time = 0; time < 3; time++) expect(transform("text", of)).toBe("text end");
  expect(failures).toEqual(["the Markdown transformer of /e0.ts"]);
});

test("what is read from a session has the entry's id and time; what is live has neither", async () => {
  const seen: { messageType: string; messageId: string | undefined; timestamp: string | undefined }[] = [];
  const transformer = (markdown: string, { messageType, messageId, timestamp }: (typeof seen)[number]): string => {
    seen.push({ messageType, messageId, timestamp });
    return markdown;
  };
  const extension = ((pi: { registerMarkdownTransformer(one: typeof transformer): void }) =>
    pi.registerMarkdownTransformer(transformer)) as unknown as ExtensionFactory;
  const at = await openInteractive({ reply: textReply("An answer."), extension });
  at.device.keys("a question\r");
  await at.until((screen) => screen.includes("An answer.") && !screen.includes("stops"));
  expect(seen.map(({ messageType }) => messageType)).toEqual(expect.arrayContaining(["user", "assistant"]));
  expect(seen.filter(({ messageId, timestamp }) => messageId !== undefined || timestamp !== undefined)).toEqual([]);
  seen.length = 0;
  at.interaction.showSession();
  at.drawn();
  const { session } = at.sessions.coding;
  const stored = session.branchIds().map((id) => session.entry(id) as unknown as Record<string, unknown>);
  for (const role of ["user", "assistant"]) {
    const entry = stored.find(({ message }) => (message as { role?: string } | undefined)?.role === role);
    expect(entry?.id).toMatch(/./);
    expect(seen).toContainEqual({ messageType: role, messageId: entry?.id, timestamp: entry?.timestamp });
  }
});
