// The model to start with where none is named: the first provider of this list that has a credential. Read by select-model.
// Facts: model ids of the catalogue; the order is ours, makers before hosts and hosts before gateways.

export const defaultModels: readonly (readonly [provider: string, id: string])[] = [
  ["anthropic", "claude-opus-5-5"],
  ["openai", "gpt-6.1-sol"],
  ["google", "gemini-4-argon"],
  ["xai", "grok-4.7"],
  ["deepseek", "deepseek-v4-pro"],
  ["mistral", "devstral-medium-latest"],
  ["moonshotai", "kimi-k2.7-code"],
  ["zai", "glm-5.3"],
  ["minimax", "MiniMax-M3"],
  ["groq", "openai/gpt-oss-120b"],
  ["cerebras", "gpt-oss-120b"],
  ["together", "moonshotai/Kimi-K3"],
  ["fireworks", "accounts/fireworks/models/kimi-k3"],
  ["nvidia", "nvidia/nemotron-3.5-super-vl-120b-a12b"],
  ["huggingface", "moonshotai/Kimi-K2.7-Code"],
  ["openrouter", "moonshotai/kimi-k2.7-code"],
  ["vercel-ai-gateway", "zai/glm-5.3"],
  ["azure", "gpt-6.1-sol"],
  ["github-copilot", "gpt-6.1-sol"],
];
