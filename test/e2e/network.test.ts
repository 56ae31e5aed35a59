// The program behind a proxy and before a server whose authority nobody knows: as the compiled binary and on Node, with a real proxy and a real
// TLS server. And offline.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { projectRoot, type Way } from "../support/program.ts";
import { type ProxyServer, startProxyServer } from "../support/proxy-server.ts";
import { type Service, services } from "../support/served.ts";
import { startStrictServer } from "../support/strict/script.ts";
import { test, type World } from "../support/world.ts";

const [anthropic] = services as [Service];
const tls = join(projectRoot, "test/fixtures/tls");
const caFile = join(tls, "ca.pem");
const stream = anthropic.format.stream(
  { say: [{ text: "Through TLS" }] },
  { method: "POST", path: "", headers: {}, rawBody: "", body: { messages: [] } },
);
const secure = createServer(
  { key: readFileSync(join(tls, "server.key")), cert: readFileSync(join(tls, "server.pem")) },
  (request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "text/event-stream" }).end(stream));
  },
);
let plain: Awaited<ReturnType<typeof startStrictServer>>;
let secureUrl = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  secureUrl = `https://localhost:${(secure.address() as AddressInfo).port}`;
  plain = await startStrictServer(anthropic.format, [{ say: [{ text: "In the clear" }] }]);
});
afterAll(async () => {
  secure.closeAllConnections();
  await Promise.all([plain.close(), new Promise((resolve) => secure.close(resolve))]);
});

/** A name that only the proxy can resolve. */
const hidden = (): string => `http://model.invalid:${new URL(plain.url).port}`;

