// The JSON Schemas and the page that programs are written from, made from the table of methods and the settings. Called by `pi schema` and
// scripts/rpc-doc.

import type { JsonSchema } from "../../contracts/schema.ts";
import { objectSchema } from "../../contracts/schema.ts";
import { entry, message, model, outcome, usage } from "../../contracts/shapes.ts";
import type { Method } from "./method.ts";
import { capabilities, protocolVersion } from "./methods/beyond.ts";
import { methodsByName } from "./methods.ts";

const draft = "https://json-schema.org/draft/2020-12/schema";
const string: JsonSchema = { type: "string" };
const boolean: JsonSchema = { type: "boolean" };
const integer: JsonSchema = { type: "integer" };

/** Commands and their answers. */
export function rpcSchema(): JsonSchema {
  const methods = [...methodsByName().values()];
  return {
    $schema: draft,
    title: "pi RPC",
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
  };
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
  const data: Record<string, JsonSchema> = one.result === undefined ? {} : { data: one.result.schema };
  return {
    type: "object",
    properties: { id: string, type: { const: "response" }, command: { const: one.name }, success: { enum: [true] } as never, ...data },
    required: ["type", "command", "success", ...Object.keys(data)],
  };
}

interface EventRecord {
  name: string;
  about: string;
  fields: Record<string, JsonSchema>;
  optional?: readonly string[];
}

const toolCall = { toolCallId: string, toolName: string };
const object: JsonSchema = { type: "object" };
const strings: JsonSchema = { type: "array", items: string };
const reason: JsonSchema = { type: "string", enum: ["manual", "threshold", "overflow"] };

/** Every event that JSON and RPC mode tell, beside `seq` and `promptId`, which all have. */
export function eventRecords(): readonly EventRecord[] {
  return [
    { name: "agent_start", about: "A run of the loop begins.", fields: {} },
    {
      name: "agent_end",
      about: "It has ended; a retry, a compaction or a queued message may still follow.",
      fields: { messages: { type: "array", items: message.schema }, willRetry: boolean },
    },
    {
      name: "agent_settled",
      about: "Nothing more will happen by itself. The last event of what a prompt began.",
      fields: { aborted: boolean },
    },
    { name: "turn_start", about: "One answer of the model begins.", fields: {} },
    {
      name: "turn_end",
      about: "The answer and the results of its tool calls are there.",
      fields: { message: message.schema, toolResults: { type: "array", items: message.schema } },
    },
    { name: "message_start", about: "A message begins.", fields: { message: message.schema } },
    {
      name: "message_update",
      about: "A piece of an answer: `assistantMessageEvent` is a delta, never the message so far.",
      fields: { usage: usage.schema, assistantMessageEvent: { type: "object", properties: { type: string }, required: ["type"] } },
    },
    { name: "message_end", about: "The message as it is kept; it counts, whatever the deltas said.", fields: { message: message.schema } },
    { name: "tool_execution_start", about: "A tool begins.", fields: { ...toolCall, args: object } },
    {
      name: "tool_execution_update",
      about: "The whole result so far; it replaces the one before.",
      fields: { ...toolCall, args: object, partialResult: object },
    },
    {
      name: "tool_execution_end",
      about: "The tool's result. `durationMs` is absent where it did not run.",
      fields: { ...toolCall, result: object, isError: boolean, durationMs: { type: "number" } },
      optional: ["durationMs"],
    },
    { name: "queue_update", about: "The queues have changed; both are given whole.", fields: { steering: strings, followUp: strings } },
    { name: "compaction_start", about: "The older part of the conversation is being summed up.", fields: { reason } },
    {
      name: "compaction_end",
      about: "It has been, or has not.",
      fields: { reason, result: object, aborted: boolean, willRetry: boolean, errorMessage: string },
      optional: ["result", "errorMessage"],
    },
    {
      name: "auto_retry_start",
      about: "A failed model call will be tried again.",
      fields: { attempt: integer, maxAttempts: integer, delayMs: { type: "number" }, errorMessage: string, retryAt: { type: "number" } },
      optional: ["retryAt"],
    },
    {
      name: "auto_retry_end",
      about: "How the trying ended.",
      fields: { success: boolean, attempt: integer, finalError: string },
      optional: ["finalError"],
    },
    { name: "entry_appended", about: "An entry that is no message has been stored.", fields: { entry: entry.schema } },
    {
      name: "session_info_changed",
      about: "The session has another name, or none.",
      fields: { name: string },
      optional: ["name"],
    },
    { name: "thinking_level_changed", about: "Another thinking level is in force.", fields: { level: string } },
    {
      name: "extension_error",
      about: "RPC only: an extension failed; the run goes on.",
      fields: { extensionPath: string, event: string, error: string },
    },
    {
      name: "bash_execution_update",
      about: "RPC only: output of a `bash` command, whose `id` it has.",
      fields: { id: string, delta: string },
      optional: ["id"],
    },
  ];
}

