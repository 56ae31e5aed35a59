// What a run has used beside what its messages say: sub-agents, summaries, what the service alone knows. Used by the translation, for its last
// message, and by hosted-run, for runs without one. Pure. Invariant: nothing that is known to be used is taken away.

import type { Usage } from "../contracts/usage.ts";

/** `one` with what is missing from `known` to `whole`. */
export function charged(one: Usage, known: Usage, whole: Usage): Usage {
  const more = (before: number, all: number, own: number): number => own + Math.max(0, all - before);
  const counts = {
    input: more(known.input, whole.input, one.input),
    output: more(known.output, whole.output, one.output),
    cacheRead: more(known.cacheRead, whole.cacheRead, one.cacheRead),
    cacheWrite: more(known.cacheWrite, whole.cacheWrite, one.cacheWrite),
  };
  // What the service says it costs is right, also where our prices said more.
  const said = whole.cost.total > 0 ? Math.max(0, one.cost.total + whole.cost.total - known.cost.total) : one.cost.total;
  return {
    ...one,
    ...counts,
    totalTokens: counts.input + counts.output + counts.cacheRead + counts.cacheWrite,
    cost: { ...one.cost, total: said, totalFromProvider: whole.cost.total > 0 || one.cost.totalFromProvider === true },
  };
}
