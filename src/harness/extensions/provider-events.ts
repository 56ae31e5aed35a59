// What extensions hear of requests and answers, on the way between a wire format and the network. Called by session-extensions.
// Invariant: where nobody listens nothing is read or copied; what the model is sent is what the last handler made of it.

import type { Model } from "../../contracts/model.ts";
import type { ExtensionDispatch } from "../../extensions/dispatch.ts";

const heard = ["before_provider_headers", "before_provider_request", "after_provider_response", "provider_stream_event"] as const;

export function hearsProviders(dispatch: ExtensionDispatch): boolean {
  return heard.some((name) => dispatch.hears(name));
}

export function watchedFetch(fetch: typeof globalThis.fetch, model: Model, dispatch: ExtensionDispatch): typeof globalThis.fetch {
  return (async (input, init = {}) => {
    const response = await fetch(input, await changedRequest(init, dispatch));
    if (dispatch.hears("after_provider_response")) {
      const headers = Object.fromEntries(response.headers);
      await dispatch.notify({ type: "after_provider_response", status: response.status, headers });
    }
    if (response.body === null || !dispatch.hears("provider_stream_event")) return response;
    const { provider, api, id } = model;
    const tell = (data: unknown): Promise<void> => dispatch.notify({ type: "provider_stream_event", provider, api, model: id, data });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(records(tell)), { status, statusText, headers });
  }) as typeof globalThis.fetch;
}

/** The same for a provider that does its own requests: it tells of them by these. */
export function watchers(
  { provider, api, id }: Model,
  dispatch: ExtensionDispatch,
): Record<string, (...about: never[]) => Promise<unknown>> {
  return {
    onPayload: (payload: unknown) => dispatch.payload(payload),
    onResponse: ({ status, headers }: { status: number; headers?: Record<string, string> }) =>
      dispatch.notify({ type: "after_provider_response", status, headers: { ...headers } }),
    onProviderStreamEvent: (data: unknown) => dispatch.notify({ type: "provider_stream_event", provider, api, model: id, data }),
  };
}

async function changedRequest(init: RequestInit, dispatch: ExtensionDispatch): Promise<RequestInit> {
  const changed = { ...init };
  if (dispatch.hears("before_provider_headers")) {
    const headers: Record<string, string | null> = Object.fromEntries(new Headers(init.headers));
    await dispatch.notify({ type: "before_provider_headers", headers });
    const kept = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    changed.headers = Object.fromEntries(kept);
  }
  if (dispatch.hears("before_provider_request") && typeof init.body === "string") {
    const payload = await dispatch.payload(parsed(init.body));
    changed.body = JSON.stringify(payload);
  }
  return changed;
}

/** Told of each record in the order of the stream, which waits for the handlers. */
function records(tell: (data: unknown) => Promise<void>): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let rest = "";
  return new TransformStream({
    transform: async (chunk, controller) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const data = line.startsWith("data:") ? line.slice("data:".length).trim() : "";
        if (data !== "" && data !== "[DONE]") await tell(parsed(data));
      }
      controller.enqueue(chunk);
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
