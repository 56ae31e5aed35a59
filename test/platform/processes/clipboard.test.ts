// The clipboard by way of whatever program has it: programs of the test's own stand for those of a machine.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyText, readClipboardImage, readClipboardText } from "../../../src/platform/processes/clipboard.ts";
import { isAlive } from "../../support/shell-checks.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

interface Machine {
  env: Record<string, string>;
  read(name: string): string;
}

/** With these programs, as shell scripts, before those of the system. */
function machine(programs: Record<string, string>): Machine {
  const directory = temporaryDirectory();
  // None of the real ones.
  const none = Object.fromEntries(
    ["pbcopy", "wl-copy", "xclip", "xsel", "clip.exe", "termux-clipboard-set"].map((name) => [name, "exit 1"]),
  );
  const readers = Object.fromEntries(
    ["pbpaste", "wl-paste", "powershell.exe", "termux-clipboard-get", "pngpaste"].map((name) => [name, "exit 1"]),
  );
  for (const [name, script] of Object.entries({ ...none, ...readers, ...programs }))
    writeFileSync(join(directory, name), `#!/bin/sh\ncd ${directory}\n${script}\n`, { mode: 0o755 });
  return {
    env: { PATH: `${directory}:${process.env.PATH}`, BUN_BE_BUN: "1" },
    read: (name) => readFileSync(join(directory, name), "utf8"),
  };
}

test("what is copied goes to the first program that takes it, as it is", async () => {
  const text = "$(touch x) 'one'\n\ttwo 🙂";
  const { env, read } = machine({
    pbcopy: "cat > refused; exit 1",
    xclip: 'cat > copied; echo "$* $BUN_BE_BUN" > said',
    xsel: "cat > late",
  });
  expect(await copyText(text, env)).toBe(true);
  expect([read("copied"), read("said")]).toEqual([text, "-selection clipboard \n"]);
  expect(() => read("late")).toThrow("ENOENT");
  expect(await copyText(text, machine({}).env)).toBe(false);
  expect(await copyText("x".repeat(1_000_000), machine({ pbcopy: "exit 0" }).env)).toBe(true);
});

test("a program that keeps the clipboard behind its end is neither waited for nor ended, and holds this process to nothing", async () => {
  const active = (): number => process.getActiveResourcesInfo().filter((kind) => /Timeout|Pipe/.test(kind)).length;
  const { env, read } = machine({ xclip: "cat > copied; sleep 600 & echo $! > pid" });
  const before = active();
  expect(await copyText("kept", env)).toBe(true);
  const pid = Number(read("pid"));
  expect([read("copied"), isAlive(pid)]).toEqual(["kept", true]);
  // Its pipes are closed in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(active()).toBeLessThanOrEqual(before);
  process.kill(pid, "SIGKILL");
});

test("what is read comes from the first program that has something; nothing where none has", async () => {
  const { env } = machine({ pbpaste: "exit 0", "wl-paste": "echo torn; exit 1", xclip: "printf 'a\\n🙂\\n'" });
  expect(await readClipboardText(env)).toBe("a\n🙂\n");
  const picture = machine({ xclip: "printf '\\211PNG\\000\\377'" });
  expect([...((await readClipboardImage(picture.env)) ?? [])]).toEqual([0x89, 0x50, 0x4e, 0x47, 0, 0xff]);
  expect([await readClipboardText(machine({}).env), await readClipboardImage(machine({}).env)]).toEqual([undefined, undefined]);
});
