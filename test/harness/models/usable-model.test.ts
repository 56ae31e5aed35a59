// Changing the model under way: an id must be one of the list, where there is a list.

import { expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { ModelRegistry } from "../../../src/harness/models/model-registry.ts";
import { usableModel } from "../../../src/harness/models/usable-model.ts";
import { tempTree } from "../../support/temp-tree.ts";

async function registryWith(toml: string): Promise<ModelRegistry> {
  const tree = tempTree({ "agent/config.toml": toml });
  const env = { OWN_KEY: "k", ANTHROPIC_API_KEY: "k" };
  const place = { cwd: tree.path, homeDir: tree.path, agentDir: tree.at("agent"), env };
  return new ModelRegistry({ config: await loadConfig(place), env, agentDir: tree.at("agent"), cwd: tree.path });
}

const server = '[providers.own]\nbase_url = "http://127.0.0.1:9/v1"\napi_key = "k"\n';

test("a server of the user's own: any id without a list, one of the list where there is one", async () => {
  expect((await usableModel("own", "whatever", await registryWith(server))).id).toBe("whatever");
  const listed = await registryWith(`${server}[[providers.own.models]]\nid = "qwen3-coder"\n`);
  expect((await usableModel("own", "qwen3-coder", listed)).id).toBe("qwen3-coder");
  await expect(usableModel("own", "qwen3-codr", listed)).rejects.toMatchObject({
    code: "usage.unknown_model",
    hint: "Did you mean own/qwen3-coder?",
  });
});

test("the embedded model is there without a list; a catalogue's are those of the catalogue", async () => {
  const registry = await registryWith("");
  expect((await usableModel("scripted", "demo", registry)).id).toBe("demo");
  await expect(usableModel("anthropic", "claude-nothing", registry)).rejects.toMatchObject({ code: "usage.unknown_model" });
});

test("a name that was cut at its first slash is put together again", async () => {
  const address =
    '[providers."http://gpu/v1"]\nbase_url = "http://127.0.0.1:9/v1"\napi_key = "k"\n[[providers."http://gpu/v1".models]]\nid = "m"\n';
  expect(await usableModel("http:", "/gpu/v1/m", await registryWith(address))).toMatchObject({ provider: "http://gpu/v1", id: "m" });
});
