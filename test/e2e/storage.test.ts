// Storage that fails a run of the built program: from the start, midway, and again there. The answer comes all the same, one line says what
// is the matter, the status tells whether something the user counts on is missing, and the file is sound with all that it could take.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, type TestContext } from "vitest";
import type { ProgramResult, Way } from "../support/program.ts";
import { canMount, mountDisk, type SmallDisk } from "../support/small-disk.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

type Mode = "text" | "json" | "rpc";

/** The built program in each mode, and on Node once. */
const surroundings: readonly [Mode, Way][] = [
  ["text", "binary"],
  ["json", "binary"],
  ["rpc", "binary"],
  ["text", "node"],
  ["rpc", "node"],
];

function prompted(world: World, [mode, way]: readonly [Mode, Way], args: readonly string[]): Promise<ProgramResult> {
  if (mode !== "rpc") return world.run(["--mode", mode, ...args, "-p", "hi"], { way });
  return world.run(["--mode", "rpc", ...args], { way, stdin: { text: '{"id":"p","type":"prompt","message":"hi"}\n' } });
}

/** Not in the world's home, which goes first. */
function mount({ onTestFinished }: Pick<TestContext, "onTestFinished">, options: string): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), "pi-disk-"));
  const disk = mountDisk(directory, options);
  onTestFinished(() => {
    disk.unmount();
    rmSync(directory, { recursive: true });
  });
  return disk;
}

/** As on a disk of whole pages: an answer that fits into none that is there already. */
const longText = "All of the answer. ".repeat(500).trim();

interface Case {
  /** What the model has its tool do, each in a turn of its own. FILE is the session's, DISK where it lies. */
  commands: string[];
  /** On stderr, one line each; FILE is the session's. */
  lines: RegExp[];
  status: number;
  /** What the file named FILE is at the end: it holds everything, it is sound but lacks the end, or it is none of ours. */
  file: "whole" | "shortened" | "not ours" | "gone";
}

const fill = "head -c 1M /dev/zero > DISK/filler; true";
const again = (fate: string): RegExp => new RegExp(`^pi: Session file FILE was ${fate} while in use and has been written again$`);
const lost = (reason: string): RegExp => new RegExp(`^pi: The session cannot be saved to FILE: ${reason}\\. The run goes on; .+\\.$`);

const cases: Record<string, Case & { needsDisk?: true }> = {
  "a disk that fills": { commands: [fill], lines: [lost("the disk is full")], status: 1, file: "shortened", needsDisk: true },
  "a disk that fills and has room again": {
    commands: [fill, `rm DISK/filler # ${longText}`],
    lines: [lost("the disk is full"), /^pi: What could not be saved to FILE is saved now$/],
    status: 0,
    file: "whole",
    needsDisk: true,
  },
  "a directory that is removed": { commands: ["rm -r DISK/s"], lines: [lost("its directory is gone")], status: 1, file: "gone" },
  "a directory that is removed and made again": {
    commands: ["rm -r DISK/s", "mkdir DISK/s"],
    lines: [lost("its directory is gone"), again("deleted")],
    status: 0,
    file: "whole",
  },
  "a file that is deleted": { commands: ["rm FILE"], lines: [again("deleted")], status: 0, file: "whole" },
  "a file that is renamed": { commands: ["mv FILE DISK/s/x"], lines: [again("deleted")], status: 0, file: "whole" },
  "a file that is emptied": { commands: ["truncate -s 0 FILE"], lines: [again("truncated")], status: 0, file: "whole" },
  "a file that is cut in the middle of a line": {
    commands: ["truncate -s -90 FILE"],
    lines: [again("truncated")],
    status: 0,
    file: "whole",
  },
  "a file that another takes the place of": {
    commands: ["echo mine > DISK/s/x; mv DISK/s/x FILE"],
    lines: [lost("another file has taken its name")],
    status: 1,
    file: "not ours",
  },
  "a file that is written over, shorter": {
    commands: ["echo mine > FILE"],
    lines: [lost("something else has been written over it")],
    status: 1,
    file: "not ours",
  },
  "a file that is written over, longer": {
    commands: ["yes mine | head -c 20000 > FILE"],
    lines: [lost("something else has been written over it")],
    status: 1,
    file: "not ours",
  },
  "a name that becomes that of a directory": {
    commands: ["f=FILE; rm $f; mkdir $f"],
    lines: [lost("another file has taken its name")],
    status: 1,
    file: "not ours",
  },
  "a name that becomes that of a pipe": {
    commands: ["f=FILE; rm $f; mkfifo $f"],
    lines: [lost("another file has taken its name")],
    status: 1,
    file: "not ours",
  },
  "a name that becomes a circle of links": {
    commands: ["f=FILE; rm $f; ln -s $f $f"],
    lines: [lost("its name is a circle of links")],
    status: 1,
    file: "not ours",
  },
};

