// Methods that put something to the model or stop it.

import type { ImageContent } from "../../../contracts/message.ts";
import { choice, fields, list, optional, text } from "../../../contracts/schema.ts";
import { image, outcome } from "../../../contracts/shapes.ts";
import { isPlain, receiveInput } from "../../../harness/intake/receive-input.ts";
import { type MethodContext, method } from "../method.ts";
import type { PromptAnswer, QueuedInputDisposition, StreamingBehavior } from "../records.ts";

interface Words {
  message: string;
  images?: readonly ImageContent[];
  streamingBehavior?: StreamingBehavior;
  key?: string;
}

/** Commands are run, extensions hear it, `/template …` and `/skill:name …` become what they stand for, images are made to fit. */
function ready<P extends Words>(
  params: P,
  { sessions: { coding }, desk }: MethodContext,
  queue?: StreamingBehavior,
): Promise<P> | undefined {
  const { message, images, key, streamingBehavior = queue } = params;
  const input = { text: message, source: "rpc", ...(images === undefined ? {} : { images }) } as const;
  if (isPlain(input, coding.conversation) || (key !== undefined && desk.knows(key))) return undefined;
  const how = coding.isStreaming && streamingBehavior !== undefined ? { streamingBehavior } : {};
  return receiveInput({ ...input, ...how }, coding.conversation).then((received) => {
    if (received === undefined) return desk.dealtWith(params);
    return { ...params, message: received.text, ...(received.images === undefined ? {} : { images: received.images }) };
  });
}

const images = optional(list(image, "made smaller where they are too large; one that cannot be is replaced by a text in the message"));
const queuedResult = fields({ disposition: choice(["queued", "handled"]) });

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
    result: fields({
      disposition: choice(["started", "queued", "handled"], "`handled`: no run began for this prompt"),
      outcome: optional(outcome),
    }),
    order: "in turn",
    prepare: (params, context) => ready(params, context),
    run: (params, { desk, id }): PromptAnswer => desk.prompt(params, id),
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
    prepare: (params, context) => ready(params, context, "steer"),
    run: (params, { desk }): { disposition: QueuedInputDisposition } => ({ disposition: desk.queue("steer", params) }),
  }),
  method({
    name: "follow_up",
    group: "Prompting",
    about: "Queues a message that goes in when the agent would stop. While nothing runs it waits for the end of the next run.",
    params: { message: text(), images },
    result: queuedResult,
    order: "in turn",
    prepare: (params, context) => ready(params, context, "followUp"),
    run: (params, { desk }): { disposition: QueuedInputDisposition } => ({ disposition: desk.queue("followUp", params) }),
  }),
  method({
    name: "abort",
    group: "Prompting",
    about:
      "Stops the run or the compaction under way, with its tools, and waiting for a session that another process writes. Answered when the session is idle. Queued messages stay queued and go out with the next prompt.",
    params: {},
    order: "at once",
    run: async (_params, { sessions, before }): Promise<undefined> => {
      sessions.stopWaiting();
      const stop = (): Promise<void> => {
        sessions.coding.compaction.abort();
        return sessions.coding.abort();
      };
      // A prompt that is being made ready was asked for before: it is stopped as soon as it has begun.
      const later = before?.then(stop);
      // Where extensions look at it first, one may be asking this very client: it must not have to wait for itself.
      await Promise.all([stop(), sessions.coding.conversation.hooks === undefined ? later : undefined]);
    },
  }),
  method({
    name: "clear_queue",
    group: "Prompting",
    about: "Takes all queued messages out and gives their texts back.",
    params: {},
    result: fields({ steering: list(text()), followUp: list(text()) }),
    order: "in turn",
    run: (_params, { desk }) => desk.clearQueue(),
  }),
] as const;
