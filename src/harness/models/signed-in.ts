// A wire format spoken with a sign-in's token: to the address that the token is for, and once more with a new one where the service refuses it.
// Called by model-access for credentials of an account. Invariant: the token goes nowhere else, whatever base URL was configured.

import type { Credential, ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { eventsOf, type StreamPart } from "../../contracts/stream-event.ts";
import type { ModelRegistry } from "./model-registry.ts";

export function signedIn(provider: Provider, registry: Pick<ModelRegistry, "credentialOf">): Provider {
  return { ...provider, stream: (call) => withRenewal(provider, call, registry) };
}

async function* withRenewal(provider: Provider, call: ModelCall, registry: Pick<ModelRegistry, "credentialOf">): AsyncIterable<StreamPart> {
  let isFirst = true;
  for await (const part of provider.stream(atAccount(call, call.credential))) {
    const [event] = eventsOf(part);
    const renewed = isFirst && event?.type === "failure" && event.failure.code === "auth" ? await newToken(call, registry) : undefined;
    if (renewed !== undefined) {
      yield* provider.stream(atAccount(call, renewed));
      return;
    }
    isFirst = false;
    yield part;
  }
}

/** Nothing where there is none to be had: then the service's own words are what is told. */
async function newToken({ credential }: ModelCall, registry: Pick<ModelRegistry, "credentialOf">): Promise<Credential | undefined> {
  const renewed = await registry.credentialOf(credential.account?.id ?? "", { spent: credential.value }).catch(() => undefined);
  return renewed?.value === credential.value ? undefined : renewed;
}

/** The same with a key that has an address or headers of its own, which nobody can make new. */
export function withOwnKey(provider: Provider): Provider {
  return { ...provider, stream: (call) => provider.stream(atAccount(call, call.credential)) };
}

function atAccount(call: ModelCall, credential: Credential): ModelCall {
  const place = credential.account ?? credential.request;
  if (place === undefined) return call;
  const headers = { ...call.model.headers, ...place.headers };
  return { ...call, credential, model: { ...call.model, baseUrl: place.baseUrl || call.model.baseUrl, headers } };
}
