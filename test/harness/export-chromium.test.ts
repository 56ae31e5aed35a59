// What only a browser can tell: that no script of a session runs, that the page's own does, and that branches can be switched.
// Runs where Debian's chromium is installed.

import { spawn, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { exportHtml } from "../../src/harness/export-html.ts";
import { hostileSession, markName } from "../support/hostile-session.ts";
import { sessionLines } from "../support/session-lines.ts";
import { type TempTree, tempTree } from "../support/temp-tree.ts";

const hasChromium = spawnSync("chromium", ["--version"]).status === 0;
const why = "chromium is not installed";

/** The document after its scripts have run. */
async function loadedPage(tree: TempTree, file: string, hash = ""): Promise<string> {
  const flags =
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
  const child = spawn(
    "chromium",
    [...flags.split(" "), `--user-data-dir=${tree.at(`profile-${file}`)}`, "--dump-dom", `file://${tree.at(file)}${hash}`],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  await new Promise((resolve) => child.on("close", resolve));
  return text;
}

test("no script of a session runs, the page's own does", { timeout: 60_000 }, async ({ skip }) => {
  skip(!hasChromium, why);
  const tree = tempTree({
    // The same attack where nothing stops it: the mark is one that would be seen.
    "control.html": `<!doctype html><script>document.documentElement.setAttribute('${markName}','1')</script>`,
  });
  const session = await hostileSession().open();
  await exportHtml(session, { cwd: tree.path, outputPath: "hostile.html" });
  session.close();
  const [control, hostile] = await Promise.all([loadedPage(tree, "control.html"), loadedPage(tree, "hostile.html")]);
  const root = (page: string): string => /<html[^>]*>/.exec(page)?.[0] ?? "";
  expect(root(control)).toContain(markName);
  expect(root(hostile)).toBe('<html lang="en" class="js">');
});

test("a link to an entry shows its branch", { timeout: 60_000 }, async ({ skip }) => {
  skip(!hasChromium, why);
  const lines = sessionLines();
  const first = lines.user("first");
  const call = lines.assistant([{ type: "toolCall", id: "c", name: "bash", arguments: { command: "make" } }]);
  const result = lines.result("c", "made");
  const old = lines.assistant("the old way");
  const fresh = lines.user("the new way", call);
  const tree = tempTree();
  const session = await lines.open();
  await exportHtml(session, { cwd: tree.path, outputPath: "x.html" });
  session.close();
  const page = await loadedPage(tree, "x.html", `#e-${result}`);
  const shown = [...page.matchAll(/<article id="e-(\w+)" class="[^"]*"( hidden="")?>/g)].flatMap(([, id, hidden]) => (hidden ? [] : [id]));
  expect(shown).toEqual([first, call, result, old]);
  expect(shown).not.toContain(fresh);
  expect(page).toMatch(/<details class="call" data-unless="\d+" hidden="">/);
  expect(/<a href="#e-\w+" class="[^"]*\bat\b[^"]*"/.exec(page)?.[0]).toContain(`#e-${result}`);
});
