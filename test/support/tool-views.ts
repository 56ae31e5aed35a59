// How the built-in tools are shown, for exports.

import { viewsOf } from "../../src/contracts/tool-view.ts";
import { builtinTools } from "../../src/tools/registry.ts";

export const toolViews = viewsOf(builtinTools());
