// Of the models of one provider the one that a new id is most like: what a list does not tell of a model is taken from it. Pure.
// Called by models-dev for new models of a fetched list, and by the registry for an id that stands in no list.

import type { Model } from "../contracts/model.ts";

/** The model whose id has the longest beginning in common, the last of several: formats and levels go by family. */
export function nearestKin(id: string, ours: readonly Model[]): Model | undefined {
  let best: Model | undefined;
  let bestLength = -1;
  for (const model of ours) {
    let length = 0;
    while (length < id.length && id[length] === model.id[length]) length++;
    if (length >= bestLength) {
      best = model;
      bestLength = length;
    }
  }
  return best;
}
