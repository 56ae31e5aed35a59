// The usage that a service tells in several events of one answer, as one object. Kept by each decoder.
// Invariant: a count that was told stays until a greater than zero takes its place: last events of gateways and imitators repeat the usage
// with zeros, or leave out what they said before.

import { isObject, type Json } from "./json.ts";

export class RunningUsage {
  #told: Json = {};

  /** All that has been told with this event's part of it. */
  add(part: Json): Json {
    this.#told = merged(this.#told, part);
    return this.#told;
  }
}

function merged(before: Json, part: Json): Json {
  const result: Json = { ...before };
  for (const [key, value] of Object.entries(part)) {
    const known = result[key];
    if (isObject(value)) result[key] = merged(isObject(known) ? known : {}, value);
    else if (known === undefined || (value !== null && value !== 0)) result[key] = value;
  }
  return result;
}
