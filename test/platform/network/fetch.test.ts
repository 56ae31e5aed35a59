// The network through a real proxy and to a TLS server with an authority of its own, on Node (here) and on Bun (a child that does the same).

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bunPath } from "../../../scripts/build.mjs";
import { createFetch, type FetchOptions, proxyRoute } from "../../../src/platform/network/fetch.ts";
import { type ProxyServer, startProxyServer } from "../../support/proxy-server.ts";

const root = join(import.meta.dirname, "../../..");
const tlsFolder = join(root, "test/fixtures/tls");
const caFile = join(tlsFolder, "ca.pem");

let proxy: ProxyServer;
const http = createHttpServer((_request, response) => response.end("plain"));
const https = createTlsServer(
  { key: readFileSync(join(tlsFolder, "server.key")), cert: readFileSync(join(tlsFolder, "server.pem")) },
  (_request, response) => response.end("secret"),
);
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  proxy = await startProxyServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.credentials.length = 0;
});
afterAll(async () => {
  await proxy.close();
  for (const server of [http, https]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Get = (url: string, options: FetchOptions) => Promise<string>;

const onNode: Get = async (url, options) => {
  try {
    return await (await createFetch(options)(url)).text();
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : error}`;
  }
};

const childScript = `
  const { createFetch } = await import(process.env.FETCH_MODULE);
  const { url, options } = JSON.parse(process.env.FETCH_CASE);
  try {
    console.log(await (await createFetch({ ...options, env: process.env })(url)).text());
  } catch (error) {
    console.log("failed: " + error.message);
  }`;

/** The child has the case's environment and nothing else, as a process of its own would. */
const onBun: Get = async (url, { env, ...options }) => {
  const run = promisify(execFile)(bunPath(), ["-e", childScript], {
    env: {
      PATH: process.env.PATH,
      ...env,
      FETCH_MODULE: join(root, "src/platform/network/fetch.ts"),
      FETCH_CASE: JSON.stringify({ url, options }),
    },
  });
  return (await run).stdout.trim();
};

describe.each([
  ["Node", onNode],
  ["Bun", onBun],
] as const)("on %s", (_name, get) => {
  test("directly", async () => {
    expect(await get(`http://127.0.0.1:${portOf(http)}/`, { env: {} })).toBe("plain");
    expect(proxy.seen).toEqual([]);
  });

  test("HTTP_PROXY, with credentials", async () => {
    expect(await get(`http://127.0.0.1:${portOf(http)}/`, { env: { HTTP_PROXY: `http://joe:pass@${proxy.address}` } })).toBe("plain");
    expect(proxy.seen).toHaveLength(1);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from("joe:pass").toString("base64")}`]);
  });

  test("HTTPS_PROXY and a CA file", async () => {
    const url = `https://localhost:${portOf(https)}/`;
    expect(await get(url, { env: { HTTPS_PROXY: `http://${proxy.address}` }, caFile })).toBe("secret");
    expect(proxy.seen).toEqual([`CONNECT localhost:${portOf(https)}`]);
  });

  test("a configured proxy wins over the environment", async () => {
    const env = { HTTP_PROXY: "http://127.0.0.1:9" };
    expect(await get(`http://127.0.0.1:${portOf(http)}/`, { env, proxy: proxy.address })).toBe("plain");
    expect(proxy.seen).toHaveLength(1);
  });

  test("NO_PROXY", async () => {
    const env = { HTTP_PROXY: `http://${proxy.address}`, HTTPS_PROXY: `http://${proxy.address}`, NO_PROXY: "example.com, 127.0.0.1" };
    expect(await get(`http://127.0.0.1:${portOf(http)}/`, { env })).toBe("plain");
    expect(proxy.seen).toEqual([]);
  });

  test("a server whose authority nobody trusts", async () => {
    const url = `https://localhost:${portOf(https)}/`;
    expect(await get(url, { env: {} })).toMatch(/^failed: /);
    expect(await get(url, { env: {}, caFile })).toBe("secret");
  });
});

test("NODE_EXTRA_CA_CERTS, which both runtimes read when they start", async () => {
  const url = `https://localhost:${portOf(https)}/`;
  expect(await onBun(url, { env: { NODE_EXTRA_CA_CERTS: caFile } })).toBe("secret");
  const script = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log, (e) => console.log("failed", e.message))`;
  const node = await promisify(execFile)(process.execPath, ["-e", script], {
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: caFile },
  });
  expect(node.stdout.trim()).toBe("secret");
});

test("nothing configured: no proxy is asked, whoever follows redirects", async () => {
  const direct = createFetch({ env: { NO_PROXY: "*" }, proxy: "", caFile: "" });
  for (const redirect of ["manual", "follow"] as const) {
    expect(await (await direct(`http://127.0.0.1:${portOf(http)}/`, { redirect })).text()).toBe("plain");
  }
  expect(proxy.seen).toEqual([]);
});

test.each<[string, string, boolean]>([
  ["example.com", "https://example.com/", true],
  ["example.com", "https://api.example.com/", true],
  ["example.com", "https://badexample.com/", false],
  [".example.com", "https://api.example.com/", true],
  ["*.example.com", "https://api.example.com/", true],
  ["example.com:8443", "https://example.com/", false],
  ["example.com:443", "https://example.com/", true],
  ["*", "http://anything/", true],
  ["[::1]", "http://[::1]:8080/", true],
  ["::1", "http://[::1]:8080/", true],
  ["[::1]:8080", "http://[::1]:8080/", true],
  ["localhost 10.0.0.1", "http://10.0.0.1/", true],
])("NO_PROXY=%s excepts %s: %s", (noProxy, url, excepted) => {
  const route = proxyRoute({ env: { ALL_PROXY: "proxy:3128", NO_PROXY: noProxy } });
  expect(route?.(new URL(url))).toBe(excepted ? undefined : "http://proxy:3128/");
});

test.each<[string, FetchOptions, RegExp]>([
  ["config.proxy", { env: {}, proxy: "http://joe:hunter2@:x" }, /^network\.proxy is not a proxy address$/],
  ["config.proxy", { env: { ALL_PROXY: "socks5://127.0.0.1:1080" } }, /^ALL_PROXY names a socks5 proxy/],
  ["config.ca_file", { env: {}, caFile: "/nonexistent/ca.pem" }, /\/nonexistent\/ca\.pem/],
  ["config.ca_file", { env: {}, caFile: join(tlsFolder, "server.key") }, /^No certificate in/],
])("%s names what is wrong", (code, options, message) => {
  expect(() => createFetch(options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
