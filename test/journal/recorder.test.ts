// A look at a large tree that is begun while a command is still being asked for: what it may be taken for, and what stays of it.

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changesOf, Journal, type JournalLine, journalDirectoryOf, runsIn } from "../../src/journal/journal.ts";
import { ChangeRecorder } from "../../src/journal/recorder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Few files with an index as long as that of many. */
function largeRepository(): string {
  const root = join(temporaryDirectory(), "tree");
  const deep = join(root, ...Array.from({ length: 12 }, (_, at) => String(at).repeat(120)));
  mkdirSync(deep, { recursive: true });
  for (let at = 0; at < 700; at++) writeFileSync(join(deep, String(at)), "x");
  return committed(root);
}

function smallRepository(): string {
  const root = join(temporaryDirectory(), "tree");
  mkdirSync(root);
  return committed(root);
}

function committed(root: string): string {
  mkdirSync(join(root, "src"));
  for (const name of ["a", "mine", "src/b"]) writeFileSync(join(root, name), "as committed\n");
  const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=n", "-c", "user.email=e@e", ...args], { cwd: root });
  git("init", "-q", "--template=");
  git("add", ".");
  git("commit", "-qm", "first");
  return root;
}

interface Recorded {
  recorder: ChangeRecorder;
  changes: string;
  lines(): JournalLine[];
  changed(): string[];
  looked(): Promise<void>;
}

function recorderFor(root: string): Recorded {
  const session = join(root, "..", "session.jsonl");
  const changes = journalDirectoryOf(session);
  const recorder = new ChangeRecorder(session, { env: process.env, trusts: () => false, run: () => "run", warn: () => {} });
  return {
    recorder,
    changes,
    lines: () => new Journal(session).lines(),
    changed: () => {
      const lines = new Journal(session).lines();
      return runsIn(lines).flatMap((run) => changesOf(lines, run).map(({ path }) => path.slice(root.length + 1)));
    },
    looked: () =>
      expect
        .poll(() => existsSync(changes) && readdirSync(changes).some((name) => existsSync(join(changes, name, "before.json"))), {
          timeout: 20_000,
        })
        .toBe(true),
  };
}

/** Long enough ago to be told from what comes now. */
const isPast = (path: string) => expect.poll(() => Date.now() - lstatSync(path).ctimeMs, { timeout: 20_000 }).toBeGreaterThan(80);

test("what somebody else saves between the look and the command is none of the command's changes, what the command moves there is", async () => {
  const root = largeRepository();
  const { recorder, changed, looked } = recorderFor(root);
  recorder.lookAhead(root);
  await looked();
  writeFileSync(join(root, "mine"), "saved by hand\n");
  writeFileSync(join(root, "new"), "by hand\n");
  await isPast(join(root, "new"));
  await recorder.command({ cwd: root, command: "" }, async () => {
    writeFileSync(join(root, "src/b"), "by the command\n");
  });
  await recorder.settled();
  expect(changed()).toEqual(["src/b"]);
});

test.each([
  ["a file that the command names", "sed -i s/a/b/ src/b", "src/b"],
  ["a file of a directory that it works in", "cd src && format *.ts", "src/b"],
  ["a file that was not as committed before", "make everything", "dirty"],
])("what somebody else saves between the look and the command is what undo goes back to: %s", async (_, command, name) => {
  const root = largeRepository();
  writeFileSync(join(root, "dirty"), "new\n");
  const { recorder, lines, looked } = recorderFor(root);
  recorder.lookAhead(root);
  await looked();
  writeFileSync(join(root, name), "saved by hand\n");
  await isPast(join(root, name));
  await recorder.command({ cwd: root, command }, async () => writeFileSync(join(root, name), "by the command\n"));
  await recorder.settled();
  const [change] = changesOf(lines(), "run");
  const { store } = new Journal(join(root, "..", "session.jsonl"));
  expect(change?.path).toBe(join(root, name));
  expect(Buffer.from(store.bytesOf(change?.before ?? { kind: "absent" }) ?? []).toString()).toBe("saved by hand\n");
});

test.each([
  ["small", "make everything"],
  ["large", "rm -f src/b a"],
])("modes that git does not know, in a %s tree", async (size, command) => {
  const root = size === "large" ? largeRepository() : smallRepository();
  chmodSync(join(root, "src/b"), 0o600);
  chmodSync(join(root, "a"), 0o640);
  chmodSync(join(root, "mine"), 0o755);
  const { recorder, lines } = recorderFor(root);
  await recorder.command({ cwd: root, command }, async () => {
    rmSync(join(root, "src/b"));
    chmodSync(join(root, "a"), 0o644);
    writeFileSync(join(root, "mine"), "changed\n");
  });
  await recorder.settled();
  const modes = changesOf(lines(), "run").map(({ path, before }) => [path.slice(root.length + 1), before.kind === "file" && before.mode]);
  expect(modes.sort()).toEqual([
    ["a", 0o640],
    ["mine", 0o755],
    ["src/b", 0o600],
  ]);
});

test("files that are as old as they were, in a directory that the command has moved, are its changes", async () => {
  const root = largeRepository();
  const { recorder, changed, looked } = recorderFor(root);
  recorder.lookAhead(root);
  await looked();
  await isPast(join(root, "src/b"));
  await recorder.command({ cwd: root, command: "" }, async () => renameSync(join(root, "src"), join(root, "lib")));
  await recorder.settled();
  expect(changed().sort()).toEqual(["lib/b", "src/b"]);
});

test.each(["no command", "a write"])("a look that %s follows leaves nothing, and nothing waits for it", async (what) => {
  const root = largeRepository();
  const { recorder, changes, looked } = recorderFor(root);
  recorder.lookAhead(root);
  recorder.lookAhead(root);
  if (what === "a write") {
    await looked();
    await recorder.write(join(root, "a"), "written\n", {
      canonical: async (path: string) => path,
      writeAtomic: async (path: string, data: Uint8Array | string) => writeFileSync(path, data),
    } as never);
  }
  await recorder.settled();
  const left = existsSync(changes) ? readdirSync(changes).filter((name) => name.startsWith("pending-")) : [];
  expect(left).toEqual([]);
  if (what === "no command") expect(existsSync(changes)).toBe(false);
  else expect(readFileSync(join(root, "a"), "utf8")).toBe("written\n");
});

test("what is no line of a journal tells nothing, and a line behind one that was torn is whole", () => {
  const journal = new Journal(join(temporaryDirectory(), "s.jsonl"));
  journal.append({ type: "done", id: "1" });
  const log = join(journal.directory, "changes.log");
  for (const line of ["null", "7", '"change"', "{"]) appendFileSync(log, `${line}\n`);
  expect(journal.lines()).toEqual([{ type: "done", id: "1" }]);
  expect(changesOf(journal.lines(), "1")).toEqual([]);
  renameSync(log, `${log}.old`);
  mkdirSync(log);
  expect(() => journal.append({ type: "done", id: "2" })).toThrow();
  rmdirSync(log);
  writeFileSync(log, '{"type":"done","i');
  journal.append({ type: "done", id: "3" });
  expect(journal.lines()).toEqual([{ type: "done", id: "3" }]);
});

test("a small tree is looked at when the command comes, and not before", async () => {
  const root = join(temporaryDirectory(), "small");
  mkdirSync(root);
  execFileSync("git", ["init", "-q", "--template="], { cwd: root });
  const { recorder, changes } = recorderFor(root);
  recorder.lookAhead(root);
  await recorder.settled();
  expect(existsSync(changes)).toBe(false);
});
