// Turns of one conversation, one right behind the other, through agent and provider. Run by the tests of the connection on Node, and by the same
// tests in a process of its own on Bun.

import { streamTurn } from "../../src/agent/stream-turn.ts";
import { createFetch } from "../../src/platform/network/fetch.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { testCall, testModel } from "./model-calls.ts";

export interface Turns {
  api: string;
  baseUrl: string;
  caFile?: string;
  count: number;
}

/** How each turn ended. */
export async function runTurns({ api, baseUrl, caFile, count }: Turns): Promise<string[]> {
  const provider = await loadProvider(api);
  const fetch = createFetch({ env: {}, ...(caFile === undefined ? {} : { caFile }) });
  const model = testModel({ api, provider: "test", baseUrl });
  const ends: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    const { message } = await streamTurn(
      { model, thinkingLevel: "off", stallTimeoutMs: 0, stream: (_, signal) => provider.stream(testCall({ model, fetch, signal })) },
      [],
      new AbortController().signal,
      { emit: () => undefined, now: () => 0 },
    );
    ends.push(message.errorMessage ?? message.stopReason);
  }
  return ends;
}
