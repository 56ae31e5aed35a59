// A sign-in through the browser: its address is opened, and whichever comes first counts, the browser coming back or a code pasted by hand.
// Called by the flows. Invariant: a state that is there must be ours; what was not waited for any more is closed.

import { PiError } from "../../contracts/error.ts";
import type { Callback, LoginContext } from "./flow.ts";

export interface Granted {
  code: string;
  /** Of the callback or of what was pasted, beside the code. */
  parameters: URLSearchParams;
  redirectUri: string;
}

const patienceMs = 5 * 60_000;

/** `addressFor` gives what is opened, for the address that the browser comes back to. Rejects with `auth.login_refused`, `auth.login_cancelled`. */
export async function browserLogin(at: LoginContext, callback: Callback, addressFor: (redirectUri: string) => string): Promise<Granted> {
  const listener = await at.receive(callback);
  const end = new AbortController();
  const limit = AbortSignal.any([end.signal, AbortSignal.timeout(patienceMs), ...(at.signal === undefined ? [] : [at.signal])]);
  try {
    await at.open(addressFor(listener.redirectUri));
    const parameters = await Promise.race([listener.received, pasted(at, callback, limit), ending(limit)]);
    const error = parameters.get("error");
    if (error !== null) {
      throw new PiError("auth.login_refused", `The sign-in was refused: ${cleaned(error)}`, {
        hint: cleaned(parameters.get("error_description") ?? "") || "Try again.",
      });
    }
    const code = parameters.get("code");
    if (!code) throw new PiError("auth.login_refused", "The sign-in came back without a code", { hint: "Try again." });
    return { code, parameters, redirectUri: listener.redirectUri };
  } finally {
    end.abort();
    listener.close();
  }
}

/** Where nobody can type, only the browser is waited for. */
async function pasted(at: LoginContext, { state }: Callback, signal: AbortSignal): Promise<URLSearchParams> {
  for (;;) {
    let line: string;
    try {
      line = await at.ask("Or paste the address or the code here: ", signal);
    } catch (error) {
      if ((error as PiError).code !== "auth.no_terminal") throw error;
      return new Promise(() => {});
    }
    const parameters = readPasted(line);
    const said = parameters?.get("state");
    if (parameters === undefined) at.say("That is neither an address nor a code.");
    else if (state !== undefined && said != null && said !== state)
      at.say("That is of another sign-in: its state is not the one asked for.");
    else return parameters;
  }
}

/** A full address, `code#state`, `code=…&state=…`, or a bare code. */
export function readPasted(line: string): URLSearchParams | undefined {
  const text = line.trim();
  if (text === "" || /\s/.test(text)) return undefined;
  if (/^https?:\/\//i.test(text)) {
    try {
      const { searchParams } = new URL(text);
      return searchParams.has("code") || searchParams.has("error") ? searchParams : undefined;
    } catch {
      return undefined;
    }
  }
  if (/(^|[?#&])(code|error)=/.test(text)) return new URLSearchParams(text.replace(/^[?#]/, ""));
  const [code = "", state] = text.split("#", 2);
  return code === "" ? undefined : new URLSearchParams({ code, ...(state ? { state } : {}) });
}

async function ending(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  throw signal.reason instanceof PiError
    ? signal.reason
    : new PiError("auth.login_cancelled", "Nobody came back from the browser in time", { hint: "Try again." });
}

function cleaned(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 200);
}
