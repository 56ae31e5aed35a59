// The vendors: where each is, how it is paid for, what it speaks and what differs in its dialect. Read by the credential lookup, model
// selection and resolve-dialect. Invariant: data only, one row a vendor; adding one is one row here and one recorded stream in test/fixtures.

import type { Api } from "../contracts/model.ts";
import { anthropicImitator, moonshotDialect, openModelHost, type Vendor, zaiDialect } from "./vendor.ts";
import { vendorsByPlan } from "./vendors-by-plan.ts";

export type { Vendor } from "./vendor.ts";

const localServer = { ...openModelHost, supportsJsonSchema: true } as const;

export const vendors: Readonly<Record<string, Vendor>> = {
  anthropic: {
    name: "Anthropic",
    baseUrl: "https://api.anthropic.com",
    api: "anthropic-messages",
    credentialVariables: ["ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
    bearerVariables: ["ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"],
    planVariables: ["ANTHROPIC_OAUTH_TOKEN"],
    workload: {
      rule: "ANTHROPIC_FEDERATION_RULE_ID",
      organization: "ANTHROPIC_ORGANIZATION_ID",
      tokenFile: "ANTHROPIC_IDENTITY_TOKEN_FILE",
      serviceAccount: "ANTHROPIC_SERVICE_ACCOUNT_ID",
      workspace: "ANTHROPIC_WORKSPACE_ID",
      tokenUrl: "https://api.anthropic.com/v1/oauth/token",
      baseUrl: "https://api.anthropic.com",
    },
    baseUrlVariable: "ANTHROPIC_BASE_URL",
    dialect: { "anthropic-messages": { supportsStrictTools: true } },
  },
  openai: {
    name: "OpenAI",
    baseUrl: "https://api.openai.com/v1",
    api: "openai-responses",
    credentialVariables: ["OPENAI_API_KEY"],
    baseUrlVariable: "OPENAI_BASE_URL",
    dialect: { "openai-completions": {}, "openai-responses": {} },
  },
  // Paid for by a sign-in that another program made; the credential brings address and account.
  "openai-codex": {
    name: "OpenAI Codex (ChatGPT plan)",
    baseUrl: "https://chatgpt.com/backend-api/codex",
    api: "openai-responses",
    credentialVariables: [],
    headers: { originator: "pi", "openai-beta": "responses=experimental" },
    dialect: {
      "openai-responses": {
        supportsMaxOutputTokens: false,
        supportsStrictMode: false,
        strictWhereLoose: null,
        extraBody: { text: { verbosity: "low" }, parallel_tool_calls: true },
      },
    },
  },
  "github-copilot": {
    name: "GitHub Copilot",
    baseUrl: "https://api.individual.githubcopilot.com",
    api: "openai-responses",
    credentialVariables: [],
    headers: { "openai-intent": "conversation-edits" },
    saysInitiator: true,
    dialect: {
      "openai-completions": { ...openModelHost },
      "openai-responses": { supportsStrictMode: false },
      "anthropic-messages": { ...anthropicImitator, supportsStrictTools: true, credentialHeader: "bearer" },
    },
  },
  google: {
    name: "Google Gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    api: "google-generative-ai",
    credentialVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  },
  groq: {
    name: "Groq",
    baseUrl: "https://api.groq.com/openai/v1",
    api: "openai-completions",
    credentialVariables: ["GROQ_API_KEY"],
    dialect: { "openai-completions": { ...openModelHost, maxTokensField: "max_completion_tokens" } },
  },
  cerebras: {
    name: "Cerebras",
    baseUrl: "https://api.cerebras.ai/v1",
    api: "openai-completions",
    credentialVariables: ["CEREBRAS_API_KEY"],
    dialect: { "openai-completions": { ...openModelHost, maxTokensField: "max_completion_tokens" } },
  },
  deepseek: {
    name: "DeepSeek",
    baseUrl: "https://api.deepseek.com",
    api: "openai-completions",
    credentialVariables: ["DEEPSEEK_API_KEY"],
    dialect: {
      "openai-completions": {
        ...openModelHost,
        supportsJsonSchema: false,
        thinkingFormat: "deepseek",
        requiresReasoningContentOnAssistantMessages: true,
      },
    },
  },
  xai: {
    name: "xAI",
    baseUrl: "https://api.x.ai/v1",
    api: "openai-responses",
    credentialVariables: ["XAI_API_KEY"],
    dialect: {
      "openai-responses": { supportsLongCacheRetention: false },
      "openai-completions": { ...openModelHost, maxTokensField: "max_completion_tokens" },
    },
  },
  mistral: {
    name: "Mistral",
    baseUrl: "https://api.mistral.ai/v1",
    api: "openai-completions",
    credentialVariables: ["MISTRAL_API_KEY"],
    dialect: {
      "openai-completions": {
        ...openModelHost,
        supportsUsageInStreaming: false,
        requiresToolResultName: true,
        requiresAssistantAfterToolResult: true,
        requiresNonNullAssistantContent: true,
        toolCallIdFormat: "mistral",
        versionPath: "/v1",
      },
    },
  },
  openrouter: {
    name: "OpenRouter",
    baseUrl: "https://openrouter.ai/api/v1",
    api: "openai-completions",
    credentialVariables: ["OPENROUTER_API_KEY"],
    dialect: {
      "openai-completions": {
        ...openModelHost,
        thinkingFormat: "openrouter",
        promptCountSpare: 0.15,
        sendSessionAffinityHeaders: true,
        sessionAffinityFormat: "openrouter",
      },
      "anthropic-messages": {
        ...anthropicImitator,
        credentialHeader: "bearer",
        sendSessionAffinityHeaders: true,
        sessionAffinityFormat: "openrouter",
      },
    },
  },
  moonshotai: {
    name: "Moonshot AI",
    baseUrl: "https://api.moonshot.ai/v1",
    api: "openai-completions",
    credentialVariables: ["MOONSHOT_API_KEY"],
    dialect: {
      "openai-completions": moonshotDialect,
    },
  },
  minimax: {
    name: "MiniMax",
    baseUrl: "https://api.minimax.io/anthropic",
    api: "anthropic-messages",
    credentialVariables: ["MINIMAX_API_KEY"],
    dialect: { "anthropic-messages": { ...anthropicImitator, allowEmptySignature: true } },
  },
  zai: {
    name: "Z.ai",
    baseUrl: "https://api.z.ai/api/coding/paas/v4",
    api: "openai-completions",
    credentialVariables: ["ZAI_API_KEY"],
    dialect: {
      "openai-completions": zaiDialect,
    },
  },
  together: {
    name: "Together AI",
    baseUrl: "https://api.together.ai/v1",
    api: "openai-completions",
    credentialVariables: ["TOGETHER_API_KEY"],
    dialect: { "openai-completions": { ...openModelHost, thinkingFormat: "together", supportsReasoningEffort: false } },
  },
  fireworks: {
    name: "Fireworks",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    api: "openai-completions",
    credentialVariables: ["FIREWORKS_API_KEY"],
    dialect: {
      "openai-completions": openModelHost,
      "anthropic-messages": {
        ...anthropicImitator,
        supportsCacheControlOnTools: false,
        supportsLongCacheRetention: false,
        sendSessionAffinityHeaders: true,
        allowEmptySignature: true,
      },
    },
  },
  huggingface: {
    name: "Hugging Face",
    baseUrl: "https://router.huggingface.co/v1",
    api: "openai-completions",
    credentialVariables: ["HF_TOKEN"],
    dialect: { "openai-completions": openModelHost },
  },
  nvidia: {
    name: "NVIDIA NIM",
    baseUrl: "https://integrate.api.nvidia.com/v1",
    api: "openai-completions",
    credentialVariables: ["NVIDIA_API_KEY"],
    dialect: { "openai-completions": { ...openModelHost, supportsJsonSchema: false } },
  },
  "vercel-ai-gateway": {
    name: "Vercel AI Gateway",
    baseUrl: "https://ai-gateway.vercel.sh",
    api: "anthropic-messages",
    credentialVariables: ["AI_GATEWAY_API_KEY"],
    dialect: {
      "anthropic-messages": anthropicImitator,
      "openai-completions": { ...openModelHost, thinkingFormat: "openrouter", versionPath: "/v1" },
    },
  },
  azure: {
    name: "Azure OpenAI",
    alias: "azure-openai-responses",
    baseUrl: "https://{AZURE_OPENAI_RESOURCE_NAME}.openai.azure.com/openai/v1",
    api: "openai-responses",
    credentialVariables: ["AZURE_OPENAI_API_KEY"],
    baseUrlVariable: "AZURE_OPENAI_BASE_URL",
    namesVariable: "AZURE_OPENAI_DEPLOYMENT_NAME_MAP",
    versionVariable: { api: "openai-responses", name: "AZURE_OPENAI_API_VERSION" },
    dialect: {
      "openai-responses": { credentialHeader: "api-key", versionPath: "/openai/v1" },
      "openai-completions": {
        supportsStore: false,
        supportsDeveloperRole: false,
        supportsStrictMode: false,
        promptCacheKeyMode: "disabled",
        supportsLongCacheRetention: false,
        maxTokensField: "max_tokens",
        credentialHeader: "api-key",
        versionPath: "/openai/v1",
      },
    },
  },
  ...vendorsByPlan,
  ollama: {
    name: "Ollama",
    baseUrl: "http://127.0.0.1:11434/v1",
    api: "openai-completions",
    credentialVariables: ["OLLAMA_API_KEY"],
    keyless: true,
    dialect: { "openai-completions": localServer },
  },
  "llama-cpp": {
    name: "llama.cpp",
    baseUrl: "http://127.0.0.1:9931/v1",
    api: "openai-completions",
    credentialVariables: ["LLAMA_API_KEY"],
    baseUrlVariable: "LLAMA_BASE_URL",
    keyless: true,
    saysLoaded: true,
    alias: "llama.cpp",
    dialect: {
      "openai-completions": {
        ...localServer,
        thinkingFormat: "qwen-chat-template",
        supportsReasoningEffort: false,
        versionPath: "/v1",
      },
    },
  },
  "lm-studio": {
    name: "LM Studio",
    baseUrl: "http://127.0.0.1:1234/v1",
    api: "openai-completions",
    credentialVariables: ["LM_API_TOKEN"],
    keyless: true,
    dialect: { "openai-completions": localServer },
  },
  vllm: {
    name: "vLLM",
    baseUrl: "http://127.0.0.1:8000/v1",
    api: "openai-completions",
    credentialVariables: ["VLLM_API_KEY"],
    keyless: true,
    dialect: { "openai-completions": { ...localServer, thinkingFormat: "qwen-chat-template" } },
  },
};

/** Provider id to the variable that sets its base URL, for the configuration to know of. */
export function baseUrlVariables(): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const id of Object.keys(vendors)) {
    const variable = vendors[id]?.baseUrlVariable;
    if (variable !== undefined) variables[id] = variable;
  }
  return variables;
}

export function vendorByAlias(alias: string): string | undefined {
  return Object.keys(vendors).find((id) => vendors[id]?.alias === alias);
}

/** Wire format names of the catalogue that are served by another format here: vendors whose own format has a compatible twin. */
export const apiAliases: Readonly<Record<string, Api>> = {
  "mistral-conversations": "openai-completions",
  "azure-openai-responses": "openai-responses",
  "openai-codex-responses": "openai-responses",
};