export function eventsSchema(): JsonSchema {
  const events = eventRecords();
  return {
    $schema: draft,
    title: "pi events",
    anyOf: events.map((one) => ({ $ref: `#/$defs/${one.name}` })),
    $defs: Object.fromEntries(
      events.map((one) => [
        one.name,
        {
          type: "object",
          description: one.about,
          properties: { type: { const: one.name }, ...one.fields, seq: { type: "integer", minimum: 1 }, promptId: string },
          required: ["type", ...Object.keys(one.fields).filter((name) => !one.optional?.includes(name)), "seq"],
        },
      ]),
    ),
  };
}

/** Lines of a session file, version 3. */
export function sessionSchema(): JsonSchema {
  return {
    $schema: draft,
    title: "pi session file, one line",
    anyOf: [
      {
        type: "object",
        properties: { type: { const: "session" }, version: integer, id: string, timestamp: string, cwd: string, parentSession: string },
        required: ["type", "id", "timestamp", "cwd"],
      },
      entry.schema,
    ],
  };
}

/** The record that `--result` writes. */
export function resultSchema(): JsonSchema {
  return {
    $schema: draft,
    title: "pi result",
    type: "object",
    properties: {
      type: { const: "result" },
      outcome: {
        type: "string",
        enum: ["done", "length", "error", "aborted", "overflow", "quota", "budget", "stalled", "usage"],
      },
      text: string,
      value: {},
      sessionId: string,
      sessionFile: string,
      model: string,
      turns: integer,
      toolCalls: integer,
      durationMs: { type: "number" },
      usage: object,
      cost: {},
      retries: integer,
      retryAt: { type: "number" },
      error: { type: "object", properties: { code: string, message: string, hint: string }, required: ["code", "message"] },
    },
    required: ["type", "outcome", "text"],
  };
}

/** Docs as Markdown: `docs/rpc.md`. */
export function rpcDocument(): string {
  const methods = [...methodsByName().values()];
  const groups = [...new Set(methods.map((one) => one.group))];
  const events = eventRecords().map((one) => {
    const names = Object.keys(one.fields).map((name) => `\`${name}${one.optional?.includes(name) ? "?" : ""}\``);
    return `| \`${one.name}\` | ${names.join(", ")} | ${one.about} |`;
  });
  return [
    introduction,
    ...groups.flatMap((group) => [`### ${group}`, ...methods.filter((one) => one.group === group).map(methodText)]),
    "## Events",
    "Every event has `seq` (from 1, without gaps) and, within a run, `promptId`: the `id` of the prompt that caused it.",
    ["| event | fields | |", "|---|---|---|", ...events].join("\n"),
    `## Shapes`,
    `Model: ${fieldList(model.schema)}. Outcome of a prompt with a key: ${fieldList(outcome.schema)}.`,
    `\`get_version\` says protocol ${protocolVersion}, capabilities ${capabilities.map((one) => `\`${one}\``).join(", ")}.`,
  ]
    .join("\n\n")
    .concat("\n");
}

function methodText(one: Method): string {
  const params = objectSchema(one.params);
  const lines = Object.entries(params.properties ?? {}).map(
    ([name, schema]) => `- \`${name}${params.required?.includes(name) ? "" : "?"}\`: ${shapeText(schema)}`,
  );
  const answer = one.result === undefined ? "No data." : `Data: ${shapeText(one.result.schema)}`;
  return [`#### ${one.name}`, one.about, ...(lines.length === 0 ? [] : [lines.join("\n")]), answer].join("\n\n");
}

function shapeText(schema: JsonSchema): string {
  const description = schema.description === undefined ? "" : ` (${schema.description})`;
  return `${typeText(schema)}${description}`;
}

function typeText(schema: JsonSchema): string {
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
during a compaction begins when that has ended; \`abort_bash\` ends all commands and each is answered; \`export_html\` takes any session.

## Commands`;
