// What the extensions of one session share: flags, a bus between them, and the session that they act on. Made by load.
// Invariant: actions reach the session that is bound and no other; none before it, none after it has gone.

import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { EventBus, ExtensionBinding, ExtensionPlace, ExtensionRuntime } from "../contracts/extension.ts";

export function createExtensionRuntime(
  flagValues: ReadonlyMap<string, boolean | string> = new Map(),
  place?: ExtensionPlace,
): ExtensionRuntime {
  let bound: ExtensionBinding | undefined;
  let staleMessage: string | undefined;
  let isClaimed = false;
  const requireFresh = (): void => {
    if (staleMessage !== undefined) throw new PiError("extension.stale", staleMessage);
  };
  const bus = createEventBus((channel, error) =>
    current()?.report({ extensionPath: "<events>", event: `events:${channel}`, error: messageOf(error) }),
  );
  const current = (): ExtensionBinding | undefined => (staleMessage === undefined ? bound : undefined);
  return {
    flagValues: new Map(flagValues),
    ...defined({ place }),
    providers: [],
    events: {
      emit: (...said) => {
        requireFresh();
        bus.emit(...said);
      },
      on: (...about) => {
        requireFresh();
        return bus.on(...about);
      },
    },
    requireFresh,
    claim: () => {
      const isFirst = !isClaimed;
      isClaimed = true;
      return isFirst;
    },
    get current() {
      return current();
    },
    binding: () => {
      requireFresh();
      if (bound === undefined) {
        throw new PiError(
          "extension.unbound",
          "There is no session yet while an extension is being loaded: do it in a handler, such as that of session_start",
        );
      }
      return bound;
    },
    bind: (binding) => {
      bound = binding;
    },
    invalidate: (message = "This extension belongs to a session that has been replaced; use the context of the new one") => {
      staleMessage = message;
      bus.clear();
    },
  };
}

/** A handler that throws keeps nobody else from hearing. */
export function createEventBus(report: (channel: string, error: unknown) => void): EventBus & { clear(): void } {
  const handlers = new Map<string, Set<(data: unknown) => unknown>>();
  return {
    emit: (channel, data) => {
      for (const handler of [...(handlers.get(channel) ?? [])]) {
        void (async () => handler(data))().catch((error: unknown) => report(channel, error));
      }
    },
    on: (channel, handler) => {
      const set = handlers.get(channel) ?? new Set();
      handlers.set(channel, set.add(handler));
      return () => void set.delete(handler);
    },
    clear: () => handlers.clear(),
  };
}
