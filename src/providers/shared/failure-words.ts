// What services say when they refuse: their own error codes, and the words of those that give no code. Read by http-failure for all wire
// formats. Invariant: data only; a row says whose words they are, and a failure that is told by code is overruled only where the row says so.
// Sources: the vendors' pages on errors and their public issue trackers (checked 2026-11).

import type { FailureCode } from "../../contracts/stream-event.ts";

/** Codes that mean the same in every format: gateways hand on what their upstream said. A format's own table counts first. */
export const vendorCodes: Readonly<Record<string, FailureCode>> = {
  context_length_exceeded: "overflow", // OpenAI
  exceed_context_size_error: "overflow", // llama.cpp
  ContextWindowExceededError: "overflow", // LiteLLM
  context_window_exceeded: "overflow",
  model_max_prompt_tokens_exceeded: "overflow", // GitHub Copilot
  request_too_large: "overflow", // Anthropic
  insufficient_quota: "quota", // OpenAI
  billing_hard_limit_reached: "quota",
  billing_not_active: "quota",
  insufficient_balance: "quota",
  exceeded_current_quota_error: "quota", // Moonshot
  usage_limit_reached: "quota", // ChatGPT
  usage_not_included: "quota", // ChatGPT
  quota_exceeded: "quota", // GitHub Copilot
  CreditsError: "quota", // OpenCode
  FreeUsageLimitError: "quota", // OpenCode
  GoUsageLimitError: "quota", // OpenCode
  MonthlyLimitError: "quota", // OpenCode
  UserLimitError: "quota", // OpenCode
  "Throttling.AllocationQuota": "rate_limited", // Alibaba
  Arrearage: "quota", // Alibaba: account overdue
  rate_limit_error: "rate_limited",
  rate_limit_reached_error: "rate_limited", // Moonshot
  ThrottlingException: "rate_limited", // Bedrock, with status 400
  TooManyRequestsException: "rate_limited",
  ServiceUnavailableException: "overloaded", // Bedrock
  InternalServerException: "overloaded",
  ModelTimeoutException: "overloaded",
  ModelNotReadyException: "overloaded",
  engine_overloaded_error: "overloaded", // Moonshot
  overloaded_error: "overloaded",
  server_is_overloaded: "overloaded",
  // Z.ai and its mainland twin: https://docs.z.ai/api-reference/api-code
  "1113": "quota", // balance spent
  "1261": "overflow", // prompt too long
  "1301": "refusal", // content blocked
  "1302": "rate_limited",
  "1303": "rate_limited",
  "1304": "quota", // calls of the day
  "1305": "rate_limited",
  "1308": "quota", // limit of hours, with the moment of its reset
  "1309": "quota", // plan expired
  "1310": "quota", // limit of the week or month
  // MiniMax: https://platform.minimax.io/docs/api-reference/errorcode
  "1002": "rate_limited",
  "1008": "quota",
  "1039": "rate_limited",
  "2056": "quota",
};

interface Row {
  words: RegExp;
  code: FailureCode;
  /** Whose words; several where they say the same. */
  source: string;
  /** Codes that the words overrule. */
  over: readonly FailureCode[];
  /** Overruled where the service's own code said it; else only where the status alone did. */
  evenNamed: boolean;
}

