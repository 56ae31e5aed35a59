// The way to a service on Node: what it sends and gives back is what the runtime's own fetch would; what goes wrong on the way is told.

import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { NodeHeaders } from "../../../src/platform/network/node-headers.ts";
import { nodeTransport } from "../../../src/platform/network/node-transport.ts";

describe("headers", () => {
  const inits: [string, Record<string, string> | [string, string][]][] = [
    ["nothing", {}],
    ["names in any case", { "Content-Type": "text/plain", ACCEPT: "*/*" }],
    [
      "one name several times",
      [
        ["a", "1"],
        ["B", "2"],
        ["A", "3"],
      ],
    ],
    ["blanks around a value", { a: " \t x y \r\n" }],
    ["an empty value", { a: "" }],
    ["letters of Latin-1", { a: "caf\u00e9" }],
    [
      "cookies",
      [
        ["set-cookie", "a=1"],
        ["x", "y"],
        ["Set-Cookie", "b=2"],
      ],
    ],
    ["a line break", { a: "x\ny" }],
    ["a NUL", { a: "x\0y" }],
    ["what is no byte", { a: "\u20ac" }],
    ["a name with a blank", { "a b": "x" }],
    ["no name", { "": "x" }],
  ];
  const outcome = (make: () => Iterable<[string, string]>): unknown => {
    try {
      return [...make()];
    } catch (error) {
      return error instanceof TypeError ? "TypeError" : error;
    }
  };

  test.each(inits)("%s: as the runtime's own", (_, init) => {
    expect(outcome(() => new NodeHeaders(init))).toEqual(outcome(() => new Headers(init)));
    expect(outcome(() => new NodeHeaders(new Headers(init)))).toEqual(outcome(() => new Headers(new Headers(init))));
  });

  test("reading and changing: as the runtime's own", () => {
    const told = [NodeHeaders, Headers].map((Kind) => {
      const headers = new Kind({ a: "1", "Set-Cookie": "x=1" });
      headers.append("A", "2");
      headers.set("b", "3");
      headers.append("set-cookie", "y=2");
      headers.delete("none");
      const seen: string[] = [];
      headers.forEach((value: string, name: string) => void seen.push(`${name}:${value}`));
      const first = [
        seen,
        headers.get("A"),
        headers.get("none"),
        headers.has("B"),
        headers.getSetCookie(),
        [...headers.keys()],
        [...headers.values()],
      ];
      headers.delete("Set-Cookie");
      headers.set("a", "4");
      return [...first, [...headers.entries()], headers.getSetCookie(), String(headers)];
    });
    expect(told[0]).toEqual(told[1]);
  });

  test("the runtime takes them for its own", () => {
    expect([...new Headers(new NodeHeaders({ B: "2", a: "1" }) as never)]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });
});

describe("requests", () => {
  let server: Server | undefined;
  let connections = 0;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
    server = undefined;
  });

  async function serve(listener: RequestListener): Promise<string> {
    connections = 0;
    server = createServer(listener).on("connection", () => connections++);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const manual = { redirect: "manual" } as const;

  async function bodyOf(request: IncomingMessage): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  test("method, headers and body arrive, what comes back is read", async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      const { method, headers } = request;
      seen.push([method, request.url, headers["x-key"], headers["content-length"], (await bodyOf(request)).toString("utf8")]);
      response.writeHead(201, "Made", { "x-answer": "yes" }).end('{"a":"\u00e9"}');
    });
    const fetch = nodeTransport();
    const init = { ...manual, method: "post", headers: { "X-Key": "k" } };
    const answers = [
      await fetch(`${url}/p?q=1`, { ...init, body: "h\u00e9" }),
      await fetch(new URL(`${url}/p?q=1`), { ...init, body: new TextEncoder().encode("h\u00e9") }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.statusText, answer.ok, answer.url, answer.headers.get("X-Answer")]).toEqual([
        201,
        "Made",
        true,
        `${url}/p?q=1`,
        "yes",
      ]);
      expect(await answer.json()).toEqual({ a: "\u00e9" });
    }
    expect(seen).toEqual([0, 1].map(() => ["POST", "/p?q=1", "k", "3", "h\u00e9"]));
  });

  test("a kept connection is used again; one that was closed meanwhile costs nothing", async () => {
    const sockets = new Set<Socket>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.end("ok");
    });
    const fetch = nodeTransport();
    for (let turn = 0; turn < 3; turn++) expect(await (await fetch(url, manual)).text()).toBe("ok");
    expect(connections).toBe(1);
    // Reset without a word, in the moment of the next request.
    const [kept] = sockets;
    const closed = once(kept as Socket, "close");
    kept?.resetAndDestroy();
    const next = fetch(url, { ...manual, method: "POST", body: "again" });
    expect(await (await next).text()).toBe("ok");
    await closed;
  });

  test("an answer comes piece by piece, and waits for its reader", async () => {
    const total = 8 << 20;
    let sent = 0;
    const url = await serve(async (_request, response) => {
      response.writeHead(200);
      const piece = Buffer.alloc(64 << 10, "x");
      while (sent < total && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) await once(response, "drain").catch(() => undefined);
      }
      response.end();
    });
    const answer = await nodeTransport()(url, manual);
    const reader = answer.body?.getReader();
    let received = (await reader?.read())?.value?.length ?? 0;
    // What the two ends and the system hold, and no more: nobody reads.
    let before = -1;
    const stands = (): boolean => {
      const isSame = sent === before;
      before = sent;
      return isSame;
    };
    await expect.poll(stands, { interval: 50 }).toBe(true);
    expect(sent).toBeLessThan(total);
    for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) received += next.value.length;
    expect(received).toBe(total);
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("%s that nobody asked for is unpacked", async (encoding, pack) => {
    const url = await serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.writeHead(200, { "content-encoding": encoding }).end(pack("the answer"));
    });
    expect(await (await nodeTransport()(url, manual)).text()).toBe("the answer");
  });

  test("answers without a body, and redirects, are as they came", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/none") response.writeHead(204).end();
      else if (request.method === "HEAD") response.writeHead(200, { "content-length": "5" }).end();
      else response.writeHead(307, { location: "http://elsewhere.invalid/" }).end("moved");
    });
    const fetch = nodeTransport();
    const none = await fetch(`${url}/none`, manual);
    expect([none.status, none.body, await none.text()]).toEqual([204, null, ""]);
    expect((await fetch(`${url}/`, { ...manual, method: "HEAD" })).body).toBe(null);
    const moved = await fetch(`${url}/`, manual);
    expect([moved.status, moved.ok, moved.headers.get("location"), await moved.text()]).toEqual([
      307,
      false,
      "http://elsewhere.invalid/",
      "moved",
    ]);
    expect(connections).toBe(1);
  });

  test("nobody listens: the code, and who refused", async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    await expect(nodeTransport()(url, manual)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      address: "127.0.0.1",
      port: Number(new URL(url).port),
    });
  });

  test("a connection that breaks in the middle of an answer is an error, at once or later, and never an end", async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.destroy());
    });
    const answer = await nodeTransport()(url, manual);
    await expect(answer.text()).rejects.toThrow();
    const before = await serve((request) => request.socket.destroy());
    await expect(nodeTransport()(before, manual)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("an abort ends it at any point: before, while nothing comes, in the middle of the answer", async () => {
    const hungUp: string[] = [];
    const url = await serve((request, response) => {
      request.socket.once("close", () => hungUp.push(request.url ?? ""));
      if (request.url === "/half") response.writeHead(200).write("half");
    });
    const fetch = nodeTransport();
    await expect(fetch(url, { ...manual, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    expect(connections).toBe(0);
    const waiting = new AbortController();
    const silent = fetch(`${url}/silent`, { ...manual, signal: waiting.signal });
    await expect.poll(() => connections).toBe(1);
    waiting.abort();
    await expect(silent).rejects.toMatchObject({ name: "AbortError" });
    const reading = new AbortController();
    const answer = await fetch(`${url}/half`, { ...manual, signal: reading.signal });
    const reader = answer.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("half");
    reading.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => hungUp.sort()).toEqual(["/half", "/silent"]);
  });

  test("cancelling the body closes the connection", async () => {
    let isClosed = false;
    const url = await serve((request, response) => {
      request.socket.once("close", () => {
        isClosed = true;
      });
      response.writeHead(200).write("x");
    });
    const answer = await nodeTransport()(url, manual);
    await answer.body?.cancel();
    await expect.poll(() => isClosed).toBe(true);
  });

  const told = (error: unknown): string => (error instanceof Error ? error.name : String(error));
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const upperCase = (): TransformStream<Uint8Array, Uint8Array> =>
    new TransformStream({ transform: (piece, out) => out.enqueue(new TextEncoder().encode(text(piece).toUpperCase())) });

  /** What is done with a body, and what is seen. */
  const uses: [string, (body: ReadableStream<Uint8Array>, answer: Response) => Promise<unknown>][] = [
    [
      "read to its end, and on",
      async (body) => {
        const reader = body.getReader();
        let seen = "";
        for (let next = await reader.read(); !next.done; next = await reader.read()) seen += text(next.value);
        return [seen, await reader.read(), body.locked];
      },
    ],
    [
      "read by two at once, in turn",
      async (body) => {
        const reader = body.getReader();
        return (await Promise.all([reader.read(), reader.read(), reader.read()])).map(({ done }) => done).at(0);
      },
    ],
    [
      "taken by a second reader",
      async (body) => {
        const reader = body.getReader();
        const refused = [await (async () => body.getReader())().catch(told), await body.cancel().catch(told), body.locked];
        reader.releaseLock();
        reader.releaseLock();
        return [
          ...refused,
          body.locked,
          await reader.read().catch(told),
          await reader.cancel().catch(told),
          (await body.getReader().read()).done,
        ];
      },
    ],
    [
      "cancelled, and read",
      async (body) => {
        const reader = body.getReader();
        await reader.cancel();
        return [await reader.read(), await reader.cancel()];
      },
    ],
    [
      "looped over",
      async (body) => {
        let seen = "";
        for await (const piece of body as unknown as AsyncIterable<Uint8Array>) seen += text(piece);
        return [seen, body.locked];
      },
    ],
    [
      "looped over, but not to its end",
      async (body) => {
        for await (const piece of body as unknown as AsyncIterable<Uint8Array>) if (piece.length > 0) break;
        return [body.locked, await body.getReader().read()];
      },
    ],
    ["piped through something", async (body) => new Response(body.pipeThrough(upperCase() as never)).text()],
    [
      "piped into something",
      async (body) => {
        let seen = "";
        const write = (piece: Uint8Array): void => {
          seen += text(piece);
        };
        await body.pipeTo(new WritableStream({ write }));
        return seen;
      },
    ],
    ["parted in two", async (body) => Promise.all(body.tee().map((one) => new Response(one).text()))],
    ["made an answer of its own", async (body) => new Response(body).text()],
    ["read as bytes", async (_body, answer) => [new Uint8Array(await answer.arrayBuffer()).length, answer.bodyUsed]],
  ];

  test.each(uses)("a body that is %s: as the runtime's own", async (_what, use) => {
    const url = await serve((_request, response) => {
      response.writeHead(200).write("one ");
      setImmediate(() => response.end("two"));
    });
    const [ours, theirs] = [await nodeTransport()(url, manual), await globalThis.fetch(url, manual)];
    if (ours.body === null || theirs.body === null) throw new Error("no body");
    expect(await use(ours.body, ours)).toEqual(await use(theirs.body, theirs));
  });

  test("nobody waits for ever: a read that was begun ends with the reader, with the answer and with the connection", async () => {
    const url = await serve((_request, response) => void response.writeHead(200).write("half"));
    const open = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const reader = (await nodeTransport()(url, manual)).body?.getReader();
      expect(text((await reader?.read())?.value)).toBe("half");
      return reader as ReadableStreamDefaultReader<Uint8Array>;
    };
    const released = await open();
    const left = released.read();
    released.releaseLock();
    await expect(left).rejects.toThrow(TypeError);
    const cancelled = await open();
    const waiting = cancelled.read();
    await cancelled.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const broken = await open();
    const cut = broken.read();
    server?.closeAllConnections();
    await expect(cut).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(broken.read()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("what follows redirects is the runtime's own", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/old") response.writeHead(302, { location: "/new" }).end();
      else response.end("here");
    });
    expect(await (await nodeTransport()(`${url}/old`)).text()).toBe("here");
  });
});
