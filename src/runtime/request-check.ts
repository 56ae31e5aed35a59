// Whether a request that a program has made is one: programs are not always type-checked. Asked by the library before a runtime is; the runner
// reads its own input. Pure. Invariant: what is wrong is named by its field, with its value, before anything has begun.

import { PiError } from "../contracts/error.ts";
import type { PolicyRule } from "../contracts/messaging.ts";
import { thinkingLevels } from "../contracts/model.ts";
import {
  choice,
  either,
  type Fields,
  fields,
  flag,
  list,
  type Optional,
  objectSchema,
  of,
  optional,
  problemOf,
  record,
  type Typed,
  text,
} from "../contracts/schema.ts";
import { image } from "../contracts/shapes.ts";
import type { ClientToolResult, MessagingContext, RunRequest } from "./request.ts";

const quantity: Typed<number> = { schema: { type: "number", minimum: 0 } };
const texts = (): Optional<readonly string[]> => optional({ schema: list(text()).schema });

const rule = of<PolicyRule>()({
  channel: optional(text()),
  group: optional(text()),
  space: optional(text()),
  sender: optional(text()),
  owner: optional(flag()),
  runtime: optional(text()),
  spawned: optional(flag()),
  allow: texts(),
  deny: texts(),
  ownerOnly: texts(),
});

const context = of<MessagingContext>()({
  channel: optional(text()),
  provider: optional(text()),
  to: optional(text()),
  threadId: optional(text()),
  groupId: optional(text()),
  groupChannel: optional(text()),
  groupSpace: optional(text()),
  spawnedBy: optional(text()),
  senderId: optional(text()),
  senderName: optional(text()),
  senderUsername: optional(text()),
  senderE164: optional(text()),
  senderIsOwner: optional(flag()),
  ownerNumbers: texts(),
  replyToMode: optional(text()),
  currentChannelId: optional(text()),
});

const toolResult = of<ClientToolResult>()({ toolCallId: text(), toolName: text(), text: text(), isError: optional(flag()) });
const declaration = fields({ name: text(), description: optional(text()), parameters: record() });

/** Of what JSON could say of it, one each; callbacks and the like are looked at by themselves. */
const said = {
  prompt: text(),
  workspaceDir: text(),
  sessionKey: text(),
  sessionId: optional(text()),
  isFresh: optional(flag()),
  isScheduledTask: optional(flag()),
  images: optional(list(image)),
  model: optional(text()),
  thinking: optional(choice(thinkingLevels)),
  timeoutMs: optional(quantity),
  maxTurns: optional(quantity),
  maxCostUsd: optional(quantity),
  context: optional(context),
  policy: optional(list(rule)),
  extraSystemPrompt: optional(text()),
  bootstrap: optional(either(list(fields({ name: text(), content: text() })), flag())),
  skillsSnapshot: optional(fields({ skills: list(fields({ name: text(), description: text(), path: text() })) })),
  extraTools: optional(list(declaration)),
  builtInTools: texts(),
  clientTools: optional(list(declaration)),
  toolResults: optional(list(toolResult)),
  lane: optional(text()),
  verbosity: optional(choice(["off", "on", "full"])),
  replies: optional(record()),
  memoryFeedback: optional(record()),
} satisfies Partial<Record<keyof RunRequest, Fields[string]>>;

/** @throws PiError `usage.bad_value` */
export function requireRequest(request: RunRequest): void {
  const problem = typeof request === "object" && request !== null ? problemIn(request) : "the request must be an object";
  if (problem === undefined) return;
  const field = /^\w+/.exec(problem)?.[0] ?? "";
  throw new PiError("usage.bad_value", `A run cannot begin: ${problem}${shown(request?.[field as keyof RunRequest])}`, {
    hint: "The type RunRequest of pi/runtime says what each field is",
  });
}

function problemIn(request: RunRequest): string | undefined {
  const { bootstrap, extraTools = [], replies = {}, memoryFeedback, enqueue, onWait, signal } = request;
  const problem = problemOf(objectSchema(said), request);
  if (problem !== undefined) return problem;
  if ((bootstrap as unknown) === true) return "bootstrap must be a list of files, or false";
  if (signal !== undefined && !(signal instanceof AbortSignal)) return "signal must be an AbortSignal";
  const functions: [string, unknown][] = [
    ["enqueue", enqueue],
    ["onWait", onWait],
    ...(memoryFeedback === undefined ? [] : [["memoryFeedback.evaluate", memoryFeedback.evaluate ?? null] as [string, unknown]]),
    ...extraTools.map((tool, index): [string, unknown] => [`extraTools[${index}].execute`, tool.execute ?? null]),
    ...Object.entries(replies).flatMap(([name, value]): [string, unknown][] =>
      /^(?:on|should)[A-Z]/.test(name) ? [[`replies.${name}`, value]] : [],
    ),
  ];
  const wrong = functions.find(([, value]) => value !== undefined && typeof value !== "function");
  return wrong && `${wrong[0]} must be a function`;
}

function shown(value: unknown): string {
  if (value === undefined || typeof value === "object") return "";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return `, and is ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}
