// What is printed while something draws on the terminal, by code that knows nothing of it: `console`, `process.stderr`, `process.stdout`. Used by
// the owner of the terminal. Invariant: whoever prints is told that it worked; nothing of it reaches the screen but what `onLine` makes of it;
// a stream that nobody asks for is not opened.

const printers = ["log", "info", "debug", "warn", "error", "trace", "dir", "table"] as const;

/** Gives the way back. */
export function capturePrinting(onLine: (line: string) => void): () => void {
  const take = (text: string): void => {
    for (const line of text.split("\n")) if (line.trim() !== "") onLine(line);
  };
  const ways = [captureConsole(take), captureStream("stdout", take), captureStream("stderr", take)];
  return () => {
    for (const giveBack of ways.reverse()) giveBack();
  };
}

function captureConsole(take: (text: string) => void): () => void {
  const before = printers.map((name) => [name, console[name]] as const);
  for (const name of printers) {
    console[name] = (...args: unknown[]) => take(process.getBuiltinModule("node:util").format(...args));
  }
  return () => {
    for (const [name, print] of before) console[name] = print;
  };
}

function captureStream(name: "stdout" | "stderr", take: (text: string) => void): () => void {
  const before = Object.getOwnPropertyDescriptor(process, name);
  if (before?.configurable !== true) return () => {};
  let patched: NodeJS.WriteStream | undefined;
  let own: PropertyDescriptor | undefined;
  const stream = (): NodeJS.WriteStream => {
    if (patched !== undefined) return patched;
    patched = (before.get?.call(process) ?? before.value) as NodeJS.WriteStream;
    own = Object.getOwnPropertyDescriptor(patched, "write");
    patched.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      take(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
      rest.find((one): one is () => void => typeof one === "function")?.();
      return true;
    }) as typeof patched.write;
    return patched;
  };
  // Who puts another stream in its place has its way: the first extension of all may be loaded while the screen is up.
  const replace = (value: unknown): void =>
    void Object.defineProperty(process, name, { configurable: true, enumerable: true, writable: true, value });
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: stream, set: replace });
  return () => {
    if (patched !== undefined) {
      if (own === undefined) delete (patched as { write?: unknown }).write;
      else Object.defineProperty(patched, "write", own);
    }
    if (Object.getOwnPropertyDescriptor(process, name)?.get === stream) Object.defineProperty(process, name, before);
  };
}
