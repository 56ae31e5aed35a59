// What went wrong in an extension's code, with where in its files as far as the error tells. Called by who tells of it: load, dispatch, api.

import { dirname } from "node:path";
import { messageOf } from "../contracts/error.ts";
import type { Extension } from "../contracts/extension.ts";
import { isBelow, placeOf } from "../platform/modules/load-module.ts";

export function errorIn({ resolvedPath }: Pick<Extension, "resolvedPath">, error: unknown): string {
  const place = placeOf(error, isBelow(dirname(resolvedPath)));
  return place === undefined ? messageOf(error) : `${messageOf(error)} (${place})`;
}
