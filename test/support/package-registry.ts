// A registry of npm packages on this machine: packument and tarball, no more. Used by the tests of `pi install`.

import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export interface RegistryPackage {
  /** Paths within the package; package.json among them. */
  files: Record<string, string>;
  /** Files of versions before it. */
  older?: Record<string, string>[];
  /** Of another content than the tarball has. */
  hasWrongIntegrity?: boolean;
}

export interface PackageRegistry {
  url: string;
  packages: Map<string, RegistryPackage>;
  requests: string[];
  /** From now on nobody gets the tarball of this package. */
  hold(name: string): void;
  /** Somebody has asked for it. */
  held: Promise<void>;
  release(): void;
  close(): void;
}

function manifestIn(files: Record<string, string>): { version: string } {
  return JSON.parse(files["package.json"] ?? "{}") as { version: string };
}

export async function startRegistry(): Promise<PackageRegistry> {
  const packages = new Map<string, RegistryPackage>();
  const requests: string[] = [];
  let heldName: string | undefined;
  let onHeld = (): void => {};
  const held = new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    requests.push(path);
    const [, name = "", isTarball] = /^\/(.+?)(\/-\/.*\.tgz)?$/.exec(path) ?? [];
    const found = packages.get(name);
    if (found === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end("{}");
      return;
    }
    if (isTarball !== undefined && name === heldName) {
      onHeld();
      return;
    }
    const all = [found.files, ...(found.older ?? [])].map((files) => ({ tarball: tarballOf(files), manifest: manifestIn(files) }));
    const latest = all[0]?.manifest.version ?? "";
    if (isTarball !== undefined) {
      const asked = all.find(({ manifest: { version } }) => isTarball.endsWith(`-${version}.tgz`));
      if (asked === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": "application/octet-stream" }).end(asked.tarball);
      return;
    }
    const versions = all.map(({ tarball, manifest }) => {
      const { version } = manifest;
      const integrity = `sha512-${createHash("sha512")
        .update(found.hasWrongIntegrity ? "something else" : tarball)
        .digest("base64")}`;
      const dist = { tarball: `${url}/${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`, integrity };
      return [version, { ...manifest, dist }];
    });
    const body = { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    packages,
    requests,
    hold: (name) => {
      heldName = name;
    },
    held,
    release: () => {
      heldName = undefined;
    },
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
