import { expect, test } from "vitest";
import { boundedBody } from "../../../src/platform/network/bounded-body.ts";

/** Sends as long as somebody reads. */
function endless(): { response: Response; sent: () => number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(new TextEncoder().encode("0123456789"));
    },
  });
  return { response: new Response(body), sent: () => sent };
}

test("a body that never ends is read up to the limit", async () => {
  const { response, sent } = endless();
  await expect(boundedBody(response, 95)).rejects.toThrow("the answer is too large");
  expect(sent()).toBeLessThan(20);
});

test("a text is put together across its pieces, an empty body is an empty text", async () => {
  const bytes = new TextEncoder().encode("schön");
  const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  expect(await boundedBody(new Response(body), bytes.length)).toBe("schön");
  expect(await boundedBody(new Response(null), 10)).toBe("");
});
