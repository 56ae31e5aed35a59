// llama.cpp's server from the shell, in each way the program is delivered: its address without /v1, its key, what it has loaded.

import { describe, expect } from "vitest";
import { startLlamaServer } from "../support/llama-server.ts";
import { ways } from "../support/program.ts";
import { secret } from "../support/served.ts";
import { strictChat } from "../support/strict/openai-completions.ts";
import { test } from "../support/world.ts";

describe.each(ways)("%s", (way) => {
  test("a request goes below /v1 of LLAMA_BASE_URL, by the npm agent's name of the provider too", async ({ world }) => {
    const server = await world.strict(strictChat, [{ say: [{ text: "from here" }] }]);
    const env = { LLAMA_BASE_URL: server.url, LLAMA_API_KEY: secret };
    const ran = await world.run(["--model", "llama.cpp/small", "-p", "hi"], { way, env });
    expect(ran).toMatchObject({ status: 0, stdout: "from here\n" });
    expect(server.requests.map(({ path, body }) => [path, body.model])).toEqual([["/v1/chat/completions", "small"]]);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  test("pi models lists what the router has loaded; one that is not there is a warning with its address", async ({ world }) => {
    const server = await startLlamaServer({ small: { state: "loaded" }, large: { state: "unloaded" } });
    world.atEnd(() => server.close());
    const env = { LLAMA_BASE_URL: server.url };
    const listed = await world.run(["models", "--json"], { way, env });
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(listed.stdout).map((one: { id: string }) => one.id)).toEqual(["small"]);
    await server.close();
    const gone = await world.run(["models"], { way, env });
    expect(gone.stderr).toMatch(
      /^Warning: llama-cpp cannot say which models it has: No router of llama\.cpp can be reached at http:\S+: .+\n/,
    );
    expect(gone.stderr).toContain(server.url);
  });
});
