// Commands that only a screen has: settings changed and in force, models to cycle through, trust, what is made for others, sessions taken over.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createSyntheticSourceInfo } from "../../../src/contracts/source-info.ts";
import { slashCommandsByName, typedCommand } from "../../../src/harness/commands/slash.ts";
import { runSlash } from "../../../src/modes/interactive/commands/commands.ts";
import { KnownCommands } from "../../../src/modes/interactive/commands/known-commands.ts";
import { screenCommands } from "../../../src/modes/interactive/commands/own.ts";
import { leaseHolder } from "../../../src/platform/locks/lease.ts";
import { roles } from "../../../src/tui/theme/roles.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { failed } from "../../support/model-script.ts";
import { Gate, type Reply, textReply } from "../../support/rpc-world.ts";

const configOf = (directory: string): string => readFileSync(join(directory, "agent", "config.toml"), "utf8");

test("a setting is chosen from its values, kept in the file and in force at once, without a line being shown twice", async () => {
  const screen = await openInteractive({ reply: textReply("An answer.") });
  screen.device.keys("a prompt\r");
  await screen.until((text) => text.includes("An answer."));
  screen.device.keys("/settings double_escape_action\r");
  await screen.until((text) => text.includes("❯ tree"));
  screen.device.keys("\u001b[B\u001b[B\r");
  await screen.until((text) => text.includes("double_escape_action is kept"));
  expect(configOf(screen.directory)).toContain('double_escape_action = "none"');
  expect(screen.sessions.launch.config.values.doubleEscapeAction).toBe("none");
  expect(screen.device.all().filter((line) => line === "❯ a prompt")).toHaveLength(1);
  screen.device.keys("\u001b");
  screen.device.keys("\u001b");
  screen.device.keys("\u001b[200~still here\u001b[201~");
  expect(await screen.until((text) => text.includes("still here"))).not.toContain("Tree");
});

