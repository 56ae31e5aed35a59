// Stdin to its end, over a pipe and over a socket, by itself and one with stdout, on both runtimes: whoever writes may be faster, and gone at once.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pi-test-"));
  program = join(folder, "stdin-reader.mjs");
  const source = join(import.meta.dirname, "../support/stdin-reader.ts");
  execFileSync(bunPath(), ["build", source, "--target=node", "--format=esm", `--outfile=${program}`], { stdio: "pipe" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runtimes = ["bun", "node"] as const;
const command = (runtime: (typeof runtimes)[number]): string => (runtime === "bun" ? bunPath() : process.execPath);
const input = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `${at} ${"x".repeat(at % 90)}\n`).join(""));
const whole = `${input.length} ${createHash("sha256").update(input).digest("hex")} over`;

test.for(runtimes)("%s, socket: all that was sent is read, although the sender is gone before", async (runtime) => {
  const child = spawn(command(runtime), [program], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.end(input, () => child.stdin.destroy());
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe(`${input.length} bytes on socket\n`);
  expect(said).toBe(`begun\n${whole}\n`);
});

test.for(runtimes)("%s, pipe: the same", async (runtime) => {
  writeFileSync(join(folder, "input"), input);
  const child = spawn("sh", ["-c", 'cat "$1" | "$2" "$3"', "sh", join(folder, "input"), command(runtime), program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe(`${input.length} bytes on pipe\n`);
  expect(said).toBe(`begun\n${whole}\n`);
});

test.for(runtimes)("%s: one socket for stdin and stdout", async (runtime) => {
  const path = join(folder, `${runtime}.sock`);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(path);
  await once(server, "listening");
  const ours = createConnection({ path, allowHalfOpen: true });
  const [theirs] = (await once(server, "connection")) as [Socket];
  const child = spawn(command(runtime), [program], { stdio: [theirs, theirs, "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
    ours.destroy();
    server.close();
  });
  theirs.destroy();
  const answer = text(ours);
  ours.end(input);
  expect(await text(child.stderr as NonNullable<typeof child.stderr>)).toBe(`begun\n${whole}\n`);
  expect(await answer).toBe(`${input.length} bytes on socket\n`);
});

test.for(runtimes)("%s: what is released lets the program end while the sender stays", async (runtime) => {
  const child = spawn(command(runtime), [program, "5"], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.write("enough\n");
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe("7 bytes on socket\n");
  expect(said).toMatch(/^begun\n7 \w+ over\n$/);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
});
