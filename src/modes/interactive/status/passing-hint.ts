// A few words below the editor that go away by themselves. Made by the status, shown by the footer. Invariant: the newest counts, and no timer outlives it.

const usualMs = 3000;

export class PassingHint {
  readonly #changed: () => void;
  #timer: NodeJS.Timeout | undefined;
  text = "";

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  show(text: string, shownMs = usualMs): void {
    this.end();
    this.text = text;
    this.#timer = setTimeout(() => {
      this.text = "";
      this.#changed();
    }, shownMs);
    this.#changed();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
