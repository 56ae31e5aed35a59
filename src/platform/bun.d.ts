// The little of Bun's own interface that platform/ uses. A declaration of our own, because Bun's type package replaces Node's types.

declare const Bun: {
  unsafe: { setJITPolicy?(scale: number): void };
  stdin: { stream(): ReadableStream<Uint8Array> };
  plugin(plugin: {
    name: string;
    setup(build: { module(name: string, make: () => { exports: unknown; loader: "object" }): void }): void;
  }): void;
};
