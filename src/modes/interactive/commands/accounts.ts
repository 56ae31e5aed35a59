// Accounts at model services from the screen: signing in, storing a key, forgetting one, a server of one's own. Run by /login and /logout and by the offer
// of a first start. Invariant: a key is never shown, and goes neither into the history nor into the draft.

import type { Flow } from "../../../accounts/flows/flow.ts";
import { isPiError, PiError } from "../../../contracts/error.ts";
import { keyIn, type SignInFace } from "../../../harness/models/account-sign-in.ts";
import type { PickerItem } from "../pickers/picker.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

type Way = "sign-in" | "key";

export async function login(account: string, at: CommandHost): Promise<void> {
  if (account === "") return chooseAccount(at);
  const { knownProvider } = await import("../../../harness/models/account-sign-in.ts");
  const { registry } = at.sessions.launch;
  const provider = knownProvider(account, registry);
  const flow = await registry.flow(provider);
  if (flow === undefined) return storeKeyOf(account, at);
  const signIn = `Sign in: ${flow.name}`;
  const key = "Store a key";
  const how = await at.dialogs.select(`Account ${account}`, [signIn, key]);
  if (how === key) await storeKeyOf(account, at);
  else if (how === signIn) {
    await signInWith(flow, account, at).catch(async (error: unknown) => {
      if (!isPiError(error) || error.code !== "auth.login_unavailable") throw error;
      // It has said what there is instead, mostly a key.
      at.fail(error);
      await storeKeyOf(account, at);
    });
  }
}

/** `only`: accounts of one kind. */
export async function chooseAccount(at: CommandHost, only?: Way): Promise<void> {
  const [{ accountProviders }, { flowProviders }] = await Promise.all([
    import("../../../harness/models/account-sign-in.ts"),
    import("../../../accounts/flows/flows.ts"),
  ]);
  const { registry } = at.sessions.launch;
  const hasSignIn = async (id: string): Promise<boolean> => flowProviders.includes(id) || (await registry.flow(id)) !== undefined;
  const items: PickerItem[] = [];
  for (const id of accountProviders(registry)) {
    const isSignIn = await hasSignIn(id);
    if (only === "sign-in" && !isSignIn) continue;
    const source = registry.credentialSource(id);
    const has = source === undefined ? "" : `has a credential (${source})`;
    items.push({ value: id, label: id, description: [isSignIn ? "sign-in" : "key", has].filter((part) => part !== "").join(" · ") });
  }
  // Those with a sign-in are what most people look for.
  items.sort((one, other) => Number(other.description?.startsWith("sign-in")) - Number(one.description?.startsWith("sign-in")));
  at.choose({ title: "Account at", items, take: (id) => (only === "key" ? storeKeyOf(id, at) : login(id, at)) });
}

async function storeKeyOf(account: string, at: CommandHost): Promise<void> {
  const text = await at.dialogs.input(`Key for ${account} (not shown)`, "", { isHidden: true });
  if (text === undefined) return;
  const { storeKey } = await import("../../../accounts/sign-in.ts");
  const { liveSecrets } = await import("../../../platform/secrets.ts");
  const key = keyIn(text, `/login ${account} asks again`);
  liveSecrets.add(key);
  await storeKey(account, key, at.sessions.launch.options.agentDir);
  at.say(`Saved the key for ${account}`);
  await takeModelOf(account, at);
}

async function signInWith(flow: Flow, account: string, at: CommandHost): Promise<void> {
  const stop = new AbortController();
  const cancelled = (): void => stop.abort(new PiError("usage.cancelled", "Cancelled"));
  const { config, registry, options } = at.sessions.launch;
  const { signInTo } = await import("../../../harness/models/account-sign-in.ts");
  const { openUrl } = await import("../../../platform/processes/open-url.ts");
  const closeWaiting = at.choose({
    title: `Signing in: ${flow.name}`,
    items: [{ value: "cancel", label: "Cancel" }],
    hasFilter: false,
    take: cancelled,
    cancelled,
  });
  const face: SignInFace = {
    say: (line) => at.say(line),
    ask: async (question, signal) => {
      const line = await at.dialogs.input(question, "", { signal });
      signal.throwIfAborted();
      if (line !== undefined) return line;
      cancelled();
      throw stop.signal.reason;
    },
    openBrowser: (url) => openUrl(url, at.env),
    signal: stop.signal,
  };
  try {
    const place = { agentDir: options.agentDir, config, registry, env: at.env, now: () => Date.now() };
    await signInTo(account, flow, place, face);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    at.hint("Signing in was called off");
    return;
  } finally {
    closeWaiting();
  }
  at.say(`Signed in to ${account}`);
  await takeModelOf(account, at);
}

