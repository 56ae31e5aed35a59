// /llama on the screen: the router's models with their states, loaded and unloaded from the list, and what is in /model then; servers that are no router or
// do not answer; the key stored by the name that the npm agent has for the provider.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SessionHost } from "../../../src/harness/host/session-host.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { type LlamaServer, type ServedModel, startLlamaServer } from "../../support/llama-server.ts";
import { converseByLines } from "../../support/plain-lines.ts";
import { makeSessions } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { startWireServer } from "../../support/wire-server.ts";

async function screenAt(url: string): Promise<InteractiveScreen> {
  const screen = await openInteractive({ columns: 120 });
  setAddress(screen.sessions, url);
  return screen;
}

function setAddress({ launch }: SessionHost, url: string): void {
  const settings = { id: "llama-cpp", models: [], modelOverrides: {}, headers: {}, dialect: {}, authHeader: false };
  launch.registry.setProvider("llama-cpp", { ...settings, baseUrl: { value: url, origin: { kind: "user" } } });
}

async function listAt(models: Record<string, ServedModel>, key = ""): Promise<{ screen: InteractiveScreen; server: LlamaServer }> {
  const server = await startLlamaServer(models, { key });
  onTestFinished(() => server.close());
  onTestFinished(() => expect(server.complaints).toEqual([]));
  const screen = await screenAt(server.url);
  screen.device.keys("/llama\r");
  await screen.until((text) => text.includes(`Models of llama.cpp at ${server.url}`));
  return { screen, server };
}

const enter = "\r";
const row = (id: string, state: string): RegExp => new RegExp(`${id} +${state}`);

test("the list says how each model is, and what the keys do", async () => {
  const { screen } = await listAt({
    "small-Q4_K_M": { state: "loaded" },
    "org/large:Q8_0": { state: "unloaded" },
    asleep: { state: "sleeping" },
    broken: { state: "unloaded", exitCode: 1 },
    coming: { state: "downloading" },
    "odd\u001b[2J": { state: "unloaded" },
  });
  const shown = screen.drawn();
  expect(shown).toMatch(row("small-Q4_K_M", "loaded"));
  expect(shown).toMatch(row("org/large:Q8_0", "unloaded"));
  expect(shown).toMatch(row("asleep", "sleeping"));
  expect(shown).toMatch(row("broken", String.raw`failed \(exit status 1\)`));
  expect(shown).toMatch(row("coming", "downloading …"));
  expect(shown).toContain("enter load or unload");
  expect(shown).toContain("/model chooses a loaded one");
  screen.device.keys("coming\r");
  await screen.until((text) => text.includes("Stop the download of coming?"));
});

