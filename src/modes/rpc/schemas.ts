// The JSON Schemas and the pages that programs are written from, made from the tables of methods, events, entries and error codes. Called by `pi schema` and
// scripts/rpc-doc.

import { entries, entryBase } from "../../contracts/entries.ts";
import { exitStatusOfArea } from "../../contracts/error.ts";
import { type ErrorCode, errorCodes } from "../../contracts/error-codes.ts";
import { events } from "../../contracts/events.ts";
import { messageShapes } from "../../contracts/message-shapes.ts";
import type { NamedShapes } from "../../contracts/named-shapes.ts";
import { exitStatusOf, type OutcomeKind } from "../../contracts/outcome.ts";
import {
  amount,
  anything,
  choice,
  count,
  type Definitions,
  either,
  fields,
  foreignVariant,
  type JsonSchema,
  list,
  literal,
  objectSchema,
  of,
  optional,
  type Shape,
  text,
  type Variants,
  variant,
} from "../../contracts/schema.ts";
import type { EntryType, SessionHeader } from "../../contracts/session-entry.ts";
import { type EntryShape, entry, outcome } from "../../contracts/shapes.ts";
import type { ResultRecord } from "../../harness/run/run-tally.ts";
import { type TreeShape, treeNode } from "./encode-tree.ts";
import type { Method } from "./method.ts";
import { capabilities, protocolVersion } from "./methods/protocol.ts";
import { methodsByName } from "./methods.ts";

const draft = "https://json-schema.org/draft/2020-12/schema";
const string: JsonSchema = { type: "string" };

/** What schemas refer to by name. */
const definitions: Definitions<NamedShapes & EntryShape & TreeShape> = {
  ...messageShapes,
  entry: either(
    ...(Object.keys(entries) as EntryType[]).map((name) => variant(entries, name, entryBase)),
    foreignVariant(entries, entryBase),
  ),
  treeNode: of<TreeShape["treeNode"]>()({
    entry,
    children: list(treeNode),
    label: optional(text()),
    labelTimestamp: optional(text("ISO 8601, of the entry that set it")),
  }),
};

/** Those that a schema refers to, and those that they refer to. */
function referredTo(schema: JsonSchema, found: Record<string, JsonSchema> = {}): Record<string, JsonSchema> {
  for (const [, name = ""] of JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)) {
    const shape = (definitions as Readonly<Record<string, Shape>>)[name];
    if (shape === undefined || found[name] !== undefined) continue;
    found[name] = shape.schema;
    referredTo(shape.schema, found);
  }
  return found;
}

function whole(title: string, schema: JsonSchema): JsonSchema {
  const own = schema.$defs as Record<string, JsonSchema> | undefined;
  return { $schema: draft, title, ...schema, $defs: { ...own, ...referredTo(schema) } };
}

/** Commands and their answers. */
export function rpcSchema(): JsonSchema {
  const methods = [...methodsByName().values()];
  return whole("pi RPC", {
    anyOf: [{ $ref: "#/$defs/command" }, { $ref: "#/$defs/response" }],
    $defs: {
      command: { anyOf: methods.map((one) => ({ $ref: `#/$defs/${one.name}` })) },
      ...Object.fromEntries(methods.map((one) => [one.name, commandSchema(one)])),
      response: { anyOf: [...methods.map((one) => ({ $ref: `#/$defs/${one.name}_response` })), { $ref: "#/$defs/failure" }] },
      ...Object.fromEntries(methods.map((one) => [`${one.name}_response`, responseSchema(one)])),
      failure: {
        type: "object",
        properties: { id: {}, type: { const: "response" }, command: string, success: { enum: [false] }, error: string } as never,
        required: ["type", "success", "error"],
      },
    },
  });
}

function commandSchema(one: Method): JsonSchema {
  const params = objectSchema(one.params);
  return {
    type: "object",
    description: one.about,
    properties: { id: string, type: { const: one.name }, ...params.properties },
    required: ["type", ...(params.required ?? [])],
  };
}

function responseSchema(one: Method): JsonSchema {
  const data: Record<string, JsonSchema> = one.result === undefined ? {} : { data: one.result().schema };
  return {
    type: "object",
    properties: { id: string, type: { const: "response" }, command: { const: one.name }, success: { enum: [true] } as never, ...data },
    required: ["type", "command", "success", ...Object.keys(data)],
  };
}

