// The mode without a screen over lines that a test types. Used by the tests of what is said and asked there. Invariant: it ends when the lines have.

import type { SessionHost } from "../../src/harness/host/session-host.ts";
import { converseInLines } from "../../src/modes/interactive/plain/plain-mode.ts";
import type { ModeContext } from "../../src/modes/mode.ts";

export interface PlainLines {
  columns: number;
  /** As bytes; what has been said by then is waited for in between. */
  lines(): AsyncGenerator<Uint8Array>;
  said(text: string): void;
}

export async function converseByLines(sessions: SessionHost, { columns, lines, said }: PlainLines): Promise<void> {
  const at = {
    io: {
      stdin: { isTerminal: true, chunks: lines, release: () => {} },
      stdout: { isTerminal: true, columns, write: said, flush: async () => {} },
      now: () => 0,
    },
    prompts: [],
    picksSession: false,
    ending: new AbortController().signal,
    takeWarnings: () => () => {},
    onInterrupt: () => () => {},
    env: {},
  } as unknown as ModeContext;
  await converseInLines(sessions, at);
  await sessions.dispose();
}
