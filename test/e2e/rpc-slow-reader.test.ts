// A reader of RPC mode that stops while far more is said than any pipe holds: whoever speaks is held back, memory stays flat, no clock runs
// out, and when the reader goes on nothing is missing.

import { existsSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Json, recordsOf, test } from "../support/world.ts";

const deltaCount = 40_000;
const stallMs = 1500;

interface Flood {
  url: string;
  /** What became of the answer: all of it went out, or nobody has taken anything of it for a while. */
  halted: Promise<"finished" | "held back">;
  sentCount(): number;
  close(): void;
}

/** A model that answers as fast as it is read: many short pieces, each in a kilobyte of wire. */
async function startFlood(): Promise<Flood> {
  const padding = "x".repeat(1000);
  let sent = 0;
  let halt: (how: "finished" | "held back") => void = () => {};
  const halted = new Promise<"finished" | "held back">((resolve) => (halt = resolve));
  const flood = async (response: ServerResponse): Promise<void> => {
    const say = (record: object): boolean => response.write(`data: ${JSON.stringify(record)}\n\n`);
    const piece = (delta: object, finish: string | null = null): object => ({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "flood",
      choices: [{ index: 0, delta, finish_reason: finish }],
      padding,
    });
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (; sent < deltaCount; sent++) {
      if (say(piece({ content: `${sent} ` }))) continue;
      const timer = setTimeout(() => halt("held back"), stallMs);
      await Promise.race([closed, new Promise((resolve) => response.once("drain", resolve))]);
      clearTimeout(timer);
    }
    halt("finished");
    say(piece({}, "stop"));
    response.end("data: [DONE]\n\n");
  };
  const server = createServer((request, response) => {
    request.resume().on("end", () => void flood(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    halted,
    sentCount: () => sent,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

const deltasOf = (records: readonly Json[]): string =>
  records.flatMap(({ assistantMessageEvent: event }) => (event?.type === "text_delta" ? [event.delta] : [])).join("");

describe.concurrent("a reader that stops", () => {
  test.for(["binary", "node"] as const)("holds model and command back and loses nothing, as %s", async (way, { world, onTestFinished }) => {
    const flood = await startFlood();
    onTestFinished(() => flood.close());
    world.config(
      `[providers.flood]\napi = "openai-completions"\nbase_url = "${flood.url}"\napi_key = "none"\n[[providers.flood.models]]\nid = "flood"\ncontext_window = 1000000\n`,
    );
    const args = ["--mode", "rpc", "--model", "flood/flood", "--stall", `model=${stallMs}ms`];
    const program = world.start(args, { way, stdin: "silent", timeoutMs: 120_000 });
    const say = (...commands: object[]): void => {
      program.child.stdin?.write(commands.map((one) => `${JSON.stringify(one)}\n`).join(""));
    };
    say({ id: "first", type: "get_state" });
    await program.said('"id":"first"');
    const idleMb = residentMb(program.pid);
    program.child.stdout?.pause();
    const bytes = 20_000_000;
    say({ id: "p", type: "prompt", message: "go" }, { id: "b", type: "bash", command: `yes 0123456 | head -c ${bytes}; touch done` });
    expect(await Promise.race([flood.halted, program.result])).toBe("held back");
    // Longer than the model may be silent: that it is held back by us is no silence of its own.
    await new Promise((resolve) => setTimeout(resolve, 3 * stallMs));
    expect(flood.sentCount()).toBeLessThan(deltaCount);
    expect(existsSync(join(world.cwd, "done"))).toBe(false);
    expect(residentMb(program.pid) - idleMb).toBeLessThan(100);
    const asked = Array.from({ length: 1000 }, (_, index) => `s${index}`);
    say(...asked.map((id) => ({ id, type: "get_state" })));
    program.child.stdout?.resume();
    program.child.stdin?.end();
    const { status, stdout, stderr } = await program.result;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const records = recordsOf(stdout);
    const events = records.filter((one) => one.type !== "response");
    expect(events.every((one, index) => one.seq === index + 1)).toBe(true);
    const whole = Array.from({ length: deltaCount }, (_, index) => `${index} `).join("");
    expect(deltasOf(records) === whole).toBe(true);
    const end = records.find((one) => one.type === "message_end" && one.message.role === "assistant");
    expect(end.message).toMatchObject({ stopReason: "stop" });
    expect(end.message.content[0].text === whole).toBe(true);
    const shell = records.filter((one) => one.type === "bash_execution_update");
    expect(shell.reduce((sum, one) => sum + one.delta.length, 0)).toBe(bytes);
    expect(records.find((one) => one.type === "response" && one.id === "b")).toMatchObject({ success: true, data: { exitCode: 0 } });
    expect(records.flatMap((one) => (one.command === "get_state" && one.id !== "first" ? [one.id] : []))).toEqual(asked);
    expect(records.filter((one) => one.type === "agent_settled")).toMatchObject([{ aborted: false }]);
  });
});
