// What is searched of a conversation: prompts, answers, thinking, tool calls and results, summaries, names and labels. Called by
// `pi sessions search`. Invariant: what the model was told about itself and its tools is no conversation, and neither is what programs keep.

import type { AnyEntry } from "../contracts/session-entry.ts";
import { type Faces, faceOf, itemOf } from "./items.ts";
import type { Block } from "./read-entry.ts";

export interface SearchedText {
  where: "text" | "thinking" | "tool call" | "tool result" | "summary" | "name" | "label";
  text: string;
}

export function searchedTexts(entry: AnyEntry): SearchedText[] {
  return faceOf(faces, itemOf(entry)).filter(({ text }) => text !== "");
}

const faces: Faces<SearchedText[]> = {
  prompt: ({ blocks }) => textsIn("text", blocks),
  answer: ({ blocks }) =>
    blocks.flatMap((block): SearchedText[] => {
      if (block.kind === "call") return [block.name, ...stringsIn(block.args)].map((text) => ({ where: "tool call", text }));
      return block.kind === "text" || block.kind === "thinking" ? [{ where: block.kind, text: block.text }] : [];
    }),
  result: ({ blocks }) => textsIn("tool result", blocks),
  shell: ({ command, output }) => [
    { where: "tool call", text: command },
    { where: "tool result", text: output },
  ],
  summary: ({ text }) => [{ where: "summary", text }],
  note: ({ blocks }) => textsIn("text", blocks),
  label: ({ label }) => [{ where: "label", text: label }],
  name: ({ name }) => [{ where: "name", text: name }],
  system: () => [],
  model: () => [],
  thinking: () => [],
  edit: () => [],
  usage: () => [],
  data: () => [],
  message: () => [],
};

function textsIn(where: SearchedText["where"], blocks: readonly Block[]): SearchedText[] {
  return blocks.flatMap((block) => (block.kind === "text" ? [{ where, text: block.text }] : []));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
