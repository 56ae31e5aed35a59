// Splits a byte stream into server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html, checked 2026-11).
// Used by stream-call for every wire format. Invariant: however the bytes are cut, the same events come out, and each as soon as its last byte
// is there; the cost is linear in the bytes.

export interface ServerSentEvent {
  /** Of the `event:` field; "" where there was none. */
  name: string;
  data: string;
}

export class SseSplitter {
  readonly #decoder = new TextDecoder("utf-8");
  /** Pieces of a line whose end has not come; joined once, so that a huge line costs no more than its length. */
  #pieces: string[] = [];
  #pendingLength = 0;
  /** The last line ended in CR: a LF that follows belongs to it. */
  #afterReturn = false;
  #name = "";
  #data: string | undefined;

  /** Characters of the event that is not whole yet. */
  get pendingLength(): number {
    return this.#pendingLength + (this.#data?.length ?? 0);
  }

  /** Events completed by these bytes. Comments and blank keep-alive lines complete none. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What the end of the stream completes: some servers leave out the last blank line. */
  end(): ServerSentEvent[] {
    const events = this.#take(this.#decoder.decode());
    const last = this.#join("");
    if (last !== "") this.#line(last, events);
    this.#dispatch(events);
    return events;
  }

  /** Lines end in LF, CR LF or CR alone. */
  #take(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    if (text === "") return events;
    let start = this.#afterReturn && text.charCodeAt(0) === 10 ? 1 : 0;
    this.#afterReturn = false;
    let feed = text.indexOf("\n", start);
    let carriage = text.indexOf("\r", start);
    while (feed >= 0 || carriage >= 0) {
      const end = carriage < 0 || (feed >= 0 && feed < carriage) ? feed : carriage;
      this.#line(this.#join(text.slice(start, end)), events);
      start = end + 1;
      if (end === carriage) {
        if (feed === start) start++;
        else if (start === text.length) this.#afterReturn = true;
        carriage = text.indexOf("\r", start);
      }
      if (feed >= 0 && feed < start) feed = text.indexOf("\n", start);
    }
    if (start < text.length) {
      this.#pieces.push(start === 0 ? text : text.slice(start));
      this.#pendingLength += text.length - start;
    }
    return events;
  }

  #join(tail: string): string {
    if (this.#pieces.length === 0) return tail;
    const line = this.#pieces.join("") + tail;
    this.#pieces = [];
    this.#pendingLength = 0;
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
