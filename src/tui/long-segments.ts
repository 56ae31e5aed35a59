// Very long texts without a blank are cut into characters piece by piece: on Node the language's own way through one takes a time that grows with the
// square of its length (100 KB: ten seconds). Called by the screen's terminal, once. Invariant: the characters are those of the whole text.

import { getGraphemeSegmenter } from "@earendil-works/pi-tui/dist/utils.js";

/** So long a text is given to it as it is. */
const longText = 4096;
const pieceLength = 1024;

/** Between two of these a character ends, whatever stands around them. */
const plain = /^[ -~\u00c0-\u024f\u0400-\u0481\u3040-\u3096\u30a0-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}$/;

/** For all that draws: the library has one that it uses everywhere. */
export function segmentInPieces(): void {
  const segmenter = getGraphemeSegmenter();
  // Not once more: there may be several terminals.
  if (Object.hasOwn(segmenter, "segment")) return;
  const whole = segmenter.segment.bind(segmenter);
  segmenter.segment = (text: string) => (text.length < longText ? whole(text) : (piecesOf(text, whole) as Intl.Segments));
}

export function piecesOf(
  text: string,
  whole: (text: string) => Intl.Segments,
): Pick<Intl.Segments, "containing"> & Iterable<Intl.SegmentData> {
  return {
    containing: (index) => whole(text).containing(index),
    *[Symbol.iterator]() {
      for (let from = 0; from < text.length; ) {
        let to = Math.min(text.length, from + pieceLength);
        while (to < text.length && !plain.test(text.slice(to - 1, to + 1))) to++;
        for (const { segment, index, isWordLike } of whole(text.slice(from, to)))
          yield { segment, index: from + index, input: text, ...(isWordLike !== undefined && { isWordLike }) };
        from = to;
      }
    },
  };
}
