// Markdown as extensions want it shown: in their order, of the messages that each has named; one that fails is told of once and changes nothing.

import { expect, test } from "vitest";
import { markdownTransforms } from "../../../src/modes/interactive/extension-ui/renderers.ts";

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
