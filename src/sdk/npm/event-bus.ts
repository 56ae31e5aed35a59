// A bus of one's own between parts of an extension. Imported by extensions.

import type { EventBus } from "../../contracts/extension.ts";
import { createEventBus as createBus } from "../../extensions/runtime.ts";

/** A handler that throws is told on stderr, and the others hear. */
export function createEventBus(): EventBus & { clear(): void } {
  const report = (channel: string, error: unknown): void => console.error(`Event handler error (${channel}):`, error);
  let bus = createBus(report);
  return {
    emit: (channel, data) => bus.emit(channel, data),
    on: (channel, handler) => bus.on(channel, handler),
    clear: () => {
      bus = createBus(report);
    },
  };
}
