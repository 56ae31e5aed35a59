// The `edit` tool: exact replacements in one file, all or nothing.

import { tool } from "../contracts/tool.ts";
import { type CallArguments, textArgument } from "../contracts/tool-view.ts";
import { changeFile } from "./shared/file-order.ts";
import { parseLenientJson } from "./shared/lenient-json.ts";

export const editTool = tool({
  name: "edit",
  description:
    "Replace pieces of text in one file. Every oldText is looked up in the file as it was before the call, must occur in it exactly once, and must not overlap another; if one fails, nothing is changed.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "File to change, absolute or relative to the working directory" },
      edits: {
        type: "array",
        description: "The replacements; put all changes to the file in one call",
        items: {
          type: "object",
          properties: {
            oldText: { type: "string", description: "Text that stands in the file, exactly once; as short as that allows" },
            newText: { type: "string", description: "What to put in its place" },
          },
          required: ["oldText", "newText"],
        },
      },
    },
    required: ["path", "edits"],
  },
  promptLine: "Replace exact pieces of text in a file",
  guidelines: [
    "Give edit just enough of oldText to be unique, and make several changes to one file in one call.",
    "Every oldText of an edit call is matched against the file as it was before the call; join changes that touch or overlap into one.",
  ],
  prepareArguments: prepareEditArguments,
  execute: (args, context) =>
    changeFile(args.path, context, async (path) => (await import("./execute/edit.ts")).executeEdit(args, context, path)),
  view: {
    diff: diffOf,
    changedFile: (args) => textArgument(args, "path"),
    outcome: (args, result) => (result.isError ? "" : changedLines(diffOf(args, result.details))),
  },
});

/** Models also send a single pair at the top level, and `edits` as the text of its JSON. */
function prepareEditArguments(args: Record<string, unknown>): Record<string, unknown> {
  const { oldText, newText, ...rest } = args;
  let edits = rest.edits;
  if (typeof edits === "string") {
    try {
      edits = parseLenientJson(edits);
    } catch {
      return args;
    }
  }
  if (typeof edits === "object" && edits !== null && !Array.isArray(edits)) edits = [edits];
  if (typeof oldText === "string" && typeof newText === "string") {
    return { ...rest, edits: [...(Array.isArray(edits) ? edits : []), { oldText, newText }] };
  }
  return edits === undefined ? args : { ...args, edits };
}

/** The recorded diff with its line numbers, else one made of the arguments. */
function diffOf(args: CallArguments, details: unknown): string {
  const recorded = textArgument(fieldsOf(details), "diff");
  if (recorded !== "") return recorded;
  const given = Array.isArray(args.edits) ? args.edits.map(fieldsOf) : [args];
  return given
    .filter((edit) => typeof edit.oldText === "string" || typeof edit.newText === "string")
    .map((edit) => [...signed("-", textArgument(edit, "oldText")), ...signed("+", textArgument(edit, "newText"))].join("\n"))
    .join("\n@@\n");
}

function fieldsOf(value: unknown): CallArguments {
  return typeof value === "object" && value !== null ? (value as CallArguments) : {};
}

function signed(sign: string, text: string): string[] {
  return text === "" ? [] : text.split("\n").map((line) => `${sign} ${line}`);
}

/** `+3 −1` */
function changedLines(diff: string): string {
  const lines = diff.split("\n");
  return `+${lines.filter((line) => line.startsWith("+")).length} −${lines.filter((line) => line.startsWith("-")).length}`;
}
