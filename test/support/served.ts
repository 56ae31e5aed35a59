// A strict server in the place of each provider, and what makes the program go there. Used by the end-to-end tests.

import { strictAnthropic } from "./strict/anthropic.ts";
import { strictGoogle } from "./strict/google.ts";
import { strictChat } from "./strict/openai-completions.ts";
import { strictResponses } from "./strict/openai-responses.ts";
import type { StrictFormat } from "./strict/script.ts";

export interface Service {
  format: StrictFormat;
  /** What stands behind `--model`. */
  model: string;
  env(baseUrl: string): Record<string, string>;
  /** Added to the user's config.toml. */
  toml(baseUrl: string): string;
}

/** Stands in every request and must stand nowhere else. */
export const secret = "sk-local-0123456789abcdef";

export const services: readonly Service[] = [
  {
    format: strictAnthropic,
    model: "anthropic/claude-sonnet-4-5",
    env: (baseUrl) => ({ ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_API_KEY: secret }),
    toml: () => "",
  },
  {
    format: strictChat,
    model: "local/test-model",
    env: () => ({ LOCAL_KEY: secret }),
    toml: (baseUrl) =>
      `[providers.local]\napi = "openai-completions"\nbase_url = "${baseUrl}"\napi_key = "$LOCAL_KEY"\n[[providers.local.models]]\nid = "test-model"\ncontext_window = 100000\nmax_tokens = 8000\n`,
  },
  {
    format: strictResponses,
    model: "openai/gpt-5.5",
    env: (baseUrl) => ({ OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: secret }),
    toml: () => "",
  },
  {
    format: strictGoogle,
    model: "google/gemini-2.5-pro",
    env: (baseUrl) => ({ GOOGLE_GEMINI_BASE_URL: baseUrl.replace(/\/v1beta$/, ""), GEMINI_API_KEY: secret }),
    toml: () => "",
  },
];
