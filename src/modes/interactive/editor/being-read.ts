// What is on its way into the text, a picture that is read or the clipboard, and who waits for it. Made by the composer; asked by the editor before a
// text goes. Invariant: nobody waits longer than `longestMs` for one of them, however it ends.

/** Longer than a program that has the clipboard is given; what takes longer comes into the next text. */
const longestMs = 15_000;

export class BeingRead {
  readonly #works = new Set<object>();
  readonly #waiting: (() => void)[] = [];

  get isSomething(): boolean {
    return this.#works.size > 0;
  }

  add(work: Promise<unknown>): void {
    const mine = {};
    this.#works.add(mine);
    const done = (): void => {
      clearTimeout(timer);
      if (!this.#works.delete(mine) || this.isSomething) return;
      for (const call of this.#waiting.splice(0)) call();
    };
    const timer = setTimeout(done, longestMs);
    timer.unref();
    work.then(done, done);
  }

  /** Called when nothing is read any more. */
  whenDone(call: () => void): void {
    this.#waiting.push(call);
  }
}
