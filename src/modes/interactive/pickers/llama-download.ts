// Which model the router of llama.cpp is to download: asked for by name, or found by words at Hugging Face, with its quantization. Opened by the list of
// /llama. Invariant: nothing is asked of Hugging Face but what the user has typed, and no file is fetched by us: that is the server's own doing.

import { byteText, countText } from "../../../contracts/text/terminal-text.ts";
import type { HuggingFace, ModelRepository } from "../../../harness/models/hugging-face.ts";
import type { CommandHost } from "../surface.ts";

const wholeName = /^[^\s/:]+\/[^\s/:]+(?::[^\s/:]+)?$/;

/** `owner/repository[:quantization]`; nothing: it was left. */
export async function askForDownload(at: CommandHost): Promise<string | undefined> {
  const question =
    "Download which model of Hugging Face? Its name (owner/repository, or owner/repository:quantization), or words to look for";
  const said = (await at.dialogs.input(question))?.trim();
  if (said === undefined || said === "") return undefined;
  const isName = wholeName.test(said);
  if (isName && said.includes(":")) return said;
  if (at.sessions.launch.config.values.network.offline) {
    // The server can be asked all the same, and looks it up itself.
    if (isName) return said;
    at.say("Words are looked for at Hugging Face, and PI_OFFLINE or network.offline forbids it", "warning", "A whole name needs no search");
    return undefined;
  }
  const hub = await hubFor(at);
  const name = isName ? said : await foundBy(said, hub, at);
  return name === undefined ? undefined : quantized(name, hub, at);
}

async function hubFor(at: CommandHost): Promise<HuggingFace> {
  const [{ createFetch }, { HuggingFace: Hub }] = await Promise.all([
    import("../../../platform/network/fetch.ts"),
    import("../../../harness/models/hugging-face.ts"),
  ]);
  const { proxy, caFile } = at.sessions.launch.config.values.network;
  return new Hub({ env: at.env, homeDir: at.homeDir, fetch: createFetch({ env: at.env, proxy, caFile }) });
}

async function foundBy(words: string, hub: HuggingFace, at: CommandHost): Promise<string | undefined> {
  at.hint(`Asking ${hub.address} …`);
  const found = await hub.search(words);
  if (found.length === 0) at.say(`No model for llama.cpp is found by ${JSON.stringify(words)}`, "warning", "Fewer words find more");
  if (found.length === 0) return undefined;
  const rows = found.map(({ id, downloads }) => `${id}  ${countText(downloads)} downloads`);
  return found[rows.indexOf((await at.dialogs.select(`Found by ${words}`, rows)) ?? "")]?.id;
}

/** The name with what its repository has to choose from. */
async function quantized(name: string, hub: HuggingFace, at: CommandHost): Promise<string | undefined> {
  at.hint(`Asking ${hub.address} …`);
  let repository: ModelRepository;
  try {
    repository = await hub.repository(name);
  } catch (error) {
    at.fail(error);
    return (await at.dialogs.confirm(`Have the server look for ${name} all the same?`, "")) ? name : undefined;
  }
  const { id, isGated, quantizations } = repository;
  if (isGated) {
    const terms = `Who downloads it must have been let in at ${hub.address}/${id}, and the server needs HF_TOKEN of that account.`;
    if (!(await at.dialogs.confirm(`${id} is gated. Download it?`, terms))) return undefined;
  }
  const [only, ...others] = quantizations;
  if (only === undefined) return id;
  if (others.length === 0) return `${id}:${only.name}`;
  const rows = quantizations.map(({ name: one, bytes }) => (bytes === undefined ? one : `${one}  ${byteText(bytes)}`));
  const chosen = quantizations[rows.indexOf((await at.dialogs.select(`Which quantization of ${id}?`, rows)) ?? "")];
  return chosen === undefined ? undefined : `${id}:${chosen.name}`;
}
