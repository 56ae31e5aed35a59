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
  Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
  process.on("uncaughtException", onStray);
  process.on("unhandledRejection", onStray);
}
