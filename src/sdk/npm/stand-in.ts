// Names that extensions may import and that have nothing behind them here: a terminal's parts, services there are none of. Used by the
// modules that extensions import. Invariant: importing, extending and constructing one works; whatever it is asked to do is refused by name.

import { PiError } from "../../contracts/error.ts";

// biome-ignore lint/suspicious/noExplicitAny: takes the place of functions of any shape
type Anything = any;

export function unavailable(name: string): PiError {
  return new PiError("extension.unavailable", `${name} is not available here`, {
    hint: "It needs a part of the npm agent that pi does not have",
  });
}

export function standInFunction(name: string): (...args: Anything[]) => Anything {
  return () => {
    throw unavailable(name);
  };
}

/** Names that are looked for to learn what an object is, not to have something done. */
const inquiries = new Set(["then", "toJSON", "constructor", "nodeType", "asymmetricMatch"]);

export function standInClass(name: string): new (...args: Anything[]) => Anything {
  const refuse = (member: string) => (): never => {
    throw unavailable(`${name}.${member}`);
  };
  const StandIn = { [name]: class {} }[name] as new () => Anything;
  const asked = new Proxy(
    {},
    { get: (_, member) => (typeof member === "symbol" || inquiries.has(member) || member.startsWith("_") ? undefined : refuse(member)) },
  );
  Object.setPrototypeOf(StandIn.prototype as object, asked);
  return StandIn;
}
