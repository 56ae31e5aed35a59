// The choice of a session: by what was said in it, of this folder or of all, with what was typed kept.

import { expect, test, vi } from "vitest";
import { SessionList } from "../../../src/modes/interactive/pickers/session-list.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Sessions of one home, each of a prompt and its answer. */
async function stored(directory: string, said: Readonly<Record<string, string>>): Promise<void> {
  for (const [prompt, answer] of Object.entries(said)) {
    const { ask, next, sessions } = await makeRpcWorld({ directory, reply: textReply(answer) });
    const settled = next((record) => record.type === "agent_settled");
    await ask("prompt", { message: prompt });
    await settled;
    await sessions.dispose();
  }
}

const said = { "about trees": "An oak, and a BEECH.", "about stars": "A beech is no star.", "about seas": "Nothing of the kind." };

test("what is typed is searched in what was said; only those that hold it are left, with the line", async () => {
  const directory = temporaryDirectory();
  await stored(directory, said);
  const screen = await openInteractive({ directory, columns: 120 });
  screen.device.keys("/resume\r");
  await screen.until((text) => text.includes("about seas"));
  screen.device.keys("beech\u0006");
  const shown = await screen.until((text) => text.includes('"beech" in 2'));
  expect(shown).toMatch(/about stars +A beech is no star\./);
  expect(shown).toMatch(/about trees +An oak, and a BEECH\./);
  expect(shown).not.toContain("about seas");
  screen.device.keys('"trees');
  await screen.until((text) => !text.includes("about stars"));
  screen.device.keys("\r");
  await screen.until((text) => /\nAn oak, and a BEECH\./.test(text));
  expect(screen.sessions.coding.conversation.messages.at(-1)?.role).toBe("assistant");
});

test("the search is taken back, and finds nothing where nothing holds it", async () => {
  const directory = temporaryDirectory();
  await stored(directory, said);
  const screen = await openInteractive({ directory, columns: 120 });
  screen.device.keys("/resume\r");
  await screen.until((text) => text.includes("about seas"));
  screen.device.keys("no such words\u0006");
  await screen.until((text) => text.includes("Nothing matches"));
  screen.device.keys("\u0006");
  await screen.until((text) => text.includes("about seas") && text.includes("about stars"));
});

test("a session is renamed over the list, from the name it has, and the list stays as it was", async () => {
  const directory = temporaryDirectory();
  await stored(directory, said);
  const screen = await openInteractive({ directory, columns: 120 });
  screen.device.keys("/resume\r");
  await screen.until((text) => text.includes("about seas"));
  screen.device.keys('"stars');
  await screen.until((text) => !text.includes("about trees"));
  for (const [typed, name] of [
    ["astronomy", "astronomy"],
    [" now", "astronomy now"],
  ] as const) {
    screen.device.keys("\u0012");
    await screen.until((text) => text.includes("Name of the session"));
    screen.device.keys(`${typed}\r`);
    await screen.until((text) => text.includes(`❯ ${name} `));
  }
  expect(screen.drawn()).not.toContain("about trees");
});

test("a session that is chosen and cannot be had is told, and nothing comes into the editor", async () => {
  const directory = temporaryDirectory();
  await stored(directory, { "about trees": "An oak." });
  const screen = await openInteractive({ directory, columns: 120 });
  vi.spyOn(screen.sessions.changes, "switchSession").mockRejectedValue(new Error("It is in use"));
  screen.device.keys("/resume\r");
  await screen.until((text) => text.includes("❯ about trees"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("It is in use"));
  expect(screen.interaction.screen.editor.getText()).toBe("");
});

test("RPC: the first line of each session that holds the text, the newest session first", async () => {
  const directory = temporaryDirectory();
  await stored(directory, said);
  const { ask, sessions } = await makeRpcWorld({ directory });
  const { data } = await ask("search_sessions", { text: "Beech" });
  expect((data as { sessions: { line: string; where: string }[] }).sessions.map(({ line, where }) => [where, line])).toEqual([
    ["text", "A beech is no star."],
    ["text", "An oak, and a BEECH."],
  ]);
  expect(((await ask("search_sessions", { text: "beech", limit: 1 })).data as { sessions: unknown[] }).sessions).toHaveLength(1);
  await sessions.dispose();
});

test("a search that fails is told, and the list does not say that it goes on", async () => {
  const hints: string[] = [];
  const failures: unknown[] = [];
  const list = new SessionList({
    keys: { matches: (data, id) => data === id, keyOf: () => "" },
    homeDir: "/home/me",
    load: async () => [],
    search: () => Promise.reject(new Error("no such disk")),
    remove: async () => {},
    fail: (error) => void failures.push(error),
  });
  const picker = { setItems: () => {}, setFilter: () => {}, setHint: (hint: string) => void hints.push(hint) };
  list.press("app.session.search", undefined, "words", picker);
  await vi.waitFor(() => expect(failures).toEqual([new Error("no such disk")]));
  expect(hints).toContain('searching for "words" …');
  expect(hints.at(-1)).toBe(list.hint);
});
