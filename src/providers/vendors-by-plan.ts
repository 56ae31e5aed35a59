// Vendors that sell by plan or from one region what others sell by the token or elsewhere, and gateways with an address for each customer.
// Part of the table of vendors. Invariant: data only, one row a vendor.

import { anthropicImitator, moonshotDialect, openModelHost, type Vendor, zaiDialect } from "./vendor.ts";

const host = { ...openModelHost, supportsStrictMode: true } as const;

function qwenPlan(name: string, site: string, variable: string): Vendor {
  return {
    name,
    baseUrl: `https://token-plan.maas.${site}.com/compatible-mode/v1`,
    api: "openai-completions",
    credentialVariables: [variable],
    planVariables: [variable],
    dialect: { "openai-completions": { ...host, thinkingFormat: "qwen" } },
  };
}

function xiaomi(name: string, server: string, variable: string): Vendor {
  return {
    name,
    baseUrl: `https://${server}.xiaomimimo.com/v1`,
    api: "openai-completions",
    credentialVariables: [variable],
    ...(server === "api" ? {} : { planVariables: [variable] }),
    dialect: {
      "openai-completions": {
        ...host,
        supportsReasoningEffort: false,
        requiresReasoningContentOnAssistantMessages: true,
        thinkingFormat: "deepseek",
      },
    },
  };
}

const opencodeDialect: Vendor["dialect"] = {
  "openai-completions": host,
  "openai-responses": { sessionAffinityFormat: "openai-nosession" },
  "anthropic-messages": anthropicImitator,
};

export const vendorsByPlan: Readonly<Record<string, Vendor>> = {
  "ant-ling": {
    name: "Ant Ling",
    baseUrl: "https://api.ant-ling.com/v1",
    api: "openai-completions",
    credentialVariables: ["ANT_LING_API_KEY"],
    dialect: { "openai-completions": { ...host, supportsReasoningEffort: false, thinkingFormat: "ant-ling" } },
  },
  baseten: {
    name: "Baseten",
    baseUrl: "https://inference.baseten.co/v1",
    api: "openai-completions",
    credentialVariables: ["BASETEN_API_KEY"],
    dialect: { "openai-completions": { ...host, sendSessionAffinityHeaders: true } },
  },
  "cloudflare-ai-gateway": {
    name: "Cloudflare AI Gateway",
    baseUrl: "https://gateway.ai.cloudflare.com/v1/{CLOUDFLARE_ACCOUNT_ID}/{CLOUDFLARE_GATEWAY_ID}/compat",
    api: "openai-completions",
    credentialVariables: ["CLOUDFLARE_API_KEY"],
    dialect: {
      "openai-completions": {
        ...openModelHost,
        supportsReasoningEffort: false,
        sendSessionAffinityHeaders: true,
        credentialHeader: "cf-aig-authorization",
      },
      "openai-responses": { credentialHeader: "cf-aig-authorization" },
      "anthropic-messages": { ...anthropicImitator, sendSessionAffinityHeaders: true, credentialHeader: "cf-aig-authorization" },
    },
  },
  "cloudflare-workers-ai": {
    name: "Cloudflare Workers AI",
    baseUrl: "https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1",
    api: "openai-completions",
    credentialVariables: ["CLOUDFLARE_API_KEY"],
    dialect: { "openai-completions": { ...host, sendSessionAffinityHeaders: true } },
  },
  "kimi-coding": {
    name: "Kimi For Coding",
    baseUrl: "https://api.kimi.com/coding/v1",
    api: "openai-completions",
    credentialVariables: ["KIMI_API_KEY"],
    planVariables: ["KIMI_API_KEY"],
    dialect: { "openai-completions": { ...openModelHost, requiresReasoningContentOnAssistantMessages: true } },
  },
  meta: {
    name: "Meta",
    baseUrl: "https://api.meta.ai/v1",
    api: "openai-responses",
    credentialVariables: ["META_API_KEY"],
    dialect: { "openai-responses": {} },
  },
  "minimax-cn": {
    name: "MiniMax (China)",
    baseUrl: "https://api.minimaxi.com/anthropic",
    api: "anthropic-messages",
    credentialVariables: ["MINIMAX_CN_API_KEY"],
    dialect: { "anthropic-messages": { ...anthropicImitator, allowEmptySignature: true } },
  },
  "moonshotai-cn": {
    name: "Moonshot AI (China)",
    baseUrl: "https://api.moonshot.cn/v1",
    api: "openai-completions",
    credentialVariables: ["MOONSHOT_API_KEY"],
    dialect: { "openai-completions": moonshotDialect },
  },
  opencode: {
    name: "OpenCode Zen",
    baseUrl: "https://opencode.ai/inference/openai/v1",
    api: "openai-completions",
    credentialVariables: ["OPENCODE_API_KEY"],
    dialect: opencodeDialect,
  },
  "opencode-go": {
    name: "OpenCode Go",
    baseUrl: "https://opencode.ai/inference/go/openai/v1",
    api: "openai-completions",
    credentialVariables: ["OPENCODE_API_KEY"],
    planVariables: ["OPENCODE_API_KEY"],
    dialect: opencodeDialect,
  },
  "qwen-token-plan": qwenPlan("Qwen Token Plan Team", "qwencloudapi", "QWEN_TOKEN_PLAN_TEAM_API_KEY"),
  "qwen-token-plan-cn": qwenPlan("Qwen Token Plan Team (China)", "qianwenaiapi", "QWEN_TOKEN_PLAN_TEAM_CN_API_KEY"),
  "qwen-token-plan-individual": qwenPlan("Qwen Token Plan Individual", "qwencloudapi", "QWEN_TOKEN_PLAN_INDIVIDUAL_API_KEY"),
  "qwen-token-plan-individual-cn": qwenPlan("Qwen Token Plan Individual (China)", "qianwenaiapi", "QWEN_TOKEN_PLAN_INDIVIDUAL_CN_API_KEY"),
  xiaomi: xiaomi("Xiaomi MiMo", "api", "XIAOMI_API_KEY"),
  "xiaomi-token-plan-cn": xiaomi("Xiaomi MiMo Token Plan (China)", "token-plan-cn", "XIAOMI_TOKEN_PLAN_CN_API_KEY"),
  "xiaomi-token-plan-ams": xiaomi("Xiaomi MiMo Token Plan (Amsterdam)", "token-plan-ams", "XIAOMI_TOKEN_PLAN_AMS_API_KEY"),
  "xiaomi-token-plan-sgp": xiaomi("Xiaomi MiMo Token Plan (Singapore)", "token-plan-sgp", "XIAOMI_TOKEN_PLAN_SGP_API_KEY"),
  "zai-coding-cn": {
    name: "Z.ai Coding Plan (China)",
    baseUrl: "https://open.bigmodel.cn/api/coding/paas/v4",
    api: "openai-completions",
    credentialVariables: ["ZAI_CODING_CN_API_KEY"],
    planVariables: ["ZAI_CODING_CN_API_KEY"],
    dialect: { "openai-completions": zaiDialect },
  },
};
