// A process of its own that looks in vain for a text in a large file of lines like the one given, and says by how many files' sizes its memory grew.

import { editTool } from "../../src/tools/edit.ts";
import { textOfResult, toolBench } from "./tool-context.ts";

const [line = ""] = process.argv.slice(2);
const size = 24 << 20;
const bench = toolBench();
const bytes = Buffer.alloc(size, line);
const files = { ...bench.context.files, stat: async () => ({ kind: "file" as const, size }), read: async () => bytes };
const before = process.resourceUsage().maxRSS;
const result = await bench.call(editTool, { path: "f", edits: [{ oldText: "nowhere\nto be found", newText: "" }] }, { files });
// The most that was in use at once, in KiB.
const grown = ((process.resourceUsage().maxRSS - before) * 1024) / size;
bench.close();
console.log(JSON.stringify({ grown, text: textOfResult(result) }));
