// The search in what was sent before, over all sessions. Opened by its key.

import type { Surface } from "../surface.ts";

export function openHistorySearch(at: Surface): void {
  const texts = at.composer.history();
  if (texts.length === 0) {
    at.hint("Nothing has been sent yet");
    return;
  }
  at.choose({
    title: "History",
    items: texts.map((text, index) => ({ value: String(index), label: text.replaceAll("\n", " ↵ ") })),
    take: (value) => {
      const draft = at.screen.editor.getExpandedText();
      if (draft !== "") at.composer.remember(draft);
      at.screen.editor.setText(texts[Number(value)] ?? "");
    },
  });
}
