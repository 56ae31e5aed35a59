// Stdin to its end, over a pipe and over a socket, by itself and one with stdout, on both runtimes: whoever writes may be faster, and gone at once.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { builtProgram, runtimes } from "../support/built-program.ts";

const program = builtProgram("stdin-reader.ts");
const input = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `${at} ${"x".repeat(at % 90)}\n`).join(""));
const whole = `${input.length} ${createHash("sha256").update(input).digest("hex")} over`;

test.for(runtimes)("%s, socket: all that was sent is read, although the sender is gone before", async (runtime) => {
  const [command, script] = program.on(runtime);
  const child = spawn(command, [script], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.end(input, () => child.stdin.destroy());
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe(`${input.length} bytes on socket\n`);
  expect(said).toBe(`begun\n${whole}\n`);
});

test.for(runtimes)("%s, pipe: the same", async (runtime) => {
  const file = join(program.directory, "input");
  writeFileSync(file, input);
  const child = spawn("sh", ["-c", 'cat "$1" | "$2" "$3"', "sh", file, ...program.on(runtime)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe(`${input.length} bytes on pipe\n`);
  expect(said).toBe(`begun\n${whole}\n`);
});

test.for(runtimes)("%s: one socket for stdin and stdout", async (runtime) => {
  const path = join(program.directory, `${runtime}.sock`);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(path);
  await once(server, "listening");
  const ours = createConnection({ path, allowHalfOpen: true });
  const [theirs] = (await once(server, "connection")) as [Socket];
  const [command, script] = program.on(runtime);
  const child = spawn(command, [script], { stdio: [theirs, theirs, "pipe"] });
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
  const [command, script] = program.on(runtime);
  const child = spawn(command, [script, "5"], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.write("enough\n");
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe("7 bytes on socket\n");
  expect(said).toMatch(/^begun\n7 \w+ over\n$/);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
});
