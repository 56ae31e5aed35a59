import module from "node:module";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { loaderOnNode } from "../../../src/platform/modules/on-node.ts";
import { tempTree } from "../../support/temp-tree.ts";

interface Answer {
  url?: string;
  format?: string;
  source?: unknown;
}
type Hook = (name: string, context: object, next: (name: string) => Answer) => Answer;
interface Hooks {
  resolve: Hook;
  load: Hook;
}

/** The hooks as Node is given them, on whatever Node runs this: older ones have no place for them. */
function hooksOf(cacheDirectory: string): { hooks: Hooks; own(path: string): string } {
  const newer = module as unknown as Record<string, unknown>;
  const { registerHooks, stripTypeScriptTypes } = newer;
  const given: Hooks[] = [];
  newer.registerHooks = (hooks: Hooks) => void given.push(hooks);
  newer.stripTypeScriptTypes = (source: string) => source;
  try {
    const loader = loaderOnNode({ hostModules: new Map(), cacheDirectory });
    const [hooks] = given;
    if (hooks === undefined) throw new Error("no hooks were registered");
    return {
      hooks,
      own: (path) => {
        // What is not there is still the loader's own from then on.
        loader.load(path).catch(() => undefined);
        return pathToFileURL(path).href;
      },
    };
  } finally {
    Object.assign(newer, { registerHooks, stripTypeScriptTypes });
    process.setSourceMapsEnabled(false);
  }
}

test("JSON that is required is left to Node, which takes only the file's own text for it; what is imported is a module", () => {
  const tree = tempTree({ "index.js": "", "data.json": '{"k":1}' });
  const { hooks, own } = hooksOf(tree.at("cache"));
  const parentURL = own(tree.at("index.js"));
  const nodes = (): Answer => ({ url: pathToFileURL(tree.at("data.json")).href, format: "json", source: '{"k":1}' });
  const { url = "" } = hooks.resolve("./data.json", { parentURL, conditions: ["require", "node"] }, nodes);
  expect(hooks.load(url, { conditions: ["require", "node", "module-sync"] }, nodes)).toEqual(nodes());
  expect(hooks.load(url, { conditions: ["node", "import"] }, nodes)).toMatchObject({
    format: "commonjs",
    source: 'module.exports = {"k":1};',
  });
});
