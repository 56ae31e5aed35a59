// GitHub Copilot: GitHub's device flow with an app of one's own, then a token of Copilot's that lives for half an hour.
// Source: GitHub's pages on the device flow, and the npm agent's wire behaviour, 1.6.0, read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import type { StoredToken } from "../auth-file.ts";
import { deviceLogin } from "./device-login.ts";
import type { Flow, FlowEndpoints, FlowRequests } from "./flow.ts";
import { getJson, refused } from "./requests.ts";

const plainHost = "github.com";
const apiVersion = "2026-06-01";
const marginMs = 5 * 60_000;
/** A token that was not exchanged does not end by itself. */
const never = 9007199254740991;

export const flow: Flow = {
  provider: "github-copilot",
  name: "GitHub Copilot",
  terms: "GitHub allows a program to use Copilot through a GitHub App of its own; pi has none built in.",
  async login(at) {
    const { clientId } = at.endpoints;
    if (clientId === undefined) {
      throw new PiError("auth.login_unavailable", "There is no sign-in to GitHub Copilot without an app of your own", {
        hint: "Register one at GitHub, and set client_id under [providers.github-copilot.oauth].",
      });
    }
    const host = plainHost;
    const answer = await deviceLogin(at, {
      name: "GitHub",
      deviceUrl: at.endpoints.deviceUrl ?? `https://${host}/login/device/code`,
      tokenUrl: at.endpoints.tokenUrl ?? `https://${host}/login/oauth/access_token`,
      clientId,
      scope: at.endpoints.scope ?? "read:user",
    });
    const token = await exchanged({ type: "oauth", refresh: String(answer.fields.access_token), access: "", expires: 0 }, at);
    return { ...token, availableModelIds: await availableModels(token, at) };
  },
  refresh: exchanged,
  use(token, endpoints) {
    return { baseUrl: baseUrlOf(token, endpoints) };
  },
};

/** The GitHub token is what stays; an OAuth app's is refused here, and used as it is. */
async function exchanged(token: StoredToken, at: FlowRequests): Promise<StoredToken> {
  const url = at.endpoints.exchangeUrl ?? `https://api.${hostOf(token)}/copilot_internal/v2/token`;
  const answer = await getJson(url, at, { authorization: `Bearer ${token.refresh}`, "X-GitHub-Api-Version": apiVersion });
  const { token: access, expires_at: expiresAt } = answer.fields;
  if (answer.status === 200 && typeof access === "string" && typeof expiresAt === "number") {
    return { ...token, access, expires: expiresAt * 1000 - marginMs };
  }
  if (answer.status === 404 && token.refresh.startsWith("gho_")) return { ...token, access: token.refresh, expires: never };
  if ([401, 403, 404].includes(answer.status)) throw refused("GitHub gave no token for Copilot", answer);
  throw new PiError("auth.network", `GitHub gave no token for Copilot: HTTP ${answer.status}`, { hint: "Try again." });
}

/** What the plan offers for picking; nothing where it cannot be told. */
async function availableModels(token: StoredToken, at: FlowRequests): Promise<string[]> {
  const url = `${baseUrlOf(token, at.endpoints)}/models`;
  const { fields } = await getJson(url, at, { authorization: `Bearer ${token.access}`, "X-GitHub-Api-Version": apiVersion });
  const listed = Array.isArray(fields.data) ? (fields.data as Record<string, unknown>[]) : [];
  return listed.flatMap((model) => {
    const isOffered = model?.model_picker_enabled === true && (model.policy as { state?: unknown } | undefined)?.state !== "disabled";
    return isOffered && typeof model.id === "string" ? [model.id] : [];
  });
}

function hostOf({ enterpriseUrl }: StoredToken): string {
  if (typeof enterpriseUrl !== "string" || enterpriseUrl === "") return plainHost;
  try {
    return new URL(enterpriseUrl.includes("://") ? enterpriseUrl : `https://${enterpriseUrl}`).host;
  } catch {
    return plainHost;
  }
}

/** Of the token's own word only a host of Copilot's, or of the enterprise it belongs to, is taken. */
function baseUrlOf(token: StoredToken, { baseUrl }: FlowEndpoints): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, "");
  const host = hostOf(token);
  const said = /(?:^|;)proxy-ep=([A-Za-z0-9.-]+)/.exec(token.access)?.[1]?.replace(/^proxy\./, "api.");
  if (said !== undefined && (said.endsWith(".githubcopilot.com") || (host !== plainHost && said.endsWith(`.${host}`))))
    return `https://${said}`;
  return host === plainHost ? "https://api.individual.githubcopilot.com" : `https://copilot-api.${host}`;
}
