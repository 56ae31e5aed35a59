// What a user can get wrong: each has one line that names the thing, the value and the remedy, exit status 2, and leaves no session behind.

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

interface Case {
  args: string[];
  stderr: RegExp;
  prepare?(world: World): void;
}

const toml = (text: string) => (world: World) => world.config(text);

const cases: Record<string, Case> = {
  "an unknown option": { args: ["--provder", "x"], stderr: /^Error: Unknown option: --provder\. Did you mean --provider\?/ },
  "an unknown short option": { args: ["-Z"], stderr: /^Error: Unknown option: -Z\./ },
  "an option of another agent": { args: ["--yolo", "fix it"], stderr: /^Error: Unknown option: --yolo\. .*tools run without asking/ },
  "an option that no near one stands for": {
    args: ["--no-color", "-p", "hi"],
    stderr: /^Error: Unknown option: --no-color\. .*NO_COLOR=1/,
  },
  "an option with a dash of typography": {
    args: ["\u2013model", "demo", "-p", "hi"],
    stderr: /^Error: Unknown option: .model\. .*--model/,
  },
  "an option and its value in one argument": {
    args: ["--model demo", "-p", "hi"],
    stderr: /^Error: Unknown option: --model demo\. .*quotes/,
  },
  "a command of the npm agent's": {
    args: ["mcp", "list"],
    stderr: /^Error: pi mcp is no command of this program\. .*As a prompt: pi -p "mcp list"\n$/,
  },
  "a mistyped command behind options": {
    args: ["--model", "demo", "sesions"],
    stderr: /^Error: sesions is no command\. Did you mean pi sessions\? As a prompt: pi -p sesions\n$/,
  },
  "a message in RPC mode": {
    args: ["--mode", "rpc", "--model", "demo", "hello"],
    stderr: /^Error: --mode rpc takes no messages, got "hello"\./,
  },
  "an answer to a place where there is none": {
    args: ["-o", "nowhere/answer.txt", "--model", "demo", "-p", "hi"],
    stderr: /^Error: --output \/.*\/nowhere\/answer\.txt: there is no directory/,
  },
  "an answer below a file": {
    args: ["-o", "file.txt/answer.txt", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) => void write("file.txt", "text"),
    stderr: /^Error: --output \/.*\/file\.txt\/answer\.txt cannot be written: a part of its path is no directory\. Name another path\n/,
  },
  "a record whose name no file can have": {
    args: ["--result", "r".repeat(300), "--model", "demo", "-p", "hi"],
    stderr: /^Error: --result \/.*\/r{300} cannot be written: its name is too long\. Name another path\n/,
  },
  "a trace to a place where there is none": {
    args: ["--record", "nowhere/trace.jsonl", "--model", "demo", "-p", "hi"],
    stderr: /^Error: --record \/.*\/nowhere\/trace\.jsonl: there is no directory .*nowhere\. Make it first\n/,
  },
  "a trace whose name no file can have": {
    args: ["--model", `scripted/${"t".repeat(300)}`, "-p", "hi"],
    stderr: /^Error: No trace \/.*t{300}\. /,
  },
  "a folder below a file": {
    args: ["-C", "file.txt/sub", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) => void write("file.txt", "text"),
    stderr: /^Error: --cwd \/.*\/file\.txt\/sub is not a directory\. Name one that exists\n/,
  },
  "trust in a folder whose name is a circle of links": {
    args: ["trust", "loop"],
    prepare: ({ cwd }) => symlinkSync("loop", join(cwd, "loop")),
    stderr: /^Error: \/.*\/loop is not a directory\. Name the project's directory\n/,
  },
  "a session whose directory is gone": {
    args: ["--session", "./gone.jsonl", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) =>
      void write("gone.jsonl", '{"type":"session","version":3,"id":"x","timestamp":"2026-11-01T10:00:00.000Z","cwd":"/gone/away"}\n'),
    stderr: /^Error: The directory of the session is gone: \/gone\/away\. --cwd DIR/,
  },
  "a session below a file": {
    args: ["--session", "file.txt/s.jsonl", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) => void write("file.txt", "text"),
    stderr: /^Error: Session file \/.*file\.txt\/s\.jsonl cannot be read: a part of its path is no directory\. Name another path\n/,
  },
  "a session whose name is a circle of links": {
    args: ["--session", "./loop.jsonl", "--model", "demo", "-p", "hi"],
    prepare: ({ cwd }) => symlinkSync("loop.jsonl", join(cwd, "loop.jsonl")),
    stderr: /^Error: Session file \/.*loop\.jsonl cannot be read: its name is a circle of links\. Name another path\n/,
  },
  "a model's id that is empty": {
    args: ["--model", "local/", "-p", "hi"],
    prepare: toml('[providers.local]\napi = "openai-completions"\nbase_url = "http://127.0.0.1:9/v1"\napi_key = "k"\n'),
    stderr: /^Error: Model "local\/" not found\./,
  },
  "picking a session in JSON mode": {
    args: ["-r", "--mode", "json", "hi"],
    stderr: /^Error: --resume cannot be combined with --mode json\./,
  },
  "an option without its value": { args: ["-p", "--model"], stderr: /^Error: --model needs a value\./ },
  "an option in the place of a value": {
    args: ["--api-key", "-p", "hi"],
    stderr: /^Error: --api-key needs a value, and got the option -p\. --api-key KEY; as a value, --api-key=-p\n/,
  },
  "a folder that was forgotten": {
    args: ["-C", "--print", "hi"],
    stderr: /^Error: --cwd needs a value, and got the option --print\. --cwd DIR\n/,
  },
  "a flag with a value": { args: ["--print=yes"], stderr: /^Error: --print takes no value, got "yes"\./ },
  "an unknown mode": { args: ["--mode", "jsn", "-p", "hi"], stderr: /^Error: --mode "jsn" is not one of .*Did you mean json\?/ },
  "an unknown thinking level": {
    args: ["--thinking", "hgh", "-p", "hi"],
    stderr: /^Error: --thinking "hgh" is not one of off, .*Did you mean high\?/,
  },
  "an unknown model": {
    args: ["--model", "anthropic/claude-sonet-5", "-p", "hi"],
    stderr: /^Error: Model "anthropic\/claude-sonet-5" not found\./,
  },
  "an unknown model in the configuration": {
    args: ["-p", "hi"],
    prepare: toml('thinking = "low"\nmodel = "clade-nonsense"\n'),
    stderr: /^Error: Model "clade-nonsense" not found\. .*It is the model of \/.*config\.toml:2\n$/,
  },
  "an unknown provider": { args: ["--provider", "antropic", "-p", "hi"], stderr: /^Error: .*antropic.*anthropic/ },
  "a model without a key": {
    args: ["--model", "anthropic/claude-sonnet-4-5", "-p", "hi"],
    stderr: /^Error: No API key found for anthropic\. .*ANTHROPIC_API_KEY.*--model demo/,
  },
  "no model at all": { args: ["-p", "hi"], stderr: /^Error: .*ANTHROPIC_API_KEY.*--model demo/ },
  "no prompt": { args: ["--model", "demo", "-p"], stderr: /^Error: No prompt given\./ },
  "blank prompts": { args: ["--model", "demo", "-p", " ", "", "\n"], stderr: /^Error: No prompt given\./ },
  "no schema named": { args: ["schema"], stderr: /^Error: Which schema is missing\. Usage: pi schema rpc\|/ },
  "a file that is not there": {
    args: ["--model", "demo", "-p", "@nope.txt"],
    stderr: /^Error: File not found: \/.*\/project\/nope\.txt\./,
  },
  "a file that is not there, with the message in the same argument": {
    args: ["--model", "demo", "-p", "@nope.txt explain this"],
    stderr: /^Error: File not found: \/.*\/project\/nope\.txt\. .*argument of its own/,
  },
  "a directory for a file": {
    args: ["--model", "demo", "-p", "@folder"],
    prepare: ({ cwd }) => mkdirSync(`${cwd}/folder`),
    stderr: /^Error: \/.*\/project\/folder is a directory\./,
  },
  "a directory for the result": {
    args: ["--model", "demo", "--result", "folder", "-p", "hi"],
    prepare: ({ cwd }) => mkdirSync(`${cwd}/folder`),
    stderr: /^Error: --result \/.*\/project\/folder is a directory\. Name a file in it$/m,
  },
  "a device for a trace": {
    args: ["--model", "demo", "--record", "/dev/null", "-p", "hi"],
    stderr: /^Error: --record \/dev\/null is no regular file\./,
  },
  "a device for a file": { args: ["--model", "demo", "-p", "@/dev/zero"], stderr: /^Error: .*\/dev\/zero/ },
  "a file that cannot be read": { args: ["--model", "demo", "-p", "@/proc/self/mem"], stderr: /^Error: .*\/proc\/self\/mem/ },
  "a binary file": {
    args: ["--model", "demo", "-p", "@blob"],
    prepare: ({ write }) => void write("blob", new Uint8Array([1, 0, 2, 255])),
    stderr: /^Error: @blob is neither text nor an image/,
  },
  "a working directory that is none": {
    args: ["--cwd", "nope", "--model", "demo", "-p", "hi"],
    stderr: /^Error: --cwd \/.*\/nope is not a directory\./,
  },
  "a session that is not there": {
    args: ["--session", "deadbeef-none", "--model", "demo", "-p", "hi"],
    stderr: /^Error: No session found matching .?deadbeef-none/,
  },
  "a file that is no session": {
    args: ["--session", "./notes.txt", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) => void write("notes.txt", "notes\n"),
    stderr: /^Error: Session file is not a valid pi session: \/.*notes\.txt/,
  },
  "options that exclude each other": {
    args: ["-c", "--no-session", "--model", "demo", "-p", "hi"],
    stderr: /^Error: --continue cannot be combined with --no-session\./,
  },
  "a name that is blank": { args: ["--name", " ", "--model", "demo", "-p", "hi"], stderr: /^Error: Session name cannot be empty\./ },
  "approving and refusing": {
    args: ["-a", "-na", "--model", "demo", "-p", "hi"],
    stderr: /^Error: --approve cannot be combined with --no-approve\./,
  },
  "an unknown tool, strictly": { args: ["--strict", "--tools", "reed", "--model", "demo", "-p", "hi"], stderr: /^Error: .*reed/ },
  "a trace that is not there": { args: ["--model", "scripted/nope.jsonl", "-p", "hi"], stderr: /^Error: .*\/project\/nope\.jsonl/ },
  "bad TOML": {
    args: ["--model", "demo", "-p", "hi"],
    prepare: toml('model = "demo"\nthinking = high\n'),
    stderr: /^Error: .*config\.toml.*2.*12/,
  },
  "a setting of the wrong type": {
    args: ["--model", "demo", "-p", "hi"],
    prepare: toml('[retry]\nmax_retries = 3\nbase_delay_ms = "soon"\n'),
    stderr: /^Error: .*config\.toml.*3.*17.*base_delay_ms/,
  },
  "an unknown setting, strictly": {
    args: ["--strict", "--model", "demo", "-p", "hi"],
    prepare: toml('thinkin = "high"\n'),
    stderr: /^Error: .*thinkin.*thinking/,
  },
  "a setting no project may make": {
    args: ["--strict", "--approve", "--model", "demo", "-p", "hi"],
    prepare: ({ write }) => void write(".pi/config.toml", '[network]\nproxy = "http://evil"\n'),
    stderr: /^Error: .*network\.proxy/,
  },
};

