// Writes what any provider streams, but no secret of ours, into a trace that the scripted provider can replay (`--record FILE`). Called by
// trace-file, which begins the file.

import type { Provider } from "../../contracts/provider.ts";
import { eventsOf, type StreamEvent, type StreamPart } from "../../contracts/stream-event.ts";
import { StreamRedactor } from "../../platform/pipes/redact-stream.ts";

/** `writeLine` gets one JSON text at a time, without LF; `now` is in ms. */
export function recordProvider(provider: Provider, writeLine: (line: string) => void, now: () => number): Provider {
  return {
    api: provider.api,
    async *stream(call): AsyncIterable<StreamPart> {
      writeLine(JSON.stringify({ type: "call", model: `${call.model.provider}/${call.model.id}` }));
      let lastAt = now();
      const write = (event: StreamEvent): void => {
        const at = now();
        writeLine(JSON.stringify({ type: "event", delayMs: at - lastAt, event }));
        lastAt = at;
      };
      const redactor = new StreamRedactor<StreamEvent>();
      for await (const part of provider.stream(call)) {
        for (const event of eventsOf(part)) for (const one of redactor.redact(event)) write(one);
        yield part;
      }
    },
  };
}