test("Enter loads, and it is in the list of /model; Enter unloads, and it is there no more", async () => {
  const { screen, server } = await listAt({ small: { state: "unloaded", loads: "held" }, other: { state: "unloaded" } });
  screen.device.keys(enter);
  await screen.until((text) => row("small", "loading …").test(text));
  await server.received(3);
  server.finish("small");
  const loaded = await screen.until((text) => text.includes("small is loaded"));
  expect(loaded).toContain("/model chooses it");
  expect(await screen.until((text) => row("small", "loaded").test(text))).toMatch(row("other", "unloaded"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("Models of llama.cpp"));
  screen.device.keys("/model\r");
  await screen.until((text) => text.includes("llama-cpp/small"));
  screen.device.keys("llama-cpp/small\r");
  await screen.until((text) => text.includes("0%/32.8k"));
  expect(screen.sessions.models.inForce).toMatchObject({ provider: "llama-cpp", id: "small", contextWindow: 32_768 });
  screen.device.keys("/llama\r");
  await screen.until((text) => text.includes("Models of llama.cpp"));
  screen.device.keys(enter);
  await screen.until((text) => row("small", "unloaded").test(text));
  expect(server.models.get("small")?.state).toBe("unloaded");
  expect(screen.sessions.launch.registry.available()).toEqual([]);
});

test("while another is loaded, loading one asks what becomes of it", async () => {
  const { screen, server } = await listAt({ big: { state: "loaded" }, dozing: { state: "sleeping" }, small: { state: "unloaded" } });
  const states = (): string[] => [...server.models.values()].map(({ state }) => state);
  screen.device.keys("small\r");
  await screen.until((text) => text.includes("big, dozing are loaded"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("are loaded") && row("small", "unloaded").test(text));
  screen.device.keys(enter);
  await screen.until((text) => text.includes("big, dozing are loaded"));
  screen.device.keys(enter);
  await screen.until((text) => text.includes("small is loaded") && row("small", "loaded").test(text));
  expect(states()).toEqual(["unloaded", "unloaded", "loaded"]);
  screen.device.keys("\u0015big\r");
  await screen.until((text) => text.includes("small is loaded at"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => row("big", "loaded").test(text));
  expect(states()).toEqual(["loaded", "unloaded", "loaded"]);
});

test("Enter on one that is loading lets it go, without a word of a failure", async () => {
  const { screen, server } = await listAt({ small: { state: "unloaded", loads: "held" } });
  screen.device.keys(enter);
  await screen.until((text) => row("small", "loading …").test(text));
  await server.received(3);
  screen.device.keys(enter);
  expect(await screen.until((text) => text.includes("small is unloaded"))).not.toContain("could not be loaded");
  expect(server.models.get("small")?.state).toBe("unloaded");
});

test("Escape leaves while one is loading; the server goes on, and the list shows it when it is opened again", async () => {
  const { screen, server } = await listAt({ small: { state: "unloaded", loads: "held" } });
  screen.device.keys(enter);
  await screen.until((text) => row("small", "loading …").test(text));
  screen.device.keys("\u001b");
  await screen.until((text) => text.includes("goes on loading"));
  screen.device.keys("/llama\r");
  await screen.until((text) => row("small", "loading …").test(text));
  server.finish("small");
  await screen.until((text) => row("small", "loaded").test(text));
});

test("a change that somebody else was quicker with is refused, and the list shows what it is by now", async () => {
  const { screen, server } = await listAt({ small: { state: "unloaded" } });
  server.finish("small");
  screen.device.keys(enter);
  await screen.until((text) => text.includes("/models/load answers HTTP 400: model is already running"));
  await screen.until((text) => row("small", "loaded").test(text));
});

test("a model that cannot be loaded is told, with its status and what to look at", async () => {
  const { screen } = await listAt({ large: { state: "unloaded", loads: "fails" } });
  screen.device.keys(enter);
  const shown = await screen.until((text) => text.includes("could not be loaded: its process ended with status 137"));
  expect(shown).toContain("says why");
  await screen.until((text) => row("large", String.raw`failed \(exit status 137\)`).test(text));
});

test("a key that is wanted, and a server that goes away, are one line each", async () => {
  const { screen, server } = await listAt({ small: { state: "unloaded" } }, "sk-llama-0123456789");
  screen.device.keys(enter);
  const shown = await screen.until((text) => text.includes("wants a key (HTTP 401)"));
  expect(shown).toContain("LLAMA_API_KEY");
  await screen.until((text) => row("small", "unloaded").test(text));
  await server.close();
  screen.device.keys(enter);
  await screen.until((text) => text.includes(`No router of llama.cpp can be reached at ${server.url}`));
});

test.each([
  ["is no router", '{"data":[{"id":"only"}]}', "it does not say which models are loaded"],
  ["answers nonsense", "<html>", "is no server of llama.cpp"],
  ["answers without end", "x".repeat(2 << 20), "the answer is too large"],
])("a server that %s is told with its address, and no list is opened", async (_what, body, words) => {
  const server = await startWireServer(() => ({ body }));
  onTestFinished(() => server.close());
  const screen = await screenAt(`${server.url}/v1`);
  screen.device.keys("/llama\r");
  const shown = await screen.until((text) => text.includes(words));
  expect(shown).toContain(server.url);
  expect(shown).not.toContain("Models of llama.cpp");
});

test("a router without models says so, and one is downloaded by its name, with how far it is", async () => {
  const { screen, server } = await listAt({});
  expect(screen.drawn()).toMatch(/ has no models\n +Download one/);
  server.hub.set("org/small-GGUF:Q4_K_M", "org/small-GGUF:Q4_K_M");
  screen.device.keys(enter);
  await screen.until((text) => text.includes("Download which model of Hugging Face?"));
  screen.device.keys("org/small-GGUF:Q4_K_M\r");
  await screen.until((text) => row("org/small-GGUF:Q4_K_M", "downloading …").test(text));
  server.downloaded("org/small-GGUF:Q4_K_M", { one: { done: 1_200_000_000, total: 2_400_000_000 }, two: { done: 0, total: 600_000_000 } });
  await screen.until((text) => row("org/small-GGUF:Q4_K_M", "downloading 40%, 1.2 GB of 3.0 GB").test(text));
  server.endDownload("org/small-GGUF:Q4_K_M");
  await screen.until((text) => /org\/small-GGUF:Q4_K_M has arrived\n +\/llama loads it/.test(text));
  await screen.until((text) => row("org/small-GGUF:Q4_K_M", "unloaded").test(text));
  expect(server.requests.filter(({ method, path }) => `${method} ${path}` === "POST /models").map(({ body }) => body)).toEqual([
    { model: "org/small-GGUF:Q4_K_M" },
  ]);
});

test("a download is stopped when that is wanted, and goes on when it is not; leaving the list leaves it to the server", async () => {
  const { screen, server } = await listAt({ large: { state: "downloading" } });
  screen.device.keys(enter);
  await screen.until((text) => text.includes("Stop the download of large?"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => row("large", "downloading …").test(text));
  expect(server.models.get("large")?.state).toBe("downloading");
  screen.device.keys(enter);
  await screen.until((text) => text.includes("Stop the download of large?"));
  screen.device.keys(enter);
  await screen.until((text) => text.includes("The download of large is stopped"));
  expect(server.models.has("large")).toBe(false);
  await screen.until((text) => !row("large", "").test(text));
  server.hub.set("org/other:Q8_0", "org/other:Q8_0");
  screen.device.keys(enter);
  await screen.until((text) => text.includes("Download which model"));
  screen.device.keys("org/other:Q8_0\r");
  await screen.until((text) => row("org/other:Q8_0", "downloading …").test(text));
  screen.device.keys("\u001b");
  await screen.until((text) => text.includes("The server goes on downloading"));
  screen.device.keys("/llama\r");
  await screen.until((text) => row("org/other:Q8_0", "downloading …").test(text));
});

test("what cannot be downloaded, or does not arrive, is one line each; a server that tells no events is looked at", async () => {
  const server = await startLlamaServer({ "org/here:Q8_0": { state: "unloaded" } }, { events: false });
  onTestFinished(() => server.close());
  const screen = await screenAt(server.url);
  screen.device.keys("/llama\r");
  await screen.until((text) => text.includes("Models of llama.cpp"));
  const ask = async (name: string): Promise<void> => {
    screen.device.keys("Download a model\r");
    await screen.until((text) => text.includes("Download which model"));
    screen.device.keys(`${name}\r`);
    await screen.until((text) => !text.includes("Download which model"));
    screen.device.keys("\u0015");
  };
  await ask("org/here:Q8_0");
  await screen.until((text) => text.includes("/models answers HTTP 400: model 'org/here:Q8_0' already exists"));
  await ask("org/nowhere:Q8_0");
  await screen.until((text) => text.includes("/models answers HTTP 400: no model is called org/nowhere:Q8_0"));
  server.hub.set("org/late:Q8_0", "org/late:Q8_0");
  await ask("org/late:Q8_0");
  await screen.until((text) => row("org/late:Q8_0", "downloading …").test(text));
  server.downloaded("org/late:Q8_0", { one: { done: 1, total: 3 } });
  await screen.until((text) => row("org/late:Q8_0", "downloading 33%, 1 B of 3 B").test(text));
  server.endDownload("org/late:Q8_0", "failed");
  await screen.until((text) => text.includes("org/late:Q8_0 was not downloaded"));
});

test("words are looked for at Hugging Face, and the repository's quantizations are chosen from", async () => {
  const hub = await startWireServer(({ path }) => {
    if (path.startsWith("/api/models?")) return { body: JSON.stringify([{ id: "org/tiny-GGUF", downloads: 12_345 }, { id: "bad id" }]) };
    if (path === "/api/models/org/closed") return { status: 401, body: "{}" };
    const siblings = ["tiny-Q8_0.gguf", "tiny-Q4_K_M-00001-of-00002.gguf", "tiny-Q4_K_M-00002-of-00002.gguf", "mmproj-F16.gguf"].map(
      (rfilename) => ({
        rfilename,
        size: 500_000_000,
      }),
    );
    return { body: JSON.stringify({ id: "org/tiny-GGUF", gated: "manual", siblings }) };
  });
  onTestFinished(() => hub.close());
  const server = await startLlamaServer({});
  onTestFinished(() => server.close());
  server.hub.set("org/tiny-GGUF:Q4_K_M", "org/tiny-GGUF:Q4_K_M");
  const screen = await openInteractive({ columns: 120, env: { HF_ENDPOINT: hub.url, HF_TOKEN: "hf_token-0123456789" } });
  setAddress(screen.sessions, server.url);
  screen.device.keys("/llama\r");
  await screen.until((text) => text.includes("Models of llama.cpp"));
  screen.device.keys(enter);
  await screen.until((text) => text.includes("Download which model"));
  screen.device.keys("tiny model\r");
  await screen.until((text) => text.includes("org/tiny-GGUF  12.3k downloads"));
  expect(screen.drawn()).not.toContain("bad id");
  screen.device.keys(enter);
  const gated = await screen.until((text) => text.includes("org/tiny-GGUF is gated. Download it?"));
  expect(gated).toContain("the server needs HF_TOKEN");
  screen.device.keys(enter);
  await screen.until((text) => /❯ Q4_K_M {2}1\.0 GB\n +Q8_0 {2}500\.0 MB/.test(text));
  screen.device.keys(enter);
  await screen.until((text) => row("org/tiny-GGUF:Q4_K_M", "downloading …").test(text));
  expect(hub.requests.map(({ path }) => path)).toEqual([
    "/api/models?search=tiny+model&filter=gguf&sort=downloads&direction=-1&limit=30",
    "/api/models/org/tiny-GGUF?blobs=true",
  ]);
  expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer hf_token-0123456789", "Bearer hf_token-0123456789"]);
  expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test("by lines a model is changed by its number, and what came of it is told", async () => {
  const server = await startLlamaServer({ small: { state: "unloaded" }, broken: { state: "unloaded", loads: "fails" } });
  onTestFinished(() => server.close());
  server.hub.set("org/tiny:Q8_0", "org/tiny:Q8_0");
  const { sessions } = await makeSessions({ directory: temporaryDirectory() });
  setAddress(sessions, server.url);
  const written: string[] = [];
  let look = (): void => {};
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (written.join("").includes(text)) resolve();
      };
      look();
    });
  async function* lines(): AsyncGenerator<Uint8Array> {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`);
    yield bytes("/llama");
    await until("Models of llama.cpp");
    yield bytes("1");
    await until("small is loaded (/model chooses it)");
    yield bytes("/llama");
    await until("1  small  loaded");
    yield bytes("2");
    await until("small is loaded at");
    yield bytes("2");
    await until("broken could not be loaded: its process ended with status 137");
    yield bytes("/llama");
    await until("2  broken  failed (exit status 137)");
    yield bytes("3");
    await until("Download which model of Hugging Face?");
    yield bytes("org/tiny:Q8_0");
    await until("org/tiny:Q8_0 is downloaded by");
    server.endDownload("org/tiny:Q8_0");
    await until("org/tiny:Q8_0 has arrived (/llama loads it)");
    yield bytes("/quit");
  }
  const write = (text: string): void => {
    written.push(text);
    look();
  };
  await converseByLines(sessions, { columns: 120, lines, said: write });
  expect(written.join("")).not.toContain("\u001b");
});

test("/login llama.cpp stores the key of llama-cpp, and says where the server is and what comes next", async () => {
  const screen = await screenAt("http://someone:pass-word-0123@127.0.0.1:9");
  screen.device.keys("/login llama.cpp\r");
  await screen.until((text) => text.includes("Key for llama-cpp"));
  screen.device.keys(enter);
  const shown = await screen.until((text) => text.includes("llama-cpp is asked at http://[redacted]@127.0.0.1:9"));
  expect(shown).toContain("LLAMA_BASE_URL");
  expect(shown).toContain("/llama loads a model");
  screen.device.keys("/login llama.cpp\r");
  await screen.until((text) => text.includes("Key for llama-cpp"));
  screen.device.keys("sk-llama-0123456789\r");
  await screen.until((text) => text.includes("Saved the key for llama-cpp"));
  const stored = JSON.parse(readFileSync(join(screen.directory, "agent", "auth.json"), "utf8"));
  expect(stored).toEqual({ "llama-cpp": { type: "api_key", key: "sk-llama-0123456789" } });
  expect(screen.device.writes.join("")).not.toContain("pass-word-0123");
});
