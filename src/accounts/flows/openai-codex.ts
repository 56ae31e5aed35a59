// The ChatGPT sign-in that the npm agent stored as `openai-codex`: used and renewed, never made anew, since its client is another program's.
// Source: that agent's wire behaviour, 1.6.0, read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import type { Flow } from "./flow.ts";
import { claimsOf } from "./id-token.ts";
import { postForm, tokenFields } from "./requests.ts";

const tokenUrl = "https://auth.openai.com/oauth/token";
const baseUrl = "https://chatgpt.com/backend-api";
const clientId = "app_EMoamEEZ73f0CkXaXp7hrann";
const usualLifeMs = 60 * 60_000;

export const flow: Flow = {
  provider: "openai-codex",
  name: "OpenAI Codex (as the npm agent signed in)",
  terms: "This sign-in belongs to OpenAI's own Codex program; pi uses what is stored and makes no new one.",
  async login() {
    throw new PiError("auth.login_unavailable", "There is no sign-in to openai-codex", {
      hint: "Use pi auth login openai (ChatGPT plan), or an API key.",
    });
  },
  async refresh(token, at) {
    const answer = await postForm(
      at.endpoints.tokenUrl ?? tokenUrl,
      { grant_type: "refresh_token", refresh_token: token.refresh, client_id: at.endpoints.clientId ?? clientId },
      at,
    );
    const { access, refresh, expiresInMs = usualLifeMs } = tokenFields("OpenAI did not renew the sign-in", answer);
    return {
      ...token,
      access,
      refresh: refresh ?? token.refresh,
      expires: at.now() + expiresInMs,
      accountId: accountOf(access) ?? token.accountId,
    };
  },
  use(token, endpoints) {
    const account = typeof token.accountId === "string" ? token.accountId : accountOf(token.access);
    return {
      baseUrl: `${(endpoints.baseUrl ?? baseUrl).replace(/\/+$/, "")}/codex`,
      headers: account === undefined ? {} : { "chatgpt-account-id": account },
    };
  },
};

function accountOf(access: string): string | undefined {
  const claim = claimsOf(access)["https://api.openai.com/auth"] as { chatgpt_account_id?: unknown } | undefined;
  return typeof claim?.chatgpt_account_id === "string" ? claim.chatgpt_account_id : undefined;
}
