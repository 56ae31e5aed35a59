// Signing in and out: a flow carried out for an account and what it gives stored. Called by `pi auth`.
// Invariant: nothing is said before what the service's terms allow is; what is stored of other accounts stays.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timerMs } from "../contracts/duration.ts";
import { PiError } from "../contracts/error.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { authFilePath, changeAuthFile, isStoredToken, readAuthFile } from "./auth-file.ts";
import type { AskHow, Callback, CallbackListener, FlowEndpoints, LoginContext, LoginFlow, LoginOption } from "./flows/flow.ts";

export interface SignInDeps {
  agentDir: string;
  endpoints: FlowEndpoints;
  fetch: typeof globalThis.fetch;
  now(): number;
  say(line: string): void;
  ask(question: string, signal: AbortSignal, how?: AskHow): Promise<string>;
  /** A list to choose from; absent: the options are said with numbers, of which one is asked for. */
  choose?(question: string, options: readonly LoginOption[], signal: AbortSignal): Promise<string>;
  /** Whether a browser was started. */
  openBrowser(url: string): boolean;
  /** `PI_OAUTH_CALLBACK_HOST`: loopback addresses only. */
  callbackHost: string | undefined;
  /** How a device flow waits. */
  clock?: Pick<LoginContext, "pause" | "elapsedMs">;
  signal?: AbortSignal | undefined;
}

const realClock: NonNullable<SignInDeps["clock"]> = {
  pause: async (ms, signal) => {
    const { setTimeout } = await import("node:timers/promises");
    await setTimeout(timerMs(ms), undefined, signal === undefined ? {} : { signal });
  },
  elapsedMs: () => performance.now(),
};

export async function signIn(accountId: string, flow: LoginFlow, deps: SignInDeps): Promise<void> {
  deps.say(flow.terms);
  const path = authFilePath(deps.agentDir);
  const stored = readAuthFile(path)?.[accountId];
  const host = loopbackHost(deps.callbackHost);
  const context: LoginContext = {
    ...deps,
    stored: isStoredToken(stored) ? stored : undefined,
    installationId: () => installationId(deps.agentDir),
    open: async (url) => {
      // What is no address at all is not https either.
      const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
      const isOwn = protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
      if (protocol !== "https:" && !isOwn) {
        throw new PiError("auth.unsafe_address", "The service names an address that is not https, which is not opened", {
          hint: "Do not sign in there.",
        });
      }
      deps.say(deps.openBrowser(url) ? `If no browser opens, go to ${visible(url)}` : `Open ${visible(url)}`);
    },
    choose: (question, options, signal) =>
      deps.choose === undefined ? byNumber(question, options, signal, deps) : deps.choose(question, options, signal),
    receive: (wanted) => receive(wanted, host),
    ...(deps.clock ?? realClock),
  };
  const account = await flow.login(context);
  for (const secret of account.type === "oauth" ? [account.access, account.refresh] : [account.key ?? ""]) liveSecrets.add(secret);
  await changeAuthFile(path, (accounts) => ({ ...accounts, [accountId]: account }), deps.signal);
}

/** `key` as it is to be stored: a literal, `$VARIABLE` or `!command`. */
export async function storeKey(accountId: string, key: string, agentDir: string): Promise<void> {
  await changeAuthFile(authFilePath(agentDir), (accounts) => {
    const before = accounts[accountId];
    const kept = typeof before === "object" && before !== null && !isStoredToken(before) ? before : {};
    return { ...accounts, [accountId]: { ...kept, type: "api_key", key } };
  });
}

/** What was stored: `undefined` where there was nothing. */
export async function signOut(accountId: string, agentDir: string): Promise<"token" | "key" | undefined> {
  const path = authFilePath(agentDir);
  // Nothing is made where there is nothing.
  if (readAuthFile(path)?.[accountId] === undefined) return undefined;
  let was: "token" | "key" | undefined;
  await changeAuthFile(path, (accounts) => {
    const { [accountId]: gone, ...rest } = accounts;
    if (gone === undefined) return undefined;
    was = isStoredToken(gone) ? "token" : "key";
    return rest;
  });
  return was;
}

async function byNumber(question: string, options: readonly LoginOption[], signal: AbortSignal, { say, ask }: SignInDeps): Promise<string> {
  say(question);
  for (const [index, { label, description }] of options.entries()) say(`${index + 1}  ${label}${description ? `  ${description}` : ""}`);
  for (;;) {
    const said = (await ask("Its number: ", signal)).trim();
    const chosen = /^\d+$/.test(said) ? options[Number(said) - 1] : undefined;
    if (chosen !== undefined) return chosen.id;
    say(`${JSON.stringify(said)} is none of 1 to ${options.length}`);
  }
}

async function receive(wanted: Callback, host: string): Promise<CallbackListener> {
  const { listenOnLoopback } = await import("../platform/network/loopback.ts");
  const { port, received, close } = await listenOnLoopback({ ...wanted, host });
  return { redirectUri: `http://${host.includes(":") ? `[${host}]` : host}:${port}${wanted.path}`, received, close };
}

/** @throws PiError `usage.callback_host` for what others on the network could reach. */
function loopbackHost(said: string | undefined): string {
  const host = said === undefined || said === "" ? "127.0.0.1" : said.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)) return host;
  throw new PiError("usage.callback_host", `PI_OAUTH_CALLBACK_HOST is ${JSON.stringify(said)}, which is no address of this machine alone`, {
    hint: "Take 127.0.0.1 or ::1.",
  });
}

function installationId(agentDir: string): string {
  const file = join(agentDir, "cache", "installation-id");
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (/^[0-9a-f-]{36}$/.test(kept)) return kept;
  } catch {
    // The first time.
  }
  const id = crypto.randomUUID();
  try {
    makeDirectory(join(agentDir, "cache"), 0o700);
    writeFileSync(file, `${id}\n`, { mode: 0o600 });
  } catch {
    // Another one next time.
  }
  return id;
}

/** Control characters of an address that a service gave are shown, not obeyed. */
function visible(url: string): string {
  return url.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => encodeURIComponent(character));
}