/** Where there was nothing to ask yet, there is now. */
async function takeModelOf(account: string, at: CommandHost): Promise<void> {
  const { inForce } = at.sessions.models;
  const { registry, config } = at.sessions.launch;
  if (inForce !== undefined && registry.isAvailable(inForce.provider, true)) return;
  const [{ selectModel }, { providerOfAccount }] = await Promise.all([
    import("../../../harness/models/select-model.ts"),
    import("../../../accounts/auth-file.ts"),
  ]);
  const provider = providerOfAccount(account);
  try {
    const { model } = await selectModel(undefined, provider, { registry, config });
    await at.runChosen("model", `${model.provider}/${model.id}`);
  } catch {
    at.say(`Which model of ${provider} is to be asked is not known`, "info", "/model chooses one");
  }
}

export async function logout(account: string, at: CommandHost): Promise<void> {
  const { authFilePath, readAuthFile } = await import("../../../accounts/auth-file.ts");
  const { agentDir } = at.sessions.launch.options;
  if (account !== "") return forget(account, at);
  const accounts = Object.entries(readAuthFile(authFilePath(agentDir)) ?? {});
  if (accounts.length === 0) {
    at.say("No account is stored", "info", "Keys in environment variables and in the configuration are not stored accounts");
    return;
  }
  const items = accounts.map(([id, stored]) => ({
    value: id,
    label: id,
    description: (stored as { type?: unknown } | null)?.type === "oauth" ? "sign-in" : "key",
  }));
  at.choose({ title: "Forget the account", items, take: (id) => forget(id, at) });
}

async function forget(account: string, at: CommandHost): Promise<void> {
  const { signOut } = await import("../../../accounts/sign-in.ts");
  const was = await signOut(account, at.sessions.launch.options.agentDir);
  const kept = "Environment variables and configuration are unchanged";
  if (was === undefined) at.say(`No credential is stored for ${account}`, "warning", kept);
  else at.say(`Forgot the ${was === "token" ? "sign-in" : "key"} of ${account}`, "info", kept);
}

/** A server that runs here: which one, and which of its models. */
export async function useLocalServer(at: CommandHost): Promise<void> {
  const { vendors } = await import("../../../providers/vendors.ts");
  const { registry } = at.sessions.launch;
  const servers = Object.entries(vendors).filter(([, { keyless }]) => keyless === true);
  const addressOf = (id: string): string => registry.settingsOf(id)?.baseUrl?.value ?? vendors[id]?.baseUrl ?? "";
  at.choose({
    title: "Server on this machine",
    items: servers.map(([id, { name = id }]) => ({ value: id, label: name, description: addressOf(id) })),
    take: async (id) => {
      const models = await modelsAt(addressOf(id), at);
      if (models.length === 0) return;
      at.choose({
        title: `Model of ${id}`,
        items: models.map((model) => ({ value: model, label: model })),
        take: async (model) => {
          await call("set_model", { provider: id, modelId: model }, at);
          const { keepSetting } = await import("./keep-setting.ts");
          await keepSetting("model", `${id}/${model}`, at);
          at.say(`Model: ${id}/${model}`, "info", "It is the setting model from now on; /settings changes it");
        },
      });
    },
  });
}

const serverMs = 3000;
const maxServerModels = 500;

/** By name; where nothing answers, that is said. */
async function modelsAt(address: string, at: CommandHost): Promise<string[]> {
  const [{ createFetch }, { getJson }] = await Promise.all([
    import("../../../platform/network/fetch.ts"),
    import("../../../accounts/flows/requests.ts"),
  ]);
  const { network } = at.sessions.launch.config.values;
  const fetch = await createFetch({ env: at.env, proxy: network.proxy, caFile: network.caFile });
  try {
    const how = { endpoints: {}, fetch, now: () => Date.now(), signal: AbortSignal.timeout(serverMs) };
    const { data } = (await getJson(`${address.replace(/\/$/, "")}/models`, how)).fields;
    const ids = Array.isArray(data) ? data.flatMap((one: { id?: unknown } | null) => (typeof one?.id === "string" ? one.id : [])) : [];
    if (ids.length === 0) at.say(`${address} lists no models`, "warning", "Load one there, and choose again");
    return ids.slice(0, maxServerModels);
  } catch {
    at.say(`Nothing answers at ${address}`, "warning", "Start the server, or set its base_url under [providers] in config.toml");
    return [];
  }
}
