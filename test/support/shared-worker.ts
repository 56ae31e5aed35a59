// Before and after every test file: files of one worker share a process, so each finds nothing that another has taught it, and leaves nothing changed.
// Text that may be the beginning of a secret is told in other pieces.

import { afterAll, expect, vi } from "vitest";
import { liveSecrets } from "../../src/platform/secrets.ts";

liveSecrets.clear();

const before = { cwd: process.cwd(), env: { ...process.env } };

// Told by the file that has left it, not by one that happens to come later.
afterAll(() => {
  const isTimeFake = vi.isFakeTimers();
  const after = { cwd: process.cwd(), env: { ...process.env } };
  expect({ ...after, isTimeFake }).toEqual({ ...before, isTimeFake: false });
});
