// Addresses that are said, those of sign-ins say: whoever has a narrow screen can follow them, and take them from it in one piece.

import { setCapabilityOverrides } from "@earendil-works/pi-tui";
import { afterEach, describe, expect, test } from "vitest";
import { openInteractive } from "../../support/interactive-screen.ts";

const url = `https://sign.in.example/authorize?client_id=0123456789&scope=${"all%20".repeat(12)}&state=end`;

afterEach(() => setCapabilityOverrides({}));

describe.each([40, 80])("%i columns", (columns) => {
  test("one that is longer than the screen is one line of the terminal's, whatever is drawn over it and around it", async () => {
    const at = await openInteractive({ columns, rows: 24 });
    at.interaction.say(`If no browser opens, go to ${url} and come back`);
    at.drawn();
    expect(at.device.whole()).toContain(url);
    // Drawn anew: other colours, and lines above and below.
    at.interaction.renewLook();
    at.interaction.say("more");
    at.drawn();
    expect(at.device.whole()).toContain(url);
    expect(at.drawn()).toMatch(/· If no browser opens, go to\n[\s\S]*end\n {2}and come back\n/);
  });

  test("it stays so when it has scrolled off", async () => {
    const at = await openInteractive({ columns, rows: 12 });
    at.interaction.say(`Open ${url}`);
    at.drawn();
    for (let count = 0; count < 20; count++) {
      at.interaction.say(`line ${count}`);
      at.drawn();
    }
    expect(at.drawn()).not.toContain("authorize");
    expect(at.device.whole()).toContain(url);
    expect(at.device.all().filter((line) => line.includes("authorize?"))).toHaveLength(1);
  });
});

test("where the terminal knows links each piece is a link to the whole; where not, no mark of one is written", async () => {
  for (const hyperlinks of [true, false]) {
    for (const kind of ["main", "alternate"] as const) {
      setCapabilityOverrides({ hyperlinks });
      const at = await openInteractive({ columns: 40, kind });
      at.interaction.say(`Open ${url}, or https://short.example`);
      at.drawn();
      const output = at.device.writes.join("");
      expect(output.split(`\u001b]8;;${url}\u001b\\`).length - 1).toBe(hyperlinks ? Math.ceil(url.length / 40) : 0);
      expect(output.includes("\u001b]8;;https://short.example\u001b\\")).toBe(hyperlinks);
      if (!hyperlinks) expect(output).not.toContain("\u001b]8;;h");
      expect(at.drawn()).toContain("short.example");
    }
  }
});

test("resizes: what the terminal has joined and wrapped anew is taken back whole, and nothing above it", async () => {
  const at = await openInteractive({ columns: 40, rows: 30 });
  for (let line = 0; line < 40; line++) at.interaction.say(`before ${line}`);
  at.interaction.say(`Open ${url}`);
  at.drawn();
  for (const columns of [57, 33, 90, 25, 60]) {
    at.device.resize(columns, 30);
    at.interaction.screen.tui.requestRender();
    const written = at.device.writes.length;
    await at.until(() => at.device.writes.length > written);
    at.drawn();
  }
  const all = at.device.all().join("\n");
  for (let line = 0; line < 40; line++) expect(all.match(new RegExp(`before ${line}$`, "gm")), `before ${line}`).not.toBeNull();
  expect(at.device.whole()).toContain(url);
});
