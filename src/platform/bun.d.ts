// The little of Bun's own interface that platform/ uses. A declaration of our own, because Bun's type package replaces Node's types.

declare const Bun: {
  unsafe: { setJITPolicy?(scale: number): void };
  /** Collects garbage, and drops compiled code, as soon as no script runs. */
  shrink?(): void;
  stdin: { stream(): ReadableStream<Uint8Array> };
  connect(to: { fd: number; allowHalfOpen: boolean; socket: BunSocketHandler }): Promise<BunSocket>;
  plugin(plugin: {
    name: string;
    setup(build: { module(name: string, make: () => { exports: unknown; loader: "object" }): void }): void;
  }): void;
};

interface BunSocket {
  pause(): void;
  resume(): void;
  unref(): void;
}

interface BunSocketHandler {
  data(from: BunSocket, bytes: Uint8Array): void;
  end(from: BunSocket): void;
  error(from: BunSocket, error: Error): void;
  close(from: BunSocket): void;
}
