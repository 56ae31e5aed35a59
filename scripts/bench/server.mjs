// The local model server of the benchmark, on raw sockets so that it costs next to nothing beside what is measured.
// Started by meter.mjs in the meter's own process: one clock for everything. One contender talks to it at a time, from however many processes.

import { answerTo, isSecondTurn } from "./scenarios.mjs";

/**
 * @typedef {object} Seen what came since the last `expect`; points in time are on performance.now()'s clock
 * @property {number} [firstByteAt] first byte of the first request, as it would be there over the scenario's `roundTripMs`
 * @property {number} [callMs] an answer with a tool call was sent, to the first byte of the next request
 * @property {string} lastBody of the last whole request
 */

/** Of an answer that takes its time. */
const sliceMs = 5;

export function startServer() {
  /** @type {import("./scenarios.mjs").Scenario} */
  let scenario = { kind: "answer" };
  /** @type {Seen & {callSentAt?: number | undefined}} */
  let seen = { lastBody: "" };
  /** @type {Map<string, {response: Buffer, isToolCall: boolean}>} */
  const responses = new Map();

  /** Made once for a scenario and its turn, since making 20,000 events takes time of its own. */
  const responseTo = (body) => {
    const key = `${isSecondTurn(body)} ${JSON.stringify(scenario)}`;
    const known = responses.get(key) ?? makeResponse(scenario, body);
    responses.set(key, known);
    return known;
  };

  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { received: Buffer.alloc(0), unsent: Buffer.alloc(0), openedAt: performance.now() };
      },
      data(socket, chunk) {
        const now = performance.now();
        // At a distance, nothing is sent before a connection's first round trip is over, and half a one later it is there.
        const { roundTripMs = 0 } = scenario;
        seen.firstByteAt ??= Math.max(now, socket.data.openedAt + roundTripMs) + roundTripMs / 2;
        if (seen.callSentAt !== undefined) seen.callMs = now - seen.callSentAt;
        seen.callSentAt = undefined;
        socket.data.received = Buffer.concat([socket.data.received, chunk]);
        const body = takeRequest(socket.data);
        if (body === undefined) return;
        seen.lastBody = body;
        const { response, isToolCall } = responseTo(body);
        socket.data.unsent = response;
        if (scenario.overMs === undefined) send(socket);
        else sendOver(socket, scenario.overMs);
        if (isToolCall) seen.callSentAt = performance.now();
      },
      drain: send,
    },
  });

  return {
    origin: `http://127.0.0.1:${listener.port}`,
    /** From now on answer in this way, with nothing seen yet; answers are made ahead. */
    expect(/** @type {import("./scenarios.mjs").Scenario} */ next) {
      scenario = next;
      seen = { lastBody: "" };
      responseTo("");
    },
    /** @returns {Seen} */
    seen: () => seen,
    stop: () => listener.stop(true),
  };
}

function makeResponse(scenario, body) {
  const { stream, isToolCall } = answerTo(scenario, body);
  const payload = Buffer.from(stream);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_bench\r\ncontent-length: ${payload.length}\r\n\r\n`;
  return { response: Buffer.concat([Buffer.from(head), payload]), isToolCall };
}

/** Body of the request received so far if it is whole, taken out of what was received. */
function takeRequest(data) {
  const headEnd = data.received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = data.received.toString("latin1", 0, headEnd);
  const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (data.received.length < end) return undefined;
  const body = data.received.toString("utf8", headEnd + 4, end);
  data.received = data.received.subarray(end);
  return body;
}

/** Evenly, and by the clock: what came late is made up for. */
function sendOver(socket, overMs) {
  const whole = socket.data.unsent;
  socket.data.unsent = Buffer.alloc(0);
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const share = Math.min(1, (performance.now() - startedAt) / overMs);
    if (share === 1) clearInterval(timer);
    const due = Math.floor(whole.length * share);
    socket.data.unsent = Buffer.concat([socket.data.unsent, whole.subarray(sent, due)]);
    sent = due;
    send(socket);
  }, sliceMs);
}

function send(socket) {
  const { unsent } = socket.data;
  if (unsent.length > 0) socket.data.unsent = unsent.subarray(socket.write(unsent));
}