describe.concurrent.each<Way>(["binary", "node"])("%s", (way) => {
  async function ask(world: World, baseUrl: string, env: Record<string, string>, toml = "[retry]\nenabled = false\n"): Promise<string> {
    world.config(toml);
    const args = ["-p", "--model", anthropic.model, "hi"];
    const { stdout, stderr, status } = await world.run(args, { way, env: { ...anthropic.env(baseUrl), ...env } });
    return status === 0 && stderr === "" ? stdout : `${status}: ${stderr}`;
  }

  async function withProxy(use: (proxy: ProxyServer) => Promise<void>): Promise<void> {
    const proxy = await startProxyServer();
    try {
      await use(proxy);
    } finally {
      await proxy.close();
    }
  }

  test("HTTP_PROXY, with credentials that show nowhere", async ({ world }) =>
    withProxy(async (proxy) => {
      expect(await ask(world, hidden(), { HTTP_PROXY: `http://joe:hunter2@${proxy.address}` })).toBe("In the clear\n");
      expect(proxy.seen).toHaveLength(1);
      expect(proxy.credentials).toEqual([`Basic ${Buffer.from("joe:hunter2").toString("base64")}`]);
      expect(readFileSync(world.sessionFiles()[0] ?? "", "utf8")).not.toContain("hunter2");
    }));

  test("HTTPS_PROXY to a server with an authority of its own", async ({ world }) =>
    withProxy(async (proxy) => {
      const toml = `[network]\nca_file = "${caFile}"\n`;
      expect(await ask(world, secureUrl, { HTTPS_PROXY: `http://${proxy.address}` }, toml)).toBe("Through TLS\n");
      expect(proxy.seen).toEqual([`CONNECT ${new URL(secureUrl).host}`]);
    }));

  test("network.proxy wins over the environment", async ({ world }) =>
    withProxy(async (proxy) => {
      const toml = `[network]\nproxy = "http://${proxy.address}"\n[retry]\nenabled = false\n`;
      expect(await ask(world, hidden(), { HTTP_PROXY: "http://127.0.0.1:9" }, toml)).toBe("In the clear\n");
      expect(proxy.seen).toHaveLength(1);
    }));

  test("NO_PROXY", async ({ world }) => {
    const env = { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1" };
    expect(await ask(world, plain.url, env)).toBe("In the clear\n");
    expect(await ask(world, plain.url, { ...env, NO_PROXY: "example.com" })).toMatch(/^1: .*127\.0\.0\.1/);
  });

  test("an authority nobody knows, NODE_EXTRA_CA_CERTS, network.ca_file", async ({ world }) => {
    expect(await ask(world, secureUrl, {})).toMatch(/^1: .*the certificate of \S+ is not trusted: .*NODE_EXTRA_CA_CERTS/);
    expect(await ask(world, secureUrl, { NODE_EXTRA_CA_CERTS: caFile })).toBe("Through TLS\n");
    expect(await ask(world, secureUrl, {}, `[network]\nca_file = "${caFile}"\n`)).toBe("Through TLS\n");
    expect(await ask(world, secureUrl, {}, '[network]\nca_file = "/nowhere/ca.pem"\n')).toMatch(/^2: Error: .*\/nowhere\/ca\.pem/);
  });
});

// Of Node's own modules these take longer to load than most of ours: TLS and cryptography with `https`, the line editor and watchers with `fs/promises`.
test("on Node a request in the clear loads neither TLS nor cryptography, and no run the promises of files", async ({ world }) => {
  world.config("[retry]\nenabled = false\n");
  const telling = world.write(
    "telling.cjs",
    'process.on("exit", () => process.stderr.write(process.moduleLoadList.map((one) => one.replace("NativeModule ", "")).join(" ")));',
  );
  const run = async (baseUrl: string, env: Record<string, string> = {}): Promise<string[]> => {
    const args = ["-p", "--model", anthropic.model, "hi"];
    const options = { way: "node" as const, env: { ...anthropic.env(baseUrl), NODE_OPTIONS: `--require ${telling}`, ...env } };
    const { stdout, stderr, status } = await world.run(args, options);
    expect([stdout, status], stderr).toEqual([baseUrl === plain.url ? "In the clear\n" : "Through TLS\n", 0]);
    return stderr.split(" ");
  };
  const heavy = ["internal/fs/promises", "internal/readline/interface", "https", "tls", "crypto", "internal/crypto/webcrypto"];
  // Older ones load modules with the promises of files.
  const empty = world.write("empty.mjs", "");
  const own = spawnSync(process.execPath, ["--require", telling, empty], { encoding: "utf8" }).stderr.split(" ");
  const heavyOf = (names: readonly string[]): string[] => names.filter((one) => heavy.includes(one) && !own.includes(one));
  const loaded = await run(plain.url);
  expect(loaded).toContain("http");
  expect(heavyOf(loaded)).toEqual([]);
  const overTls = await run(secureUrl, { NODE_EXTRA_CA_CERTS: caFile });
  expect(overTls).toContain("https");
  expect(heavyOf(overTls).filter((one) => /fs|readline/.test(one))).toEqual([]);
});

// It looks at each character of a path by a call of its own: one that is called some thousand times Node 22 compiles with its last compiler, which takes 6 MB.
test("on Node a run leaves few paths to Node's own way with them", async ({ world }) => {
  const counting = world.write(
    "counting.cjs",
    `const path = require("path"), taken = [];
     for (const name of ["join", "resolve", "relative", "normalize"]) {
       const own = path[name];
       path[name] = (...parts) => { taken.push(name + " " + parts.join(",")); return own(...parts); };
     }
     process.on("exit", () => process.stderr.write(taken.join("\\n")));`,
  );
  const run = await world.run(["-p", "--model", anthropic.model, "hi"], {
    way: "node",
    env: { ...anthropic.env(plain.url), NODE_OPTIONS: `--require ${counting}` },
  });
  expect(run).toMatchObject({ status: 0, stdout: "In the clear\n" });
  const taken = run.stderr.split("\n");
  // Those of Node's loader are among them.
  expect(taken.filter((one) => one.includes("main.cjs"))).not.toEqual([]);
  expect(taken.length, run.stderr).toBeLessThan(60);
});

test("what was built for Node makes its calls on Bun as well", async ({ world }) => {
  world.config("[retry]\nenabled = false\n");
  const onBun = { way: "node" as const, shell: `shift; exec '${bunPath()}' "$@"`, env: anthropic.env(plain.url) };
  expect(await world.run(["-p", "--model", anthropic.model, "hi"], onBun)).toMatchObject({
    status: 0,
    stdout: "In the clear\n",
    stderr: "",
  });
});

describe.concurrent("offline", () => {
  test("a model call is made all the same", async ({ world }) => {
    const run = await world.run(["-p", "--offline", "--model", anthropic.model, "hi"], { env: anthropic.env(plain.url) });
    expect(run).toMatchObject({ status: 0, stdout: "In the clear\n", stderr: "" });
  });

  test("the catalogue is not fetched, but may come from a file", async ({ world }) => {
    const env = { PI_OFFLINE: "1", HTTPS_PROXY: "http://127.0.0.1:9" };
    const refused = await world.run(["models", "refresh"], { env });
    expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/^Error: .*offline.*--from/) });
    const list = world.write("api.json", '{"groq":{"models":{"brand-new":{"limit":{"context":9,"output":3}}}}}');
    const { status, stdout } = await world.run(["models", "refresh", "--from", list], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^groq: \d+ models, 1 new/);
    const listed = await world.run(["models", "brand-new", "--all", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ provider: "groq", id: "brand-new", contextWindow: 9 }]);
  });
});
