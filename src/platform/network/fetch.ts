// The one fetch of the process: proxies (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, configuration) and extra certificate authorities, alike on Bun and
// on Node. Made once by the composition root and passed down. Invariant: without a proxy and a CA file no library is loaded.

import { readFileSync } from "node:fs";
import { messageOf, PiError } from "../../contracts/error.ts";
import type { Env } from "../paths.ts";
import { liveSecrets } from "../secrets.ts";
import { startIsOver } from "../start-pace.ts";

export interface FetchOptions {
  env: Env;
  /** For every request that NO_PROXY does not except; wins over the environment. */
  proxy?: string;
  /** PEM file of further authorities. */
  caFile?: string;
}

type Fetch = typeof globalThis.fetch;

/** Throws PiError `config.proxy`, `config.ca_file`. */
export function createFetch(options: FetchOptions): Fetch {
  const route = proxyRoute(options);
  const authorities = options.caFile === undefined || options.caFile === "" ? [] : [readAuthorities(options.caFile, "the CA file")];
  return process.versions.bun === undefined ? nodeFetch(options, route, authorities) : bunFetch(options.env, route, authorities);
}

function readAuthorities(path: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new PiError("config.ca_file", `Cannot read ${what} ${path}: ${messageOf(error)}`, {
      hint: "Set network.ca_file to a PEM file",
      cause: error,
    });
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new PiError("config.ca_file", `No certificate in ${what} ${path}`, { hint: "The file must hold PEM certificates" });
  }
  return text;
}

/** Beside the authorities that everybody trusts: a list given to TLS replaces the built-in one. */
async function allAuthorities(env: Env, own: readonly string[]): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  const extra = env.NODE_EXTRA_CA_CERTS;
  return [...rootCertificates, ...(extra ? [readAuthorities(extra, "NODE_EXTRA_CA_CERTS")] : []), ...own];
}

/** Bun reads the proxy variables by itself; what is said here wins. Its own limit of five minutes is off: deadlines are the caller's. */
function bunFetch(env: Env, route: ProxyRoute | undefined, authorities: readonly string[]): Fetch {
  let tls: Promise<{ ca: string[] }> | undefined;
  let hasAsked = false;
  const fetchWith = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const proxy = route?.(urlOf(input));
    if (authorities.length > 0) tls ??= allAuthorities(env, authorities).then((ca) => ({ ca }));
    const extra = {
      timeout: false,
      ...(route === undefined ? {} : { proxy: proxy ?? "" }),
      ...(tls === undefined ? {} : { tls: await tls }),
    };
    const answer = globalThis.fetch(input, { ...init, ...extra } as RequestInit);
    if (hasAsked) startIsOver();
    hasAsked = true;
    return answer.catch((error: unknown) => {
      // Bun does not say who refused, as Node does.
      if (proxy !== undefined && error instanceof Error) Object.assign(error, proxyAddress(proxy));
      throw error;
    });
  };
  return fetchWith as Fetch;
}

function proxyAddress(proxy: string): { address: string; port: string } {
  const { hostname, port, protocol } = new URL(proxy);
  return { address: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? (protocol === "https:" ? "443" : "80") : port };
}

function nodeFetch({ env }: FetchOptions, route: ProxyRoute | undefined, authorities: readonly string[]): Fetch {
  if (route === undefined && authorities.length === 0) return directFetch();
  let loaded: Promise<{ fetch: Fetch; dispatcherFor(proxy: string | undefined): unknown }> | undefined;
  const fetchWith = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    loaded ??= loadUndici(env, authorities);
    const { fetch, dispatcherFor } = await loaded;
    return fetch(input, { ...init, dispatcher: dispatcherFor(route?.(urlOf(input))) } as RequestInit);
  };
  return fetchWith as Fetch;
}

function directFetch(): Fetch {
  let loaded: Promise<Fetch> | undefined;
  const fetchWith = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    loaded ??= import("./node-transport.ts").then(({ nodeTransport }) => nodeTransport());
    return (await loaded)(input, init);
  };
  return fetchWith as Fetch;
}

async function loadUndici(
  env: Env,
  authorities: readonly string[],
): Promise<{ fetch: Fetch; dispatcherFor(proxy: string | undefined): unknown }> {
  const { Agent, ProxyAgent, fetch } = await import("undici");
  const tls = authorities.length === 0 ? {} : { ca: await allAuthorities(env, authorities) };
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  const byProxy = new Map<string | undefined, unknown>();
  return {
    fetch: fetch as unknown as Fetch,
    dispatcherFor(proxy) {
      let dispatcher = byProxy.get(proxy);
      if (dispatcher === undefined) {
        dispatcher =
          proxy === undefined
            ? new Agent({ ...limits, connect: tls })
            : new ProxyAgent({ ...limits, uri: proxy, requestTls: tls, proxyTls: tls });
        byProxy.set(proxy, dispatcher);
      }
      return dispatcher;
    },
  };
}

function urlOf(input: string | URL | Request): URL {
  return new URL(typeof input === "string" || input instanceof URL ? input : input.url);
}

/** The proxy for an address, or undefined where it is reached directly. */
export type ProxyRoute = (url: URL) => string | undefined;

/** Undefined where no proxy is configured at all. */
export function proxyRoute(options: FetchOptions): ProxyRoute | undefined {
  const { env } = options;
  const configured = proxyUrl(options.proxy, "network.proxy");
  const all = proxyUrl(env.ALL_PROXY ?? env.all_proxy, "ALL_PROXY");
  const forHttp = configured ?? proxyUrl(env.http_proxy ?? env.HTTP_PROXY, "HTTP_PROXY") ?? all;
  const forHttps = configured ?? proxyUrl(env.https_proxy ?? env.HTTPS_PROXY, "HTTPS_PROXY") ?? all;
  if (forHttp === undefined && forHttps === undefined) return undefined;
  const excepted = (env.no_proxy ?? env.NO_PROXY ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return (url) => (excepted.some((entry) => matchesHost(url, entry)) ? undefined : url.protocol === "https:" ? forHttps : forHttp);
}

/** The value is never shown: it may hold a password. */
function proxyUrl(value: string | undefined, name: string): string | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const text = value.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw new PiError("config.proxy", `${name} is not a proxy address`, { hint: "Write it as http://host:port" });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new PiError("config.proxy", `${name} names a ${url.protocol.slice(0, -1)} proxy, which is not supported`, {
      hint: "Use an HTTP proxy",
    });
  }
  liveSecrets.addUrl(url.href);
  return url.href;
}

/** `*`, `host`, `.domain`, `*.domain` (a name covers what is below it), each with `:port` or without; an address in brackets for IPv6. */
function matchesHost(url: URL, entry: string): boolean {
  if (entry === "*") return true;
  const match = /^(\[[^\]]+\]|[^:]*|[^[].*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase());
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (match?.[2] !== undefined && match[2] !== port) return false;
  const name = (match?.[1] ?? entry).replace(/^\*?\./, "").replace(/^\[|\]$/g, "");
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  return host === name || host.endsWith(`.${name}`);
}
