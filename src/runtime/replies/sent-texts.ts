// Remembers what a run has already said through a messaging tool, so that its host does not send the same block again.
// Invariant: a text counts only once its tool has succeeded.

export interface SentTexts {
  /** A messaging tool has started to send this. */
  begin(toolCallId: string, text: string): void;
  end(toolCallId: string, isError: boolean): void;
  /** Whether a block says what was sent; shorter ones than ten letters and digits are never held to be the same. */
  has(block: string): boolean;
}

const shortest = 10;
/** A run that sends more than this is forgotten from its beginning. */
const mostTexts = 1000;

/** Case, blanks and punctuation make no other text. */
const essence = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s\p{P}\p{Cf}]+/gu, "");

export function createSentTexts(): SentTexts {
  const going = new Map<string, string>();
  const sent = new Set<string>();
  return {
    begin: (toolCallId, text) => {
      going.set(toolCallId, essence(text));
    },
    end: (toolCallId, isError) => {
      const text = going.get(toolCallId);
      going.delete(toolCallId);
      if (text === undefined || isError || text.length < shortest) return;
      sent.add(text);
      const [oldest] = sent;
      if (sent.size > mostTexts && oldest !== undefined) sent.delete(oldest);
    },
    has: (block) => sent.has(essence(block)),
  };
}
