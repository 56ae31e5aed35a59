// Code in the colours of a theme, line by line. Called where code is shown on a terminal: loaded with the first of it; extensions have it by name.
// Invariant: without its colours each line is the code's.

import { type Mark, type MarkWriter, markCode } from "./mark-code.ts";

/** Colours by role, as a theme has them. */
export interface CodePainter {
  fg(role: string, text: string): string;
}

const roleOf: Readonly<Record<Mark, string>> = {
  keyword: "syntaxKeyword",
  string: "syntaxString",
  comment: "syntaxComment",
  number: "syntaxNumber",
  function: "syntaxFunction",
  type: "syntaxType",
  property: "syntaxVariable",
  variable: "syntaxVariable",
  header: "toolDiffContext",
  range: "accent",
  added: "toolDiffAdded",
  removed: "toolDiffRemoved",
};

/** `undefined` where the language is not known, or the code is too long for colours to help. */
export function colouredCode(code: string, languageName: string, painter: CodePainter): string[] | undefined {
  const lines = [""];
  const add = (text: string, role: string): void => {
    for (const [at, part] of text.split("\n").entries()) {
      if (at > 0) lines.push("");
      if (part !== "") lines[lines.length - 1] += painter.fg(role, part);
    }
  };
  let plain = "";
  const flush = (): void => {
    if (plain !== "") add(plain, "mdCodeBlock");
    plain = "";
  };
  const writer: MarkWriter = {
    plain: (text) => {
      plain += text;
    },
    mark: (mark, text) => {
      flush();
      add(text, roleOf[mark]);
    },
  };
  if (!markCode(code, fenceName(languageName), writer)) return undefined;
  flush();
  return lines;
}

/** What stands behind a fence beside the name is nobody's. */
function fenceName(said: string): string {
  return (
    said
      .trim()
      .replace(/^language-/, "")
      .split(/[\s{,:]/, 1)[0] ?? ""
  );
}
