// A help page as the terminal has room for it. Called by help and by the commands for theirs.
// Invariants: no line is wider than the terminal, and no letter is lost; in a pipe a page is what it is: what belongs together on one line.

import type { Host } from "../platform/host.ts";

/** Narrower than this, what a thing is called and what it does are a line each. */
const narrow = 72;
/** What it does needs so much beside what it is called, or goes below. */
const leastBeside = 28;
/** However far in something stands, so much of it goes on a line. */
const leastRoom = 10;
/** A name, and behind two blanks or more what it is. */
const row = /^( +)(\S(?:.*?\S)?)( {2,})(\S.*)$/;

export async function writePage(host: Pick<Host, "stdout">, text: string): Promise<void> {
  const { isTerminal, columns } = host.stdout;
  await host.stdout.write(isTerminal ? fitPage(text, columns) : text);
}

export function fitPage(text: string, terminalWidth: number): string {
  const width = Math.max(20, terminalWidth);
  const lines = text
    .trimEnd()
    .split("\n")
    .flatMap((line) => fitLine(line, width));
  return `${lines.join("\n")}\n`;
}

function fitLine(line: string, width: number): string[] {
  if (width === Number.POSITIVE_INFINITY) return [line];
  const [, indent = "", name = "", gap = "", help = ""] = row.exec(line) ?? [];
  if (name === "") return wrapped(line.trimStart(), width, /^ */.exec(line)?.[0] ?? "");
  const behind = indent.length + name.length + gap.length;
  if (width < narrow || width - behind < leastBeside) {
    const names = wrapped(name, width, indent.length + name.length > width ? "  " : indent);
    return [...names, ...wrapped(help, width, "      ")];
  }
  const [first = "", ...more] = wrapped(help, width, " ".repeat(behind));
  return [`${indent}${name}${gap}${first.trimStart()}`, ...more];
}

/** At blanks; a word that is longer than a line is cut. */
function wrapped(text: string, width: number, wanted: string): string[] {
  const indent = wanted.slice(0, Math.max(0, width - leastRoom));
  const room = width - indent.length;
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    while (word.length > room) {
      if (line !== "") lines.push(line);
      line = "";
      lines.push(word.slice(0, room));
      word = word.slice(room);
    }
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return (line === "" && lines.length > 0 ? lines : [...lines, line]).map((one) => (one === "" ? "" : indent + one));
}
