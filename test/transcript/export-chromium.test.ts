// What only a browser can tell: that no script of a session runs, that the page's own does, and that branches can be switched.
// Runs where Debian's chromium is installed.

import { spawn, spawnSync } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { exportHtml } from "../../src/transcript/export-html.ts";
import { ChromiumPage, chromiumFlags } from "../support/chromium-page.ts";
import { hostileSession, markName } from "../support/hostile-session.ts";
import { sessionLines } from "../support/session-lines.ts";
import { type TempTree, tempTree } from "../support/temp-tree.ts";
import { toolViews } from "../support/tool-views.ts";

const hasChromium = spawnSync("chromium", ["--version"]).status === 0;
const why = "chromium is not installed";

/** The document after its scripts have run. */
async function loadedPage(tree: TempTree, file: string, hash = ""): Promise<string> {
  const child = spawn(
    "chromium",
    [...chromiumFlags, `--user-data-dir=${tree.at(`profile-${file}`)}`, "--dump-dom", `file://${tree.at(file)}${hash}`],
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

test("no script of a session runs, the page's own does", async ({ skip }) => {
  skip(!hasChromium, why);
  const tree = tempTree({
    // The same attack where nothing stops it: the mark is one that would be seen.
    "control.html": `<!doctype html><script>document.documentElement.setAttribute('${markName}','1')</script>`,
  });
  const session = await hostileSession().open();
  await exportHtml(session, { toolViews, cwd: tree.path, outputPath: "hostile.html" });
  session.close();
  const [control, hostile] = await Promise.all([loadedPage(tree, "control.html"), loadedPage(tree, "hostile.html")]);
  const root = (page: string): string => /<html[^>]*>/.exec(page)?.[0] ?? "";
  expect(root(control)).toContain(markName);
  expect(root(hostile)).toBe('<html lang="en" class="js">');
});

test("a link to an entry shows its branch", async ({ skip }) => {
  skip(!hasChromium, why);
  const lines = sessionLines();
  const first = lines.user("first");
  const call = lines.assistant([{ type: "toolCall", id: "c", name: "bash", arguments: { command: "make" } }]);
  const result = lines.result("c", "made");
  const old = lines.assistant("the old way");
  const fresh = lines.user("the new way", call);
  const tree = tempTree();
  const session = await lines.open();
  await exportHtml(session, { toolViews, cwd: tree.path, outputPath: "x.html" });
  session.close();
  const page = await loadedPage(tree, "x.html", `#e-${result}`);
  const shown = [...page.matchAll(/<article id="e-(\w+)" class="[^"]*"( hidden="")?>/g)].flatMap(([, id, hidden]) => (hidden ? [] : [id]));
  expect(shown).toEqual([first, call, result, old]);
  expect(shown).not.toContain(fresh);
  expect(page).toMatch(/<details class="call" data-unless="\d+" hidden="">/);
  expect(/<a href="#e-\w+" class="[^"]*\bat\b[^"]*"/.exec(page)?.[0]).toContain(`#e-${result}`);
});

test("by keyboard: find, walk the rows, go to another branch; the way back leads to the first", async ({ skip }) => {
  skip(!hasChromium, why);
  const lines = sessionLines();
  const first = lines.user("first");
  const old = lines.assistant("the old way");
  const fresh = lines.assistant("the new way", {}, first);
  const tree = tempTree();
  const session = await lines.open();
  await exportHtml(session, { toolViews, cwd: tree.path, outputPath: "x.html" });
  session.close();
  const page = await ChromiumPage.open(tree.at("profile"), `file://${tree.at("x.html")}`);
  onTestFinished(() => page.close());
  const shown = (): Promise<string[]> => page.ask("[...document.querySelectorAll('article:not([hidden])')].map(({ id }) => id.slice(2))");
  const focus = (): Promise<string> => page.ask("document.activeElement.id || document.activeElement.hash");
  expect(await shown()).toEqual([first, fresh]);
  await page.press("/", "/");
  await page.type("way");
  expect(await page.ask("[...document.querySelectorAll('.list a')].filter((row) => row.offsetParent).length")).toBe(2);
  await page.press("ArrowDown");
  expect(await focus()).toBe(`#e-${old}`);
  for (const step of ["ArrowDown", "ArrowDown"]) await page.press(step);
  expect(await focus()).toBe(`#e-${fresh}`);
  await page.press("ArrowUp");
  await page.press("Enter", "\r");
  expect(await shown()).toEqual([first, old]);
  expect(await page.ask("location.hash")).toBe(`#e-${old}`);
  // Where there is no room for it beside the conversation, the tree comes and goes.
  expect(await page.ask("document.querySelector('.list').offsetParent")).toBe(null);
  await page.press("/", "/");
  await page.press("Escape");
  expect(await page.ask("document.querySelectorAll('.lost').length")).toBe(0);
  await page.ask("new Promise((resolve) => { addEventListener('hashchange', resolve, { once: true }); history.back(); }).then(() => 0)");
  expect(await shown()).toEqual([first, fresh]);
});
