// What a message, its parts, a model and usage look like in JSON: the schemas of the interfaces in message.ts, model.ts, usage.ts and
// stream-event.ts, checked against them both ways. Read by those who print schemas and documents; no run loads it.

import type { AssistantMessage, ToolDeclaration } from "./message.ts";
import { thinkingLevels } from "./model.ts";
import { type NamedShapes, named } from "./named-shapes.ts";
import {
  amount,
  anything,
  choice,
  count,
  type Definitions,
  dictionary,
  either,
  fields,
  flag,
  list,
  literal,
  of,
  optional,
  orNull,
  record,
  type Typed,
  text,
} from "./schema.ts";
import type { AssistantMessageEvent } from "./stream-event.ts";
import type { Cost, Prices } from "./usage.ts";

const timestamp = amount("Unix milliseconds");
const content = either(text(), list(either(named("text"), named("image"))));
const thinkingLevel = choice(thinkingLevels);

const prices = {
  input: amount("USD per million tokens, as the others"),
  output: amount(),
  cacheRead: amount(),
  cacheWrite: amount(),
};

/** The member of the union that has this type among its own. */
type EventOf<T, E = AssistantMessageEvent> = E extends { type: infer Types } ? (T extends Types ? E : never) : never;

export const messageShapes: Definitions<NamedShapes> = {
  text: of<NamedShapes["text"]>()({
    type: literal("text"),
    text: text(),
    textSignature: optional(text("opaque, of the provider that wrote it")),
  }),
  image: of<NamedShapes["image"]>()({
    type: literal("image"),
    data: text("base64, without a `data:` prefix"),
    mimeType: text("`image/png`, `image/jpeg`, `image/gif` or `image/webp`"),
  }),
  thinking: of<NamedShapes["thinking"]>()({
    type: literal("thinking"),
    thinking: text(),
    thinkingSignature: optional(text("opaque, of the provider that thought it")),
    redacted: optional(flag("the provider hid the text")),
  }),
  toolCall: of<NamedShapes["toolCall"]>()({
    type: literal("toolCall"),
    id: text(),
    name: text(),
    arguments: record(),
    thoughtSignature: optional(text("opaque, of the provider that called")),
  }),
  toolDeclaration: of<ToolDeclaration>()({ name: text(), description: text(), parameters: record("JSON Schema") }),
  message: either(
    named("systemMessage"),
    named("userMessage"),
    named("assistantMessage"),
    named("toolResultMessage"),
    named("bashExecutionMessage"),
    named("customMessage"),
    named("branchSummaryMessage"),
    named("compactionSummaryMessage"),
  ),
  systemMessage: of<NamedShapes["systemMessage"]>()(
    {
      role: literal("system"),
      content: either(text(), list(named("text"))),
      sections: optional(dictionary(orNull(text()), "of the prompt, by name; null takes one away")),
      toolsAdded: optional(list(named("toolDeclaration"))),
      toolsRemoved: optional(list(fields({ name: text() }))),
      timestamp,
    },
    "changes the prompt and the tools in force",
  ),
  userMessage: of<NamedShapes["userMessage"]>()({ role: literal("user"), content, timestamp }),
  assistantMessage: of<AssistantMessage>()({
    role: literal("assistant"),
    content: list(either(named("text"), named("thinking"), named("toolCall"))),
    api: text("wire format"),
    provider: text(),
    model: text(),
    usage: named("usage"),
    stopReason: choice(["pending", "stop", "length", "toolUse", "error", "aborted"], "`pending` only in `message_start`"),
    timestamp,
    responseModel: optional(text()),
    responseId: optional(text()),
    rawStopReason: optional(text("the service's own word")),
    errorMessage: optional(text()),
    durationMs: optional(amount()),
    thinkingLevel: optional(thinkingLevel),
  }),
  toolResultMessage: of<NamedShapes["toolResultMessage"]>()({
    role: literal("toolResult"),
    toolCallId: text(),
    toolName: text(),
    content: list(either(named("text"), named("image"))),
    details: optional(anything("of the tool")),
    isError: flag(),
    usage: optional(named("usage")),
    durationMs: optional(amount("absent where it did not run")),
    timestamp,
  }),
  bashExecutionMessage: of<NamedShapes["bashExecutionMessage"]>()(
    {
      role: literal("bashExecution"),
      command: text(),
      output: text(),
      exitCode: optional(amount()),
      cancelled: flag(),
      truncated: flag(),
      fullOutputPath: optional(text()),
      excludeFromContext: optional(flag("the model is not shown it")),
      timestamp,
    },
    "a command that the user ran",
  ),
  customMessage: of<NamedShapes["customMessage"]>()(
    { role: literal("custom"), customType: text(), content, display: flag(), details: optional(anything()), timestamp },
    "of an extension",
  ),
  branchSummaryMessage: of<NamedShapes["branchSummaryMessage"]>()({
    role: literal("branchSummary"),
    summary: text(),
    fromId: orNull(text()),
    timestamp,
  }),
  compactionSummaryMessage: of<NamedShapes["compactionSummaryMessage"]>()({
    role: literal("compactionSummary"),
    summary: text(),
    tokensBefore: amount(),
    timestamp,
  }),
  assistantMessageEvent: either(
    of<EventOf<"text_start">>()({ type: choice(["text_start", "thinking_start"]), contentIndex: count() }),
    of<EventOf<"text_delta">>()({ type: choice(["text_delta", "thinking_delta", "toolcall_delta"]), contentIndex: count(), delta: text() }),
    of<EventOf<"toolcall_start">>()({ type: literal("toolcall_start"), contentIndex: count(), id: text(), toolName: text() }),
    of<EventOf<"text_end">>()({ type: choice(["text_end", "thinking_end"]), contentIndex: count(), content: text() }),
    of<EventOf<"toolcall_end">>()({ type: literal("toolcall_end"), contentIndex: count(), toolCall: named("toolCall") }),
  ),
  usage: of<NamedShapes["usage"]>()({
    input: amount("tokens, as the others; without those of the cache"),
    output: amount(),
    cacheRead: amount(),
    cacheWrite: amount(),
    cacheWrite1h: optional(amount("already in `cacheWrite`")),
    reasoning: optional(amount("already in `output`")),
    totalTokens: amount(),
    cost: of<Cost>()(
      {
        input: amount(),
        output: amount(),
        cacheRead: amount(),
        cacheWrite: amount(),
        total: amount(),
        totalFromProvider: optional(flag("the service told the total")),
      },
      "USD",
    ),
  }),
  model: of<NamedShapes["model"]>()({
    id: text(),
    name: text(),
    api: text("wire format"),
    provider: text(),
    baseUrl: text(),
    reasoning: flag(),
    input: list(choice(["text", "image"])),
    contextWindow: count("tokens"),
    maxTokens: count("output tokens"),
    cost: of<Prices>()({
      ...prices,
      tiers: optional(list(fields({ ...prices, inputTokensAbove: amount() }), "prices of a call whose input is above so many tokens")),
    }),
    thinkingLevelMap: optional(levelWords()),
    headers: optional(dictionary(text(), "sent with every request")),
    requestName: optional(text("its name at the customer's own service, where that is another")),
    inputLimits: optional(
      of<NonNullable<NamedShapes["model"]["inputLimits"]>>()(
        {
          maxRequestBytes: optional(count()),
          images: optional(fields({ maxPerRequest: optional(count()), maxPerMessage: optional(count()) })),
        },
        "what one request may hold at most",
      ),
    ),
    samplingParams: optional(record("fields of every request of an OpenAI format")),
    samplingParamsByThinkingLevel: optional(record("such fields by thinking level")),
    dialect: optional(record()),
  }),
};

/** The vendor's word for each level. */
function levelWords(): Typed<NonNullable<NamedShapes["model"]["thinkingLevelMap"]>> {
  const word = optional(orNull(text()));
  return of<NonNullable<NamedShapes["model"]["thinkingLevelMap"]>>()(
    { off: word, minimal: word, low: word, medium: word, high: word, xhigh: word, max: word },
    "the vendor's word for each level; null: the model has no such level",
  );
}
