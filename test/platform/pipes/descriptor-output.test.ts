// Short writes to a reader that stops, and to one that goes: over a pipe and over a socket, on both runtimes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FileDescriptorOutput } from "../../../src/platform/pipes/descriptor-output.ts";
import { builtProgram, runtimes } from "../../support/built-program.ts";

const cases = runtimes.flatMap((runtime) => (["pipe", "socket"] as const).map((channel) => ({ runtime, channel })));

const program = builtProgram("line-writer.ts");

/** `then`: what the shell at the other end of a pipe does once it is told to go on. `writes`: how the one at this end has the program write. */
function start({ runtime, channel }: (typeof cases)[number], then: string, writes = '"$@" </dev/null') {
  const command = program.on(runtime);
  // A child's stdout is a socket here; between two programs of a shell there is a pipe.
  const shell = `exec 3<&0; { ${writes}; } | { read -r word <&3; ${then}; }`;
  const argv = channel === "socket" ? command : ["sh", "-c", shell, "sh", ...command];
  const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const hears = (word: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (said.includes(word)) resolve();
      };
      child.stderr.on("data", look);
      look();
    });
  child.stderr.on("data", (bytes) => {
    said += bytes;
  });
  return { child, hears, said: () => said };
}

test.for(cases)("$runtime, $channel: a reader that stops holds nothing up, and misses nothing", async (way) => {
  const { child, hears, said } = start(way, "cat");
  await hears("held back");
  child.stdin.end("go\n");
  const lines = (await text(child.stdout)).trimEnd().split("\n");
  await hears("wrote");
  expect(said()).toContain(`wrote ${lines.length}\n`);
  expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(lines.map((_, number) => number));
  expect(lines.every((line) => line.endsWith(" ".concat("x".repeat(90))))).toBe(true);
});

test.for(cases)("$runtime, $channel: a reader that goes is told of once, and quietly", async (way) => {
  const { child, hears, said } = start(way, "exec <&-");
  await hears("held back");
  child.stdin.end("go\n");
  child.stdout.destroy();
  await hears("gone");
  expect(said()).toBe("begun\nheld back\ngone quietly\n");
});

test.skipIf(process.platform !== "linux").for(cases.filter(({ channel }) => channel === "pipe"))(
  "$runtime: a pipe that is full before the first write holds nothing up, and waits for its other writers as before",
  async (way) => {
    const full = 65_536;
    const { child, hears, said } = start(
      way,
      "cat",
      `head -c ${full} /dev/zero | tr '\\0' p; "$@" 100 </dev/null; sed 's/:.*0\\([0-7]*\\)$/ \\1/;/^flags/!d' /proc/self/fdinfo/1 >&2`,
    );
    await hears("begun");
    child.stdin.end("go\n");
    const written = await text(child.stdout);
    await hears("flags");
    const lines = written.slice(full).trimEnd().split("\n");
    expect(written.slice(0, full)).toBe("p".repeat(full));
    expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(lines.map((_, number) => number));
    const flags = Number.parseInt(/flags\s+([0-7]+)/.exec(said())?.[1] ?? "", 8);
    expect(flags & constants.O_NONBLOCK).toBe(0);
  },
);

test.for(runtimes)("%s: to a file others have written to, everything comes behind what is there", async (runtime) => {
  const file = join(program.directory, `${runtime}.txt`);
  writeFileSync(file, "first\n");
  const output = openSync(file, "a");
  const [command, script] = program.on(runtime);
  const child = spawn(command, [script, "100"], { stdio: ["ignore", output, "pipe"] });
  closeSync(output);
  await once(child, "close");
  const [first, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(first).toBe("first");
  expect(lines).toHaveLength(101);
  expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(lines.map((_, number) => number));
});

test.for([true, false])("the reader is looked after by the clock unless it is a terminal: %s", (isTerminal) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const output = new FileDescriptorOutput(1);
  vi.spyOn(output, "isTerminal", "get").mockReturnValue(isTerminal);
  const unwatch = output.watchReader(() => undefined);
  expect(vi.getTimerCount()).toBe(isTerminal ? 0 : 1);
  unwatch();
  expect(vi.getTimerCount()).toBe(0);
});

describe("the watch over a reader", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
  });

  /** What stands between two looks is no timer: modules, promises. */
  async function looked(): Promise<void> {
    await vi.advanceTimersByTimeAsync(400);
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(0);
  }

  test("of a file there is none", async () => {
    const file = openSync(join(program.directory, "watched.txt"), "w");
    onTestFinished(() => closeSync(file));
    new FileDescriptorOutput(file).watchReader(() => undefined);
    await looked();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("wakes nothing while it is not wanted, and then sees who has gone meanwhile", async () => {
    const [near, far] = await socketPair();
    const output = new FileDescriptorOutput((near as unknown as { _handle: { fd: number } })._handle.fd);
    let isGone = false;
    output.onClosed(() => {
      isGone = true;
    });
    let end = (): void => {};
    let busy: Promise<void> | undefined = new Promise((resolve) => {
      end = resolve;
    });
    output.watchReader(() => busy);
    await looked();
    expect(vi.getTimerCount()).toBe(0);
    const closed = once(near, "close");
    far.destroy();
    near.resume();
    await looked();
    expect({ timers: vi.getTimerCount(), isGone }).toEqual({ timers: 0, isGone: false });
    busy = undefined;
    end();
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await looked();
    expect(isGone).toBe(true);
    near.destroy();
    await closed;
  });

  async function socketPair(): Promise<[Socket, Socket]> {
    const path = join(program.directory, "watched.sock");
    const server = createServer({ allowHalfOpen: true }).listen(path);
    const accepted = once(server, "connection");
    const far = createConnection(path);
    const [near] = await accepted;
    server.close();
    return [near, far];
  }
});
