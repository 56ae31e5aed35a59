// The npm agent beside us: a home that both can use with a model at a local server, and either program in RPC mode. Used by the tests that compare
// the two.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { onTestFinished, test } from "vitest";
import { npmAgentPath } from "./npm-agent-place.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const whereInstalled: (name: string, body: () => Promise<void>) => void = test.skipIf(!existsSync(npmAgentPath));

export interface Place {
  home: string;
  project: string;
}

// biome-ignore lint/suspicious/noExplicitAny: records of another program
export type Wire = any;

/**
 * A home of its own, with two models that answer every request with the number of it. A prompt that contains `use tools` is answered with
 * two calls, one that contains `overflow` the first time with a refusal for its length.
 */
export async function place(): Promise<Place> {
  const directory = temporaryDirectory();
  let requests = 0;
  const refused = new Set<string>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const number = ++requests;
      const last = JSON.parse(body).messages.at(-1);
      const text = JSON.stringify(last.content);
      const isPrompt = last.role === "user" && !text.includes("<conversation>");
      if (isPrompt && text.includes("overflow") && !refused.has(text)) {
        refused.add(text);
        response.writeHead(400, { "content-type": "application/json" });
        const message = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.";
        response.end(JSON.stringify({ error: { message, code: "context_length_exceeded" } }));
        return;
      }
      const callsTools = isPrompt && text.includes("use tools");
      const send = (record: unknown): boolean => response.write(`data: ${JSON.stringify(record)}\n\n`);
      const say = (delta: object, finish?: string): boolean =>
        send({ id: "c", choices: [{ index: 0, delta, ...(finish !== undefined && { finish_reason: finish }) }] });
      response.writeHead(200, { "content-type": "text/event-stream" });
      say({ role: "assistant", content: `answer ${number}` });
      const calls = [
        { name: "bash", arguments: '{"command":"echo hi"}' },
        { name: "read", arguments: '{"path":"missing.txt"}' },
      ].map((call, index) => ({ index, id: `call_${number}_${index}`, type: "function", function: call }));
      if (callsTools) say({ tool_calls: calls });
      say({}, callsTools ? "tool_calls" : "stop");
      send({ id: "c", choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const home = join(directory, "home");
  const project = join(directory, "project");
  mkdirSync(join(home, ".pi", "agent"), { recursive: true });
  mkdirSync(project);
  const model = {
    reasoning: true,
    input: ["text"],
    contextWindow: 100_000,
    maxTokens: 1000,
    cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
  };
  const models = ["test-1", "test-2"].map((id) => ({ id, name: id, ...model }));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  writeFileSync(
    join(home, ".pi", "agent", "models.json"),
    JSON.stringify({ providers: { test: { baseUrl, api: "openai-completions", apiKey: "k", models } } }),
  );
  writeFileSync(join(home, ".pi", "agent", "settings.json"), JSON.stringify({ compaction: { keepRecentTokens: 1 } }));
  return { home, project };
}

/** A program in RPC mode; by default the npm agent. */
export class RpcProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Set<{ wanted(record: Wire): boolean; resolve(record: Wire): void; reject(error: Error): void }>();
  #rest = "";
  #count = 0;
  readonly ended: Promise<void>;

  constructor({ home, project }: Place, args: readonly string[], path = npmAgentPath) {
    const env = { PATH: process.env.PATH, HOME: home, PI_OFFLINE: "1" };
    this.#child = spawn(path, ["--mode", "rpc", "--offline", ...args], { cwd: project, env, stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => {
      this.#child.kill("SIGKILL");
    });
    this.#child.stdout.setEncoding("utf8");
    this.#child.stdout.on("data", (chunk: string) => {
      const lines = (this.#rest + chunk).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const record of lines.map((line) => JSON.parse(line))) {
        for (const one of this.#waiting) {
          if (!one.wanted(record)) continue;
          this.#waiting.delete(one);
          one.resolve(record);
        }
      }
    });
    this.ended = new Promise((resolve) =>
      this.#child.once("close", () => {
        for (const one of this.#waiting) one.reject(new Error(`${path} ended`));
        resolve();
      }),
    );
  }

  #next(wanted: (record: Wire) => boolean): Promise<Wire> {
    return new Promise((resolve, reject) => this.#waiting.add({ wanted, resolve, reject }));
  }

  async command(command: Record<string, unknown>): Promise<Wire> {
    const id = `command-${this.#count++}`;
    const answered = this.#next((record) => record.type === "response" && record.id === id);
    this.#child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    const answer = await answered;
    if (!answer.success) throw new Error(`${command.type}: ${answer.error}`);
    return answer.data;
  }

  async prompt(message: string): Promise<void> {
    const settled = this.#next((record) => record.type === "agent_settled");
    await this.command({ type: "prompt", message });
    await settled;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.ended;
  }
}
