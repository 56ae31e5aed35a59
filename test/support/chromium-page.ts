// A page in headless Chromium that a test can type into and ask. Speaks the DevTools protocol over a pipe: records end with a NUL.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

interface Reply {
  id?: number;
  method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: results of another program
  result?: any;
  error?: unknown;
}

export const chromiumFlags: readonly string[] =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

export class ChromiumPage {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: Reply["result"]): void; reject(error: Error): void }>();
  readonly #loads: (() => void)[] = [];
  #count = 0;
  #sessionId: string | undefined;

  private constructor(profile: string) {
    this.#child = spawn("chromium", [...chromiumFlags, "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    let rest = "";
    const output = this.#child.stdio[4] as Readable;
    output.setEncoding("utf8");
    output.on("data", (chunk: string) => {
      const records = (rest + chunk).split("\0");
      rest = records.pop() ?? "";
      for (const record of records) this.#take(JSON.parse(record) as Reply);
    });
  }

  static async open(profile: string, url: string): Promise<ChromiumPage> {
    const page = new ChromiumPage(profile);
    const { targetInfos } = await page.#send("Target.getTargets");
    const { targetId } = targetInfos.find(({ type }: { type: string }) => type === "page");
    page.#sessionId = (await page.#send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await page.#send("Page.enable");
    const loaded = new Promise<void>((resolve) => page.#loads.push(resolve));
    await page.#send("Page.navigate", { url });
    await loaded;
    return page;
  }

  /** The value of an expression; a promise is waited for. */
  async ask<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  async press(key: string, text?: string): Promise<void> {
    await this.#send("Input.dispatchKeyEvent", {
      type: text === undefined ? "rawKeyDown" : "keyDown",
      key,
      ...(text !== undefined && { text }),
    });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", key });
  }

  async type(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }

  #send(method: string, params: Record<string, unknown> = {}): Promise<Reply["result"]> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const record = { id, method, params, ...(this.#sessionId !== undefined && { sessionId: this.#sessionId }) };
      (this.#child.stdio[3] as Writable).write(`${JSON.stringify(record)}\0`);
    });
  }

  #take({ id, method, result, error }: Reply): void {
    if (method === "Page.loadEventFired") for (const resolve of this.#loads.splice(0)) resolve();
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (error !== undefined) waiting?.reject(new Error(JSON.stringify(error)));
    else waiting?.resolve(result);
  }
}
