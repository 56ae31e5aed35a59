// The built program and the npm agent on the same files: each goes on where the other stopped, and both say the same of every session. Runs
// only where that agent is installed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Place, place, RpcProgram, type Wire, whereInstalled } from "../support/npm-agent.ts";
import { npmAgentPath } from "../support/npm-agent-place.ts";
import { commandOf } from "../support/program.ts";
import { seededRandom } from "../support/random.ts";
import { randomHeader, randomLines } from "../support/random-session.ts";

const questions = ["get_messages", "get_entries", "get_tree", "get_session_stats", "get_fork_messages", "get_last_assistant_text"] as const;

const ourPath = (): string => commandOf("binary")[0] ?? "";
const either = (where: Place, path: string, ...args: string[]): RpcProgram => new RpcProgram(where, args, path);

/** All that a program says of the session it has open, but for where it lies. */
async function allSaidBy(program: RpcProgram): Promise<Wire> {
  const said: Wire = {};
  for (const type of questions) said[type] = await program.command({ type });
  const { model, thinkingLevel, sessionName, sessionId } = await program.command({ type: "get_state" });
  delete said.get_session_stats.sessionFile;
  // A session without an answer: there it is left out.
  said.get_last_assistant_text.text ??= null;
  return { ...said, state: { model: model.id, thinkingLevel, sessionName, sessionId } };
}

/** What the one that has just worked on it says, the other one says too when it opens it, and opening changes nothing. Ends the first. */
async function expectSame(where: Place, worker: RpcProgram, isOurs: boolean): Promise<string> {
  const { sessionFile } = await worker.command({ type: "get_state" });
  const said = await allSaidBy(worker);
  await worker.close();
  const before = readFileSync(sessionFile, "utf8");
  const other = either(where, isOurs ? npmAgentPath : ourPath(), "--session", sessionFile);
  expect(await allSaidBy(other)).toEqual(said);
  await other.close();
  expect(readFileSync(sessionFile, "utf8")).toBe(before);
  return sessionFile;
}

/** Tools, a command, compaction, an overflow, another model; for us, who have it in RPC, also other branches with and without a summary, and labels. */
async function workOn(program: RpcProgram, round: number, isOurs: boolean): Promise<void> {
  await program.prompt(`round ${round}`);
  await program.prompt(`round ${round}, use tools`);
  await program.command({ type: "bash", command: "echo from the user; exit 3" });
  await program.command({ type: "set_session_name", name: `name ${round}` });
  await program.command({ type: "compact", customInstructions: "the numbers" });
  await program.prompt(`round ${round}, overflow`);
  await program.command({ type: "set_model", provider: "test", modelId: round % 2 === 0 ? "test-1" : "test-2" });
  await program.command({ type: "set_thinking_level", level: round % 2 === 0 ? "low" : "high" });
  await program.prompt(`round ${round} ends`);
  if (isOurs) {
    const { entries } = await program.command({ type: "get_entries" });
    const user = entries.filter((entry: Wire) => entry.message?.role === "user").at(-2);
    const answer = entries.findLast((entry: Wire) => entry.message?.role === "assistant");
    await program.command({ type: "navigate", entryId: user.id, summarize: true });
    await program.prompt(`round ${round}, another way`);
    await program.command({ type: "set_label", entryId: answer.id, label: `label ${round}` });
    await program.command({ type: "navigate", entryId: answer.id });
    await program.prompt(`round ${round}, back`);
  }
}

whereInstalled("four rounds in one session, by turns: nothing is lost, both agree after each; and on forks of it", async () => {
  const where = await place();
  let path = "";
  for (let round = 1; round <= 4; round++) {
    const before = path === "" ? "" : readFileSync(path, "utf8");
    const isOurs = round % 2 === 1;
    const args = path === "" ? ["--model", "test/test-1"] : ["--session", path];
    const program = either(where, isOurs ? ourPath() : npmAgentPath, ...args);
    await workOn(program, round, isOurs);
    path = await expectSame(where, program, isOurs);
    expect(readFileSync(path, "utf8").startsWith(before)).toBe(true);
  }
  const labels: string[][] = [];
  for (const from of [npmAgentPath, ourPath()]) {
    const program = either(where, from, "--session", path);
    await program.command({ type: "clone" });
    await program.prompt("in the clone");
    const clone = await expectSame(where, program, from !== npmAgentPath);
    expect(JSON.parse(readFileSync(clone, "utf8").split("\n")[0] ?? "").parentSession).toBe(path);
    const entries = readFileSync(clone, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    labels.push(entries.filter(({ type }) => type === "label").map(({ targetId, label }) => `${targetId} ${label}`));
  }
  // In the other order there, of the same entries.
  expect(labels[1]?.sort()).toEqual(labels[0]?.sort());
});

whereInstalled("100 random sessions: messages, entries, tree, counts, model and level are the same in both", async () => {
  const where = await place();
  const programs = [either(where, ourPath()), either(where, npmAgentPath)];
  const random = seededRandom(20261121);
  for (let round = 0; round < 100; round++) {
    const lines = randomLines(random, false);
    // What is not recorded on the path, or with an empty context, the npm agent records on opening.
    for (const [at, last] of [
      { type: "model_change", provider: "test", modelId: random.pick(["test-1", "test-2"]) },
      { type: "thinking_level_change", thinkingLevel: random.pick(["low", "high"]) },
      { type: "message", message: { role: "user", content: "the last word", timestamp: 1 } },
    ].entries()) {
      lines.push({ ...last, id: `ffffff0${at}`, parentId: lines.at(-1)?.id ?? null, timestamp: randomHeader.timestamp });
    }
    const text = [{ ...randomHeader, cwd: where.project }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
    const said: Wire[] = [];
    for (const [at, program] of programs.entries()) {
      const path = join(where.project, `${round}-${at}.jsonl`);
      writeFileSync(path, text);
      await program.command({ type: "switch_session", sessionPath: path });
      said.push(await allSaidBy(program));
      delete said[at].get_session_stats.contextUsage;
    }
    // Calls without a result get theirs there when the request is made.
    const isMadeUp = ({ content }: Wire): boolean => content?.[0]?.text === "No result provided";
    said[0].get_messages.messages = said[0].get_messages.messages.filter((message: Wire) => !isMadeUp(message));
    expect(said[0], `session ${round}`).toEqual(said[1]);
  }
  for (const program of programs) await program.close();
});
