// Models at Hugging Face as they are asked for: what is found, what a repository has to choose from, with whose token, and each way in which nothing is to be
// had, which is one line with what to do.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isPiError } from "../../../src/contracts/error.ts";
import { HuggingFace } from "../../../src/harness/models/hugging-face.ts";
import { createFetch } from "../../../src/platform/network/fetch.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { startWireServer, type WireAnswer, type WireServer } from "../../support/wire-server.ts";

async function hubAt(
  answer: WireAnswer,
  env: Record<string, string> = {},
  { homeDir = temporaryDirectory(), timeoutMs = 60_000 } = {},
): Promise<{ hub: HuggingFace; server: WireServer }> {
  const server = await startWireServer(() => answer);
  onTestFinished(() => server.close());
  const hub = new HuggingFace({ env: { HF_ENDPOINT: `${server.url}/`, ...env }, homeDir, fetch: createFetch({ env: {} }), timeoutMs });
  return { hub, server };
}

const files = (...names: (string | [string, number])[]): WireAnswer => ({
  body: JSON.stringify({
    id: "org/model",
    siblings: names.map((one) => (typeof one === "string" ? { rfilename: one } : { rfilename: one[0], size: one[1] })),
  }),
});

test("quantizations: by the ends of the files' names, parts added up, the usual one first, then the small ones", async () => {
  const { hub } = await hubAt(
    files(
      ["Qwen3-4B-Instruct-2507-Q8_0.gguf", 40],
      ["UD/Qwen3-4B-UD-Q6_K_XL-00001-of-00002.gguf", 20],
      ["UD/Qwen3-4B-UD-Q6_K_XL-00002-of-00002.gguf", 15],
      ["model-q4_k_m.gguf", 30],
      ["model.IQ2_XXS.gguf", 10],
      ["gpt-MXFP4_MOE.gguf", 60],
      ["model-BF16.gguf", 90],
      "model-Q5_0.gguf",
      ["mmproj-F16.gguf", 1],
      ["model.gguf", 1],
      ["README.md", 1],
    ),
  );
  const { id, isGated, quantizations } = await hub.repository("org/model");
  expect([id, isGated]).toEqual(["org/model", false]);
  expect(quantizations).toEqual([
    { name: "Q4_K_M", bytes: 30 },
    { name: "IQ2_XXS", bytes: 10 },
    { name: "UD-Q6_K_XL", bytes: 35 },
    { name: "Q8_0", bytes: 40 },
    { name: "MXFP4_MOE", bytes: 60 },
    { name: "BF16", bytes: 90 },
    { name: "Q5_0" },
  ]);
});

test("what is no model's name is left out of what was found, and so is what is too much", async () => {
  const many = Array.from({ length: 40 }, (_, index) => ({ id: `org/m${index}`, downloads: index }));
  const { hub } = await hubAt({ body: JSON.stringify([{ id: "no name" }, { id: "../../etc" }, null, { downloads: 1 }, ...many]) });
  const found = await hub.search("m");
  expect(found).toHaveLength(30);
  expect(found[0]).toEqual({ id: "org/m0", downloads: 0 });
});

test("the token is that of the environment, else of the files that the programs of Hugging Face keep it in", async () => {
  const homeDir = temporaryDirectory();
  const at = (path: string, text: string): string => {
    const file = join(homeDir, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const sent = async (env: Record<string, string>): Promise<string | undefined> => {
    const { hub, server } = await hubAt({ body: "[]" }, env, { homeDir });
    await hub.search("m");
    return server.requests[0]?.headers.authorization;
  };
  expect(await sent({})).toBeUndefined();
  at(".cache/huggingface/token", "hf_of-the-home-0123\n");
  expect(await sent({})).toBe("Bearer hf_of-the-home-0123");
  at("xdg/huggingface/token", "hf_of-the-cache-0123");
  expect(await sent({ XDG_CACHE_HOME: join(homeDir, "xdg") })).toBe("Bearer hf_of-the-cache-0123");
  at("hf/token", "hf_of-their-home-0123");
  expect(await sent({ HF_HOME: join(homeDir, "hf") })).toBe("Bearer hf_of-their-home-0123");
  expect(await sent({ HF_TOKEN_PATH: at("one", "hf_of-a-path-0123") })).toBe("Bearer hf_of-a-path-0123");
  expect(await sent({ HF_TOKEN: "hf_said-0123456789" })).toBe("Bearer hf_said-0123456789");
  expect(await sent({ HF_TOKEN_PATH: at("two", "two\nlines") })).toBeUndefined();
});

test.each<[string, WireAnswer, string, RegExp, RegExp]>([
  ["none of that name", { status: 404, body: "{}" }, "usage.unknown_model", /no such model that can be seen \(HTTP 404\)/, /HF_TOKEN/],
  ["one that is closed", { status: 401, body: "{}" }, "usage.unknown_model", /HTTP 401/, /HF_TOKEN/],
  ["too much", { status: 429, body: "{}" }, "io.fetch", /answers HTTP 429/, /try again later/],
  ["another place", { status: 302, headers: { location: "http://example.invalid/" } }, "io.fetch", /answers HTTP 302/, /later/],
  ["a page", { body: "<html>" }, "io.format", /is no list of models/, /HF_ENDPOINT/],
  ["an answer without end", { body: "x".repeat(2 << 20) }, "io.fetch", /cannot be asked: .*too large/, /needs no search/],
  ["nobody", { drop: true }, "io.fetch", /Hugging Face cannot be asked/, /needs no search/],
])("%s is one line", async (_what, answer, code, words, remedy) => {
  const { hub } = await hubAt(answer);
  for (const ask of [() => hub.search("m"), () => hub.repository("org/model")]) {
    const error = await ask()
      .then(() => undefined)
      .catch((one: unknown) => one);
    expect(isPiError(error)).toBe(true);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words), hint: expect.stringMatching(remedy) });
  }
});

test("who does not answer is not waited for", async () => {
  const { hub } = await hubAt({ hang: true }, {}, { timeoutMs: 20 });
  await expect(hub.search("m")).rejects.toThrow(/has not answered in 0\.02 s/);
});
