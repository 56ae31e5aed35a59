// Everything a model call needs beside the request: wire format, credential, network. Called before each call; loads each thing once.

import type { Config } from "../../config/load-config.ts";
import type { Model } from "../../contracts/model.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { Env } from "../../platform/paths.ts";
import type { TraceFile } from "../../providers/scripted/trace-file.ts";
import type { AccessTo } from "../conversation/conversation-deps.ts";
import type { ModelRegistry } from "./model-registry.ts";

export interface ModelAccessDeps {
  registry: Pick<ModelRegistry, "credential" | "credentialOf"> & Partial<Pick<ModelRegistry, "streamOf">>;
  config: Config;
  env: Env;
  /** `--record`: what is streamed is written there. */
  trace: TraceFile | undefined;
  now(): number;
}

export function createModelAccess(deps: ModelAccessDeps): AccessTo {
  const access = plainAccess(deps);
  const { retry } = deps.config.values;
  if ((retry.provider.maxRetries || retry.provider.timeoutMs || 0) === 0) return access;
  return async (model, given) => {
    const [{ provider, ...rest }, { withRequestRetries }] = await Promise.all([access(model, given), import("./request-retries.ts")]);
    return { ...rest, provider: withRequestRetries(provider, retry, { now: deps.now, random: Math.random }) };
  };
}

function plainAccess(deps: ModelAccessDeps): AccessTo {
  const providers = new Map<string, Promise<Provider>>();
  let fetching: Promise<typeof globalThis.fetch> | undefined;
  return async (model, given) => {
    const own = deps.registry.streamOf?.(model);
    let provider = own === undefined ? providers.get(model.api) : Promise.resolve(own);
    if (!provider) {
      provider = loadProviderOf(model);
      providers.set(model.api, provider);
    }
    const { trace } = deps;
    if (trace !== undefined) provider = provider.then((one) => trace.recorded(one, deps.now));
    fetching ??= loadFetch(deps);
    // Together: one that fails while another is waited for would be nobody's failure, and end the process.
    const [loaded, credential, fetch] = await Promise.all([provider, given ?? deps.registry.credential(model.provider), fetching]);
    if (credential.account === undefined && credential.request === undefined) return { provider: loaded, credential, fetch };
    const { signedIn, withOwnKey } = await import("./signed-in.ts");
    return { provider: credential.account === undefined ? withOwnKey(loaded) : signedIn(loaded, deps.registry), credential, fetch };
  };
}

async function loadProviderOf(model: Model): Promise<Provider> {
  const { loadProvider } = await import("../../providers/registry.ts");
  return loadProvider(model.api);
}

/** As the network reads them. */
const proxyVariables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** Rejects with `config.proxy` or `config.ca_file`: before any request, where the user has said something about the network. */
export async function checkNetwork(deps: Pick<ModelAccessDeps, "config" | "env">): Promise<void> {
  const { proxy, caFile } = deps.config.values.network;
  const isSaid = proxy !== "" || caFile !== "" || proxyVariables.some((name) => deps.env[name] !== undefined);
  if (isSaid) await loadFetch(deps);
}

/**
 * The connection to a model's service, where a call to it could be made. Nothing is opened offline, through a proxy or to a service with authorities
 * of its own: there the first request makes its way itself.
 */
export async function connectToModel(
  model: Model,
  deps: Pick<ModelAccessDeps, "config" | "env"> & { registry: Pick<ModelRegistry, "isAvailable" | "streamOf"> },
): Promise<void> {
  const { config, env, registry } = deps;
  const { network } = config.values;
  if (network.offline || network.caFile !== "" || model.provider === "scripted" || registry.streamOf(model) !== undefined) return;
  const { baseUrl } = model;
  if (!URL.canParse(baseUrl) || !registry.isAvailable(model.provider, true)) return;
  const { proxyRoute } = await import("../../platform/network/fetch.ts");
  if (proxyRoute({ env, proxy: network.proxy })?.(new URL(baseUrl)) !== undefined) return;
  const { connectAhead } = await import("../../platform/network/connect-ahead.ts");
  await connectAhead(baseUrl, await loadFetch({ config, env }));
}

async function loadFetch({ config, env }: Pick<ModelAccessDeps, "config" | "env">): Promise<typeof globalThis.fetch> {
  const { createFetch } = await import("../../platform/network/fetch.ts");
  return createFetch({ env, proxy: config.values.network.proxy, caFile: config.values.network.caFile });
}