/** What every event has beside its own fields. */
const eventBase = { seq: count("from 1, without gaps"), promptId: optional(text("`id` of the prompt that caused it")) };

export function eventsSchema(): JsonSchema {
  const names = Object.keys(events) as (keyof typeof events)[];
  return whole("pi events", {
    anyOf: names.map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(names.map((name) => [name, variant(events, name, eventBase).schema])),
  });
}

/** Lines of a session file, version 3. */
export function sessionSchema(): JsonSchema {
  const header = of<SessionHeader>()({
    type: literal("session"),
    version: count(),
    id: text(),
    timestamp: text("ISO 8601"),
    cwd: text("absolute"),
    parentSession: optional(text("absolute path of the file this one was forked from")),
  });
  return whole("pi session file, one line", either(header, entry).schema);
}

/** The record that `--result` writes. */
export function resultSchema(): JsonSchema {
  const result = of<ResultRecord>()({
    type: literal("result"),
    outcome: choice(Object.keys(exitStatusOf) as OutcomeKind[]),
    text: text(),
    value: optional(anything("the checked answer of `--output-schema`")),
    sessionId: optional(text()),
    sessionFile: optional(text()),
    model: optional(text("provider/id")),
    turns: count(),
    toolCalls: count(),
    durationMs: amount(),
    usage: messageShapes.usage,
    cost: amount("USD"),
    retries: count(),
    denied: optional(list(fields({ tool: text(), row: text() }))),
    retryAt: optional(amount("Unix milliseconds")),
    error: optional(fields({ code: choice(Object.keys(errorCodes) as ErrorCode[]), message: text(), hint: optional(text()) })),
  });
  return whole("pi result", result.schema);
}

/** Docs as Markdown: `docs/rpc.md`. */
export function rpcDocument(): string {
  const methods = [...methodsByName().values()];
  const groups = [...new Set(methods.map((one) => one.group))];
  const told = rows(events);
  return [
    introduction,
    ...groups.flatMap((group) => [`### ${group}`, ...methods.filter((one) => one.group === group).map(methodText)]),
    "## Events",
    "Every event has `seq` (from 1, without gaps) and, within a run, `promptId`: the `id` of the prompt that caused it.",
    ["| event | fields | |", "|---|---|---|", ...told].join("\n"),
    "## Shapes",
    shapesText(),
    `Outcome of a prompt with a key: ${fieldList(outcome().schema)}.`,
    "An `entry` is a line of the session file, but for the first: `id`, `parentId`, `timestamp`, and by its `type`",
    ["| type | fields | |", "|---|---|---|", ...rows(entries)].join("\n"),
    "Other writers add types of their own; they are kept, and never shown to a model.",
    `\`get_version\` says protocol ${protocolVersion}, capabilities ${capabilities.map((one) => `\`${one}\``).join(", ")}.`,
  ]
    .join("\n\n")
    .concat("\n");
}

/** Docs as Markdown: `docs/errors.md`. */
export function errorsDocument(): string {
  const areas = Object.entries(exitStatusOfArea).map(([area, status]) => {
    const codes = Object.entries(errorCodes).filter(([code]) => code.startsWith(`${area}.`));
    const table = ["| code | |", "|---|---|", ...codes.map(([code, about]) => `| \`${code}\` | ${about} |`)];
    return [`## ${area}`, `Exit status ${status}.`, table.join("\n")].join("\n\n");
  });
  return `${[errorsIntroduction, ...areas].join("\n\n")}\n`;
}

const errorsIntroduction = `# Error codes

Every error has a code, which the record of \`--result\` has under \`error.code\` and the library in \`PiError.code\`. Tell errors apart by it, not
by their text. What stands before the dot says what kind of error it is, and with it the exit status. This page is made from the table of codes by
\`node scripts/rpc-doc.mjs\`.`;

function rows(table: Variants): string[] {
  return Object.entries(table).map(([name, one]) => `| \`${name}\` | ${fieldList(objectSchema(one.fields))} | ${one.about} |`);
}

