// A registry of npm packages on this machine, with one version of each: packument and tarball, no more. Used by the tests of `pi install`.

import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export interface RegistryPackage {
  /** Paths within the package; package.json among them. */
  files: Record<string, string>;
  /** Of another content than the tarball has. */
  hasWrongIntegrity?: boolean;
}

export interface PackageRegistry {
  url: string;
  packages: Map<string, RegistryPackage>;
  requests: string[];
  close(): void;
}

export async function startRegistry(): Promise<PackageRegistry> {
  const packages = new Map<string, RegistryPackage>();
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    requests.push(path);
    const [, name = "", isTarball] = /^\/(.+?)(\/-\/.*\.tgz)?$/.exec(path) ?? [];
    const found = packages.get(name);
    if (found === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end("{}");
      return;
    }
    const tarball = tarballOf(found.files);
    if (isTarball !== undefined) {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(tarball);
      return;
    }
    const manifest = JSON.parse(found.files["package.json"] ?? "{}") as { version: string };
    const { version } = manifest;
    const integrity = `sha512-${createHash("sha512")
      .update(found.hasWrongIntegrity ? "something else" : tarball)
      .digest("base64")}`;
    const dist = { tarball: `${url}/${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`, integrity };
    const body = { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    packages,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function tarballOf(files: Record<string, string>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const body = Buffer.from(text);
    return [tarHead(`package/${name}`, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function tarHead(name: string, size: number): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write("0000644\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  head.write("00000000000\0", 136);
  head.write("        ", 148);
  head.write("0", 156);
  head.write("ustar\x0000", 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}
