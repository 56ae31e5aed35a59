// What a run has changed in files, shown and put back, as a user of the shell sees it: each kind of change, by each way of making it.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { picture } from "../support/tree-picture.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const identity = ["user.name=n", "user.email=e@e", "protocol.file.allow=always", "init.templateDir="].flatMap((one) => ["-c", one]);
const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8", stdio: "pipe" });

const bash = (command: string) => callSteps("bash", { command });
const write = (path: string, content: string) => callSteps("write", { path, content });

async function run(world: World, ...calls: object[][]): Promise<void> {
  expect(await runBy("binary", world, ...calls)).toBe("");
}

/** What it says on stderr. */
async function runBy(way: Way, world: World, ...calls: object[][]): Promise<string> {
  const sessions = world.sessionFiles().length > 0 ? ["-c"] : [];
  const { status, stderr } = await world.run([...sessions, "--model", world.trace(...calls, answerSteps("Done.")), "-p", "go"], { way });
  expect(status).toBe(0);
  return stderr;
}

function changesDirectory(world: World): string {
  return (world.sessionFiles()[0] ?? "").replace(/\.jsonl$/, ".changes");
}

function repository(world: World): void {
  world.write("a.txt", "one\ntwo\nthree\n");
  world.write("gone.txt", "to be deleted\n");
  world.write("moved.txt", "to be renamed\n");
  world.write("tool.sh", "#!/bin/sh\n");
  world.write("blob.bin", new Uint8Array([0, 1, 2, 255]));
  world.write(".gitignore", "ignored/\n");
  world.write("full/b", "in a directory\n");
  symlinkSync("a.txt", join(world.cwd, "link"));
  git(world.cwd, "init", "-q");
  git(world.cwd, "add", ".");
  git(world.cwd, "commit", "-qm", "first");
}

const changes: Record<string, string> = {
  "a new file in a new directory": "mkdir -p new/deep && echo new > new/deep/file",
  "an edited file": "sed -i s/two/2/ a.txt",
  "a deleted file": "rm gone.txt",
  "a renamed file": "mv moved.txt there.txt",
  "a mode": "chmod 755 tool.sh",
  "a link led elsewhere": "ln -sfn gone.txt link",
  "a file in place of a link": "rm link && echo file > link",
  "a link in place of a file": "ln -sf blob.bin a.txt",
  "a directory in place of a file": "rm a.txt && mkdir a.txt && echo inside > a.txt/inside",
  "a link in place of a directory": "rm -r full && mkdir other && echo elsewhere > other/b && ln -s other full",
  "a file in place of a directory": "rm -r full && echo file > full",
  "a directory under another name": "mv full other",
  "only upper and lower case": "mv gone.txt Gone.txt && mv Gone.txt GONE.txt",
  "bytes that are no text": "printf '\\377\\000\\376' > blob.bin",
  "a commit": "sed -i s/two/2/ a.txt && git -c user.name=n -c user.email=e@e commit -qam second",
  "another branch": "git checkout -qb other && git rm -q gone.txt && git -c user.name=n -c user.email=e@e commit -qm without",
  "a stash": "echo more >> a.txt && git stash -q && echo other >> a.txt",
  "files all gone": "git rm -rq . && rm -rf new",
  "a repository in it": "git init -q inner && cd inner && echo i > i.txt && git add . && git -c user.name=n -c user.email=e@e commit -qm i",
  "names that want care": "printf x > ' a\\nb' && printf y > '-n' && printf z > 'ü\"$x'",
  "a program's own": 'node -e \'require("fs").writeFileSync("a.txt", "by node")\'',
  "in the background": "(echo late > late.txt) & wait",
};

