// Splits a byte stream into server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html, checked 2026-11).
// Used by stream-call for every wire format. Invariant: however the bytes are cut, the same events come out; the cost is linear in the bytes.

export interface ServerSentEvent {
  /** Of the `event:` field; "" where there was none. */
  name: string;
  data: string;
}

export class SseSplitter {
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";
  /** Up to here `#rest` is known to hold no line end. */
  #searched = 0;
  #name = "";
  #data: string | undefined;

  /** Events completed by these bytes. Comments and blank keep-alive lines complete none. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What the end of the stream completes: some servers leave out the last blank line. */
  end(): ServerSentEvent[] {
    const events = this.#take(this.#decoder.decode());
    if (this.#rest !== "") this.#line(this.#rest, events);
    this.#rest = "";
    this.#dispatch(events);
    return events;
  }

  #take(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const buffer = this.#rest === "" ? text : this.#rest + text;
    let start = 0;
    let from = this.#searched;
    for (;;) {
      const end = buffer.indexOf("\n", from);
      if (end < 0) break;
      this.#line(buffer.slice(start, end > start && buffer.charCodeAt(end - 1) === 13 ? end - 1 : end), events);
      start = end + 1;
      from = start;
    }
    this.#rest = start === 0 ? buffer : buffer.slice(start);
    this.#searched = this.#rest.length;
    return events;
  }

  #line(line: string, events: ServerSentEvent[]): void {
    if (line === "") {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const valueStart = line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    const value = colon < 0 ? "" : line.slice(valueStart);
    if (field === "data") this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (field === "event") this.#name = value;
  }

  #dispatch(events: ServerSentEvent[]): void {
    if (this.#data !== undefined) events.push({ name: this.#name, data: this.#data });
    this.#data = undefined;
    this.#name = "";
  }
}
