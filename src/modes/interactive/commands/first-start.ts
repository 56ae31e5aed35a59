// What somebody is offered who has nothing to ask a model with: signing in, a key, a server of one's own, the demo model. Opened by the interaction behind the
// first paint. Invariant: whoever types instead of choosing writes into the editor, and the offer is gone.

import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

interface Way {
  label: string;
  about: string;
  take(at: CommandHost): void | Promise<void>;
}

const ways: Readonly<Record<string, Way>> = {
  login: {
    label: "Sign in to an account",
    about: "a plan or credits of yours, by way of the browser",
    take: async (at) => (await import("./accounts.ts")).chooseAccount(at, "sign-in"),
  },
  key: {
    label: "Store an API key",
    about: "of any provider; kept in auth.json, readable by you alone",
    take: async (at) => (await import("./accounts.ts")).chooseAccount(at, "key"),
  },
  local: {
    label: "Use a server on this machine",
    about: "Ollama, llama.cpp, LM Studio, vLLM",
    take: async (at) => (await import("./accounts.ts")).useLocalServer(at),
  },
  demo: {
    label: "Try the demo model",
    about: "built in, needs nothing and knows nothing",
    take: async (at) => {
      await call("set_model", { provider: "scripted", modelId: "demo" }, at);
      at.hint("Model: scripted/demo");
    },
  },
};

export function offerFirstStart(at: CommandHost): void {
  at.choose({
    title: "No model can be asked yet: there is no credential for any",
    items: Object.entries(ways).map(([value, { label, about }]) => ({ value, label, description: about })),
    hint: `${at.keys.keyOf("tui.select.cancel")} leaves · /login comes back to it`,
    hasFilter: false,
    isOffered: true,
    isLeftByTyping: true,
    take: (value) => ways[value]?.take(at),
  });
}
