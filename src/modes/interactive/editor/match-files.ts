// Which of many paths are meant by a few letters. Used by the completion. Pure. Invariant: linear in what is looked at; letters in their order, the file's
// own name before its directories, the beginning of a word before its middle.

export function bestMatches(files: readonly string[], typed: string, count: number): string[] {
  if (typed === "") return files.slice(0, count);
  const wanted = typed.toLowerCase();
  const best: { file: string; score: number }[] = [];
  for (const file of files) {
    const score = scoreOf(file, wanted);
    if (score === 0) continue;
    if (best.length === count && score <= (best.at(-1)?.score ?? 0)) continue;
    const at = best.findIndex((one) => one.score < score || (one.score === score && one.file.length > file.length));
    best.splice(at < 0 ? best.length : at, 0, { file, score });
    if (best.length > count) best.pop();
  }
  return best.map(({ file }) => file);
}

/** 0: none of it. */
function scoreOf(file: string, wanted: string): number {
  const path = file.toLowerCase();
  const name = path.slice(path.lastIndexOf("/", path.length - 2) + 1);
  if (name === wanted || name === `${wanted}/`) return 100;
  if (name.startsWith(wanted)) return 90;
  if (path.startsWith(wanted)) return 85;
  if (name.includes(wanted)) return 80;
  if (path.includes(wanted)) return 70;
  if (isSpread(name, wanted)) return 50;
  return isSpread(path, wanted) ? 30 : 0;
}

function isSpread(text: string, wanted: string): boolean {
  let at = 0;
  for (const letter of wanted) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