describe.concurrent("midway", () => {
  const possible = Object.entries(cases).filter(([, { needsDisk }]) => canMount || !needsDisk);

  test.for(possible)("%s", async ([, { commands, lines, status, file, needsDisk }], { world, onTestFinished }) => {
    const disk = needsDisk ? mount({ onTestFinished }, "size=256k").path : join(world.home, "disk");
    for (const surrounding of surroundings) {
      const directory = join(disk, "s");
      mkdirSync(directory, { recursive: true });
      const place = (text: string): string => text.replaceAll("FILE", "$(echo DISK/s/20*.jsonl)").replaceAll("DISK", disk);
      const calls = commands.map((command, at) => callSteps("bash", { command: place(command) }, `call_${at}`));
      const args = ["--session-dir", directory, "--model", world.trace(...calls, answerSteps(longText))];
      const { stdout, stderr, ...run } = await prompted(world, surrounding, args);
      const what = surrounding.join(" ");
      expect(stdout, what).toContain(longText);
      const said = stderr
        .replaceAll(/\S+?\.jsonl/g, "FILE")
        .split("\n")
        .slice(0, -1);
      expect({ status: run.status, lineCount: said.length, said }, what).toMatchObject({ status, lineCount: lines.length });
      for (const [at, line] of lines.entries()) expect(said[at], what).toMatch(line);
      expectFile(disk, file, commands.length);
      for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    }
  });
});

function expectFile(disk: string, file: Case["file"], callCount: number): void {
  const directory = join(disk, "s");
  const names = file === "gone" ? [] : readdirSync(directory).filter((name) => /^20.*\.jsonl$/.test(name));
  if (file === "gone") return;
  expect(names).toHaveLength(1);
  const path = join(directory, names[0] ?? "");
  if (file === "not ours") return;
  const roles = messagesOf(soundSession(path)).map(({ role }) => role);
  const all = ["user", ...Array.from({ length: callCount }, () => ["assistant", "toolResult"]).flat(), "assistant"];
  expect(roles).toEqual(file === "whole" ? all : all.slice(0, roles.length));
  if (file === "shortened") expect(roles.length).toBeGreaterThan(1);
}

const header = (world: World, version: number): string =>
  `${JSON.stringify({ type: "session", ...(version > 1 && { version }), id: "old", timestamp: "2026-01-01T00:00:00.000Z", cwd: world.cwd })}\n`;

function stored(world: World, version: number): string {
  const place = version === 1 ? {} : { id: "00000001", parentId: null };
  const message = { role: "user", content: "from before", timestamp: 1 };
  return `${header(world, version)}${JSON.stringify({ type: "message", ...place, timestamp: "2026-01-01T00:00:00.000Z", message })}\n`;
}

