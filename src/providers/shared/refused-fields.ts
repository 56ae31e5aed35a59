// Fields of a request that a service may not know, for all that its base URL belongs to a vendor whose service does: Bedrock and company gateways
// behind Anthropic's format, servers that take OpenAI's as it was. Used by stream-call, which asks again without what was refused.
// Invariant: only what the answer does not depend on is left out; what stands in schemas, arguments and texts is never touched.

import { isObject, type Json } from "./json.ts";

/** What becomes of a field that is refused: left out (undefined), or under another name. */
const amendments: Readonly<Record<string, string | undefined>> = {
  eager_input_streaming: undefined,
  cache_control: undefined,
  display: undefined,
  strict: undefined,
  store: undefined,
  stream_options: undefined,
  prompt_cache_key: undefined,
  prompt_cache_retention: undefined,
  prompt_cache_options: undefined,
  ttl: undefined,
  tool_stream: undefined,
  include: undefined,
  phase: undefined,
  status: undefined,
  annotations: undefined,
  reasoning_content: undefined,
  reasoning_details: undefined,
  max_output_tokens: undefined,
  max_tokens: "max_completion_tokens",
  max_completion_tokens: "max_tokens",
};

/** A role that servers of the first years do not know. */
const developer = "developer";

const refusing =
  /extra inputs|extra_forbidden|extraneous|additional propert|(unknown|invalid|unsupported|unrecogni[sz]ed|unexpected) |un(supported|known)\b|not (supported|permitted|allowed|recogni[sz]ed)|cannot find field/i;

/** Names of what the words of a refusal say is not known, and the request has; none where they say something else. */
export function refusedFields(body: unknown, status: number, words: string): string[] {
  if ((status !== 400 && status !== 422) || !refusing.test(words)) return [];
  const names = [...Object.keys(amendments), developer].filter((name) => new RegExp(`(?<![a-z_])${name}(?![a-z_])`).test(words));
  // `Use 'max_completion_tokens' instead`: both are named, one was sent.
  return names.filter((name) => has(body, name));
}

/** The request without them. */
export function amend(body: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(body)) return body.map((item) => amend(item, names));
  if (!isObject(body)) return body;
  const amended: Json = {};
  for (const [key, value] of Object.entries(body)) {
    if (isOpaque(key, value)) amended[key] = value;
    else if (key === "role" && value === developer && names.has(developer)) amended[key] = "system";
    else if (!names.has(key) || !Object.hasOwn(amendments, key)) amended[key] = amend(value, names);
    else if (amendments[key] !== undefined && !names.has(amendments[key])) amended[amendments[key]] = value;
  }
  return amended;
}

function has(body: unknown, name: string): boolean {
  if (Array.isArray(body)) return body.some((item) => has(item, name));
  if (!isObject(body)) return false;
  return Object.entries(body).some(
    ([key, value]) => !isOpaque(key, value) && (key === name || (key === "role" && value === name) || has(value, name)),
  );
}

/** Whether the content of a field is the caller's and not the format's; an `input` that is no list is that of a tool call. */
function isOpaque(key: string, value: unknown): boolean {
  return ["parameters", "input_schema", "schema", "arguments", "args"].includes(key) || (key === "input" && isObject(value));
}
