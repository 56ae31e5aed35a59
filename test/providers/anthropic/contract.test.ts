import { anthropicProvider } from "../../../src/providers/anthropic/provider.ts";
import { testProviderContract } from "../../contract/provider-contract.ts";
import { strictAnthropic } from "../../support/strict/anthropic.ts";

testProviderContract({
  format: strictAnthropic,
  provider: anthropicProvider,
  model: { id: "claude-opus-4-5", provider: "anthropic" },
  signsThinking: true,
});
