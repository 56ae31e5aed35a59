// What the screen looks like, as text: a prompt, an answer with code, a list and a table, at three sizes on both screens. And in colour: how deep they are, and
// that light and dark differ. A screen that has changed on purpose is written anew with `vitest -u`.

import { expect, test } from "vitest";
import { openInteractive } from "../../support/interactive-screen.ts";
import { textReply } from "../../support/rpc-world.ts";

const answer = [
  "# Heading",
  "",
  "Some **bold**, `code` and a longer sentence that has to be wrapped on a narrow screen.",
  "",
  "- one",
  "- two",
  "",
  "```ts",
  "const x = 1; // why",
  "```",
  "",
  "| a | b |",
  "|---|---|",
  "| 1 | 2 |",
].join("\n");

async function shown(given: Parameters<typeof openInteractive>[0]): Promise<{ screen: string; output: string }> {
  const at = await openInteractive({ reply: textReply(answer), now: () => 0, ...given });
  at.device.keys("a question\r");
  await at.until((screen) => screen.includes("2 │") && !screen.includes("stops"), "the answer");
  const screen = at
    .drawn()
    .replaceAll(at.directory, "DIR")
    .replace(/^(DIR|~|\/tmp).*$/m, "<directory>");
  return { screen, output: at.device.writes.join("") };
}

const sizes = [
  [40, 10],
  [80, 24],
  [200, 50],
] as const;

test.each(sizes.flatMap(([columns, rows]) => (["main", "alternate"] as const).map((kind) => [columns, rows, kind] as const)))(
  "%ix%i, %s",
  async (columns, rows, kind) => {
    const { screen } = await shown({ columns, rows, kind });
    for (const line of screen.split("\n")) expect([...line].length).toBeLessThanOrEqual(columns);
    await expect(`${screen}\n`).toMatchFileSnapshot(`golden/${columns}x${rows}-${kind}.txt`);
  },
);

test.each([
  ["none", /\u001b\[(?:[34]8;|3[0-7]m|4[0-7]m|9[0-7]m|2m|3m)/, undefined],
  ["16color", /\u001b\[[34]8;/, /\u001b\[3[0-7]m/],
  ["256color", /\u001b\[[34]8;2;/, /\u001b\[38;5;\d+m/],
  ["truecolor", undefined, /\u001b\[38;2;\d+;\d+;\d+m/],
] as const)("%s: no colour is deeper than the terminal's", async (depth, never, some) => {
  for (const kind of ["main", "alternate"] as const) {
    const { output } = await shown({ depth, kind, settings: { theme: "light/dark" } });
    if (never !== undefined) expect(output).not.toMatch(never);
    if (some !== undefined) expect(output).toMatch(some);
  }
});
