// Methods that put something to the model or stop it.

import { messageOf } from "../../../contracts/error.ts";
import type { ImageContent } from "../../../contracts/message.ts";
import { choice, fields, list, optional, text } from "../../../contracts/schema.ts";
import { image, outcome } from "../../../contracts/shapes.ts";
import type { Received, StreamingBehavior } from "../../../harness/intake/intake.ts";
import { type MethodContext, method } from "../method.ts";
import type { PromptAnswer, QueuedInputDisposition } from "../records.ts";

interface Said {
  message: string;
  images?: readonly ImageContent[];
  streamingBehavior?: StreamingBehavior;
  key?: string;
}

function receive(
  { message, streamingBehavior, ...more }: Said,
  { sessions: { coding, intake } }: MethodContext,
): Received | Promise<Received> {
  return intake.receive({
    ...more,
    text: message,
    source: "rpc",
    ...(coding.isStreaming && streamingBehavior !== undefined ? { streamingBehavior } : {}),
  });
}

function prompt({ streamingBehavior }: Said, { sessions, promptIds, id, warn }: MethodContext, received: Received): PromptAnswer {
  const { coding, intake } = sessions;
  const begun = promptIds.during(id, coding.isStreaming, () => intake.begin(received, { streamingBehavior }));
  if (begun.disposition === "handled") {
    return { disposition: "handled", ...(begun.known === undefined ? {} : { outcome: begun.known.told }) };
  }
  const { disposition, done } = begun;
  // Who was queued hears of it by the run that it joined.
  done?.catch((error: unknown) => (disposition === "started" ? warn(messageOf(error)) : undefined));
  return { disposition };
}

function queue(
  streamingBehavior: StreamingBehavior,
  { sessions }: MethodContext,
  received: Received,
): { disposition: QueuedInputDisposition } {
  const begun = sessions.intake.begin(received, { streamingBehavior, isQueued: true });
  if (begun.disposition === "handled") return { disposition: "handled" };
  begun.done?.catch(() => undefined);
  return { disposition: "queued" };
}

const images = optional(list(image, "made smaller where they are too large; one that cannot be is replaced by a text in the message"));
const queuedResult = () => fields({ disposition: choice(["queued", "handled"]) });

export const promptingMethods = [
  method({
    name: "prompt",
    group: "Prompting",
    about:
      "Starts a run, or joins the one under way. Answered when the prompt is accepted, before the run's first event; what happens then is in the events. While a run goes on, `streamingBehavior` says how to queue the prompt; without it the prompt is refused. `key` makes it safe to send again: in one session, a key is run once, also after a restart.",
    params: {
      message: text("the user's words"),
      images,
      streamingBehavior: optional(
        choice(["steer", "followUp"], "`steer`: in after the current turn and its tool calls; `followUp`: when the agent would stop"),
      ),
      key: optional(text("sent again in the same session, it is not run again; the answer says what became of it")),
    },
    result: () =>
      fields({
        disposition: choice(["started", "queued", "handled"], "`handled`: no run began for this prompt"),
        outcome: optional(outcome()),
      }),
    order: "in turn",
    prepare: receive,
    run: prompt,
    // A queue is told before the answer, as it is for `steer` and `follow_up`.
    answersFirst: ({ disposition }) => disposition === "started",
  }),
  method({
    name: "steer",
    group: "Prompting",
    about:
      "Queues a message that goes in after the current turn and its tool calls, before the next model call. While nothing runs it waits for the next prompt.",
    params: { message: text(), images },
    result: queuedResult,
    order: "in turn",
    prepare: (params, context) => receive({ ...params, streamingBehavior: "steer" }, context),
    run: (_params, context, received) => queue("steer", context, received),
  }),
  method({
    name: "follow_up",
    group: "Prompting",
    about: "Queues a message that goes in when the agent would stop. While nothing runs it waits for the end of the next run.",
    params: { message: text(), images },
    result: queuedResult,
    order: "in turn",
    prepare: (params, context) => receive({ ...params, streamingBehavior: "followUp" }, context),
    run: (_params, context, received) => queue("followUp", context, received),
  }),
  method({
    name: "abort",
    group: "Prompting",
    about:
      "Stops the run or the compaction under way, with its tools, and waiting for a session that another process writes. Answered when the session is idle. Queued messages stay queued and go out with the next prompt.",
    params: {},
    order: "at once",
    run: async (_params, { sessions, before }): Promise<undefined> => {
      sessions.changes.stopWaiting();
      const stop = (): Promise<void> => {
        sessions.coding.compaction.abort();
        return sessions.coding.abort();
      };
      // A prompt that is being made ready was asked for before: it is stopped as soon as it has begun.
      const later = before?.then(stop);
      // Where extensions look at it first, one may be asking this very client: it must not have to wait for itself.
      await Promise.all([stop(), sessions.coding.conversation.interceptor === undefined ? later : undefined]);
    },
  }),
] as const;
