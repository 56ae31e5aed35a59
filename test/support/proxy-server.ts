// A real HTTP proxy on 127.0.0.1: tunnels by CONNECT and forwards requests in absolute form. Records what came through and with which credentials.

import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ProxyServer {
  /** `host:port` */
  address: string;
  /** `CONNECT host:port` or `POST http://…`, in order. */
  seen: string[];
  /** Values of Proxy-Authorization. */
  credentials: string[];
  close(): Promise<void>;
}

/** Every tunnel and request goes to where it says, names resolved as localhost. */
export async function startProxyServer(): Promise<ProxyServer> {
  const seen: string[] = [];
  const credentials: string[] = [];
  const sockets = new Set<Socket>();
  const note = (line: string, authorization: string | undefined): void => {
    seen.push(line);
    if (authorization !== undefined) credentials.push(authorization);
  };
  const server = createServer((message, response) => {
    note(`${message.method} ${message.url}`, message.headers["proxy-authorization"]);
    const url = new URL(message.url ?? "");
    const onward = httpRequest(
      { host: "127.0.0.1", port: url.port, path: url.pathname, method: message.method, headers: message.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    message.pipe(onward);
  });
  server.on("connect", (message, client: Socket, head) => {
    note(`CONNECT ${message.url}`, message.headers["proxy-authorization"]);
    const onward = connect(Number(message.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.write(head);
      onward.pipe(client);
      client.pipe(onward);
    });
    sockets.add(onward);
    onward.on("error", () => client.destroy());
    client.on("error", () => onward.destroy());
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    credentials,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