test("a theme is chosen from those there are, shown while one moves through them, and kept", async () => {
  const screen = await openInteractive();
  const themes = join(screen.directory, "agent", "themes");
  mkdirSync(themes, { recursive: true });
  const colors = Object.fromEntries(Object.keys(roles).map((role) => [role, "#a0b0c0"]));
  writeFileSync(join(themes, "own.json"), JSON.stringify({ name: "own", colors }));
  const named = (): string | undefined => screen.interaction.theme.name;
  const open = async (): Promise<void> => {
    screen.device.keys("/settings theme\r");
    await screen.until((text) => text.includes("❯ system") && text.includes("own.json") && text.includes("Another value"));
  };
  await open();
  screen.device.keys("\u001b[B");
  expect(named()).toBe("dark");
  screen.device.keys("\u001b[B");
  expect(named()).toBe("light");
  await screen.until((text) => text.includes("❯ light"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("❯ light"));
  expect(named()).toBe("system");
  await open();
  screen.device.keys("\u001b[A\u001b[A\u001b[A");
  expect(named()).toBe("own");
  screen.device.keys("\r");
  await screen.until((text) => text.includes("theme is kept"));
  expect(named()).toBe("own");
  expect(configOf(screen.directory)).toContain('theme = "own"');
});

test("a theme for each background is chosen from the list, twice, and both are kept; leaving one keeps nothing", async () => {
  const screen = await openInteractive({ appearance: "light" });
  const open = async (): Promise<void> => {
    screen.device.keys("/settings theme\r");
    await screen.until((text) => text.includes("Automatic"));
    screen.device.keys("\u001b[A\u001b[A\r");
    await screen.until((text) => text.includes("Theme on a light background"));
  };
  await open();
  screen.device.keys("\u001b[B\u001b[B\r");
  await screen.until((text) => text.includes("Theme on a dark background"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("Theme on a dark background") && screen.interaction.theme.name === "system");
  await open();
  screen.device.keys("\u001b[B\u001b[B");
  await screen.until((text) => text.includes("❯ light"));
  expect(screen.interaction.theme.name).toBe("light");
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Theme on a dark background"));
  screen.device.keys("\u001b[B");
  await screen.until((text) => text.includes("❯ dark"));
  expect(screen.interaction.theme.name).toBe("dark");
  screen.device.keys("\r");
  await screen.until((text) => text.includes("theme is kept"));
  expect(configOf(screen.directory)).toContain('theme = "light/dark"');
  expect(screen.interaction.theme.name).toBe("light");
  screen.device.keys("/settings theme\r");
  await screen.until((text) => text.includes("❯ light/dark"));
  screen.device.keys("\u001b[A\u001b[A\r");
  await screen.until((text) => text.includes("Theme on a light background") && text.includes("❯ light"));
});

test("/inspect lists what is loaded, and marks the theme that is drawn", async () => {
  const screen = await openInteractive({ rows: 200 });
  const themes = join(screen.directory, "agent", "themes");
  mkdirSync(themes, { recursive: true });
  writeFileSync(join(themes, "broken.json"), '{"name":"broken"}');
  screen.interaction.previewTheme("light");
  screen.device.keys("/inspect\r");
  const text = await screen.until((shown) => shown.includes('"themes"') && shown.includes("broken.json"));
  expect(text).toMatch(/"name": "light",\s+"inUse": true/);
  expect(text).toMatch(/"name": "system",\s+"inUse": false/);
  expect(text).toMatch(/"problem": "\\"colors\\" is missing"/);
  for (const list of ["extensions", "skills", "promptTemplates"]) expect(text).toContain(`"${list}": [`);
});

test("a value that is not among the known ones is typed, and offered from then on", async () => {
  const screen = await openInteractive();
  screen.device.keys("/settings theme\r");
  await screen.until((text) => text.includes("Another value"));
  screen.device.keys("\u001b[A\r");
  await screen.until((text) => text.includes("takes it"));
  screen.device.keys("\u0015light/dark\r");
  await screen.until((text) => text.includes("theme is kept"));
  expect(configOf(screen.directory)).toContain('theme = "light/dark"');
  screen.device.keys("/settings theme\r");
  await screen.until((text) => text.includes("❯ light/dark"));
});

test("while a run goes on a theme is kept for later, and the one in force stays", async () => {
  const gate = new Gate();
  const screen = await openInteractive({ reply: gate.reply("Late.") });
  screen.device.keys("go\r");
  await gate.arrival();
  screen.device.keys("/settings theme\r");
  await screen.until((text) => text.includes("❯ system"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("/reload brings it into force"));
  expect(screen.interaction.theme.name).toBe("system");
  gate.open();
  await screen.until((text) => text.includes("Late."));
});

test.each([
  ["model", "anthropic/claude", '"anthropic/claude'],
  ["shell.env", "scrub", "\u001b[B"],
  ["schedule.timezone", "Europe/Vienna", '"Europe/Vienna'],
  ["runtime.default", "claude", "\u001b[B"],
])("%s is chosen from what it has as a rule", async (key, value, move) => {
  const screen = await openInteractive();
  mkdirSync(join(screen.directory, "agent"), { recursive: true });
  writeFileSync(join(screen.directory, "agent", "auth.json"), '{"anthropic":{"type":"api_key","key":"k"}}', { mode: 0o600 });
  screen.device.keys(`/settings ${key}\r`);
  await screen.until((text) => text.includes("❯"));
  screen.device.keys(move);
  await screen.until((text) => text.includes(`❯ ${value}`));
  screen.device.keys("\r");
  await screen.until((text) => text.includes(`${key} is kept`));
  expect(configOf(screen.directory)).toContain(`= "${value}`);
});

test("a value that a setting does not take is told, with what it takes", async () => {
  const screen = await openInteractive({ columns: 120 });
  screen.device.keys("/settings retry.max_retries\r");
  await screen.until((text) => text.includes("Retries of one model call"));
  screen.device.keys("\u0015many\r");
  await screen.until((text) => text.includes('retry.max_retries must be a whole number from 0, not "many"'));
  screen.device.keys("\u0003/settings retry.max_retrys\r");
  await screen.until((text) => text.includes("Did you mean retry.max_retries?"));
});

test("models to cycle through are switched, put in another order and kept", async () => {
  const screen = await openInteractive({ options: { apiKey: "key", model: "scripted/demo" } });
  mkdirSync(join(screen.directory, "agent"), { recursive: true });
  writeFileSync(join(screen.directory, "agent", "auth.json"), JSON.stringify({ anthropic: { type: "api_key", key: "k" } }), {
    mode: 0o600,
  });
  screen.device.keys("/scoped-models\r");
  await screen.until((text) => text.includes("Models to cycle through"));
  screen.device.keys("\u0018");
  await screen.until((text) => !text.includes("✓"));
  screen.device.keys("\r\u001b[B\r");
  await screen.until((text) => text.split("✓").length === 3);
  const before = screen.sessions.models.scope.map(({ model }) => model.id);
  screen.device.keys("\u001b[1;3A");
  await screen.until(() => screen.sessions.models.scope[0]?.model.id === before[1]);
  expect(screen.sessions.models.scope.map(({ model }) => model.id)).toEqual(before.reverse());
  screen.device.keys("\u0013");
  await screen.until((text) => text.includes("models is kept"));
  expect(configOf(screen.directory)).toMatch(/models = \["anthropic\/[^"]+", "anthropic\/[^"]+"\]/);
});

test("a project is trusted only by a choice, and what it holds is named", async () => {
  const screen = await openInteractive({ columns: 120 });
  const project = screen.sessions.launch.options.cwd;
  mkdirSync(join(project, ".pi"), { recursive: true });
  writeFileSync(join(project, ".pi", "config.toml"), 'theme = "dark"\n');
  screen.device.keys("/trust\r");
  await screen.until((text) => text.includes("config.toml") && text.includes("Nothing was decided"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("Nothing was decided"));
  expect(existsSync(join(screen.directory, "agent", "trust.json"))).toBe(false);
  screen.device.keys("/trust\r");
  await screen.until((text) => text.includes("Nothing was decided"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("is trusted"));
  expect(Object.values(JSON.parse(readFileSync(join(screen.directory, "agent", "trust.json"), "utf8")))).toEqual([true]);
});

test("a report of a bug says what goes in, is one's own file, and has no conversation unless asked", async () => {
  const screen = await openInteractive({ reply: textReply("private words"), columns: 200 });
  screen.device.keys("go\r");
  await screen.until((text) => text.includes("private words"));
  const reports = join(screen.directory, "agent", "reports");
  screen.device.keys("/bug it flickers\r");
  await screen.until((text) => text.includes("What goes into the report?"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Nothing has left this machine"));
  const [name = ""] = readdirSync(reports);
  const text = readFileSync(join(reports, name), "utf8");
  expect(text).toContain("it flickers");
  expect(text).not.toContain("private words");
  expect(statSync(join(reports, name)).mode & 0o777).toBe(0o600);
});

test("what goes over the network is refused in one line where that is forbidden", async () => {
  const screen = await openInteractive({ settings: { network: { offline: true } }, columns: 120 });
  screen.device.keys("go\r");
  await screen.until((text) => text.includes("done"));
  screen.device.keys("/share\r");
  await screen.until((text) => text.includes("forbids it"));
});

test("sharing names what leaves the machine and asks; a no leaves it here", async () => {
  const screen = await openInteractive({ columns: 160 });
  const bin = join(screen.directory, "bin");
  mkdirSync(bin);
  const called = join(screen.directory, "called");
  writeFileSync(join(bin, "gh"), `#!/bin/sh\necho "$@" >> '${called}'\n[ "$1" = auth ] || echo https://gist.example/1\n`, { mode: 0o755 });
  Object.assign(screen.interaction.env, { PATH: `${bin}:/usr/bin:/bin` });
  screen.device.keys("go\r");
  await screen.until((text) => text.includes("done"));
  screen.device.keys("/share\r");
  await screen.until((text) => text.includes("The whole session") && text.includes("secret gist"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("Nothing has left this machine"));
  expect(readFileSync(called, "utf8")).toBe("auth status\n");
  screen.device.keys("/share\r");
  await screen.until((text) => text.includes("The whole session"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Shared: https://gist.example/1"));
  expect(readFileSync(called, "utf8")).toMatch(/gist create --public=false \S+\.html/);
});

/** GitHub's program in its place, which does what the script says; gives where it was called, and with what. */
async function withGh(script: string): Promise<{ screen: InteractiveScreen; called(): string[] }> {
  const screen = await openInteractive({ columns: 160, rows: 40 });
  const bin = join(screen.directory, "bin");
  const called = join(screen.directory, "called");
  mkdirSync(bin);
  if (script !== "") writeFileSync(join(bin, "gh"), `#!/bin/sh\npwd >> '${called}'\n${script}\n`, { mode: 0o755 });
  Object.assign(screen.interaction.env, { PATH: script === "" ? bin : `${bin}:/usr/bin:/bin` });
  screen.device.keys("go\r");
  await screen.until((text) => text.includes("done"));
  screen.device.keys("/share\r");
  return { screen, called: () => readFileSync(called, "utf8").trim().split("\n") };
}

/** Nothing of the page is left behind. */
async function expectGone(directories: readonly string[]): Promise<void> {
  for (const directory of directories) expect(directory).toMatch(/pi-share-\w+$/);
  await vi.waitFor(() => expect(directories.filter((directory) => existsSync(directory))).toEqual([]), { timeout: 30_000 });
}

test.each([
  ["is not installed", "", "needs GitHub's program gh, which is not installed", "cli.github.com"],
  [
    "is not signed in",
    'echo "You are not logged into any GitHub hosts. To log in, run: gh auth login" >&2; exit 1',
    "gh is not signed in to GitHub",
    "gh auth login signs in",
  ],
  [
    "has no network",
    'printf "error connecting to api.github.com\\ncheck your internet connection\\n" >&2; exit 1',
    "gh cannot be used: error connecting to api.github.com",
    "gh auth status says more",
  ],
])("who shares and whose gh %s is told so, before anything is asked", async (_what, script, words, remedy) => {
  const { screen, called } = await withGh(script);
  const shown = await screen.until((text) => text.includes(words));
  expect(shown).toContain(remedy);
  expect(shown).toContain("/export writes the page to a file");
  expect(shown).not.toContain("Share this session?");
  if (script !== "") await expectGone(called());
});

test.each([
  [
    "the network goes",
    'printf -- "- Creating gist session.html\\nerror connecting to api.github.com\\ncheck your internet connection\\n" >&2; exit 1',
    "gh gist create failed: error connecting to api.github.com",
  ],
  [
    "GitHub refuses",
    'printf -- "- Creating gist session.html\\nX Failed to create gist: HTTP 404: Not Found\\n" >&2; exit 1',
    "gh gist create failed: Failed to create gist: HTTP 404: Not Found",
  ],
  ["nothing is said", "exit 4", "gh gist create failed: it says nothing of why"],
  ["there is no address", "echo done", "gh does not say where the page is"],
])("where %s while it is shared, that is one line, and the page is gone", async (_what, script, words) => {
  const { screen, called } = await withGh(`[ "$1" = auth ] && exit 0\n${script}`);
  await screen.until((text) => text.includes("Share this session?"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes(words));
  await expectGone(called());
});

test("sharing that takes long is called off; what was being written stays", async () => {
  const { screen, called } = await withGh('[ "$1" = auth ] && exit 0\nexec sleep 600');
  await screen.until((text) => text.includes("Share this session?"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Sharing the session …") && text.includes("Cancel"));
  screen.device.keys("\r");
  const shown = await screen.until((text) => text.includes("Sharing was called off"));
  expect(shown).toContain("gh gist list shows whether it has arrived all the same");
  await expectGone(called());
  screen.device.keys("written next");
  await screen.until((text) => text.includes("written next"));
});

test("what shows a shared page is the user's own to name", async () => {
  const { screen, called } = await withGh('[ "$1" = auth ] && exit 0\necho https://gist.github.com/someone/0123abcd');
  Object.assign(screen.interaction.env, { PI_SHARE_VIEWER_URL: "https://viewer.example/session/" });
  await screen.until((text) => text.includes("Share this session?"));
  screen.device.keys("\r");
  const shown = await screen.until((text) => text.includes("Shared: https://viewer.example/session/#0123abcd"));
  expect(shown).toContain("Gist: https://gist.github.com/someone/0123abcd");
  await expectGone(called());
});

test("a session file from elsewhere is taken over and gone on with, the file left as it is", async () => {
  const first = await openInteractive({ reply: textReply("said elsewhere") });
  first.device.keys("go\r");
  await first.until((text) => text.includes("said elsewhere"));
  const { id, filePath = "" } = first.sessions.coding.session;
  const second = await openInteractive({ columns: 160 });
  const file = join(second.directory, "brought.jsonl");
  copyFileSync(filePath, file);
  const bytes = readFileSync(file);
  second.device.keys(`/import ${file}\r`);
  await second.until((text) => text.includes("said elsewhere") && text.includes("Session file"));
  expect(second.sessions.coding.session.id).toBe(id);
  expect(second.sessions.coding.session.filePath).not.toBe(file);
  expect(readFileSync(file)).toEqual(bytes);
});

test("what is in the way of a command is one line, and the command stands in the editor", async () => {
  const screen = await openInteractive({ columns: 100 });
  screen.device.keys("/import nowhere.jsonl\r");
  const shown = await screen.until((text) => text.includes("Session file not found"));
  expect(shown).toMatch(/─\n\/import nowhere\.jsonl/);
});

test("each command of the screen is one word with a line about it", () => {
  const offered = screenCommands.filter(({ about }) => about !== "").map(({ name }) => name);
  const wanted = "settings scoped-models llama login logout copy share bug trust mcp hotkeys changelog quit debug fullscreen".split(" ");
  expect([...offered].sort()).toEqual([...wanted].sort());
});

test("whatever a session can do is done when it is typed, whether or not the screen has more to say of it", async () => {
  const { interaction, directory } = await openInteractive();
  const session = join(directory, "some.jsonl");
  writeFileSync(session, "");
  // Something that each of them takes; the first that is enough.
  const arguments_ = ["", "off", session, "some/thing"];
  const names = [...slashCommandsByName().keys()];
  expect(names).toContain("compact");
  for (const name of names) {
    const isEnough = (argument: string): boolean => {
      try {
        return typedCommand(`/${name} ${argument}`, directory)?.params !== undefined;
      } catch {
        return false;
      }
    };
    const argument = arguments_.find(isEnough);
    const command = slashCommandsByName().get(name);
    if (command === undefined || argument === undefined) throw new Error(`nothing is enough for /${name}`);
    const run = vi.spyOn(command, "run").mockRejectedValue(new Error("was run"));
    await expect(runSlash(name, argument, interaction), name).rejects.toThrow("was run");
    run.mockRestore();
  }
});

test("a compaction that is asked for and comes to nothing says why", async () => {
  const screen = await openInteractive();
  screen.device.keys("/compact\r");
  await screen.until((text) => text.includes("Nothing to compact") && /─\n\/compact/.test(text));
  expect(screen.drawn().match(/Nothing to compact/g)).toHaveLength(1);
});

test("a label is set where one is in the tree, which stays as it was; marks are not where the conversation stands", async () => {
  const screen = await openInteractive({ reply: textReply("An answer.") });
  for (const prompt of ["one", "two"]) {
    screen.device.keys(`${prompt}\r`);
    await screen.until((text) => text.includes(`❯ ${prompt}\n\nAn answer.`) && !text.includes("stops"));
  }
  screen.device.keys("/tree\r");
  await screen.until((text) => text.includes("❯ ◆ assistant: An answer."));
  screen.device.keys("\u0015\u001b[A");
  await screen.until((text) => /userOnly/.test(text) && text.includes("❯ • user: two"));
  screen.device.keys("L");
  await screen.until((text) => text.includes("Label"));
  screen.device.keys("a mark\r");
  await screen.until((text) => text.includes("❯ • [a mark] user: two") && text.includes("userOnly"));
  screen.device.keys("L\u001b");
  await screen.until((text) => text.includes("❯ • [a mark] user: two"));
  screen.device.keys("\u0004");
  const shown = await screen.until((text) => text.includes("view ·") && !text.includes("userOnly"));
  expect(shown).toContain("  ◆ assistant: An answer.");
  expect(shown).not.toContain("label:");
});

test("a summary of what is left behind that cannot be had is told, and nothing moves", async () => {
  let reply: Reply = textReply("An answer.");
  const screen = await openInteractive({ reply: (call) => reply(call) });
  for (const prompt of ["one", "two"]) {
    screen.device.keys(`${prompt}\r`);
    await screen.until((text) => text.includes(`❯ ${prompt}\n\nAn answer.`) && !text.includes("stops"));
  }
  const { leafId } = screen.sessions.coding.session;
  reply = async function* () {
    yield failed("bad_request", "no summary to be had");
  };
  screen.device.keys("/tree\r");
  await screen.until((text) => text.includes("user: two"));
  screen.device.keys("\u001b[A\u001b[A\r");
  await screen.until((text) => text.includes("What is left behind"));
  screen.device.keys("\u001b[B\r");
  await screen.until((text) => text.includes("no summary to be had"));
  expect(screen.sessions.coding.session.leafId).toBe(leafId);
});

test("a name that is none opens the list with it, and makes no file", async () => {
  const screen = await openInteractive({ reply: textReply("An answer.") });
  screen.device.keys("a prompt\r");
  await screen.until((text) => text.includes("An answer."));
  screen.device.keys("/resume nowhere\r");
  expect(await screen.until((text) => text.includes("› nowhere"))).toContain("Nothing matches");
  screen.device.keys("\u0015pro");
  await screen.until((text) => text.includes("❯ a prompt"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("Sessions"));
  expect(existsSync(join(screen.sessions.launch.options.cwd, "nowhere"))).toBe(false);
});

test("a model that is none opens the list of models with what was typed", async () => {
  const screen = await openInteractive({ options: { apiKey: "key", model: "scripted/demo" } });
  mkdirSync(join(screen.directory, "agent"), { recursive: true });
  const keys = JSON.stringify({ anthropic: { type: "api_key", key: "k" } });
  writeFileSync(join(screen.directory, "agent", "auth.json"), keys, { mode: 0o600 });
  screen.device.keys("/model haiku\r");
  expect(await screen.until((text) => text.includes("› haiku"))).toContain("anthropic/claude-haiku");
  // As if it had been typed: what follows stands behind it.
  screen.device.keys("-4");
  await screen.until((text) => text.includes("› haiku-4"));
  screen.device.keys("\u001b");
  await screen.until((text) => !text.includes("› haiku"));
  // The whole id of one model leaves nothing to choose.
  screen.device.keys("/model claude-haiku-4-5\r");
  await screen.until((text) => text.includes("Model: anthropic/claude-haiku-4-5"));
});

test.for([
  ["a list", ({ device }: InteractiveScreen): void => device.keys("/settings\r")],
  ["a question", ({ interaction }: InteractiveScreen): void => void interaction.ui.context.input("A name?")],
] as const)("the key that suspends does so over %s, which is there afterwards with what was typed", async ([, ask]) => {
  const screen = await openInteractive({ options: { apiKey: "key", model: "scripted/demo" } });
  let stops = 0;
  screen.device.suspend = () => void stops++;
  ask(screen);
  await screen.until((text) => /A name\?|›/.test(text));
  screen.device.keys("wor\u001ads");
  await screen.until((text) => text.includes("words"));
  expect(stops).toBe(1);
});

test.for(["copy", "left"])("a session that is open elsewhere is offered as a copy: %s", async (choice) => {
  const first = await openInteractive({ reply: textReply("said elsewhere") });
  first.device.keys("go\r");
  await first.until((text) => text.includes("said elsewhere"));
  const { id, filePath = "" } = first.sessions.coding.session;
  // On a new file it is taken a moment later.
  await expect.poll(() => leaseHolder(filePath)).toBe(process.pid);
  const second = await openInteractive({ columns: 200, directory: first.directory });
  const before = second.sessions.coding.session.id;
  second.device.keys(`/resume ${filePath}\r`);
  const asked = await second.until((text) => text.includes("is in use by") && text.includes("copy of it"));
  expect(asked).not.toContain("--on-busy");
  second.device.keys(choice === "copy" ? "\r" : "\u001b");
  if (choice === "copy") await second.until((text) => text.includes("said elsewhere"));
  else await second.until((text) => !text.includes("is in use by"));
  const now = second.sessions.coding.session.id;
  expect(now).not.toBe(id);
  expect(now === before).toBe(choice === "left");
});

test("words behind a command that takes none are told, and are not lost", async () => {
  const screen = await openInteractive();
  for (const name of ["hotkeys", "quit", "trust"]) {
    screen.device.keys(`/${name} now\r`);
    expect(await screen.until((text) => text.includes(`/${name} takes no argument, and was given "now"`))).toContain(`\n/${name} now`);
    screen.device.keys("\u0003");
  }
});

test("while the names are learned anew none is taken for none, and who asks waits for the last of them", async () => {
  const { sessions } = await openInteractive();
  const known = new KnownCommands(sessions);
  await known.learn();
  expect([known.mayBe("late"), known.mayBe("model")]).toEqual([false, true]);
  const first = known.learn();
  expect(known.mayBe("late")).toBe(true);
  const asked = known.has("late");
  const found = [{ name: "late", source: "extension" as const, sourceInfo: createSyntheticSourceInfo("<inline:1>", { source: "inline" }) }];
  vi.spyOn(sessions.extensions, "commands").mockReturnValue(found);
  await Promise.all([first, known.learn()]);
  expect([await asked, known.mayBe("later")]).toEqual([true, false]);
});

test("a name that is near to none is told where the names are, and stays in the editor", async () => {
  const screen = await openInteractive();
  screen.device.keys("/help\r");
  // Also where the names are not known yet.
  const shown = await screen.until((text) => text.includes("There is no command /help") && /─\n\/help/.test(text));
  expect(shown).toMatch(/\/ lists what there is; enter again sends it as it is/);
});