describe.runIf(canMount).concurrent("a session that cannot be written any more", () => {
  test.for(["full", "read-only"] as const)(
    "on a disk that is %s, of any version, in any mode",
    async (state, { world, onTestFinished }) => {
      const disk = mount({ onTestFinished }, "size=64k");
      const path = join(disk.path, "20_old.jsonl");
      // To the end of a page: not one byte more fits.
      for (const version of [1, 2, 3]) {
        const text = stored(world, version).padEnd(4095);
        writeFileSync(path, `${text}\n`);
        if (state === "full") disk.fill();
        else disk.remount("ro");
        const chosen = version === 3 ? surroundings : surroundings.slice(2, 4);
        for (const surrounding of chosen) {
          const args = ["--session-dir", disk.path, "-c", "--model", world.trace(answerSteps("The answer."))];
          const { stdout, stderr, status } = await prompted(world, surrounding, args);
          const what = `version ${version}, ${surrounding.join(" ")}`;
          expect(stdout, what).toContain("The answer.");
          expect(stderr, what).toMatch(
            new RegExp(`^pi: The session cannot be saved to ${path}: the (disk is full|file system is read-only)\\. .+\\n$`),
          );
          // Being read-only is how the user has it; a disk that is full is not.
          expect(status, what).toBe(state === "full" ? 1 : 0);
          expect(readFileSync(path, "utf8"), what).toBe(`${text}\n`);
        }
        if (state === "full") disk.free();
        else disk.remount("rw");
      }
    },
  );

  test.for(["full", "read-only"] as const)(
    "by a command, on a disk that is %s: one line, nothing changed, nothing left",
    async (state, { world, onTestFinished }) => {
      const disk = mount({ onTestFinished }, "size=64k");
      const path = join(disk.path, "20_old.jsonl");
      const text = `${`${stored(world, 3)}rubbish\n`.padEnd(4095)}\n`;
      writeFileSync(path, text);
      const elsewhere = world.write("elsewhere.jsonl", stored(world, 3).replace('"old"', '"other"'));
      if (state === "full") disk.fill();
      else disk.remount("ro");
      const names = readdirSync(disk.path);
      const reason = state === "full" ? "the disk is full" : "the file system is read-only";
      for (const [way, ...args] of [
        ["binary", "rename", "old", "name"],
        ["binary", "label", "old", "00000001", "name"],
        ["binary", "fork", "old"],
        ["binary", "import", elsewhere],
        ["binary", "repair", "old"],
        ["node", "repair", "old"],
      ] as const) {
        const { stdout, stderr, status } = await world.run(["sessions", ...args, "--session-dir", disk.path], { way });
        const errors = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: "));
        expect({ stdout, status, errors }).toEqual({
          stdout: "",
          status: 1,
          errors: [
            expect.stringMatching(
              new RegExp(`^Error: Session file ${disk.path}/\\S+ cannot be written: ${reason}\\. Nothing was changed\\.$`),
            ),
          ],
        });
        expect(readdirSync(disk.path)).toEqual(names);
        expect(readFileSync(path, "utf8")).toBe(text);
      }
    },
  );

  test("through RPC, compaction and a name on a full disk: written when there is room again", async ({ world, onTestFinished }) => {
    const disk = mount({ onTestFinished }, "size=128k");
    const directory = join(disk.path, "s");
    const model = world.trace(
      answerSteps("First."),
      answerSteps("Second."),
      answerSteps("## Goal\nSummary"),
      answerSteps("Third."),
      answerSteps("Fourth."),
    );
    world.config("[compaction]\nkeep_recent_tokens = 1\n");
    const program = world.start(["--mode", "rpc", "--session-dir", directory, "--model", model], { stdin: "silent" });
    const say = (command: object): void => void program.child.stdin?.write(`${JSON.stringify(command)}\n`);
    const ask = async (id: string, type: string, more: object = {}): Promise<void> => {
      say({ id, type, ...more });
      await program.said(new RegExp(`"id":"${id}","type":"response","command":"${type}","success":true`));
    };
    const prompt = async (id: string, message: string): Promise<void> => {
      say({ id, type: "prompt", message });
      await program.said(new RegExp(`"type":"agent_settled",[^\n]*"promptId":"${id}"`));
    };
    await prompt("one", "one");
    await prompt("two", `two ${longText}`);
    disk.fill();
    await ask("c", "compact");
    await ask("n", "set_session_name", { name: longText });
    await prompt("three", "three");
    disk.free();
    await prompt("four", "four");
    program.child.stdin?.end();
    const { stderr, status } = await program.result;
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^pi: The session cannot be saved to \S+: the disk is full\. .+\npi: What could not be saved to \S+ is saved now\n$/,
    );
    const entries = soundSession(join(directory, readdirSync(directory)[0] ?? ""));
    expect(entries.map(({ type }) => type)).toEqual(expect.arrayContaining(["compaction", "session_info"]));
    expect(messagesOf(entries).filter(({ role }) => role === "user")).toHaveLength(4);
  });
});
