// How soon the runtime compiles what runs often. The binary starts late with it (scripts/build.mjs): most of a start runs once, and compiling it
// takes more than it gives. Called by whoever knows that the start is over: the first answer is a long one, a second request is out, or work of another kind begins.
// Invariant: a program that was not started so is not changed by it.

export function startIsOver(): void {
  // Not every Bun that runs the library has it.
  if (process.versions.bun !== undefined) Bun.unsafe.setJITPolicy?.(1);
}
