// What a strict server is told to answer, in words that fit every wire format. A format turns it into its own events and error bodies.

import { startWireServer, type WireAnswer, type WireRequest, type WireServer } from "../wire-server.ts";

export type Part =
  | { thinking: string }
  /** Thinking of which only an opaque payload is shown. */
  | { redacted: string }
  | { text: string }
  | { call: string; id?: string; arguments: Record<string, unknown> };

export interface Tokens {
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
  reasoning?: number;
}

export interface Say {
  say: Part[];
  stop?: "stop" | "length" | "toolUse" | "refusal" | "overflow";
  usage?: Tokens;
  /** Characters of a delta; 7 when absent, so that words and escapes are cut. */
  deltaLength?: number;
  cutAfterBytes?: number;
  pieceBytes?: number;
  keepOpen?: boolean;
}

export interface Refuse {
  refuse: number;
  /** The service's own name of the error; the usual one of the status when absent. */
  type?: string;
  message?: string;
  headers?: Record<string, string>;
}

/** `wire`: as it stands. */
export type Script = Say | Refuse | { wire: WireAnswer };

/** What the service would refuse the request with. */
export interface Complaint {
  status: number;
  type: string;
  message: string;
}

export interface StrictFormat {
  api: string;
  /** Put behind the server's URL to make a base URL. */
  basePath: string;
  check(request: WireRequest): Complaint | undefined;
  stream(say: Say, request: WireRequest): string;
  errorBody(complaint: Complaint): string;
  /** Name of the error that goes with a status. */
  errorType(status: number): string;
}

export interface StrictServer extends WireServer {
  baseUrl: string;
  /** Requests refused by the check, not by the script. */
  complaints: Complaint[];
}

/** Answers request by request from the script, whose last entry serves all further ones; or each as it is asked. */
export async function startStrictServer(
  format: StrictFormat,
  scripts: readonly Script[] | ((request: WireRequest) => Script),
): Promise<StrictServer> {
  const complaints: Complaint[] = [];
  let accepted = 0;
  const server = await startWireServer((request) => {
    const complaint = format.check(request);
    if (complaint !== undefined) {
      complaints.push(complaint);
      return refusal(format, complaint, {});
    }
    const script = typeof scripts === "function" ? scripts(request) : scripts[Math.min(accepted++, scripts.length - 1)];
    if (script === undefined) return { drop: true };
    if ("wire" in script) return script.wire;
    if ("refuse" in script) {
      const type = script.type ?? format.errorType(script.refuse);
      return refusal(format, { status: script.refuse, type, message: script.message ?? "scripted error" }, script.headers ?? {});
    }
    const { cutAfterBytes, pieceBytes, keepOpen } = script;
    return {
      headers: { "content-type": "text/event-stream" },
      body: format.stream(script, request),
      ...(cutAfterBytes === undefined ? {} : { cutAfterBytes }),
      ...(pieceBytes === undefined ? {} : { pieceBytes }),
      ...(keepOpen === undefined ? {} : { keepOpen }),
    };
  });
  return Object.assign(server, { baseUrl: server.url + format.basePath, complaints });
}

function refusal(format: StrictFormat, complaint: Complaint, headers: Record<string, string>): WireAnswer {
  return { status: complaint.status, headers: { "content-type": "application/json", ...headers }, body: format.errorBody(complaint) };
}

/** The text in pieces of so many UTF-16 units: pairs are cut too, as services do. */
export function deltasOf(text: string, length: number): string[] {
  const deltas: string[] = [];
  for (let at = 0; at < text.length; at += length) deltas.push(text.slice(at, at + length));
  return deltas.length === 0 ? [""] : deltas;
}

/** Checks collected one after another; the first complaint counts. */
export class Checker {
  complaint: Complaint | undefined;
  readonly #type: string;

  constructor(type: string) {
    this.#type = type;
  }

  require(holds: boolean, message: string, status = 400, type = this.#type): void {
    if (!holds) this.complaint ??= { status, type, message };
  }

  onlyFields(value: object, allowed: readonly string[], message: (field: string) => string): void {
    for (const field of Object.keys(value)) this.require(allowed.includes(field), message(field));
  }
}
