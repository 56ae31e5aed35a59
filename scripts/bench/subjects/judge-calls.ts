// What stands between a call and its tool, asked as often as the second argument says: `judge-calls handler COUNT`: the `tool_call` handler of an
// extension; `judge-calls policy COUNT`: a policy of 100 rows, about shell lines of usual lengths.

import type { ExtensionContext } from "../../../src/contracts/extension.ts";
import { ExtensionDispatch } from "../../../src/extensions/dispatch.ts";
import { inlineSources, loadExtensions } from "../../../src/extensions/load.ts";
import { createJudge } from "../../../src/extensions/policy/judge.ts";
import { parseRule } from "../../../src/extensions/policy/rows.ts";

const [what, countText = "0"] = process.argv.slice(2);
const count = Number(countText);
const lines = [
  "ls -la src",
  "cd packages/core && npm test -- --run test/unit | tail -n 40",
  'for file in $(git ls-files \'*.ts\'); do grep -l "export" "$file"; done',
  "cat <<'END' > notes.txt\nline one\nline two\nEND",
  'git commit -m "A message of some length" && git log --oneline -5',
];
const rows = Array.from({ length: 100 }, (_, index) => parseRule(`bash(tool${index} sub*)`, index % 2 === 0 ? "deny" : "allow"));
const places = { cwd: "/project", homeDir: "/home", canonical: async (path: string) => path };

const judge = createJudge(rows, "auto", places);

const sources = inlineSources([
  (pi) => {
    pi.on("tool_call", async ({ toolName }) => (toolName === "never" ? { block: true } : undefined));
  },
]);
const { extensions } = await loadExtensions(sources);
const dispatch = new ExtensionDispatch({
  extensions,
  createContext: () => ({}) as ExtensionContext,
  report: ({ error }) => {
    throw new Error(error);
  },
});

for (let index = 0; index < count; index++) {
  const command = `${lines[index % lines.length]} # ${index}`;
  if (what === "policy") {
    if ((await judge("bash", { command })).action !== "allow") throw new Error(`refused: ${command}`);
  } else {
    const refusal = await dispatch.toolCall({ type: "tool_call", toolName: "bash", toolCallId: String(index), input: { command } });
    if (refusal !== undefined) throw new Error(refusal.reason);
  }
}
console.log("done");
