// Lines that are a picture in a terminal's own protocol: not measured, not cut. Used by the screens. Pure.

export function isImageLine(line: string): boolean {
  return line.includes("\u001b_G") || line.includes("\u001b]1337;File=");
}

/** Of the rows that it covers, those below its own: kitty's stand after it in the transcript, iTerm2's before. */
export function rowsBelow(line: string): number {
  if (!line.startsWith("\u001b_G")) return 0;
  const rows = /^\u001b_G[^;]*?\br=(\d{1,3})\b/.exec(line.slice(0, 200))?.[1];
  return rows === undefined ? 0 : Number(rows) - 1;
}

/** What takes a picture of kitty's off the terminal again; empty where the line holds none. */
export function removal(line: string): string {
  const id = /^\u001b_G[^;]*?\bi=(\d+)\b/.exec(line.slice(0, 200))?.[1];
  return id === undefined ? "" : `\u001b_Ga=d,d=I,i=${id},q=2\u001b\\`;
}
