// A local authorization server that plays the sign-in flows strictly: what is not exactly right is refused. Misbehaves as told.

import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { startWireServer, type WireAnswer, type WireRequest, type WireServer } from "./wire-server.ts";

export interface AuthServer extends WireServer {
  /** What the browser would do at an address that was opened: agrees, and gives the address it is sent back to. */
  agree(authorizeUrl: string): string;
  /** Refresh requests so far. */
  refreshes(): number;
  /** The refresh token that counts now; each works once. */
  refreshToken: string;
  fault: AuthFault | undefined;
  /** Answers wait for it; what is asked for is done before. */
  held: Promise<void> | undefined;
  /** Answers to device polls, before the token. */
  devicePolls: WireAnswer[];
  /** What Copilot offers, and whose terms were accepted. */
  models: { id: string; model_picker_enabled: boolean; policy?: { state: string; terms?: string } }[];
  accepted: string[];
  /** Unix seconds that ID tokens are made for, beside now. */
  skewSeconds: number;
}

export type AuthFault =
  | "denied"
  | "expired_code"
  | "server_error"
  | "revoked"
  | "bad_signature"
  | "wrong_nonce"
  | "narrow_scope"
  | "no_rotation"
  | "hang";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });

export async function startAuthServer(): Promise<AuthServer> {
  const codes = new Map<string, { challenge: string; clientId: string; redirectUri: string; nonce: string | null }>();
  let refreshes = 0;
  const json = (body: unknown, status = 200): WireAnswer => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const refuse = (error: string, description: string, status = 400): WireAnswer => json({ error, error_description: description }, status);

  const server = await startWireServer((request) => (auth.held === undefined ? answer(request) : { ...answer(request), after: auth.held }));
  const auth = Object.assign(server, {
    refreshToken: `refresh-${randomUUID()}`,
    fault: undefined as AuthFault | undefined,
    held: undefined as Promise<void> | undefined,
    devicePolls: [] as WireAnswer[],
    models: [] as AuthServer["models"],
    accepted: [] as string[],
    skewSeconds: 0,
    refreshes: () => refreshes,
    agree(authorizeUrl: string): string {
      const { searchParams } = new URL(authorizeUrl);
      const needed = searchParams.has("callback_url")
        ? ["callback_url", "code_challenge", "code_challenge_method"]
        : ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"];
      const missing = needed.filter((name) => !searchParams.get(name));
      if (missing.length > 0) throw new Error(`the address lacks ${missing.join(", ")}`);
      if (searchParams.get("code_challenge_method") !== "S256") throw new Error("the challenge is not S256");
      const redirectUri = searchParams.get("redirect_uri") ?? searchParams.get("callback_url") ?? "";
      const target = new URL(redirectUri);
      if (target.protocol !== "http:" || target.hostname !== "127.0.0.1") throw new Error(`the browser is sent to ${redirectUri}`);
      if (auth.fault === "denied") target.searchParams.set("error", "access_denied");
      else {
        const code = randomUUID();
        const clientId = searchParams.get("client_id") ?? "";
        codes.set(code, { challenge: searchParams.get("code_challenge") ?? "", clientId, redirectUri, nonce: searchParams.get("nonce") });
        target.searchParams.set("code", code);
        if (searchParams.get("agent_name_hint")) target.searchParams.set("client_id", "issued-client");
      }
      const state = searchParams.get("state");
      if (state !== null) target.searchParams.set("state", state);
      return target.href;
    },
  });

  function answer(request: WireRequest): WireAnswer {
    if (auth.fault === "server_error") return json({ error: "server_error" }, 500);
    if (auth.fault === "hang") return { hang: true };
    const path = request.path.split("?", 1)[0];
    if (path === "/jwks") return json({ keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" }] });
    if (path === "/device") return device(new URLSearchParams(request.rawBody));
    if (path === "/keys") return openrouterKey(request);
    if (path === "/token") return token(request);
    if (path === "/exchange") return exchangeAtGitHub(request);
    if (path?.startsWith("/models")) return copilotModels(path, request);
    return json({ error: "not_found" }, 404);
  }

  function token(request: WireRequest): WireAnswer {
    if (!request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
      return refuse("invalid_request", "a form is wanted");
    const form = new URLSearchParams(request.rawBody);
    switch (form.get("grant_type")) {
      case "authorization_code":
        return exchange(form);
      case "refresh_token":
        return refresh(form);
      case "urn:ietf:params:oauth:grant-type:device_code": {
        const next = auth.devicePolls.shift();
        if (next !== undefined) return next;
        return form.get("device_code") === "device-1" ? issued("device-client", null) : refuse("invalid_grant", "unknown device");
      }
      default:
        return refuse("unsupported_grant_type", "unknown");
    }
  }

  function exchange(form: URLSearchParams): WireAnswer {
    const code = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    if (code === undefined || auth.fault === "expired_code") return refuse("invalid_grant", "the code is unknown or has expired");
    const verifier = form.get("code_verifier") ?? "";
    if (createHash("sha256").update(verifier).digest("base64url") !== code.challenge)
      return refuse("invalid_grant", "the verifier does not fit");
    if (form.get("redirect_uri") !== code.redirectUri) return refuse("invalid_grant", "another redirect_uri");
    if (form.get("client_id") !== "issued-client" && form.get("client_id") !== code.clientId)
      return refuse("invalid_client", "another client", 401);
    if (form.get("resource") !== "https://api.openai.com/v1") return refuse("invalid_target", "no resource");
    return issued(form.get("client_id") ?? "", code.nonce);
  }

  function refresh(form: URLSearchParams): WireAnswer {
    refreshes++;
    if (auth.fault === "revoked") return refuse("invalid_grant", "the sign-in was revoked");
    if (form.get("refresh_token") !== auth.refreshToken) return refuse("invalid_grant", "the refresh token was used before");
    if (auth.fault === "no_rotation") return json({ access_token: `access-${randomUUID()}`, expires_in: 3600, token_type: "Bearer" });
    return issued(form.get("client_id") ?? "", null);
  }

  function issued(clientId: string, nonce: string | null): WireAnswer {
    auth.refreshToken = `refresh-${randomUUID()}`;
    return json({
      access_token: `access-${randomUUID()}`,
      refresh_token: auth.refreshToken,
      expires_in: 3600,
      token_type: "Bearer",
      scope:
        auth.fault === "narrow_scope" ? "openid profile" : "openid profile email offline_access resource.invoke chatgpt.tokens.use.direct",
      ...(nonce === null ? {} : { id_token: idToken(clientId, auth.fault === "wrong_nonce" ? "another" : nonce) }),
    });
  }

  function idToken(audience: string, nonce: string): string {
    const seconds = Math.floor(Date.now() / 1000) + auth.skewSeconds;
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "RS256", kid: "one", typ: "JWT" })}.${part({ iss: server.url, aud: audience, nonce, iat: seconds, exp: seconds + 600 })}`;
    const { privateKey } = auth.fault === "bad_signature" ? otherKeys : keys;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(privateKey).toString("base64url")}`;
  }

  function device(form: URLSearchParams): WireAnswer {
    if (!form.get("client_id") || !form.get("scope")) return refuse("invalid_request", "client_id and scope are wanted");
    return json({
      device_code: "device-1",
      user_code: "ABCD-EFGH",
      verification_uri: "https://sign.in/device",
      interval: 1,
      expires_in: 600,
    });
  }

  /** As GitHub does with an app of its own (`ghu_`); one of another kind is not known here. */
  function exchangeAtGitHub({ method, headers }: WireRequest): WireAnswer {
    const isKnown = method === "GET" && headers.authorization?.startsWith("Bearer ghu_") && headers["x-github-api-version"] !== undefined;
    if (!isKnown) return json({ message: "Not Found" }, 404);
    return json({
      token: `tid=1;proxy-ep=proxy.business.githubcopilot.com;x=${randomUUID()}`,
      expires_at: Math.floor(Date.now() / 1000) + 1800,
    });
  }

  function copilotModels(path: string, { method, headers, body }: WireRequest): WireAnswer {
    if (headers.authorization?.startsWith("Bearer ") !== true) return json({ message: "Unauthorized" }, 401);
    if (method === "GET" && path === "/models") return json({ data: auth.models });
    const id = decodeURIComponent(/^\/models\/([^/]+)\/policy$/.exec(path)?.[1] ?? "");
    if (method !== "POST" || body?.state !== "enabled" || id.startsWith("forbidden")) return json({ message: "Forbidden" }, 403);
    auth.accepted.push(id);
    return json({});
  }

  function openrouterKey({ body }: WireRequest): WireAnswer {
    const code = codes.get(body?.code);
    codes.delete(body?.code);
    const isRight = code !== undefined && createHash("sha256").update(String(body?.code_verifier)).digest("base64url") === code.challenge;
    return isRight && body?.code_challenge_method === "S256"
      ? json({ key: "sk-or-v1-from-sign-in" })
      : refuse("invalid_code", "unknown code", 403);
  }

  return auth;
}