/** Made when something has failed: most runs never read them. */
const rows = (): readonly Row[] => [
  // Longer than the model takes.
  overflow("Anthropic, Fireworks, Baidu, Ollama", /prompt (is )?too long/i),
  overflow(
    "llama.cpp, MiniMax, Ollama, OpenAI, LM Studio",
    /(?<!deadline.)exceed(s|ed|ing)?\b[^.]{0,40}\bcontext\b(?! (deadline|cancel))/i,
  ),
  overflow(
    "gateways, MiniMax, SGLang",
    /\bcontext[ _-]?(window|length|size|limit)(?![a-z])[^.]{0,40}(exceed|too (long|large|small)|overflow|reached)/i,
  ),
  overflow("Gemini", /exceeds? the maximum number of tokens/i),
  overflow("OpenAI, vLLM, xAI, Mistral, OpenRouter", /maximum (context|prompt|input|model|sequence)[ _]length/i),
  overflow("Alibaba and hosts of Qwen", /range of input length should be|maximum allowed input length|input length[^.]{0,40}exceed/i),
  overflow("GitHub Copilot", /(prompt|input)[^.]{0,60}exceeds the limit of \d+/i),
  overflow("OpenAI, Azure", /(input|prompt) tokens? (exceed|count exceed)|tokens exceed the configured limit/i),
  overflow("Moonshot, Z.ai", /exceed(s|ed)? (the )?(model )?token limit|tokens in request more than max tokens/i),
  overflow("Groq, Cerebras", /reduce the length of the (messages|prompt|input)|reduce your (message|prompt) size/i),
  overflow(
    "Volcengine, watsonx, Hunyuan",
    /(?<!output |completion |budget )\btokens?\b[^.]{0,50}exceed(s|ed)?\b[^.]{0,20}(limit|max|\d{4})(?![^.]{0,20}per (minute|day))/i,
  ),
  overflow("gateways, local servers", /token limit (was |has been )?exceeded|too many tokens(?! per)|prompt is \d+ tokens long/i),
  overflow("gateways, local servers", /(conversation|history|messages?|context|request) (is |are )?too long/i),
  overflow("TabbyAPI, vLLM", /(greater|longer|more|larger) than (the )?max_(seq|model)_len|exceeds? (the )?max_(seq|model)_len/i),
  overflow("Z.ai, Baidu, Volcengine", /(上下文|输入|提示词?|tokens?)[^。，额配频]{0,16}(超长|超出|超过|过长)/i),
  overflow("LM Studio, SGLang, vLLM", /(greater|longer) than the (model'?s? )?(maximum )?(context|model) length/i),
  overflow("Z.ai", /prompt exceeds max length/i),
  overflow("Bedrock", /input (is|length|text)?[^.]{0,20}too long|too many (input|prompt) tokens|too many total text bytes/i),
  overflow("Cohere", /total number of tokens in the prompt cannot exceed/i),
  overflow("Together, TGI", /inputs?`? (tokens \+ .{0,30}max_new_tokens|must have less than \d+ tokens)/i),
  overflow("Mistral", /too large for model with \d+ maximum/i),
  overflow("llama.cpp", /context shift is disabled|input is too large to process/i),
  overflow("LiteLLM", /ContextWindowExceeded/),
  overflow(
    "gateways",
    /(request|payload|body) (entity )?(is )?too large(?! for model)|exceeds? the maximum (allowed )?(request|payload) size/i,
  ),
  // A limit by the minute that one request alone is above: trying again is of no use.
  {
    words: /request too large for (model|gpt|o\d)/i,
    code: "overflow",
    source: "OpenAI, Groq",
    over: ["bad_request", "overloaded", "rate_limited"],
    evenNamed: true,
  },

  // The money is spent, or what a plan gives for hours or days.
  quota("Anthropic", /credit balance is too low/i),
  quota("DeepSeek, OpenRouter, MiniMax", /insufficient[ _](account )?(balance|credits?|quota|funds)/i),
  // Gemini says the same of its limits by the minute, with a code of its own.
  { ...quota("OpenAI", /exceeded your current quota|billing (hard )?limit/i), evenNamed: false },
  quota(
    "Z.ai, Kimi, MiniMax, ChatGPT",
    /usage limit (has been )?(reached|exceeded)|reached your[^.]{0,30}usage limits?|(your account's |monthly )spend limit|limit will reset at/i,
  ),
  quota("Hugging Face, Copilot, OpenCode", /exceeded your (monthly|weekly|daily)|(monthly|weekly|daily) (usage |spending )?limit/i),
  quota("xAI, Fireworks, Together", /used all available credits|spending limit|credit limit exceeded/i),

  // Gateways that dress what passes as the caller's fault.
  passing("GitHub Copilot", /unable to forward upstream stream/i),
  { ...passing("OpenRouter", /provider returned error/i), over: ["bad_request"] },
  passing("Envoy, Istio", /upstream (connect|request|stream|connection|server)[^.]{0,20}(error|timeout|failed|reset)|no healthy upstream/i),
  passing("gateways on Node", /\b(write EPIPE|read ECONNRESET|ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|socket hang up|fetch failed)\b/),
  passing(
    "gateways on Go",
    /connection (was )?(reset|refused|closed|aborted)|unexpected EOF|: EOF\b|broken pipe|context deadline exceeded/i,
  ),
  passing("gateways on Go", /\bGOAWAY\b|\bi\/o timeout|TLS handshake timeout|do_request_failed|bad response status code (5\d\d|429)/i),
  passing(
    "gateways",
    /(service|server|engine)( is)? (temporarily |currently )?(unavailable|overloaded|busy)|bad gateway|gateway time-?out/i,
  ),
  passing("hosts of models", /(model|backend|provider)( is)? (temporarily |currently )?(overloaded|busy|loading|starting)\b/i),
  passing("OpenAI", /had an error (while )?processing your request/i),
  { ...passing("gateways", /too many requests/i), code: "rate_limited", over: ["bad_request"] },
  {
    ...passing(
      "gateways",
      /try again (later|in a (moment|few))|internal server error|request timed out|stream (disconnected|closed) before|cut short after the reply/i,
    ),
    over: ["bad_request"],
  },
];

/** What the words make of a refusal of this code, which the service itself named or which its status says; undefined where they say nothing. */
export function codeInWords(code: FailureCode, isNamed: boolean, text: string): FailureCode | undefined {
  return rows().find((row) => row.over.includes(code) && (row.evenNamed || !isNamed) && row.words.test(text))?.code;
}

export function overflowWords(): RegExp[] {
  return rows().flatMap(({ code, words }) => (code === "overflow" ? [words] : []));
}

function overflow(source: string, words: RegExp): Row {
  return { words, code: "overflow", source, over: ["bad_request", "overloaded"], evenNamed: true };
}

function quota(source: string, words: RegExp): Row {
  return { words, code: "quota", source, over: ["bad_request", "rate_limited"], evenNamed: true };
}

function passing(source: string, words: RegExp): Row {
  return { words, code: "overloaded", source, over: ["bad_request", "not_found", "auth"], evenNamed: false };
}
