import module from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { ModuleLoader } from "../../../src/platform/modules/module-loader.ts";
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

interface Given {
  hooks: Hooks;
  loader: ModuleLoader;
  /** How Node was asked for JavaScript. */
  asked: object[];
  /** What the other loader was asked for. */
  handedOn: string[];
}

/** What Node is given, on whatever Node runs this: older ones have no place for it. */
function given(cacheDirectory: string, version: string): Given {
  const newer = module as unknown as Record<string, unknown>;
  const { registerHooks, stripTypeScriptTypes } = newer;
  const registered: Hooks[] = [];
  const asked: object[] = [];
  const handedOn: string[] = [];
  newer.registerHooks = (hooks: Hooks) => void registered.push(hooks);
  newer.stripTypeScriptTypes = (source: string, how: object) => {
    asked.push(how);
    return source;
  };
  const other: ModuleLoader = {
    load: async (path) => {
      handedOn.push(basename(path));
      return { from: "the other" };
    },
    forget: () => void handedOn.push("forgotten"),
  };
  try {
    const loader = loaderOnNode({ hostModules: new Map(), cacheDirectory }, async () => other, version);
    const [hooks] = registered;
    if (hooks === undefined) throw new Error("no hooks were registered");
    return { hooks, loader, asked, handedOn };
  } finally {
    Object.assign(newer, { registerHooks, stripTypeScriptTypes });
    process.setSourceMapsEnabled(false);
  }
}

test("JSON that is required is left to Node, which takes only the file's own text for it; what is imported is a module", async () => {
  const tree = tempTree({ "index.js": "", "data.json": '{"k":1}' });
  const { hooks, loader } = given(tree.at("cache"), "24.0.0");
  await loader.load(tree.at("index.js"));
  const parentURL = pathToFileURL(tree.at("index.js")).href;
  const nodes = (): Answer => ({ url: pathToFileURL(tree.at("data.json")).href, format: "json", source: '{"k":1}' });
  const { url = "" } = hooks.resolve("./data.json", { parentURL, conditions: ["require", "node"] }, nodes);
  expect(hooks.load(url, { conditions: ["require", "node", "module-sync"] }, nodes)).toEqual(nodes());
  expect(hooks.load(url, { conditions: ["node", "import"] }, nodes)).toMatchObject({
    format: "commonjs",
    source: 'module.exports = {"k":1};',
  });
});

const source = "const enum Colour { Red }";
const beyond = 'throw Object.assign(new SyntaxError("an enum"), { code: "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" });';

test.each([
  ["25.9.0", [{ mode: "transform", sourceMap: true }], []],
  ["26.0.0", [{ mode: "strip" }], ["index.js", "forgotten"]],
])(
  "on %s an extension that Node cannot make JavaScript of goes to the other loader where Node only takes types away",
  async (version, how, handed) => {
    const tree = tempTree({ "index.js": beyond, "broken.js": 'throw new SyntaxError("broken");', "typed.ts": source });
    const { hooks, loader, asked, handedOn } = given(tree.at("cache"), version);
    const loaded = await loader.load(tree.at("index.js")).catch((error: Error) => error.message);
    expect(loaded).toEqual(handed.length === 0 ? "an enum" : { from: "the other" });
    await expect(loader.load(tree.at("broken.js"))).rejects.toThrow("broken");
    const { url = "" } = hooks.resolve("./typed.ts", { parentURL: pathToFileURL(tree.at("index.js")).href }, () => ({}));
    hooks.load(url, { conditions: ["import"] }, () => ({}));
    expect(asked).toEqual(how.map((one) => ({ ...one, sourceUrl: tree.at("typed.ts") })));
    loader.forget(tree.path);
    await Promise.resolve();
    expect(handedOn).toEqual(handed);
  },
);
