// `pi auth login`: a sign-in where the provider has one, else its key. Called through cli/commands/auth.

import type { Command } from "commander";
import { authFilePath } from "../../../accounts/auth-file.ts";
import { storeKey } from "../../../accounts/sign-in.ts";
import { PiError } from "../../../contracts/error.ts";
import { keyIn, knownAccount, maxKeyLength, signInTo } from "../../../harness/models/account-sign-in.ts";
import type { Host } from "../../../platform/host.ts";
import { readLine } from "../../../platform/pipes/read-line.ts";
import { openUrl } from "../../../platform/processes/open-url.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { accountPlaces, withStatusOne } from "./account-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  command
    .argument("<account>", "a provider, or provider#name")
    .option("--api-key", "store a key: typed, or from a pipe")
    .option("--no-browser", "show the address and open nothing")
    .action((accountId: string, flags: { apiKey?: boolean; browser: boolean }) =>
      login(accountId, flags, host).catch((error: unknown) => {
        throw withStatusOne(error);
      }),
    );
}

async function login(said: string, { apiKey = false, browser }: { apiKey?: boolean; browser: boolean }, host: Host): Promise<void> {
  const places = await accountPlaces(host);
  const { accountId, provider } = knownAccount(said, places.registry);
  const signIn = apiKey ? undefined : await places.registry.flow(provider);
  // A key from a pipe is a key, whatever else a person would be asked.
  const flow = signIn ?? (apiKey && !host.stdin.isTerminal ? undefined : places.registry.keyFlow(provider));
  const file = authFilePath(places.agentDir);
  if (flow === undefined) {
    await storeKey(accountId, await readKey(accountId, host), places.agentDir);
    void host.stdout.write(`Saved API key for ${accountId}. It is in ${file}\n`);
    return;
  }
  const stop = new AbortController();
  const remove = host.onSignal("SIGINT", () => stop.abort(new PiError("usage.cancelled", "Cancelled", { exitStatus: 130 })));
  try {
    const at = { ...places, env: host.env, now: () => host.now() };
    await signInTo(accountId, flow, at, {
      say: (line) => void host.stderr.write(`${line}\n`),
      ask: (question, signal, how) => readLine({ question, signal, ...how }),
      openBrowser: (url) => {
        const isOpened = browser && openUrl(url, host.env);
        if (isOpened || !["none", "directory"].includes(host.stdin.kind)) return isOpened;
        // Nobody could do anything about it.
        throw new PiError("auth.no_terminal", "No browser can be opened, and nobody can type here", {
          hint: `Run it in a terminal, or store a key: pi auth login ${accountId} --api-key`,
        });
      },
      signal: stop.signal,
    });
  } finally {
    remove();
  }
  void host.stdout.write(
    signIn === undefined
      ? `Saved API key for ${accountId}. It is in ${file}\n`
      : `Logged in to ${accountId}. Credentials saved to ${file}\n`,
  );
}

async function readKey(accountId: string, host: Host): Promise<string> {
  const text = host.stdin.isTerminal
    ? await readLine({ question: `Key for ${accountId} (not shown): `, isHidden: true })
    : await pipedText(host);
  return keyIn(text, `Type it, or pipe it: pass show ${accountId} | pi auth login ${accountId} --api-key`);
}

async function pipedText({ stdin }: Host): Promise<string> {
  if (stdin.kind === "none" || stdin.kind === "directory") return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin.chunks()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxKeyLength) break;
  }
  return text;
}
