// A sign-in's token, made new when it is due: once a process and account, under the lock that all programs share. Called before a model call.
// Invariants: what a service answered is stored before it is used; a refresh that was sent is not called off by an abort; a token that is not
// due costs no lock, no write and no request.

import { isPiError, messageOf, PiError } from "../contracts/error.ts";
import { changeAuthFile, isStoredToken, providerOfAccount, readAuthFile, type StoredAccounts, type StoredToken } from "./auth-file.ts";
import type { Flow, FlowRequests } from "./flows/flow.ts";

/** A token is made new so long before it ends. */
const usualLeadMs = 5 * 60_000;
/** The longest wait for the service's answer. */
const requestMs = 15_000;

export interface RefreshRequest extends Omit<FlowRequests, "signal"> {
  /** `openai`, `openai#work`. */
  accountId: string;
  path: string;
  flow: Flow;
  /** Ends the wait for the lock. */
  signal?: AbortSignal | undefined;
  /** Default 5 min. */
  leadMs?: number;
  /** The service has refused this one although it is not due: it is taken for spent. */
  spent?: string;
}

export class TokenRefresher {
  readonly #running = new Map<string, Promise<StoredToken>>();

  /** The token as it is stored. @throws PiError `auth.signed_out`, `auth.sign_in_again` where it has ended. */
  stored(request: RefreshRequest): StoredToken {
    return requireLiving(storedToken(readAuthFile(request.path), request.accountId), request);
  }

  /** The token in force. Rejects with `auth.signed_out`, `auth.sign_in_again`, `auth.network`, `auth.lock_busy`. */
  async current(request: RefreshRequest): Promise<StoredToken> {
    const stored = storedToken(readAuthFile(request.path), request.accountId);
    if (!isDue(stored, request)) return stored;
    const running = this.#running.get(request.accountId);
    if (running !== undefined) return running;
    const refreshing = renewed(request).finally(() => this.#running.delete(request.accountId));
    this.#running.set(request.accountId, refreshing);
    return refreshing;
  }
}

/** For those who only look. */
function requireLiving(token: StoredToken, { accountId, flow, now }: RefreshRequest): StoredToken {
  if (flow.refresh === undefined || now() < token.expires) return token;
  throw new PiError("auth.sign_in_again", `The token of ${accountId} has ended and was not to be renewed`, {
    hint: "Leave out --no-refresh.",
  });
}

function isDue(token: StoredToken, { flow, now, leadMs = usualLeadMs, spent }: RefreshRequest): boolean {
  return flow.refresh !== undefined && (now() + leadMs >= token.expires || token.access === spent);
}

async function renewed(request: RefreshRequest): Promise<StoredToken> {
  const { path, accountId, flow, now, signal } = request;
  let result: StoredToken | undefined;
  let failure: unknown;
  await changeAuthFile(
    path,
    async (accounts) => {
      // Somebody may have been faster while we waited.
      const token = storedToken(accounts, accountId);
      result = token;
      if (!isDue(token, request)) return undefined;
      try {
        result = await refreshed(token, request);
        return { ...accounts, [accountId]: result };
      } catch (error) {
        failure = error;
        return undefined;
      }
    },
    signal,
  );
  if (result === undefined) throw signedOut(accountId);
  if (failure === undefined) return result;
  const isRefused = isPiError(failure) && failure.code === "auth.refused";
  if (isRefused) {
    // A program that does not know the lock may have stored a newer one.
    const stored = storedToken(readAuthFile(path), accountId);
    if (stored.access !== result.access && now() < stored.expires) return stored;
    throw signInAgain(accountId, flow, failure as PiError);
  }
  // The old one is good for as long as it lives, unless the service has just refused it.
  if (now() < result.expires && result.access !== request.spent) return result;
  throw failure;
}

async function refreshed(token: StoredToken, { flow, endpoints, fetch, now }: RefreshRequest): Promise<StoredToken> {
  if (flow.refresh === undefined) return token;
  try {
    return await flow.refresh(token, { endpoints, fetch, now, signal: AbortSignal.timeout(requestMs) });
  } catch (error) {
    if (isPiError(error)) throw error;
    const reason = (error as Error).name === "TimeoutError" ? `no answer in ${requestMs / 1000} s` : messageOf(error);
    throw new PiError("auth.network", `The sign-in to ${flow.name} was not renewed: ${reason}`, { hint: "Try again.", cause: error });
  }
}

function storedToken(accounts: StoredAccounts | undefined, accountId: string): StoredToken {
  const entry = accounts !== undefined && Object.hasOwn(accounts, accountId) ? accounts[accountId] : undefined;
  if (!isStoredToken(entry)) throw signedOut(accountId);
  return entry;
}

function signedOut(accountId: string): PiError {
  return new PiError("auth.signed_out", `${accountId} is not signed in any more`, { hint: `Sign in with pi auth login ${accountId}.` });
}

function signInAgain(accountId: string, flow: Flow, { message }: PiError): PiError {
  const provider = providerOfAccount(accountId);
  return new PiError("auth.sign_in_again", `The sign-in to ${flow.name} has ended (${message})`, {
    hint: `Sign in again with pi auth login ${accountId === provider ? provider : accountId}.`,
  });
}
