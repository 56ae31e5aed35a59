// The first thing a newcomer does, in every surrounding it may be done in: `pi --model demo -p "What is in this folder?"`.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { projectRoot, type Way, ways } from "../support/program.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, createWorld, test, textSteps } from "../support/world.ts";

const question = ["--model", "demo", "-p", "What is in this folder?"];
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const hang = { type: "hang" };

describe.concurrent("the demo model looks around", () => {
  test.for(ways)("in an empty directory, run as %s", async (way, { world }) => {
    const { stdout, stderr, status, survivors } = await world.run(question, { way });
    expect({ stdout, stderr, status, survivors }).toEqual({ stdout: "This folder is empty.\n", stderr: "", status: 0, survivors: [] });
    expect(world.sessionFiles()).toHaveLength(1);
    soundSession(world.sessionFiles()[0] ?? "");
  });

  test("in a large repository", async ({ world }) => {
    mkdirSync(join(world.cwd, ".git"));
    for (let folder = 0; folder < 50; folder++) {
      mkdirSync(join(world.cwd, `folder-${folder}`));
      for (let file = 0; file < 100; file++) writeFileSync(join(world.cwd, `folder-${folder}/file-${file}.txt`), "x\n");
    }
    world.write("README.md", "# A large thing\n");
    const { stdout, status } = await world.run(question);
    expect(status).toBe(0);
    expect(stdout).toContain("1 file and 51 folders");
    expect(stdout).toContain("A large thing");
  });

  test.for(ways)("through a pipe into head, run as %s", async (way, { world }) => {
    for (let file = 0; file < 40; file++) world.write(`file-${file}`, "");
    const { stdout, stderr, status } = await world.run(question, { way, shell: 'set -o pipefail; "$@" | head -n 1' });
    expect({ stdout, stderr, status }).toEqual({ stdout: "This folder holds 40 files and 0 folders:\n", stderr: "", status: 0 });
  });

  test("into what cannot be written: not a success", async ({ world }) => {
    const { stderr, status } = await world.run(question, { shell: '"$@" > /dev/full' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: Cannot write to stdout: [^\n]*ENOSPC[^\n]*\n$/);
  });

  test("into a descriptor that is closed: not a success; into /dev/null: one", async ({ world }) => {
    const { stderr, status } = await world.run(question, { shell: '"$@" >&-' });
    expect({ stderr, status }).toEqual({
      stderr: expect.stringMatching(/^Error: Cannot write to stdout: it was closed[^\n]*\n$/),
      status: 1,
    });
    for (const redirection of [">/dev/null", "1<>/dev/null"])
      expect((await world.run(question, { shell: `"$@" ${redirection}` })).status).toBe(0);
  });

  test("into a reader that has gone", async ({ world }) => {
    const { stderr, survivors } = await world.run(question, { shell: 'exec 3> >(exit 0); wait $!; "$@" >&3' });
    expect({ stderr, survivors }).toEqual({ stderr: "", survivors: [] });
    soundSession(world.sessionFiles()[0] ?? "");
  });
});

describe.concurrent("stdin", () => {
  test.for(ways)("closed, run as %s", async (way, { world }) => {
    const { stdout, stderr, status } = await world.run(question, { way, stdin: "closed" });
    expect({ stdout, stderr, status }).toEqual({ stdout: "This folder is empty.\n", stderr: "", status: 0 });
  });

  test.for(ways)("open and silent: left alone after 3 s, with one line, run as %s", async (way, { world }) => {
    const { stdout, stderr, status, durationMs } = await world.run(question, { way, stdin: "silent" });
    expect({ stdout, status }).toEqual({ stdout: "This folder is empty.\n", status: 0 });
    expect(stderr).toMatch(/^pi: stdin is open but silent; .*\n$/);
    expect(durationMs).toBeGreaterThan(2900);
  });

  test.for(ways)("a pipe that another program still writes is waited for, and said for whom, run as %s", async (way, { world }) => {
    const { stdout, stderr, status } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello"], {
      way,
      // It writes when it has been waited for long enough to be named.
      shell: '(until [ -s ../said ]; do sleep 0.1; done; echo "From a program") | "$@" 2>../said; status=$?; cat ../said >&2; exit $status',
    });
    expect(status).toBe(0);
    expect(stdout).toContain('"text":"From a program\\n\\nhello"');
    expect(stderr).toMatch(/^pi: Waiting for (bash|sleep) \(process \d+\) to end what it writes to stdin\n$/);
  });

  test.for(ways)("a pipe that only a host holds open is left alone after 3 s, run as %s", async (way, { world }) => {
    const shell = 'mkfifo held; exec 3<>held; "$@" <held 3<&-';
    const { stderr, status, durationMs } = await world.run(question, { way, shell });
    expect({ stderr, status }).toEqual({ stderr: expect.stringMatching(/^pi: stdin is open but silent; .*\n$/), status: 0 });
    // It is held open for as long as the program runs.
    expect(durationMs).toBeLessThan(50_000);
  });

  test.for(ways)("what has spoken is waited for, and said for whom, though only a host holds it, run as %s", async (way, { world }) => {
    // It ends when it has been waited for long enough to be named.
    const shell = [
      'mkfifo held; exec 3<>held; echo "From a host" >&3; "$@" <held 3<&- 2>../said & child=$!',
      "until [ -s ../said ]; do sleep 0.1; done; exec 3>&-; wait $child; status=$?; cat ../said >&2; exit $status",
    ].join("; ");
    const { stdout, stderr, status } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello"], { way, shell });
    expect(status).toBe(0);
    expect(stdout).toContain('"text":"From a host\\n\\nhello"');
    expect(stderr).toMatch(/^pi: Waiting for \w+ \(process \d+\) to end what it writes to stdin\n$/);
  });

  test("waiting ends with --timeout", async ({ world }) => {
    const shell = 'mkfifo held; sleep 100 >held & "$@" <held; status=$?; kill $!; exit $status';
    const { stderr, status, durationMs } = await world.run(["--timeout", "1s", "--result", "result.json", ...question], { shell });
    expect({ stderr, status }).toEqual({
      stderr: expect.stringMatching(/^Error: The time limit of 1000 ms was reached before stdin/),
      status: 3,
    });
    expect(durationMs).toBeLessThan(50_000);
    expect(JSON.parse(world.read("result.json"))).toMatchObject({ outcome: "budget", turns: 0 });
  });

  test("a silent pipe, and a prompt that waits for it", async ({ world }) => {
    const { stdout, status } = await world.run(["--model", "demo", "-p", "-"], { shell: '(sleep 3.2; echo hello) | "$@"' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Hello\. I am the demo model/);
  });

  test.for(ways)("endless: refused, and the writer let go, run as %s", async (way, { world }) => {
    const { stdout, stderr, status } = await world.run(question, { way, shell: 'yes | "$@"' });
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toMatch(/^Error: stdin gave more than \d+ bytes\. .+\n$/);
    expect(world.sessionFiles()).toEqual([]);
  });

  test.for(ways)("a pipe that has spoken holds nothing up, run as %s", async (way, { world }) => {
    const limitMs = 2900;
    let quickestMs = Number.POSITIVE_INFINITY;
    // A machine that is busy now and then is not so each time; a wait is.
    for (let tries = 0; tries < 5 && quickestMs >= limitMs; tries++) {
      const { stdout, stderr, status, durationMs } = await world.run(question, { way, stdin: { text: "some text\n" } });
      expect({ stdout, stderr, status }).toEqual({ stdout: "This folder is empty.\n", stderr: "", status: 0 });
      quickestMs = Math.min(quickestMs, durationMs);
    }
    expect(quickestMs).toBeLessThan(limitMs);
  });

  test("text and a file are put before the prompt", async ({ world }) => {
    const notes = world.write("notes.txt", "From a file\n");
    const run = (shell: string) => world.run(["--model", "demo", "--mode", "json", "-p", "hello there"], { shell });
    for (const [shell, expected] of [
      ['echo "From a pipe" | "$@"', "From a pipe\n\nhello there"],
      [`"$@" < ${notes}`, "From a file\n\nhello there"],
      ['"$@" < /dev/null', "hello there"],
    ] as const) {
      const { stdout } = await run(shell);
      const user = stdout.split("\n").find((line) => line.includes('"message_end"') && line.includes('"role":"user"'));
      expect(JSON.parse(user ?? "{}").message.content).toEqual([{ type: "text", text: expected }]);
    }
  });

  test.each([
    ["a mark of UTF-8", String.raw`\xef\xbb\xbfh\xc3\xa4llo\r\n`],
    ["UTF-16, little end first", String.raw`\xff\xfeh\x00\xe4\x00l\x00l\x00o\x00\r\x00\n\x00`],
    ["UTF-16, big end first", String.raw`\xfe\xff\x00h\x00\xe4\x00l\x00l\x00o\x00\n`],
    ["UTF-16 without a mark", String.raw`h\x00\xe4\x00l\x00l\x00o\x00`],
  ])("%s is text, piped or as a file", async (_, bytes) => {
    const { world, close } = createWorld();
    try {
      const run = (shell: string, words: string) => world.run(["--model", "demo", "--mode", "json", "-p", words], { shell });
      expect((await run(`printf '${bytes}' | "$@"`, "go")).stdout).toContain('"text":"h\u00e4llo\\n\\ngo"');
      const { stdout } = await run(`printf '${bytes}' > notes; "$@" @notes`, "go");
      expect(stdout).toMatch(/>\\nh\u00e4llo(\\r)?(\\n)?\\n<\/file>/);
    } finally {
      await close();
    }
  });

  test("a picture is a picture, other bytes are refused", async ({ world }) => {
    world.write("dot.png", Buffer.from(onePixel, "base64"));
    const shown = await world.run(["--model", "demo", "--mode", "json", "-p", "look"], { shell: '"$@" < dot.png' });
    expect(shown.stdout).toContain(`{"type":"image","data":"${onePixel}","mimeType":"image/png"}`);
    for (const shell of [
      `printf '\\x1f\\x8b\\x08\\x00\\x00\\xff' | "$@"`,
      `printf 'a\\x00b' | "$@"`,
      `printf '\\xff\\xd8\\x01\\x02\\xfe' | "$@"`,
      `printf '%%PDF-1.7\\n' | "$@"`,
    ]) {
      const { stdout, stderr, status } = await world.run(question, { shell });
      expect({ stdout, stderr, status }).toEqual({
        stdout: "",
        stderr: expect.stringMatching(/^Error: stdin is neither text nor an image\. /),
        status: 2,
      });
    }
    expect(world.sessionFiles()).toHaveLength(1);
  });

  test.for([
    ["its signature alone", 8],
    ["its header", 40],
    ["all but its end", 60],
  ] as const)("a picture of which there is %s is none, from a pipe and as a file", async ([, length], { world }) => {
    world.write("cut.png", Buffer.from(onePixel, "base64").subarray(0, length));
    const said = "is a png that is cut off or damaged. Give the whole file\n";
    expect(await world.run(question, { shell: 'cat cut.png | "$@"' })).toMatchObject({
      stdout: "",
      stderr: `Error: stdin ${said}`,
      status: 2,
    });
    const named = await world.run([...question.slice(0, -1), "@cut.png look"]);
    expect(named).toMatchObject({ stdout: "", stderr: `Error: @cut.png ${said}`, status: 2 });
    expect(world.sessionFiles()).toHaveLength(0);
  });

  test.for(
    (["binary", "node"] as const).flatMap(
      (way) =>
        [
          [way, "a directory", '"$@" < .', /^Error: stdin is a directory\. /],
          [way, "an endless device", '"$@" < /dev/zero', /^Error: stdin gave more than \d+ bytes\. /],
          [way, "what can only be written to", '"$@" 0> out', /^Error: Cannot read stdin \(EBADF\)\. /],
        ] as const,
    ),
  )("%s: %s is no input", async ([way, , shell, said], { world }) => {
    const { stdout, stderr, status } = await world.run(question, { way, shell });
    expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: expect.stringMatching(said), status: 2 });
    expect(world.sessionFiles()).toHaveLength(0);
  });

  test("a file and the message in one argument", async ({ world }) => {
    world.write("notes.md", "tulip\n");
    world.write("my notes.md", "rose\n");
    const said = async (...args: string[]) => (await world.run(["--model", "demo", "--mode", "json", "-p", ...args])).stdout;
    expect(await said("@notes.md explain this")).toMatch(/notes\.md\\">\\ntulip\\n\\n<\/file>\\n\\nexplain this"/);
    expect(await said("@my notes.md @notes.md\ncompare them")).toMatch(/rose\\n\\n<\/file><file .*tulip\\n\\n<\/file>\\n\\ncompare them"/);
    expect(await said("@my notes.md")).toMatch(/rose\\n\\n<\/file>"/);
  });

  test("behind -- all is text, and a name of a file there is told", async ({ world }) => {
    world.write("notes.md", "tulip\n");
    const words = ["--model", "demo", "--mode", "json", "-p", "--"];
    const { stdout, stderr } = await world.run([...words, "@notes.md"]);
    expect(stdout).toContain('"text":"@notes.md"');
    expect(stdout).not.toContain("<file name");
    expect(stderr).toMatch(/^pi: @notes\.md behind -- is sent as it is written/m);
    expect((await world.run([...words, "@someone has a question"])).stderr).not.toContain("behind");
  });

  test("nothing but an empty stdin is no prompt", async ({ world }) => {
    const { stderr, status } = await world.run(["--model", "demo", "-p"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Error: No prompt given\. .+\n$/);
  });
});

describe.concurrent("surroundings", () => {
  const saved = { stdout: "This folder is empty.\n", stderr: "", status: 0 };

  test("no environment at all", async ({ world }) => {
    const { stdout, stderr, status } = await world.run(question, {
      env: { PATH: undefined, HOME: undefined, LANG: undefined, TMPDIR: undefined },
    });
    expect({ stdout, status }).toMatchObject({ stdout: saved.stdout, status: 0 });
    expect(stderr.split("\n").length).toBeLessThanOrEqual(2);
  });

  test("PATH without node or bun", async ({ world }) => {
    const { stdout, stderr, status } = await world.run(question, { env: { PATH: "/bin" } });
    expect({ stdout, stderr, status }).toEqual(saved);
  });

  test.for(ways)("a home that cannot be written, run as %s", async (way, { world }) => {
    writeFileSync(join(world.home, "file"), "");
    for (const HOME of [join(world.home, "file"), "/proc/nonexistent"]) {
      const { stdout, stderr, status } = await world.run(question, { way, env: { HOME } });
      expect({ stdout, status }).toEqual({ stdout: saved.stdout, status: 0 });
      expect(stderr).toMatch(/^pi: [^\n]*cannot be saved[^\n]*\.\n$/);
    }
  });

  test.for(ways)("a working directory that is gone, run as %s", async (way, { world }) => {
    const gone = join(world.cwd, "gone");
    mkdirSync(gone);
    const { stdout, stderr, status, timedOut } = await world.run(question, { way, cwd: gone, shell: 'rmdir "$PWD" && "$@"' });
    // The runtime of the binary says it by itself, before any of the program runs.
    expect(stderr).toContain(way === "binary" ? "working directory was deleted" : `The working directory ${gone} is gone.`);
    expect({ stdout, status: status !== 0, timedOut, lines: stderr.trim().split("\n").length }).toEqual({
      stdout: "",
      status: true,
      timedOut: false,
      lines: 1,
    });
  });

  test.for(["node", "bun"] as const)(
    "a working directory that is gone: help, version and --cwd do not need it, run as %s",
    async (way, { world }) => {
      const gone = join(world.cwd, "gone");
      const run = (args: string[]) => {
        mkdirSync(gone);
        return world.run(args, { way, cwd: gone, shell: 'rmdir "$PWD" && "$@"' });
      };
      expect((await run(["--help"])).stdout).toContain("--model");
      // Whatever name the shell knows: the one of a directory that is there, or none, is not where we are.
      for (const PWD of ["", world.home]) {
        mkdirSync(gone);
        const shell = `rmdir "$PWD" && env PWD=${JSON.stringify(PWD)} "$@"`;
        for (const args of [question, ["trust"]]) {
          const { stdout, stderr, status } = await world.run(args, { way, cwd: gone, shell });
          expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
          expect(stderr).toContain(gone);
          mkdirSync(gone, { recursive: true });
        }
        rmSync(gone, { recursive: true });
      }
      expect((await run(["version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect(await run(["--cwd", world.cwd, ...question])).toMatchObject({ ...saved });
      expect((await run(["--cwd", world.cwd, "sessions", "list"])).stdout).toContain("What is in this folder?");
    },
  );

  test("a working directory that is gone, with bin/pi: --version and --cwd work as well", async ({ world }) => {
    const gone = join(world.cwd, "gone");
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    for (const [args, said] of [
      ["--version", /^\d+\.\d+\.\d+\n$/],
      [`--cwd ${world.cwd} --model demo -p hello`, /^Hello/],
    ] as const) {
      mkdirSync(gone);
      const { stdout, status } = await world.run([], { cwd: gone, env, shell: `rmdir "$PWD" && ${join(projectRoot, "bin/pi")} ${args}` });
      expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(said), status: 0 });
    }
  });

  test("a hostile directory has no effect", async ({ world }) => {
    const marker = join(world.home, "marker");
    const plant = `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "planted");`;
    world.write(
      ".env",
      `ANTHROPIC_API_KEY=planted\nPI_CODING_AGENT_DIR=${world.home}/planted\nNODE_OPTIONS=--require=${world.cwd}/plant.js\n`,
    );
    world.write(".env.local", "PI_CODING_AGENT_SESSION_DIR=planted\n");
    world.write(".env.production", "PI_CODING_AGENT_SESSION_DIR=planted\n");
    world.write(
      "bunfig.toml",
      'preload = ["./plant.js"]\n[run]\npreload = ["./plant.js"]\n[define]\n"process.env.HOME" = "\'/planted\'"\n',
    );
    world.write("plant.js", plant);
    world.write("tsconfig.json", '{ "compilerOptions": { "paths": { "*": ["./plant.js"] }, "baseUrl": "." } }');
    world.write(
      "package.json",
      '{ "name": "pi", "type": "commonjs", "imports": { "#*": "./plant.js" }, "exports": "./plant.js", "main": "plant.js", "browser": { "fs": "./plant.js" } }',
    );
    world.write("node_modules/smol-toml/index.js", plant);
    world.write("node_modules/openai/index.js", plant);
    world.config('thinking = "low"\n');
    const { stdout, stderr, status } = await world.run(question);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toContain("7 files and 1 folder:");
    const asked = await world.run(["--model", "anthropic/claude-opus-5-5", "-p", "hi"]);
    expect(asked.stderr).toContain("No API key found for anthropic");
    expect(() => world.read(marker)).toThrow();
    expect(world.sessionFiles()).toHaveLength(1);
  });
});

describe.concurrent("signals", () => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    test.for(ways)(`${signal} ends the run in order, run as %s`, async (way, { world }) => {
      const model = world.trace([...textSteps("Half an answer"), hang]);
      const program = world.start(["--model", model, "--mode", "json", "-p", "hi"], { way });
      await program.said("Half an answer");
      program.signal(signal);
      const result = await program.result;
      expect(result).toMatchObject({ status, signal: null, stderr: "Request was aborted\n", survivors: [] });
      const last = soundSession(world.sessionFiles()[0] ?? "").at(-1).message;
      expect(last).toMatchObject({ stopReason: "aborted", content: [{ type: "text", text: "Half an answer" }] });
    });
  }

  test("timeout -s INT", async ({ world }) => {
    const model = world.trace([...textSteps("Half an answer"), hang]);
    const { stdout, stderr, status } = await world.run(["--model", model, "-p", "hi"], {
      shell: 'timeout --preserve-status -s INT 3 "$@"',
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "Request was aborted\n", status: 130 });
  });

  test("a second signal ends it at once", async ({ world }) => {
    // The reader has stopped reading: the first signal cannot end the run in order before everything is written.
    const model = world.trace([...textSteps("x".repeat(1 << 20)), hang]);
    const program = world.start(["--model", model, "--mode", "json", "-p", "hi"]);
    await program.said("message_start");
    program.child.stdout?.pause();
    program.signal("SIGINT");
    const again = setInterval(() => program.signal("SIGINT"), 100);
    const ended = new Promise((resolve) => program.child.once("exit", resolve));
    expect(await ended).toBe(130);
    clearInterval(again);
    program.child.stdout?.resume();
    expect((await program.result).survivors).toEqual([]);
  });

  test("an answer that is whole is not taken back", async ({ world }) => {
    const { stdout, status } = await world.run(["--model", world.trace(answerSteps("Done.")), "-p", "hi"]);
    expect({ stdout, status }).toEqual({ stdout: "Done.\n", status: 0 });
  });
});

test("a directory that vanishes during the run loses nothing", async ({ world }) => {
  const { stdout, status } = await world.run(["--model", "demo", "-p", 'Run `cd / && rmdir "$OLDPWD" && echo gone`']);
  rmSync(world.cwd, { recursive: true, force: true });
  expect(status).toBe(0);
  expect(stdout).toContain("gone");
});

test.for<Way>(["binary", "node"])("@file is found as it was meant, in its own encoding, run as %s", async (way, { world }) => {
  world.write("Shot at 9.41\u202fPM.txt", "narrow");
  world.write("wide.txt", Buffer.from("\ufeffzwölf", "utf16le"));
  const files = ["@Shot at 9.41 PM.txt", "@wide.txt"];
  await world.run(["--model", "demo", "-p", ...files, "explain"], { way, stdin: "null" });
  const sent = readFileSync(world.sessionFiles()[0] ?? "", "utf8");
  for (const word of ["narrow", "zwölf"]) expect(sent).toContain(word);
});
