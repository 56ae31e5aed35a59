// A program that draws on its terminal as a screen does: a short frame, more than a terminal has room for, another short one. Bundled and run by the
// suite of the terminal, on Bun and on Node. Says behind each short one whether the terminal still had to take it; ends with a key.

import { Terminal } from "../../src/platform/terminal/terminal.ts";

const terminal = new Terminal();
terminal.start({
  input: () => void terminal.end(false).then(() => process.exit(0)),
  resize: () => {},
  drain: () => {},
  printed: () => {},
  resumed: () => {},
});

const short = (text: string): void => {
  terminal.write(text);
  terminal.write(`${text} ${terminal.isBusy ? "waits" : "is taken"}\r\n`);
};

short("first");
for (let line = 0; line < 20_000; line++) terminal.write(`line ${line}\r\n`);
await terminal.flush();
short("last");
