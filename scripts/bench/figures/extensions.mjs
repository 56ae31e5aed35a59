// `pi -p` with ten small extensions, and with one of forty files, against the same program without any: what they cost before the request is out.

import { dirname, join } from "node:path";
import { lastWord } from "../scenarios.mjs";

const small = (index) => `import { Type } from "typebox";
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
export default function (pi: ExtensionAPI): void {
  const parameters = Type.Object({ text: Type.String() });
  pi.registerTool({ name: "small_${index}", label: "Small", description: "Says it", parameters, execute: async (_id, { text }) => ({ content: [{ type: "text", text }], details: {} }) });
  pi.on("tool_call", async ({ toolName }) => (toolName === "never_${index}" ? { block: true } : undefined));
  pi.registerCommand("small-${index}", { description: "Does nothing", handler: async () => {} });
}
`;

const numbers = (count) => Array.from({ length: count }, (_, index) => index);
const folder = (world) => join(dirname(world.place.cwd), "extensions-of-bench");
const tens = (world) => numbers(10).map((index) => join(folder(world), `small-${index}.ts`));
const large = (world) => join(folder(world), "large");

/** @type {import("../race.mjs").Race} */
export default {
  id: "extensions",
  rounds: 25,
  files: (world) => [
    ...tens(world).map((path, index) => ({ path, text: small(index) })),
    ...numbers(39).map((index) => ({
      path: join(large(world), `part-${index}.ts`),
      text: `export interface Part${index} { value: number }\nexport const part${index}: Part${index} = { value: ${index} };\n`,
    })),
    {
      path: join(large(world), "index.ts"),
      text: `${numbers(39)
        .map((index) => `import { part${index} } from "./part-${index}.ts";`)
        .join(
          "\n",
        )}\nexport default (pi: { on(event: string, handler: () => void): void }): void => pi.on("agent_start", () => void [${numbers(39)
        .map((index) => `part${index}`)
        .join(", ")}]);\n`,
    },
  ],
  contenders: (world) => {
    const run = (paths) => ({
      ...world.place,
      argv: [world.program, ...world.prompt("text"), ...paths.flatMap((path) => ["-e", path])],
      stdoutHolds: [lastWord],
    });
    return { none: run([]), ten: run(tens(world)), forty: run([large(world)]) };
  },
  figures: [
    ["extensions-ten", "ten extensions, to first request byte", "ten", "firstByteMs", "ms"],
    ["extensions-forty", "one extension of forty files, to first request byte", "forty", "firstByteMs", "ms"],
    ["extensions-memory", "ten extensions, peak memory", "ten", "peakMb", "MB"],
  ].map(([id, title, contender, metric, unit]) => ({
    id,
    title,
    against: "the same without",
    unit,
    // Ten milliseconds over a run of 22, and so on: a difference in time would be one of the machine.
    compare: unit === "ms" ? "ratio" : "difference",
    subject: (of) => of(contender, metric),
    baseline: (of) => of("none", metric),
    ...(unit === "ms" ? { onCpu: { subject: (of) => of(contender, "cpuMs"), baseline: (of) => of("none", "cpuMs") } } : {}),
  })),
};
