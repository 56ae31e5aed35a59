import { completionsProvider } from "../../../src/providers/openai-completions/provider.ts";
import { testProviderContract } from "../../contract/provider-contract.ts";
import { strictChat } from "../../support/strict/openai-completions.ts";

testProviderContract({
  format: strictChat,
  provider: completionsProvider,
  model: { id: "gpt-5.1", provider: "openai" },
  signsThinking: false,
});
