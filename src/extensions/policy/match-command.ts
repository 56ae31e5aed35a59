// Whether a row's command pattern fits a command. Called by judge. Pure. Invariant: what forbids reaches as far as the words could mean,
// what allows no farther than they say.

import { wordMatcher } from "./rows.ts";
import { programName } from "./shell-line.ts";
import type { Word } from "./shell-words.ts";

/** A row's pattern, read once for all calls. */
export interface CommandPattern {
  /** The program's own name where it is written out: no command of another name fits. */
  program: string | undefined;
  isProgram(said: string): boolean;
  words: readonly WantedWord[];
  /** What stands behind the program. */
  options: readonly string[];
  operands: readonly WantedWord[];
}

interface WantedWord {
  /** A lone `*`: any words, also none. */
  isAny: boolean;
  fits(text: string): boolean;
}

export function commandPattern(pattern: string): CommandPattern {
  const texts = pattern.split(/\s+/).filter((word) => word !== "");
  const [head = "*", ...rest] = texts;
  const wanted = (word: string): WantedWord => ({ isAny: word === "*", fits: wordMatcher(word) });
  const whole = wordMatcher(head);
  const name = wordMatcher(programName(head));
  return {
    program: /[*?]/.test(head) ? undefined : programName(head),
    isProgram: (said) => whole(said) || whole(programName(said)) || name(programName(said)),
    words: texts.map(wanted),
    options: rest.filter((word) => /^-[^*?]/.test(word)),
    operands: rest.filter((word) => !/^-[^*?]/.test(word)).map(wanted),
  };
}

/** Behind paths, between options, in computed words: may it be this command? */
export function mayBe({ isProgram, options, operands }: CommandPattern, words: readonly Word[]): boolean {
  const [first, ...said] = words;
  if (first === undefined) return false;
  if (!first.isComputed && !isProgram(first.text)) return false;
  return options.every((option) => hasOption(option, said)) && fits(operands, said, { skipsOptions: true });
}

/** The words as they stand, with any behind them. */
export function isExactly(pattern: CommandPattern, words: readonly Word[]): boolean {
  return fits(pattern.words, words, { skipsOptions: false });
}

/** `-rf` is also `-fr`, `-r -f` and in `-vrf`; `--force` also `--force=x`. */
function hasOption(option: string, said: readonly Word[]): boolean {
  if (said.some((word) => word.isComputed || word.text === option || word.text.startsWith(`${option}=`))) return true;
  if (option.startsWith("--")) return said.some(({ text }) => /^--[^=]{2,}/.test(text) && option.startsWith(text.split("=")[0] ?? text));
  const letters = said.flatMap(({ text }) => (/^-[^-]/.test(text) ? [...text.slice(1)] : []));
  return [...option.slice(1)].every((letter) => letters.includes(letter));
}

/** Whether the words begin with those that are wanted; a lone `*` is any words, also none. */
function fits(wanted: readonly WantedWord[], said: readonly Word[], how: { skipsOptions: boolean }): boolean {
  // Places in `wanted` that can have been reached: patterns with several `*` cost no more than their length.
  let places = closed(wanted, new Set([0]));
  let next = new Set<number>();
  for (const word of said) {
    if (places.has(wanted.length)) return true;
    const reached = new Set(next);
    next = new Set();
    for (const place of places) {
      const pattern = wanted[place];
      if (pattern?.isAny === true) reached.add(place);
      if (word.isComputed) {
        // It may be any words: in what forbids it is all that is still wanted.
        if (how.skipsOptions) return true;
        continue;
      }
      if (pattern?.fits(word.text) === true) reached.add(place + 1);
      if (how.skipsOptions && /^[-+]./.test(word.text)) {
        reached.add(place);
        // Its value, which may be the next word.
        next.add(place);
      }
    }
    places = closed(wanted, reached);
  }
  return places.has(wanted.length) || false;
}

function closed(wanted: readonly WantedWord[], places: ReadonlySet<number>): Set<number> {
  const all = new Set(places);
  for (const place of all) if (wanted[place]?.isAny === true) all.add(place + 1);
  return all;
}
