// The body of an answer as text, up to a size. Called by whoever fetches what is no stream of a model. Invariant: a service that sends without end is
// read no further than the limit.

/** Rejects when it has more than `maxBytes`, and with what breaks it off. */
export async function boundedBody(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error("the answer is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