/** A line each, of what is named; `entry` has a table of its own. */
function shapesText(): string {
  const { entry: _, ...named } = definitions;
  return Object.entries(named)
    .map(
      ([name, { schema }]) => `- \`${name}\`: ${schema.anyOf === undefined ? shapeText(schema) : schema.anyOf.map(typeText).join(" or ")}`,
    )
    .join("\n");
}

function methodText(one: Method): string {
  const params = objectSchema(one.params);
  const lines = Object.entries(params.properties ?? {}).map(
    ([name, schema]) => `- \`${name}${params.required?.includes(name) ? "" : "?"}\`: ${shapeText(schema)}`,
  );
  const answer = one.result === undefined ? "No data." : `Data: ${shapeText(one.result().schema)}`;
  return [`#### ${one.name}`, one.about, ...(lines.length === 0 ? [] : [lines.join("\n")]), answer].join("\n\n");
}

function shapeText(schema: JsonSchema): string {
  const description = schema.description === undefined ? "" : ` (${schema.description})`;
  return `${typeText(schema)}${description}`;
}

function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return `\`${schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)}\``;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(", ");
  if (schema.type === "array") return schema.items === undefined ? "list" : `list of ${typeText(schema.items)}`;
  if (schema.properties !== undefined) return `\`{${fieldNames(schema).join(", ")}}\``;
  return typeof schema.type === "string" ? schema.type : "any";
}

function fieldNames(schema: JsonSchema): string[] {
  return Object.keys(schema.properties ?? {}).map((name) => (schema.required?.includes(name) ? name : `${name}?`));
}

function fieldList(schema: JsonSchema): string {
  return fieldNames(schema)
    .map((name) => `\`${name}\``)
    .join(", ");
}

const introduction = `# RPC mode

\`pi --mode rpc\` is driven over its pipes: one JSON object a line in, one a line out. From TypeScript use \`RpcClient\` of \`pi/rpc\`; in any other
language 60 lines do, as [rpc-client.py](rpc-client.py) shows. \`pi schema rpc\` and \`pi schema events\` print JSON Schemas. This page is made
from the table of methods by \`node scripts/rpc-doc.mjs\`.

## The protocol

- Lines end in LF and are UTF-8. Split at LF only: U+2028 is legal inside strings. Stdout holds records and nothing else.
- A command is \`{"id"?, "type", …}\`; its answer repeats the \`id\`: \`{"id"?, "type":"response", "command", "success":true, "data"?}\`, or
  \`"success":false\` with \`"error"\`. What is no JSON is answered with \`"command":"parse"\` and no \`id\`.
- Commands go on side by side. A long one never holds back \`get_state\` or \`abort\`. What changes the session or the model is done in the order
  asked for, and what follows it in the input waits for it.
- \`prompt\` is answered when it is accepted. The run's end is the event \`agent_settled\`: nothing more comes by itself after it.
- Read stdout all the time: a reader that stops, stops the run. Nothing is lost by it.
- The end of stdin lets finish what was accepted, then the process ends with status 0. SIGTERM and SIGHUP stop what runs, in order, status
  143 and 129. A second signal ends it at once.
- Extensions may ask the user: \`{"type":"extension_ui_request","id","method",…}\`. Dialogs (\`select\`, \`confirm\`, \`input\`, \`editor\`) are
  answered with \`{"type":"extension_ui_response","id", "value" | "confirmed" | "cancelled":true}\`; with a \`timeout\` (milliseconds) they take
  their default by themselves. The others (\`notify\`, \`setStatus\`, \`setWidget\`, \`setTitle\`, \`set_editor_text\`) want no answer.
- Bounds: a line of 128 MB, 10,000 commands without an answer, 1,000 messages in each queue, 16 \`bash\` commands at a time. What is beyond is
  refused, a \`bash\` command waits its turn. No sane client comes near.

Where a client of the npm agent may notice a difference: parameters are checked against the schemas, so that a wrong one is refused where it
was taken for something else; a blank line is passed over; a second \`compact\` does not end the first but is refused; a prompt that comes
during a compaction begins when that has ended; \`abort_bash\` ends all commands and each is answered; \`export_html\` takes any session;
\`new_session\` keeps model and thinking level; a fork or clone does not keep the name.

## Commands`;
