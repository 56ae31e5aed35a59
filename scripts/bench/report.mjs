// How results look: the table for people, rows for logs and for results/. Pure. Called by run.mjs.

/** @typedef {import("./gate.mjs").Row} Row */

/**
 * An aligned table, one line a figure.
 * @param {Row[]} rows
 * @returns {string}
 */
export function table(rows) {
  const head = ["figure", "pi", "against", "", "reached", "budget", "ceiling", ""];
  const body = rows.map(cells);
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((line) => line[column].length)));
  const rightAligned = new Set([1, 2, 4, 5, 6]);
  const lines = [head, ...body].map((line) =>
    line
      .map((cell, column) => (rightAligned.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/**
 * The same as a record without functions.
 * @param {Row} row
 */
export function record({ id, state, figure, bound, measured, attempts, note }) {
  return { figure: id, state, unit: figure?.unit, compare: figure?.compare, ...measured, ...bound, attempts, note };
}

/** @param {Row} row */
function cells({ id, state, figure, bound, measured, attempts, note }) {
  const unit = figure?.unit ?? "";
  const amount = (value) => (value === undefined ? "" : `${value.toFixed(1)} ${unit}`);
  const compared = (value) => {
    if (value === undefined) return "";
    return figure?.compare === "difference" ? `${value < 0 ? "-" : "+"}${amount(Math.abs(value))}` : `${value.toFixed(2)} ×`;
  };
  const again = attempts > 1 ? ` (measured ${attempts} times)` : "";
  return [
    figure?.title ?? id,
    amount(measured?.subject),
    amount(measured?.baseline),
    figure?.against ?? "",
    compared(measured?.value),
    compared(bound?.budget),
    compared(bound?.ceiling),
    `${state}${again}${note === undefined ? "" : `: ${note}`}`,
  ];
}