describe.concurrent("by a command in a git work tree", () => {
  // What differs between the runtimes is how files are read and written: of kinds of changes all at once.
  const atOnce = [
    ...["a new file in a new directory", "an edited file", "a deleted file", "a renamed file", "a mode", "a link led elsewhere"],
    ...["bytes that are no text", "names that want care", "a link in place of a directory", "in the background"],
  ];
  const byWay: (readonly [string, Way, string])[] = [
    ...Object.entries(changes).map(([name, command]) => [name, "binary", command] as const),
    ["many at once", "node", atOnce.map((name) => changes[name] ?? "false").join(" && ")],
    ["a directory in place of a file", "node", changes["a directory in place of a file"] ?? "false"],
    ["a file in place of a directory", "node", changes["a file in place of a directory"] ?? "false"],
  ];
  test.for(byWay)("%s, %s: put back, and that taken back", async ([, way, command], { world }) => {
    repository(world);
    const before = picture(world.cwd);
    expect(await runBy(way, world, bash(command))).toBe("");
    const after = picture(world.cwd);
    expect(after).not.toEqual(before);
    const [head, index] = [git(world.cwd, "rev-parse", "HEAD"), readFileSync(join(world.cwd, ".git/index"))];
    expect(await world.run(["undo"], { way })).toMatchObject({ status: 0, stderr: expect.stringContaining("Run 1 is undone") });
    expect(picture(world.cwd).filter((line) => line !== "inner/")).toEqual(before);
    expect([git(world.cwd, "rev-parse", "HEAD"), readFileSync(join(world.cwd, ".git/index"))]).toEqual([head, index]);
    expect(await world.run(["undo", "--redo"], { way })).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(after);
  });

  test("a pipe in place of a file goes; to a file that only its owner may read nobody else gets access", async ({ world }) => {
    repository(world);
    chmodSync(join(world.cwd, "full/b"), 0o600);
    const before = picture(world.cwd);
    await run(world, bash("rm a.txt && mkfifo a.txt; echo more >> full/b"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
  });

  test("a file whose name is no text is not followed, and that is said; the others are", async ({ world }) => {
    repository(world);
    await run(world, bash("printf x > \"$(printf 'n\\376')\"; echo x > a.txt"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0, stderr: expect.stringContaining("names are no text are not followed") });
    expect(world.read("a.txt")).toBe("one\ntwo\nthree\n");
  });

  test("what is put back goes past no link that has come since", async ({ world }) => {
    repository(world);
    await run(world, bash("echo changed > full/b"));
    mkdirSync(join(world.home, "theirs"));
    writeFileSync(join(world.home, "theirs/b"), "changed\n");
    rmSync(join(world.cwd, "full"), { recursive: true });
    symlinkSync(join(world.home, "theirs"), join(world.cwd, "full"));
    expect(await world.run(["undo"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("full/b was not kept, or is out of reach"),
    });
    expect(readFileSync(join(world.home, "theirs/b"), "utf8")).toBe("changed\n");
  });

  test("in a repository that lies in it, from without", async ({ world }) => {
    repository(world);
    mkdirSync(join(world.cwd, "inner"));
    world.write("inner/kept.txt", "kept\n");
    git(join(world.cwd, "inner"), "init", "-q");
    git(join(world.cwd, "inner"), "add", ".");
    git(join(world.cwd, "inner"), "commit", "-qm", "inner");
    world.write("inner/kept.txt", "not committed\n");
    const before = picture(world.cwd);
    await run(world, bash("echo x > inner/kept.txt; echo y > inner/new.txt; echo z > a.txt"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
  });

  test.for([
    ["what a sparse checkout leaves out", "git sparse-checkout set full", "mkdir -p more && echo 3 > more/b && echo 4 > full/b"],
    [
      "files that git is told to leave alone",
      "git update-index --skip-worktree a.txt --assume-unchanged tool.sh && echo mine > a.txt",
      "echo 9 > a.txt; rm tool.sh",
    ],
    ["files that only their owner may read", "chmod 600 a.txt full/b && chmod 640 tool.sh", "rm full/b; mv tool.sh a.txt"],
    ["a directory that a command has left empty", "true", "rm full/b"],
    ["before the first commit", "rm -rf .git && git init -q && git add a.txt", "echo 2 > a.txt; rm tool.sh; echo new > new"],
  ])("%s: as it was, and as it is", async ([, before = "", command = ""], { world }) => {
    repository(world);
    world.write("more/b", "elsewhere\n");
    git(world.cwd, "add", ".");
    git(world.cwd, "commit", "-qm", "second");
    execFileSync("sh", ["-c", before], { cwd: world.cwd });
    const was = picture(world.cwd);
    await run(world, bash(command));
    const is = picture(world.cwd);
    expect(is).not.toEqual(was);
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(was);
    expect(await world.run(["undo", "--redo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(is);
  });

  test("in a second work tree of a repository", async ({ world }) => {
    repository(world);
    git(world.cwd, "worktree", "add", "-q", "../second");
    const cwd = join(world.cwd, "../second");
    const before = picture(cwd);
    await world.run(["--model", world.trace(bash("rm gone.txt; echo x > a.txt"), answerSteps("Done.")), "-p", "go"], { cwd });
    expect(picture(cwd)).not.toEqual(before);
    expect(await world.run(["undo"], { cwd })).toMatchObject({ status: 0 });
    expect(picture(cwd)).toEqual(before);
  });

  test("a file that is too large to be kept: it is named, and the others can be put back", async ({ world }) => {
    repository(world);
    world.write("large.bin", new Uint8Array(17 << 20));
    git(world.cwd, "add", ".");
    git(world.cwd, "commit", "-qm", "large");
    await run(world, bash("printf x >> large.bin; echo x > a.txt"));
    const refused = await world.run(["undo"]);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/large\.bin was not kept/) });
    expect(await world.run(["undo", "last", "a.txt"])).toMatchObject({ status: 0 });
    expect(world.read("a.txt")).toBe("one\ntwo\nthree\n");
  });

  test("a new file that is too large to be kept stays: nobody could bring it back", async ({ world }) => {
    repository(world);
    await run(world, bash("head -c 18000000 /dev/zero > large.bin; echo x > a.txt"));
    for (const force of [[], ["--force"]]) {
      const refused = await world.run(["undo", ...force]);
      expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/large\.bin is too large to be kept/) });
      expect([world.read("large.bin").length, world.read("a.txt")]).toEqual([18_000_000, "x\n"]);
    }
    expect(await world.run(["undo", "last", "a.txt"])).toMatchObject({ status: 0 });
    rmSync(join(world.cwd, "large.bin"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
  });

  test("more files than are looked through: it is said once, and again by undo; write and edit are known all the same", async ({
    world,
  }) => {
    repository(world);
    for (let at = 0; at < 5001; at++) world.write(`many/${at}`, "x");
    const stderr = await runBy("binary", world, bash("echo x > a.txt"), bash("echo y > a.txt"), write("b.txt", "b\n"));
    expect(stderr).toMatch(/^pi: pi undo will not know what commands change in .*: more than 5000 files .*\n$/);
    const undone = await world.run(["undo"]);
    expect(undone).toMatchObject({
      status: 0,
      stdout: "removed  b.txt\n",
      stderr: expect.stringContaining("Not known is what commands changed in"),
    });
    expect(world.read("a.txt")).toBe("y\n");
    expect((await world.run(["sessions", "diff"])).stderr).toContain("more than 5000 files");
  });

  test("that a command made so many is said, too", async ({ world }) => {
    repository(world);
    expect(await runBy("binary", world, bash("mkdir m; for i in $(seq 5001); do echo > m/$i; done"))).toMatch(
      /^pi: .*more than 5000 files/,
    );
  });

  test("what a command only looks at costs no look at the tree, and leaves nothing", async ({ world }) => {
    repository(world);
    // Whoever asks git finds it.
    const asked = join(world.home, "asked");
    mkdirSync(join(world.home, "bin"));
    writeFileSync(join(world.home, "bin/git"), `#!/bin/sh\necho "$@" >> ${asked}\nexec /usr/bin/git "$@"\n`, { mode: 0o755 });
    const env = { PATH: `${join(world.home, "bin")}:/usr/local/bin:/usr/bin:/bin` };
    const args = (...calls: object[][]) => ["--model", world.trace(...calls, answerSteps("Done.")), "-p", "go"];
    await world.run(args(bash("ls -la | head -3"), bash("cat a.txt && grep -n two a.txt 2>/dev/null")), { env });
    expect(existsSync(asked)).toBe(false);
    expect(existsSync(changesDirectory(world))).toBe(false);
    await world.run(args(bash("node --version")), { env });
    expect(readFileSync(asked, "utf8").trimEnd().split("\n")).toHaveLength(2);
  });

  test("what was not committed before stays as it was before", async ({ world }) => {
    repository(world);
    world.write("a.txt", "mine, not committed\n");
    world.write("untracked", "mine, never added\n");
    git(world.cwd, "rm", "-q", "--cached", "moved.txt");
    const before = picture(world.cwd);
    await run(world, bash("echo theirs > a.txt; rm untracked; git add -A; git reset -q --hard"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
  });

  test("in a submodule, from within and from without", async ({ world }) => {
    const inner = join(world.home, "inner");
    mkdirSync(inner);
    writeFileSync(join(inner, "s.txt"), "sub\n");
    git(inner, "init", "-q");
    git(inner, "add", ".");
    git(inner, "commit", "-qm", "inner");
    repository(world);
    git(world.cwd, "submodule", "--quiet", "add", inner, "sub");
    git(world.cwd, "commit", "-qm", "with a submodule");
    const before = picture(world.cwd);
    await run(world, bash("echo changed > sub/s.txt; echo new > sub/n.txt; echo out > a.txt"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
    const cwd = join(world.cwd, "sub");
    await world.run(["--model", world.trace(bash("echo again > s.txt"), answerSteps("Done.")), "-p", "go"], { cwd });
    expect(readFileSync(join(cwd, "s.txt"), "utf8")).toBe("again\n");
    expect(await world.run(["undo"], { cwd })).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
  });

  test.for([
    ["the repository made anew", "rm -rf .git && git init -q && echo 2 > a.txt"],
    ["line ends otherwise", "echo '*.txt eol=crlf' > .gitattributes && echo 2 > a.txt"],
  ])("%s: what git can no longer say is named, and nothing is put in its place", async ([, command = ""], { world }) => {
    repository(world);
    await run(world, bash(command));
    const after = picture(world.cwd);
    const { status, stderr } = await world.run(["undo"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^Error: .*a\.txt.* was not kept/) });
    expect(picture(world.cwd)).toEqual(after);
  });

  test.for([
    ["config", "filter.up"],
    ["an included file", "include.path"],
  ])("programs that the repository names, in %s, run only where it is trusted, and that is said", async ([, key = ""], { world }) => {
    repository(world);
    const mark = join(world.home, "ran");
    world.write("odd", `[filter "up"]\n\tclean = touch ${mark}; cat\n\tsmudge = touch ${mark}; cat\n`);
    world.write(".gitattributes", "*.txt filter=up\n");
    if (key === "include.path") git(world.cwd, "config", key, join(world.cwd, "odd"));
    else for (const one of ["clean", "smudge"]) git(world.cwd, "config", `${key}.${one}`, `touch ${mark}; cat`);
    // Of the same length, so that only its bytes could tell.
    world.write("a.txt", "one\ntwo\nTHREE\n");
    const said = await runBy("binary", world, bash("echo 2 > a.txt"));
    expect(said).toMatch(/^pi: pi undo will not know what commands change in .*: its own configuration has filters or includes/);
    expect((await world.run(["undo"])).stderr).toContain("Not known is what commands changed");
    // A directory above it that is trusted says nothing of what has come to lie in it.
    await world.run(["trust", world.home]);
    expect(await runBy("binary", world, bash("echo 3 > a.txt"))).toContain("pi trust");
    expect(existsSync(mark)).toBe(false);
    await world.run(["trust", world.cwd]);
    world.write("a.txt", "one\ntwo\nTHREE\n");
    expect(await runBy("binary", world, bash("echo 4 > a.txt"))).toBe("");
    expect(existsSync(mark)).toBe(true);
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(world.read("a.txt")).toBe("one\ntwo\nTHREE\n");
  });

  test("neither index nor stash nor objects of the repository are touched by looking", async ({ world }) => {
    repository(world);
    world.write("a.txt", "changed, so that the index is stale\n");
    const inGit = (): string[] => picture(join(world.cwd, ".git")).filter((line) => !line.startsWith("index "));
    const [index, rest] = [readFileSync(join(world.cwd, ".git/index")), inGit()];
    await run(world, bash("echo new > new.txt"));
    expect([readFileSync(join(world.cwd, ".git/index")), inGit()]).toEqual([index, rest]);
  });
});

describe.concurrent("by write and edit, outside of git", () => {
  test("new, replaced, edited, and through a link", async ({ world }) => {
    world.write("a.txt", "one\ntwo\n");
    world.write("b.txt", "old\n");
    symlinkSync("b.txt", join(world.cwd, "link"));
    const before = picture(world.cwd);
    const edit = callSteps("edit", { path: "a.txt", edits: [{ oldText: "two", newText: "2" }] });
    await run(world, write("new/deep/file.txt", "new\n"), edit, write("link", "replaced\n"), write("a.txt", "twice\n"));
    const after = picture(world.cwd);
    expect(await world.run(["undo", "--dry-run"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("would be removed  new/deep/file.txt"),
    });
    expect(picture(world.cwd)).toEqual(after);
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
    expect(await world.run(["undo", "--redo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(after);
  });

  test("runs are undone from the last to the first, or by number, or by file", async ({ world }) => {
    world.write("a.txt", "0\n");
    await run(world, write("a.txt", "1\n"), write("b.txt", "1\n"));
    await run(world, write("c.txt", "2\n"));
    await world.run(["undo"]);
    expect([existsSync(join(world.cwd, "c.txt")), world.read("a.txt")]).toEqual([false, "1\n"]);
    await world.run(["undo", "last", "a.txt"]);
    expect([world.read("a.txt"), world.read("b.txt")]).toEqual(["0\n", "1\n"]);
    await world.run(["undo", "--run", "1"]);
    expect(existsSync(join(world.cwd, "b.txt"))).toBe(false);
    expect(await world.run(["undo", "--run", "3"])).toMatchObject({ status: 2, stderr: expect.stringContaining("2 runs") });
    expect(await world.run(["undo", "--run", "x"])).toMatchObject({ status: 2 });
    const named = await world.run(["undo", "src/a.txt"]);
    expect(named).toMatchObject({ status: 2, stderr: expect.stringMatching(/^Error: No session found .* pi undo last src\/a\.txt\n$/) });
  });

  test("a file that was changed since is written over only by force, and comes back", async ({ world }) => {
    await run(world, write("a.txt", "the run's\n"), write("b.txt", "the run's\n"));
    world.write("a.txt", "mine since\n");
    const refused = await world.run(["undo"]);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^Error: a\.txt was changed since.*--force/);
    expect([world.read("a.txt"), world.read("b.txt")]).toEqual(["mine since\n", "the run's\n"]);
    expect(await world.run(["undo", "--force"])).toMatchObject({ status: 0 });
    expect(existsSync(join(world.cwd, "a.txt"))).toBe(false);
    expect(await world.run(["undo", "--redo"])).toMatchObject({ status: 0 });
    expect([world.read("a.txt"), world.read("b.txt")]).toEqual(["mine since\n", "the run's\n"]);
  });

  test("where commands are not seen, that is said", async ({ world }) => {
    await run(world, bash("echo x > made.txt"));
    for (const args of [["undo"], ["sessions", "diff"]])
      expect(await world.run(args)).toMatchObject({
        status: 0,
        stdout: "",
        stderr: expect.stringMatching(/^No run [^\n]*\n.* git work trees only/),
      });
  });

  test("a run that only looks leaves nothing beside its session", async ({ world }) => {
    world.write("a.txt", "text\n");
    await run(world, callSteps("read", { path: "a.txt" }));
    expect(readdirSync(join(world.sessionFiles()[0] ?? "", ".."))).toHaveLength(1);
    expect(await world.run(["undo"])).toMatchObject({ status: 0, stderr: expect.stringContaining("No run") });
    expect(await world.run(["sessions", "diff"])).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("No run") });
  });

  test("what belongs to a session goes with it", async ({ world }) => {
    await run(world, write("a.txt", "x\n"));
    const directory = join(world.sessionFiles()[0] ?? "", "..");
    expect(readdirSync(directory)).toHaveLength(2);
    expect(await world.run(["sessions", "rm", "last", "--yes"])).toMatchObject({ status: 0 });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe.concurrent("the diff", () => {
  test("is one that git takes, of the session or of a run", async ({ world }) => {
    repository(world);
    await run(world, bash("sed -i s/two/2/ a.txt; rm gone.txt; printf end > new.txt; chmod 755 tool.sh"));
    await run(world, write("new.txt", "end\nand more\n"));
    const { stdout } = await world.run(["sessions", "diff"]);
    expect(stdout).toContain("-two\n+2\n");
    expect(stdout).toContain("old mode 100644\nnew mode 100755\n");
    writeFileSync(join(world.home, "session.patch"), stdout);
    git(world.cwd, "apply", "-R", join(world.home, "session.patch"));
    expect(git(world.cwd, "status", "--porcelain")).toBe("");
    const second = await world.run(["sessions", "diff", "--run", "2"]);
    expect(second.stdout).toContain("-end\n\\ No newline at end of file\n+end\n+and more\n");
    const stat = await world.run(["sessions", "diff", "--stat"]);
    expect(stat.stdout).toBe(
      "run 1\n  changed  a.txt  +1 −1\n  deleted  gone.txt  +0 −1\n  new      new.txt  +1 −0\n  changed  tool.sh  +0 −0\nrun 2\n  changed  new.txt  +2 −1\n",
    );
  });
});

describe.concurrent("the diff of odd names", () => {
  test("is taken by git, and written so that a terminal is not spoken to", async ({ world }) => {
    repository(world);
    const names = ["with  blanks .txt", "tab\there", "line\nend", 'quo"te', "back\\slash", "ümlaut", "colour\u001b[31m"];
    for (const name of names.slice(0, 4)) writeFileSync(join(world.cwd, name), "old\n");
    writeFileSync(join(world.cwd, "file"), "text\n");
    for (const name of ["pointer", "turned"]) symlinkSync("a.txt", join(world.cwd, name));
    git(world.cwd, "add", ".");
    git(world.cwd, "commit", "-qm", "odd");
    const before = picture(world.cwd);
    const others = "echo new > 'behind '; rm pointer file turned; echo new > pointer; ln -s pointer file; ln -s tool.sh turned";
    await run(world, ...names.map((name) => write(join(world.cwd, name), "new\n")), bash(others));
    const { stdout } = await world.run(["sessions", "diff"]);
    expect(stdout).not.toContain("\u001b");
    writeFileSync(join(world.home, "session.patch"), stdout);
    git(world.cwd, "apply", "-R", join(world.home, "session.patch"));
    expect(picture(world.cwd)).toEqual(before);
    git(world.cwd, "apply", join(world.home, "session.patch"));
    for (const name of [...names, "behind ", "pointer", "file"]) expect(readFileSync(join(world.cwd, name), "utf8")).toBe("new\n");
  });
});

describe.concurrent("after kill -9", () => {
  test.for(["write", "command"] as const)("of the run in the middle of a %s, what it has done can be put back", async (by, { world }) => {
    repository(world);
    const before = picture(world.cwd);
    const changing =
      by === "write"
        ? [write("a.txt", "changed\n"), bash("touch ../begun; sleep 300")]
        : [bash("rm gone.txt; echo x > a.txt; touch ../begun; sleep 300")];
    const program = world.start(["--model", world.trace(...changing, answerSteps("Never.")), "-p", "go"]);
    await expect.poll(() => existsSync(join(world.cwd, "../begun"))).toBe(true);
    for (const pid of program.family()) process.kill(pid, "SIGKILL");
    await program.result.catch(() => undefined);
    expect(picture(world.cwd)).not.toEqual(before);
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
  });

  test("of a command that has ended, before that is noted: in whatever order the disk took it", async ({ world }) => {
    repository(world);
    const before = picture(world.cwd);
    await run(world, bash("rm gone.txt; echo x > a.txt; echo n > new.txt"));
    const journal = join(changesDirectory(world), "changes.log");
    const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
    // All but the last line, torn in the middle of it: what it says is found again in the lines before.
    for (let kept = lines.length - 1; kept > lines.length - 2; kept--) {
      writeFileSync(journal, `${lines.slice(0, kept).join("\n")}\n${lines[kept]?.slice(0, 9)}`);
      expect(await world.run(["undo"])).toMatchObject({ status: 0 });
      expect(picture(world.cwd)).toEqual(before);
      await world.run(["undo", "--redo"]);
    }
    // What was kept for a command that never began.
    mkdirSync(join(changesDirectory(world), "pending-x"));
    await world.run(["undo"]);
    expect(readdirSync(changesDirectory(world)).filter((name) => name.startsWith("pending-"))).toEqual([]);
  });

  test.for([
    ["a link", "rm a.txt && ln -s gone.txt a.txt"],
    ["a directory", "rm a.txt && mkdir a.txt && echo x > a.txt/x"],
    ["a mode", "chmod 755 a.txt && echo x > a.txt"],
    ["a deleted file", "rm a.txt"],
  ])("of an undo of %s between two steps of one file", async ([, command = ""], { world }) => {
    repository(world);
    const before = picture(world.cwd);
    await run(world, bash(command));
    const after = picture(world.cwd);
    const journal = join(changesDirectory(world), "changes.log");
    await world.run(["undo"]);
    // As if it had been killed when the one was gone and the other had not come, or had come without its mode.
    const cutOff = (): void => writeFileSync(journal, `${readFileSync(journal, "utf8").trimEnd().split("\n").slice(0, -1).join("\n")}\n`);
    cutOff();
    rmSync(join(world.cwd, "a.txt"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
    cutOff();
    chmodSync(join(world.cwd, "a.txt"), 0o600);
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(before);
    // Nothing but the last line is missing.
    cutOff();
    expect(await world.run(["undo"])).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("Run 1 is undone") });
    expect(await world.run(["undo"])).toMatchObject({ status: 0, stderr: expect.stringContaining("No run") });
    expect(await world.run(["undo", "--redo"])).toMatchObject({ status: 0 });
    expect(picture(world.cwd)).toEqual(after);
    expect(await world.run(["undo", "--redo"])).toMatchObject({ stderr: expect.stringContaining("No undo") });
  });

  test("a run whose files were put back by hand does not stand before those that can be undone", async ({ world }) => {
    world.write("a.txt", "0\n");
    await run(world, write("a.txt", "1\n"));
    await run(world, write("b.txt", "2\n"));
    rmSync(join(world.cwd, "b.txt"));
    expect(await world.run(["undo"])).toMatchObject({ status: 0, stderr: expect.stringContaining("Run 1 is undone") });
    expect(world.read("a.txt")).toBe("0\n");
  });

  test("of an undo, doing it again does the rest, and all of it can be taken back", async ({ world }) => {
    const names = ["a.txt", "b.txt", "c.txt"];
    for (const name of names) world.write(name, "before\n");
    await run(world, ...names.map((name) => write(name, "after\n")));
    const journal = join((world.sessionFiles()[0] ?? "").replace(/\.jsonl$/, ".changes"), "changes.log");
    await world.run(["undo"]);
    // As a kill between the first file and the second leaves it.
    const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
    writeFileSync(journal, `${lines.slice(0, -1).join("\n")}\n{"type":"do`);
    for (const name of names.slice(1)) world.write(name, "after\n");
    world.write(".b.txt.0123abcd.tmp", "half of what was bei");
    world.write(".b.txt.mine.tmp", "mine");
    expect(await world.run(["undo"])).toMatchObject({ status: 0 });
    expect(readdirSync(world.cwd).sort()).toEqual([".b.txt.mine.tmp", ...names]);
    expect(names.map((name) => world.read(name))).toEqual(["before\n", "before\n", "before\n"]);
    await world.run(["undo", "--redo"]);
    expect(names.map((name) => world.read(name))).toEqual(["after\n", "after\n", "after\n"]);
  });
});
