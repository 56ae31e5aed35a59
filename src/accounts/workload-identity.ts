// Workload identity: a machine that runs for nobody in particular shows the token that its platform gives it, and gets one of the service's for a
// while (RFC 7523). Called by accounts where the variables are set and nothing else pays. Source: Anthropic's SDK 0.x, its federation of OIDC
// tokens, read 2026-11-27; not tried live. Invariant: nothing is stored; both tokens go to the service's own address alone.

import { PiError } from "../contracts/error.ts";
import type { WorkloadVariables } from "../contracts/provider-settings.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import type { Env } from "../platform/paths.ts";
import { liveSecrets } from "../platform/secrets.ts";
import type { FlowRequests } from "./flows/flow.ts";

/** The service takes no longer one. */
const maxTokenBytes = 16 * 1024;
const usualLeadMs = 2 * 60_000;
const usualLifeMs = 10 * 60_000;
const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const beta = "oauth-2025-04-20,oidc-federation-2026-04-01";

export interface WorkloadRequest extends FlowRequests {
  variables: WorkloadVariables;
  env: Env;
  /** How long the token must be good for. */
  leadMs?: number;
  /** One that the service has just refused. */
  spent?: string;
}

export class WorkloadTokens {
  #kept: { access: string; untilMs: number } | undefined;
  #running: Promise<string> | undefined;

  /** The token in force, for one process. Rejects with `auth.identity_token`, `auth.refused`, `auth.network`. */
  async current(request: WorkloadRequest): Promise<string> {
    const { now, leadMs = usualLeadMs, spent } = request;
    const kept = this.#kept;
    if (kept !== undefined && kept.access !== spent && now() + leadMs < kept.untilMs) return kept.access;
    this.#running ??= this.#exchanged(request).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #exchanged(request: WorkloadRequest): Promise<string> {
    const { variables, env, now, endpoints } = request;
    const assertion = identityToken(env[variables.tokenFile] ?? "", variables.tokenFile);
    const { postJson, tokenFields } = await import("./flows/requests.ts");
    const optional = Object.entries({ service_account_id: variables.serviceAccount, workspace_id: variables.workspace });
    const fields = {
      grant_type: grantType,
      assertion,
      federation_rule_id: env[variables.rule],
      organization_id: env[variables.organization],
      ...Object.fromEntries(optional.flatMap(([name, variable]) => (env[variable] ? [[name, env[variable]]] : []))),
    };
    const answer = await postJson(endpoints.tokenUrl ?? variables.tokenUrl, fields, request, { "anthropic-beta": beta });
    const { access, expiresInMs = usualLifeMs } = tokenFields("The service gave no token for this workload's identity", answer);
    liveSecrets.add(access);
    this.#kept = { access, untilMs: now() + expiresInMs };
    return access;
  }
}

/** Read each time: the platform puts another one there before it ends. @throws PiError `auth.identity_token`. */
function identityToken(path: string, variable: string): string {
  const found = readBoundedText(path, { maxBytes: maxTokenBytes });
  const token = found !== undefined && "text" in found ? found.text.trim() : "";
  if (token !== "") {
    liveSecrets.add(token);
    return token;
  }
  const why = found === undefined ? "there is no such file" : "why" in found ? found.why : "it is empty";
  throw new PiError("auth.identity_token", `The identity token that ${variable} names (${path}) cannot be used: ${why}`, {
    hint: `Set ${variable} to the file that the platform writes.`,
  });
}
