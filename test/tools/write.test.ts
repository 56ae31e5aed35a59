import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { editTool } from "../../src/tools/edit.ts";
import { executeEdit } from "../../src/tools/execute/edit.ts";
import { executeWrite } from "../../src/tools/execute/write.ts";
import { writeTool } from "../../src/tools/write.ts";
import { tempTree } from "../support/temp-tree.ts";
import { toolBench } from "../support/tool-context.ts";

test.for(["write", "edit"])("%s: an output of the session is no file to be made", async (name) => {
  const bench = toolBench();
  onTestFinished(() => bench.close());
  const path = "artifact://0";
  const refused = { isError: true, content: [{ type: "text", text: expect.stringContaining(`${path} is an output of this session`) }] };
  const args = name === "write" ? { path, content: "x" } : { path, edits: [{ oldText: "x", newText: "y" }] };
  expect(await (name === "write" ? writeTool : editTool).execute(args as never, bench.context)).toMatchObject(refused);
  expect(readdirSync(bench.directory)).toEqual([]);
});

test("a link that leads out of the working directory is named with the file behind it", async () => {
  const tree = tempTree({ "outside/there.txt": "", "work/inside.txt": "" });
  mkdirSync(tree.at("work/sub"));
  symlinkSync("../outside/there.txt", tree.at("work/out.txt"));
  symlinkSync("inside.txt", tree.at("work/in.txt"));
  symlinkSync("../outside", tree.at("work/folder"));
  mkdirSync(tree.at("work/..data"));
  symlinkSync("../inside.txt", tree.at("work/..data/in.txt"));
  symlinkSync("../../outside/there.txt", tree.at("work/..data/out.txt"));
  const bench = toolBench();
  onTestFinished(() => bench.close());
  const context = { ...bench.context, cwd: tree.at("work") };
  const said = async (path: string): Promise<unknown> =>
    (await executeWrite({ path, content: "x" }, context, tree.at("work", path))).content[0];
  const text = (shown: string): object => ({ type: "text", text: `Successfully wrote to ${shown} (1 bytes)` });
  expect(await said("out.txt")).toEqual(text(`out.txt, a link to ${tree.at("outside/there.txt")}`));
  expect(await said("folder/new.txt")).toEqual(text(`folder/new.txt, a link to ${tree.at("outside/new.txt")}`));
  expect(await said("in.txt")).toEqual(text("in.txt"));
  expect(await said("..data/in.txt")).toEqual(text("..data/in.txt"));
  expect(await said("..data/out.txt")).toEqual(text(`..data/out.txt, a link to ${tree.at("outside/there.txt")}`));
  expect(await said("sub/new.txt")).toEqual(text("sub/new.txt"));
  const edits = [{ oldText: "x", newText: "y" }];
  const changed = async (path: string): Promise<unknown> => (await executeEdit({ path, edits }, context, tree.at("work", path))).content[0];
  const replaced = (shown: string): object => ({ type: "text", text: `Successfully replaced 1 block(s) in ${shown}.` });
  expect(await changed("out.txt")).toEqual(replaced(`out.txt, a link to ${tree.at("outside/there.txt")}`));
  expect(await changed("in.txt")).toEqual(replaced("in.txt"));
});
