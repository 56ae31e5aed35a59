// Accounts at model services from the screen: signing in, storing a key, forgetting one, a server of one's own. Run by /login and /logout and by the offer
// of a first start. Invariant: a key is never shown, and goes neither into the history nor into the draft.

import type { LoginFlow } from "../../../accounts/flows/flow.ts";
import { isPiError, messageOf, PiError } from "../../../contracts/error.ts";
import { keyIn, type SignInFace } from "../../../harness/models/account-sign-in.ts";
import type { PickerItem } from "../pickers/picker.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

type Way = "sign-in" | "key";

export async function login(said: string, at: CommandHost): Promise<void> {
  if (said === "") return chooseAccount(at);
  const { knownAccount } = await import("../../../harness/models/account-sign-in.ts");
  const { registry } = at.sessions.launch;
  const { accountId: account, provider } = knownAccount(said, registry);
  const flow = await registry.flow(provider);
  const keyFlow = registry.keyFlow(provider);
  const askKey = (): Promise<void> => (keyFlow === undefined ? storeKeyOf(account, at) : signInWith(keyFlow, account, at));
  if (flow === undefined) return askKey();
  const signIn = `Sign in: ${flow.name}`;
  const key = keyFlow === undefined ? "Store a key" : `Store a key: ${keyFlow.name}`;
  const how = await at.dialogs.select(`Account ${account}`, [signIn, key]);
  if (how === key) await askKey();
  else if (how === signIn) {
    await signInWith(flow, account, at).catch(async (error: unknown) => {
      if (!isPiError(error) || error.code !== "auth.login_unavailable") throw error;
      // It has said what there is instead, mostly a key.
      at.fail(error);
      await askKey();
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
  at.choose({
    title: "Account at",
    items,
    take: (id) => (only === "key" && registry.keyFlow(id) === undefined ? storeKeyOf(id, at) : login(id, at)),
  });
}

async function storeKeyOf(account: string, at: CommandHost): Promise<void> {
  const server = await ownServer(account, at);
  const needless = server === undefined ? "" : "; empty: it wants none";
  const text = await at.dialogs.input(`Key for ${account} (not shown${needless})`, "", { isHidden: true });
  if (text === undefined) return;
  if (server !== undefined) {
    const { address, remedy, next } = server;
    at.say(`${account} is asked at ${address}`, "info", `${remedy} says where else${next}`);
    if (text.trim() === "") return;
  }
  const { storeKey } = await import("../../../accounts/sign-in.ts");
  const { liveSecrets } = await import("../../../platform/secrets.ts");
  const key = keyIn(text, `/login ${account} asks again`);
  liveSecrets.add(key);
  await storeKey(account, key, at.sessions.launch.options.agentDir);
  at.say(`Saved the key for ${account}`);
  await takeModelOf(account, at);
}

/** A server of one's own, which may want no key. */
async function ownServer(account: string, at: CommandHost): Promise<{ address: string; remedy: string; next: string } | undefined> {
  const [{ vendors }, { providerOfAccount }, { withoutUrlSecrets }] = await Promise.all([
    import("../../../providers/vendors.ts"),
    import("../../../accounts/auth-file.ts"),
    import("../../../contracts/text/url-secrets.ts"),
  ]);
  const id = providerOfAccount(account);
  const vendor = Object.hasOwn(vendors, id) ? vendors[id] : undefined;
  if (vendor?.keyless !== true) return undefined;
  const { baseUrlVariable, baseUrl, saysLoaded } = vendor;
  const inFile = `base_url under [providers.${id}] in config.toml`;
  return {
    address: withoutUrlSecrets(at.sessions.launch.registry.settingsOf(id)?.baseUrl?.value ?? baseUrl),
    remedy: baseUrlVariable === undefined ? inFile : `${baseUrlVariable} or ${inFile}`,
    next: saysLoaded === true ? "; /llama loads a model, /model chooses it" : "",
  };
}

async function signInWith(flow: LoginFlow, account: string, at: CommandHost): Promise<void> {
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
  const answered = (said: string | undefined, signal: AbortSignal): string => {
    signal.throwIfAborted();
    if (said !== undefined) return said;
    cancelled();
    throw stop.signal.reason;
  };
  const face: SignInFace = {
    say: (line) => at.say(line),
    ask: async (question, signal, how) => answered(await at.dialogs.input(question, "", { signal, ...how }), signal),
    choose: async (question, options, signal) => {
      const rows = options.map(({ label, description }) => (description ? `${label}  ${description}` : label));
      const row = answered(await at.dialogs.select(question, rows, { signal }), signal);
      return options[rows.indexOf(row)]?.id ?? "";
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
  at.say(registry.keyFlow(flow.provider) === flow ? `Saved the key for ${account}` : `Signed in to ${account}`);
  await refreshModelsOf(flow.provider, at);
  await takeModelOf(account, at);
}

const listMs = 15_000;

/** Whose list is asked for says which models the account has. */
async function refreshModelsOf(provider: string, at: CommandHost): Promise<void> {
  const { registry, config } = at.sessions.launch;
  if (config.values.network.offline) return;
  await registry.refreshModelsOf(provider, AbortSignal.timeout(listMs), (id, error) => {
    at.say(`${id} cannot say which models it has: ${messageOf(error)}`, "warning");
  });
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
