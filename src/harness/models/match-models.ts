// How well a pattern names a model. Pure; used by select-model, the cycling scope and the search of `pi models`.

import { isThinkingLevel, type Model, type ThinkingLevel } from "../../contracts/model.ts";

/** `sonnet:high` as pattern and level; a suffix that is no level belongs to the pattern (`qwen3:30b`). */
export function splitLevel(pattern: string): { pattern: string; level?: ThinkingLevel } {
  const colon = pattern.lastIndexOf(":");
  const suffix = pattern.slice(colon + 1);
  return colon > 0 && isThinkingLevel(suffix) ? { pattern: pattern.slice(0, colon), level: suffix } : { pattern };
}

/** The last part of an id such as `anthropic/claude-sonnet-5`. */
export function idTail(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Whether the words of the pattern occur in id or name: as one text first (2), else each by itself (1). 0: no. */
export function fuzzyScore(pattern: string, model: Model): 0 | 1 | 2 {
  const wanted = fold(pattern);
  if (wanted === "") return 0;
  const texts = [fold(model.id), fold(model.name), fold(`${model.provider}/${model.id}`)];
  if (texts.some((text) => text.includes(wanted))) return 2;
  const words = pattern.trim().split(/\s+/).map(fold);
  const all = texts.join(" ");
  return words.length > 1 && words.every((word) => all.includes(word)) ? 1 : 0;
}

/** Best first: better match, the plain name before snapshots and previews, higher version, shorter id. */
export function byFitness(pattern: string): (a: Model, b: Model) => number {
  return (a, b) =>
    fuzzyScore(pattern, b) - fuzzyScore(pattern, a) ||
    Number(isSideline(a.id)) - Number(isSideline(b.id)) ||
    compareVersions(versionOf(b.id), versionOf(a.id)) ||
    a.id.length - b.id.length ||
    (a.id < b.id ? -1 : 1);
}

/** `*` and `?` match within the whole `provider/id`, and within the id alone. */
export function matchesGlob(glob: string, model: Model): boolean {
  const source = glob
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const pattern = new RegExp(`^${source}$`, "i");
  return pattern.test(`${model.provider}/${model.id}`) || pattern.test(model.id);
}

/** Case and the choice among `.`, `_`, blank and `-` do not matter: people write `sonnet 4.5` for `sonnet-4-5`. */
function fold(text: string): string {
  return text.toLowerCase().replace(/[._\s-]+/g, "-");
}

/** Dated snapshots, previews, batch variants. */
function isSideline(id: string): boolean {
  return /\d{4}-\d{2}-\d{2}|\d{8}|[-:](?:batch|preview|exp)\b/.test(id);
}

/** `claude-opus-4-5` is [4, 5], `gpt-6.1-sol` [6, 1]; sizes (`120b`) and dates are no versions. */
function versionOf(id: string): number[] {
  const match = /(?:^|[-_/ ])[a-z]?(\d{1,2}(?:[.-]\d{1,2})*)(?![\w.])/i.exec(idTail(id));
  return match?.[1]?.split(/[.-]/).map(Number) ?? [];
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
