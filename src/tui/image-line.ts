// Lines that are a picture in a terminal's own protocol: not measured, not cut. Used by the screens. Pure.

export function isImageLine(line: string): boolean {
  return line.includes("\u001b_G") || line.includes("\u001b]1337;File=");
}
