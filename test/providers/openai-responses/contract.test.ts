import { responsesProvider } from "../../../src/providers/openai-responses/provider.ts";
import { testProviderContract } from "../../contract/provider-contract.ts";
import { strictResponses } from "../../support/strict/openai-responses.ts";

testProviderContract({
  format: strictResponses,
  provider: responsesProvider,
  model: { id: "gpt-5.1", provider: "openai" },
  signsThinking: true,
  opaque: () => '"encrypted_content":"gAAAA',
});
