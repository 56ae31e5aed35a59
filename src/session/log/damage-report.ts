// What is wrong with a session's file, told line by line. Called by file-log, each time it has looked at the whole file.
// Invariant: nothing is told twice, however often the file is looked at.

import type { LineIndex } from "../index/line-index.ts";

export class DamageReport {
  /** Line numbers. */
  readonly #toldDamage = new Set<number>();
  readonly #toldAdrift = new Set<number>();
  readonly #path: string;
  readonly #onWarning: ((text: string) => void) | undefined;

  constructor(path: string, onWarning: ((text: string) => void) | undefined) {
    this.#path = path;
    this.#onWarning = onWarning;
  }

  tell({ torn, damagedLineNumbers, adriftLineNumbers }: LineIndex): void {
    const lines = newIn(damagedLineNumbers, this.#toldDamage);
    if (lines.length > 0)
      this.#say(lines.length === 1 ? `line ${lines[0]} is damaged and is skipped` : `lines ${listed(lines)} are damaged and are skipped`);
    const adrift = newIn(adriftLineNumbers, this.#toldAdrift);
    if (adrift.length > 0) {
      const [noun, verb] = adrift.length === 1 ? ["line", "continues"] : ["lines", "continue"];
      this.#say(
        `${noun} ${listed(adrift)} ${verb} something that is not in the file, and ${adrift.length === 1 ? "is" : "are"} taken to follow the line before`,
      );
    }
    if (torn !== undefined && newIn([torn.lineNumber], this.#toldDamage).length > 0)
      this.#say(`the last line (${torn.lineNumber}) was cut off and is set aside`);
  }

  #say(text: string): void {
    this.#onWarning?.(`Session file ${this.#path}: ${text}`);
  }
}

/** Those not told yet, which are from now on. */
function newIn(lineNumbers: readonly number[], told: Set<number>): number[] {
  const found = lineNumbers.filter((line) => !told.has(line));
  for (const line of found) told.add(line);
  return found;
}

function listed(lineNumbers: readonly number[]): string {
  return lineNumbers.slice(0, 5).join(", ") + (lineNumbers.length > 5 ? ` and ${lineNumbers.length - 5} more` : "");
}
