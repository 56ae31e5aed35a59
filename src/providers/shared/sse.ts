// Splits a byte stream into server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html, checked 2026-11).
// Used by stream-call for every wire format. Invariant: however the bytes are cut, the same events come out; the cost is linear in the bytes.

export interface ServerSentEvent {
  /** Of the `event:` field; "" where there was none. */
  name: string;
  data: string;
}

export class SseSplitter {
  readonly #decoder = new TextDecoder("utf-8");
  /** Pieces of a line whose end has not come; joined once, so that a huge line costs no more than its length. */
  #pieces: string[] = [];
  #name = "";
  #data: string | undefined;

  /** Events completed by these bytes. Comments and blank keep-alive lines complete none. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What the end of the stream completes: some servers leave out the last blank line. */
  end(): ServerSentEvent[] {
    const events = this.#take(this.#decoder.decode());
    const last = this.#join("");
    if (last !== "") this.#line(withoutReturn(last), events);
    this.#dispatch(events);
    return events;
  }

  #take(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      this.#line(withoutReturn(this.#join(text.slice(start, end))), events);
      start = end + 1;
    }
    if (start < text.length) this.#pieces.push(start === 0 ? text : text.slice(start));
    return events;
  }

  #join(tail: string): string {
    if (this.#pieces.length === 0) return tail;
    const line = this.#pieces.join("") + tail;
    this.#pieces = [];
    return line;
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

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
