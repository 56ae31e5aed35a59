import { googleProvider } from "../../../src/providers/google/provider.ts";
import { testProviderContract } from "../../contract/provider-contract.ts";
import { strictGoogle } from "../../support/strict/google.ts";

const opaque = (payload: string): string => Buffer.from(`thought:${payload}`).toString("base64");

testProviderContract({
  format: strictGoogle,
  provider: googleProvider,
  model: { id: "gemini-2.5-pro", provider: "google" },
  signsThinking: false,
  opaque,
});

testProviderContract({
  format: strictGoogle,
  provider: googleProvider,
  model: { id: "gemini-3.1-pro-preview", provider: "google" },
  signsThinking: false,
  opaque,
});