describe.concurrent("a run that cannot begin", () => {
  test.for(Object.entries(cases))("%s", async ([, item], { world }) => {
    item.prepare?.(world);
    const { stdout, stderr, status, timedOut } = await world.run(item.args);
    expect(stderr).toMatch(item.stderr);
    expect({ stdout, status, timedOut }).toEqual({ stdout: "", status: 2, timedOut: false });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(world.sessionFiles()).toEqual([]);
  });

  test.for(ways)("says the same run as %s", async (way, { world }) => {
    for (const item of [cases["an unknown option"], cases["a model without a key"], cases["bad TOML"]]) {
      item?.prepare?.(world);
      const { stderr, status } = await world.run(item?.args ?? [], { way });
      expect(status).toBe(2);
      expect(stderr).toMatch(item?.stderr ?? /^$/);
    }
  });

  test("an unknown setting is a warning with the nearest one", async ({ world }) => {
    world.config('thinkin = "high"\n');
    const { stdout, stderr, status } = await world.run(["--model", "demo", "-p", "hello"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Hello/);
    expect(stderr).toMatch(/^pi: .*thinkin\b.*thinking.*\n$/);
  });

  test("--verbose shows where it comes from, without the key", async ({ world }) => {
    const { stderr } = await world.run(["--verbose", "--api-key", "sk-very-secret", "--model", "nope", "-p", "hi"]);
    expect(stderr).toMatch(/^Error: Model "nope" not found\..*\n.*\n +at /);
    expect(stderr).not.toContain("very-secret");
  });

  test("an agent directory that is a file costs the session, not the run", async ({ world }) => {
    const file = world.write("file", "");
    const { stdout, stderr, status } = await world.run(["--model", "demo", "-p", "hello"], { env: { PI_CODING_AGENT_DIR: file } });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^Hello/) });
    expect(stderr).toMatch(/^pi: [^\n]*cannot be saved[^\n]*\n$/);
  });
});
