// GitHub Copilot: GitHub's device flow with an app of one's own, then a token of Copilot's that lives for half an hour.
// Source: GitHub's pages on the device flow, and the npm agent's wire behaviour, 1.6.0, read 2026-11-26.

import { isPiError, PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import type { StoredToken } from "../auth-file.ts";
import { deviceLogin } from "./device-login.ts";
import type { Flow, FlowEndpoints, FlowRequests, LoginContext } from "./flow.ts";
import { errorWords, getJson, postJson, refused } from "./requests.ts";

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
    const enterprise = await enterpriseHost(at);
    const host = enterprise ?? plainHost;
    const answer = await deviceLogin(at, {
      name: "GitHub",
      deviceUrl: at.endpoints.deviceUrl ?? `https://${host}/login/device/code`,
      tokenUrl: at.endpoints.tokenUrl ?? `https://${host}/login/oauth/access_token`,
      clientId,
      scope: at.endpoints.scope ?? "read:user",
    });
    const stored = { type: "oauth" as const, refresh: String(answer.fields.access_token), access: "", expires: 0 };
    const token = await exchanged(enterprise === undefined ? stored : { ...stored, enterpriseUrl: enterprise }, at);
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
  if ([403, 404].includes(answer.status) && token.refresh.startsWith("gho_")) return { ...token, access: token.refresh, expires: never };
  if ([401, 403, 404].includes(answer.status)) throw refused("GitHub gave no token for Copilot", answer);
  throw new PiError("auth.network", `GitHub gave no token for Copilot: HTTP ${answer.status}`, { hint: "Try again." });
}

/** Where nobody can type, it is GitHub's own. @throws PiError `usage.bad_value`. */
async function enterpriseHost(at: LoginContext): Promise<string | undefined> {
  // Addresses that are configured say it already.
  if (at.endpoints.deviceUrl !== undefined) return typeof at.stored?.enterpriseUrl === "string" ? at.stored.enterpriseUrl : undefined;
  const line = await answerTo("Host of your GitHub Enterprise (empty: github.com): ", at);
  if (line === undefined || line === "" || line === plainHost) return undefined;
  const host = hostIn(line);
  if (host !== undefined && host !== plainHost) return host;
  throw new PiError("usage.bad_value", `${JSON.stringify(line.slice(0, 100))} is no host of GitHub Enterprise`, {
    hint: "For example company.ghe.com.",
  });
}

async function answerTo(question: string, at: LoginContext): Promise<string | undefined> {
  try {
    return (await at.ask(question, at.signal ?? new AbortController().signal)).trim();
  } catch (error) {
    if (isPiError(error) && error.code === "auth.no_terminal") return undefined;
    throw error;
  }
}

interface OfferedModel {
  id: string;
  /** What its terms say, where they have still to be accepted. */
  pending: string | undefined;
}

/** What the plan offers for picking; nothing where it cannot be told. Terms are accepted only by the person, who is asked. */
async function availableModels(token: StoredToken, at: LoginContext): Promise<string[]> {
  const { fields } = await getJson(`${baseUrlOf(token, at.endpoints)}/models`, at, headersOf(token));
  const listed = Array.isArray(fields.data) ? (fields.data as Record<string, unknown>[]).flatMap(offeredModel) : [];
  const pending = listed.filter((model) => model.pending !== undefined);
  const accepted = pending.length === 0 ? [] : await acceptTerms(pending, token, at);
  return listed.filter((model) => model.pending === undefined || accepted.includes(model.id)).map(({ id }) => id);
}

function offeredModel(model: Record<string, unknown> | null): OfferedModel[] {
  if (model?.model_picker_enabled !== true || typeof model.id !== "string") return [];
  const { state, terms } = (model.policy ?? {}) as { state?: unknown; terms?: unknown };
  const isPending = model.policy !== undefined && model.policy !== null && state !== "enabled";
  return [{ id: model.id, pending: isPending ? plainLine(typeof terms === "string" ? terms : "").slice(0, 300) : undefined }];
}

/** Ids of those that can be used now. */
async function acceptTerms(pending: readonly OfferedModel[], token: StoredToken, at: LoginContext): Promise<string[]> {
  at.say("Terms of their own that were not accepted yet have:");
  for (const { id, pending: terms } of pending) at.say(`  ${plainLine(id)}${terms === "" ? "" : `: ${terms}`}`);
  const line = await answerTo("Accept them? [y/N] ", at);
  if (line === undefined || !/^y(es)?$/i.test(line)) {
    at.say("They were not accepted, and these models are left out. Your settings at GitHub have them, too.");
    return [];
  }
  const accepted: string[] = [];
  for (const { id } of pending) {
    const url = `${baseUrlOf(token, at.endpoints)}/models/${encodeURIComponent(id)}/policy`;
    const answer = await postJson(url, { state: "enabled" }, at, headersOf(token));
    if (answer.status >= 200 && answer.status < 300) accepted.push(id);
    else at.say(`${plainLine(id)} stays left out: ${errorWords(answer)}`);
  }
  return accepted;
}

function headersOf({ access }: StoredToken): Record<string, string> {
  return { authorization: `Bearer ${access}`, "X-GitHub-Api-Version": apiVersion };
}

/** Nothing for what is no host's name. */
function hostIn(text: string): string | undefined {
  try {
    const { host, protocol, username, password } = new URL(text.includes("://") ? text : `https://${text}`);
    return protocol === "https:" && username === "" && password === "" && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(host)
      ? host
      : undefined;
  } catch {
    return undefined;
  }
}

function hostOf({ enterpriseUrl }: StoredToken): string {
  return (typeof enterpriseUrl === "string" && enterpriseUrl !== "" ? hostIn(enterpriseUrl) : undefined) ?? plainHost;
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
