// Keeps code that is not ours from what a process has only one of: stdout, which is the protocol's, and its end. Called by the host of a
// program, before the first extension file is loaded. Invariant: our own output, by descriptor, is not touched.

const printers = ["dir", "dirxml", "table", "group", "groupCollapsed", "count", "timeEnd", "timeLog"] as const;

/** From now on what is printed goes to stderr, and what is thrown with nobody to catch it is told instead of ending the process. */
export function admitGuestCode(onStray: (error: unknown) => void): void {
  for (const name of ["log", "info", "debug"] as const) console[name] = (...args: unknown[]) => console.error(...args);
  let elsewhere: Console | undefined;
  for (const name of printers) {
    console[name] = (...args: unknown[]) => {
      elsewhere ??= new (process.getBuiltinModule("node:console").Console)(process.stderr, process.stderr);
      (elsewhere[name] as (...args: unknown[]) => void)(...args);
    };
  }
  divertStdout();
  process.on("uncaughtException", onStray);
  process.on("unhandledRejection", onStray);
}

/**
 * `process.stdout` is stderr. Bun makes the real stream before a property of that name is defined, which takes milliseconds, and not before one is
 * assigned; on Node it cannot be assigned. A stream that nobody asks for is not made at all.
 */
function divertStdout(): void {
  if (process.versions.bun === undefined) {
    Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
    return;
  }
  const stderr = (): object => process.stderr;
  const diverted = new Proxy(
    {},
    {
      get: (_, key) => {
        const value: unknown = Reflect.get(stderr(), key);
        return typeof value === "function" ? (value.bind(stderr()) as unknown) : value;
      },
      set: (_, key, value) => Reflect.set(stderr(), key, value),
      has: (_, key) => Reflect.has(stderr(), key),
      getPrototypeOf: () => Reflect.getPrototypeOf(stderr()),
    },
  );
  (process as { stdout: unknown }).stdout = diverted;
}
