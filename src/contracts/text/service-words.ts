// What a service said, out of the message of a failure, which holds it as it came: `429 {"error":{"message":"Slow down"}}`. Called by whoever
// tells people of a failure. Pure. Invariant: one line that cannot speak to a terminal; where nothing is recognised the message itself, so that nothing is lost.

import { plainLine } from "./terminal-text.ts";

const depthLimit = 12;

/** Where services put their sentence; what says more stands first (a gateway's own words say less than those it hands on). */
const places = [
  "raw",
  "metadata",
  "error_message",
  "message",
  "Message",
  "msg",
  "status_msg",
  "detail",
  "error_msg",
  "errmsg",
  "error_description",
  "error",
  "errors",
  "base_resp",
  "description",
  "title",
  "reason",
];

/** `status`: of the answer, where there was one. The sentence is empty where nothing came with it. */
export function serviceWords(message: string): { status: number | undefined; sentence: string } {
  const [, status, body = ""] = /^([1-5]\d\d) (.*)$/s.exec(message) ?? [undefined, undefined, message];
  const text = body === "status code (no body)" ? "" : body;
  const sentence = plainLine(wordsIn(text, 0) ?? text);
  return { status: status === undefined ? undefined : Number(status), sentence };
}

/** `Slow down (429)`: for one line among others. */
export function shortFailure(message: string): string {
  const { status, sentence } = serviceWords(message);
  if (status === undefined) return sentence;
  return sentence === "" ? `status ${status}` : `${sentence.replace(/\.$/, "")} (${status})`;
}

/** Some hand on what their upstream said as JSON in a text. */
function wordsIn(value: unknown, depth: number): string | undefined {
  if (depth > depthLimit) return undefined;
  if (typeof value === "string") {
    if (value.trim() === "") return undefined;
    return /^\s*[{[]/.test(value) ? (wordsIn(parsed(value), depth + 1) ?? value) : value;
  }
  if (Array.isArray(value)) return firstWords(value, depth);
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  return firstWords(
    places.flatMap((place) => (Object.hasOwn(fields, place) ? [fields[place]] : [])),
    depth,
  );
}

function firstWords(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const words = wordsIn(value, depth + 1);
    if (words !== undefined) return words;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
