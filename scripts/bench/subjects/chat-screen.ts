// What the interactive mode is held against: a chat on the same library and the same screen, and nothing else: no session, no configuration, no tools. An editor;
// Enter asks the local server once and shows its pieces as they come; Ctrl-D ends it.

import { Editor, Markdown } from "@earendil-works/pi-tui";
import { Terminal } from "../../../src/platform/terminal/terminal.ts";
import { type KeptBlock, KeptLines } from "../../../src/tui/kept-lines.ts";
import { MainScreen } from "../../../src/tui/main-screen.ts";
import { ScreenTerminal } from "../../../src/tui/screen-terminal.ts";

const same = (text: string): string => text;
const plain = Object.fromEntries(
  "heading link linkUrl code codeBlock codeBlockBorder quote quoteBorder hr listBullet bold italic strikethrough underline"
    .split(" ")
    .map((name) => [name, same]),
);

class Answer implements KeptBlock {
  text = "";
  isLive = true;
  #lines: string[] | undefined;

  lines(width: number): string[] {
    // Wrapped as they are: what Markdown costs is not the screen's.
    this.#lines ??= this.isLive
      ? (this.text.match(new RegExp(`.{1,${width}}`, "g")) ?? [])
      : new Markdown(this.text, 0, 0, plain as never).render(width);
    return this.#lines;
  }

  settled(): number {
    return this.isLive ? 0 : Number.POSITIVE_INFINITY;
  }

  invalidate(): void {
    this.#lines = undefined;
  }
}

const device = new Terminal();
const terminal = new ScreenTerminal(device, { escapeMs: 10 });
terminal.open();
const kept = new KeptLines();
const screen = new MainScreen(terminal, { tail: kept, reflows: true, noRoom: "more room", failed: () => {} });
const selectList = { selectedPrefix: same, selectedText: same, description: same, scrollInfo: same, noMatch: same };
const editor = new Editor(screen, { borderColor: same, selectList });
screen.addChild(editor);
screen.setFocus(editor);
screen.addInputListener((data) => {
  if (data !== "\u0004") return undefined;
  screen.stop({ preserveScreen: true });
  void terminal.end().then(() => process.exit(0));
  return { consume: true };
});
editor.onSubmit = (text) => void ask(text);
screen.start();

async function ask(text: string): Promise<void> {
  const answer = new Answer();
  kept.add(answer);
  const body = JSON.stringify({ model: "bench", stream: true, messages: [{ role: "user", content: text }] });
  const response = await fetch(`${process.env.ANTHROPIC_BASE_URL}/v1/messages`, { method: "POST", body });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const { delta } = JSON.parse(line.slice(6));
      if (delta?.text === undefined) continue;
      answer.text += delta.text;
      answer.invalidate();
      screen.requestRender();
    }
  }
  answer.isLive = false;
  answer.invalidate();
  screen.requestRender();
}
