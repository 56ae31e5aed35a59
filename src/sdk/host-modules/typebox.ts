// `typebox` for extensions: the one that we check arguments with. Loaded when an extension imports it.

import { standInFunction } from "../npm/stand-in.ts";

export * from "typebox";
export { default } from "typebox";

/** Of an earlier version. */
export const CanComposite = standInFunction("CanComposite");
