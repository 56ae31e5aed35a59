// One line to type into: the library's, with what is pasted into it shown and not obeyed. Used by lists and questions. Invariant: what was typed or pasted
// stays as it is; each of its characters is drawn as one.

import { Input } from "@earendil-works/pi-tui";
import { visibleText } from "../contracts/text/plain.ts";

export class LineInput extends Input {
  override render(width: number): string[] {
    const { value } = this as unknown as { value: string };
    const shown = visibleText(value);
    if (shown === value) return super.render(width);
    this.setValue(shown);
    try {
      return super.render(width);
    } finally {
      this.setValue(value);
    }
  }
}
