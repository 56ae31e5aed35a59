// Numbers as people read them. Called by the renderers of the export.

import { isoTime } from "../contracts/text/iso-time.ts";

/** 950, 12.3k, 1.4M. */
export function shortCount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  const [unit, letter] = count < 999_500 ? [1000, "k"] : [1_000_000, "M"];
  const value = count / Number(unit);
  return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)}${letter}`;
}

/** USD. */
export function money(usd: number): string {
  return `$${usd >= 1 || usd === 0 ? usd.toFixed(2) : usd.toFixed(usd < 0.01 ? 4 : 3)}`;
}

/** 340 ms, 4.2 s, 1 min 1 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Of base64 text. */
export function imageSize(base64: string): string {
  return byteSize(Math.floor((base64.length * 3) / 4));
}

/** 950 B, 12.3 kB, 1.4 MB. */
export function byteSize(bytes: number): string {
  const [, digits, unit] = /^([\d.]+)(.*)$/.exec(shortCount(bytes)) ?? [];
  return `${digits} ${unit}B`;
}

/** `2026-11-20 09:12 UTC`; the text itself where it is no date. */
export function dateTime(timestamp: string): string {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? timestamp : `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}

/** What is told of outputs that lie beside a session; empty where there are none. */
export function artifactsLeftOut(artifacts: { count: number; bytes: number } | undefined): string {
  const { count, bytes } = artifacts ?? { count: 0, bytes: 0 };
  return count === 0 ? "" : `${plural(count, "long output")} with ${byteSize(bytes)}, not included here`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
