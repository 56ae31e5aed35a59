// The library sets every cell of a table to the left, and lets a wide character stand out of a column that is narrower than it. Asked for by who has Markdown
// drawn. Invariant: no row of a table is wider than its borders; where a column cannot hold a character, the table stands as it was written.

import { Markdown, visibleWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import type { Tokens } from "marked";

type WrapCell = (text: string, width: number, stylePrefix?: string) => string[];
type DrawTable = (this: Drawing, token: Tokens.Table, width: number, next?: string, style?: unknown) => string[];
interface Drawing {
  wrapCellText: WrapCell;
}

const prototype = Markdown.prototype as unknown as { renderTable: DrawTable };
const drawTable = prototype.renderTable;

const drawnTable: DrawTable = function (token, width, next, style) {
  let cells = 0;
  let standsOut = false;
  // Cells are wrapped row by row, each row from its first column on.
  const wrapCellText: WrapCell = (text, columns, stylePrefix) => {
    const align = token.align[cells++ % token.header.length];
    return this.wrapCellText(text, columns, stylePrefix).map((line) => {
      const room = columns - visibleWidth(line);
      if (room < 0) standsOut = true;
      return `${before(align, room)}${line}`;
    });
  };
  const lines = drawTable.call(Object.assign(Object.create(this), { wrapCellText }) as Drawing, token, width, next, style);
  if (!standsOut) return lines;
  return [...wrapTextWithAnsi(token.raw.trimEnd(), width), ...(next !== undefined && next !== "space" ? [""] : [])];
};

function before(align: Tokens.Table["align"][number] | undefined, room: number): string {
  if (room <= 0 || align === null || align === undefined || align === "left") return "";
  return " ".repeat(align === "right" ? room : Math.floor(room / 2));
}

/** For all who draw with it. */
export function alignTableCells(): void {
  prototype.renderTable = drawnTable;
}
