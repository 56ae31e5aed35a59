// What the local server answers: streams in the Anthropic format, pure. Called by server.mjs.
// Format: https://docs.anthropic.com/en/api/messages-streaming.

/**
 * @typedef {{roundTripMs?: number} & ({kind: "answer"} | {kind: "deltas", count: number, overMs?: number} | {kind: "bash", command: string})} Scenario
 *   answer: a short text; deltas: a text in so many small pieces, all at once or evenly over some time; bash: one call of the tool `bash`, then the short text.
 *   roundTripMs: how far away the service is taken to be.
 */

/** The text that every scenario's last answer ends with. */
export const lastWord = "Measured.";

const shortAnswer = ["Hello", " from", " the", " bench.", ` ${lastWord}`];

/**
 * The stream that answers a request with this body.
 * @param {Scenario} scenario
 * @param {string} requestBody
 * @returns {{stream: string, isToolCall: boolean}}
 */
export function answerTo(scenario, requestBody) {
  if (scenario.kind === "bash" && !isSecondTurn(requestBody)) return { stream: toolCall(scenario.command), isToolCall: true };
  if (scenario.kind === "deltas") {
    return { stream: textAnswer([...Array.from({ length: scenario.count - 1 }, () => "word "), lastWord]), isToolCall: false };
  }
  return { stream: textAnswer(shortAnswer), isToolCall: false };
}

/**
 * Whether a request already carries the result of the tool call.
 * @param {string} requestBody
 */
export function isSecondTurn(requestBody) {
  return requestBody.includes('"tool_result"');
}

/** @param {string[]} pieces */
function textAnswer(pieces) {
  const deltas = pieces.map((text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }));
  return [
    start(),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...deltas,
    event("content_block_stop", { index: 0 }),
    stop("end_turn", pieces.length),
  ].join("");
}

/** @param {string} command */
function toolCall(command) {
  return [
    start(),
    event("content_block_start", { index: 0, content_block: { type: "tool_use", id: "toolu_bench", name: "bash", input: {} } }),
    event("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: JSON.stringify({ command }) } }),
    event("content_block_stop", { index: 0 }),
    stop("tool_use", 20),
  ].join("");
}

function start() {
  const usage = { input_tokens: 1000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const message = { id: "msg_bench", type: "message", role: "assistant", model: "claude-haiku-4-5", content: [] };
  return event("message_start", { message: { ...message, stop_reason: null, stop_sequence: null, usage } });
}

/**
 * @param {string} reason
 * @param {number} outputTokens
 */
function stop(reason, outputTokens) {
  const delta = { stop_reason: reason, stop_sequence: null };
  return event("message_delta", { delta, usage: { output_tokens: outputTokens } }) + event("message_stop", {});
}

/**
 * @param {string} type
 * @param {object} fields
 */
function event(type, fields) {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
