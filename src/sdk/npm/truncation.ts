// Texts cut to what a model is shown, under the npm agent's names. Imported by extensions. Pure.

import * as shared from "../../tools/shared/truncate.ts";

export { formatSize, maxBytes as DEFAULT_MAX_BYTES, maxLines as DEFAULT_MAX_LINES } from "../../tools/shared/truncate.ts";
export type TruncationResult = shared.Truncation;

export interface TruncationOptions {
  /** Default 2000. */
  maxLines?: number;
  /** Default 50 KB. */
  maxBytes?: number;
}

const most = ({ maxLines, maxBytes }: TruncationOptions = {}): shared.Totals => ({
  lines: maxLines ?? shared.maxLines,
  bytes: maxBytes ?? shared.maxBytes,
});

/** Keeps the first lines. */
export function truncateHead(content: string, options?: TruncationOptions): TruncationResult {
  return shared.truncateHead(content, shared.totalsOf(content), most(options));
}

/** Keeps the last lines. */
export function truncateTail(content: string, options?: TruncationOptions): TruncationResult {
  return shared.truncateTail(content, shared.totalsOf(content), most(options));
}

const maxLineLength = 500;

/** One line, in characters. */
export function truncateLine(line: string, maxChars = maxLineLength): { text: string; wasTruncated: boolean } {
  return line.length <= maxChars
    ? { text: line, wasTruncated: false }
    : { text: `${line.slice(0, maxChars)}... [truncated]`, wasTruncated: true };
}

/** `:5`, `:5-9` or nothing: the lines that a read was asked for. */
export function formatReadLineRange(args: { offset?: number; limit?: number } | undefined): string {
  const { offset, limit } = args ?? {};
  if (offset === undefined && limit === undefined) return "";
  const first = offset ?? 1;
  return limit === undefined ? `:${first}` : `:${first}-${first + limit - 1}`;
}
