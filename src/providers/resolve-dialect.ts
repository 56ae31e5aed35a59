// Which dialect a model is spoken to in: the format's defaults, what is assumed of unknown servers, the vendor's row, the model's own overrides.
// Called by the encoders and providers. Invariant: later wins, field by field.

import type { Model } from "../contracts/model.ts";
import { isOwnMachine } from "../contracts/text/own-machine.ts";
import {
  type AnthropicDialect,
  anthropicDefaults,
  type CompletionsDialect,
  completionsDefaults,
  type ResponsesDialect,
  responsesDefaults,
  unknownAnthropic,
  unknownCompletions,
  type VendorDialect,
} from "./dialect.ts";
import { apiAliases, type Vendor, vendors } from "./vendors.ts";

/** The row of the model's provider, else of the vendor whose host its base URL names. */
export function vendorOf(model: Model): Vendor | undefined {
  if (Object.hasOwn(vendors, model.provider)) return vendors[model.provider];
  const host = hostOf(model.baseUrl);
  return host === undefined || isOwnMachine(host)
    ? undefined
    : Object.values(vendors).find((vendor) => vendor.keyless !== true && hostOf(vendor.baseUrl) === host);
}

export function completionsDialect(model: Model): CompletionsDialect {
  return resolve(model, "openai-completions", completionsDefaults, unknownCompletions);
}

export function responsesDialect(model: Model): ResponsesDialect {
  return resolve(model, "openai-responses", responsesDefaults, {});
}

export function anthropicDialect(model: Model): AnthropicDialect {
  return resolve(model, "anthropic-messages", anthropicDefaults, unknownAnthropic);
}

function resolve<D extends object>(model: Model, api: keyof VendorDialect, defaults: D, unknown: Partial<D>): D {
  const row = vendorOf(model)?.dialect?.[api];
  return { ...defaults, ...(row ?? unknown), ...model.dialect } as D;
}

/** Whether the service itself holds the answer to `outputSchema`; elsewhere the prompt must ask for it. */
export function supportsOutputSchema(model: Model, withTools: boolean): boolean {
  switch (apiAliases[model.api] ?? model.api) {
    case "openai-completions":
      return completionsDialect(model).supportsJsonSchema;
    case "openai-responses":
      return responsesDialect(model).supportsJsonSchema;
    case "anthropic-messages":
      return anthropicDialect(model).supportsJsonSchema;
    case "google-generative-ai":
      // Gemini 2 refuses a response schema beside function declarations.
      return !(withTools && /gemini-[12]\b/.test(model.id));
    default:
      return false;
  }
}

/** The base URL without trailing slashes, with `suffix` at the end of its path as far as it was not there; what it asks for (`?…`) stays behind. */
export function baseUrlWith(baseUrl: string, suffix: string): string {
  const at = baseUrl.indexOf("?");
  const query = at < 0 ? "" : baseUrl.slice(at);
  let path = at < 0 ? baseUrl : baseUrl.slice(0, at);
  while (path.endsWith("/")) path = path.slice(0, -1);
  const parts = suffix.split("/").slice(1);
  // `…/openai` wants no more than `/v1`.
  const there = parts.map((_, index) => `/${parts.slice(0, parts.length - index).join("/")}`).find((part) => path.endsWith(part)) ?? "";
  return path + suffix.slice(there.length) + query;
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
}
