// A failure of a model call as people are told of it: who, what kind, in whose words, how often it was tried, what to do. Called by run-outcome,
// and loaded only where something failed. Invariant: one line; what the service answered is kept beside it as it came.

import { defined } from "../../contracts/defined.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Outcome, OutcomeKind } from "../../contracts/outcome.ts";
import type { ConnectionLack, FailureCode, ModelFailure } from "../../contracts/stream-event.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { serviceWords } from "../../contracts/text/service-words.ts";

interface FailureKind {
  outcome?: OutcomeKind;
  /** Behind the provider's name; without it the failure's own message is a sentence. */
  said?: string;
  hint?: string;
}

const otherModel = "or name another model with --fallback-model";

const kinds: Record<FailureCode, FailureKind> = {
  overloaded: { said: "failed, or has too much to do", hint: `Try again later, ${otherModel}` },
  rate_limited: { said: "takes no more requests for now", hint: `Try again in a minute, ${otherModel}` },
  quota: { outcome: "quota", said: "says that what was paid for is spent", hint: `Wait for the reset, ${otherModel}` },
  auth: { said: "refused the key", hint: "Check the key: pi inspect names its source" },
  not_found: { said: "knows no such model or address", hint: "Check the model's id and the base URL: pi inspect shows them" },
  bad_request: { said: "refused the request", hint: "Try another model, or a new session; --verbose shows the whole answer" },
  overflow: {
    outcome: "overflow",
    said: "takes no conversation that long",
    hint: "Start a new session, or use a model with a longer context",
  },
  image_overflow: { said: "takes no more pictures, or none that large", hint: "Start a new session, or give fewer or smaller pictures" },
  refusal: {},
  network: { said: "gave no whole answer", hint: `Check the network and the base URL, ${otherModel}` },
  stalled: { outcome: "stalled", hint: "Try again, or allow more with --stall model=DURATION" },
  aborted: { outcome: "aborted" },
};

type Unreachable = NonNullable<ModelFailure["unreachable"]>;

const remedies: Record<ConnectionLack, string> = {
  listener: "Start the server there",
  tls: "Write http:// in place of https://",
  name: "Check the network",
  trust: "Name the file of its authority in NODE_EXTRA_CA_CERTS or network.ca_file",
};

/** Longer sentences are cut; the whole of it is in `raw`. */
const maxSentence = 500;

export interface FailedCall {
  provider: string;
  /** How often it was asked in vain, this time included. */
  tries: number;
}

export function failureOutcome(failure: ModelFailure, { provider, tries }: FailedCall, answer: AssistantMessage | undefined): Outcome {
  const text = answer === undefined ? "" : textOf(answer.content);
  if (failure.ours !== undefined) return { ...failure.ours, text };
  const kind = kinds[failure.code];
  const message = `${sentenceOf(failure, provider, kind.said)}${tries > 1 ? `; tried ${tries} times` : ""}`;
  const hint = hintOf(failure, kind);
  return {
    kind: kind.outcome ?? "error",
    text,
    code: `model.${failure.code}`,
    message,
    ...defined({ hint, retryAt: failure.retryAt }),
    ...(message.includes(failure.message) ? {} : { raw: failure.message }),
  };
}

function sentenceOf(failure: ModelFailure, provider: string, said: string | undefined): string {
  if (failure.unreachable !== undefined) return unreachableSentence(failure.unreachable, failure.message, provider);
  const { status = failure.status, sentence } = serviceWords(failure.message);
  const words = (sentence.length > maxSentence ? `${sentence.slice(0, maxSentence)}…` : sentence).replace(/\.$/, "");
  if (said === undefined) return words;
  return `${provider} ${said}${status === undefined ? "" : ` (${status})`}${words === "" ? "" : `: ${words}`}`;
}

function unreachableSentence({ lacks, address }: Unreachable, message: string, provider: string): string {
  if (lacks === "listener") return `${provider}: nobody listens at ${address}`;
  if (lacks === "name") return `${provider}: there is no ${address} in the network`;
  if (lacks === "tls") return `${provider}: what listens at ${address} speaks no TLS`;
  return `${provider}: the certificate of ${address} is not trusted: ${serviceWords(message.replace(` (${address})`, "")).sentence}`;
}

function hintOf({ retryAt, unreachable }: ModelFailure, { hint }: FailureKind): string | undefined {
  if (unreachable !== undefined) return `${remedies[unreachable.lacks]}, or correct the address: pi inspect shows base URL and proxy`;
  if (retryAt === undefined) return hint;
  const moment = new Date(retryAt);
  // A service may tell a moment that no calendar has.
  const when = Number.isNaN(moment.getTime()) ? "later" : `after ${inSeconds(moment)}`;
  return `Try again ${when}, ${otherModel}`;
}

/** Never before the moment itself. */
function inSeconds(moment: Date): string {
  return isoTime(Math.ceil(moment.getTime() / 1000) * 1000).replace(".000", "");
}
