// The npm agent's examples of its library, with nothing but their imports changed: they fit our types, and they run on Node and on Bun. Runs
// only where that agent is installed.

import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { npmAgentPackage } from "../support/npm-agent-place.ts";
import { consumerOptions, installPacked } from "../support/packed-package.ts";
import { projectRoot } from "../support/program.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { type StrictServer, startStrictServer } from "../support/strict/script.ts";

const examples = join(npmAgentPackage, "examples/sdk");
const isInstalled = existsSync(examples);
const whereInstalled = test.skipIf(!isInstalled);

/** 14 is about extensions that the npm agent brings along. */
const names = (isInstalled ? readdirSync(examples) : []).filter((name) => /^\d+-.*\.ts$/.test(name) && !name.startsWith("14-"));

let project = "";
let server: StrictServer;

beforeAll(async () => {
  if (!isInstalled) return;
  project = installPacked();
  server = await startStrictServer(strictAnthropic, [{ say: [{ text: "an answer" }] }]);
  for (const name of names) {
    const source = readFileSync(join(examples, name), "utf8");
    writeFileSync(
      join(project, name),
      source
        .replace(/(from\s+)"@earendil-works\/pi-coding-agent"/g, '$1"pi"')
        .replace(/(from\s+)"@earendil-works\/pi-ai(\/compat)?"/g, '$1"pi/ai"'),
    );
  }
});

afterAll(async () => {
  if (!isInstalled) return;
  await server.close();
  rmSync(project, { recursive: true, force: true });
});

interface Ran {
  stdout: string;
  stderr: string;
  status: number;
  home: string;
  work: string;
}

/** By it a request is known to be an example's. */
function keyOf(runtime: "node" | "bun", name: string): string {
  return `sk-${runtime}-${name}`;
}

/** In a home of its own; what they say of `/tmp` they only read. */
function run(runtime: "node" | "bun", name: string): Promise<Ran> {
  const home = join(project, `${runtime}-${name}`);
  const work = join(home, "work");
  mkdirSync(join(home, ".pi/agent/prompts"), { recursive: true });
  mkdirSync(work);
  writeFileSync(join(home, ".pi/agent/config.toml"), 'model = "anthropic/claude-sonnet-4-5"\n');
  writeFileSync(join(home, ".pi/agent/prompts/mine.md"), "Say it again\n");
  writeFileSync(join(work, "AGENTS.md"), "Be kind.\n");
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    PI_OFFLINE: "1",
    ANTHROPIC_BASE_URL: server.baseUrl,
    ANTHROPIC_API_KEY: keyOf(runtime, name),
    MY_ANTHROPIC_KEY: keyOf(runtime, name),
  };
  const [command, file] =
    runtime === "node" ? [process.execPath, join(project, "js", name.replace(/ts$/, "js"))] : [bunPath(), join(project, name)];
  return new Promise((resolve) => {
    const child = execFile(command, [file], { cwd: work, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, status: error === null ? 0 : typeof error.code === "number" ? error.code : 1, home, work });
    });
    child.stdin?.end();
  });
}

const sessionFile = (text: string, label: string): string => new RegExp(`${label}: (.*\\.jsonl)`).exec(text)?.[1] ?? "";

/** What each must have said or done. */
const effects: Record<string, (ran: Ran) => void> = {
  "01": ({ stdout }) => expect(stdout).toMatch(/^an answer[\s\S]*role: ['"]assistant/),
  "02": ({ stdout }) => expect(stdout).toMatch(/Found model: anthropic\/claude-opus-4-5[\s\S]*an answer/),
  "03": ({ stdout }) => expect(stdout.match(/an answer/g)).toHaveLength(2),
  "04": ({ stdout }) => expect(stdout).toMatch(/Discovered skills: \[ ['"]my-skill['"] \]/),
  "05": ({ stdout }) => expect(stdout).toContain("Specific tools with custom cwd session created"),
  "06": ({ stdout }) => expect(stdout).toBe("[Inline Extension] Agent starting\nan answer\n"),
  "07": ({ stdout, work }) => expect(stdout).toMatch(new RegExp(`${work}/AGENTS.md \\(9 chars\\)\n  - /virtual/AGENTS.md`)),
  "08": ({ stdout }) => expect(stdout).toMatch(/\/mine: Say it again\n {2}\/deploy: Deploy the application/),
  "09": ({ stdout }) => expect(stdout).toContain("Session with runtime API key override"),
  "10": ({ stdout, stderr, home }) => {
    expect(stdout).toContain('"model": "anthropic/claude-sonnet-4-5"');
    expect(stderr).toBe("");
    expect(readFileSync(join(home, ".pi/agent/config.toml"), "utf8")).toContain('thinking = "low"');
  },
  "11": ({ stdout }) => expect(stdout).toMatch(/In-memory session: \(none\)\nNew session file: .*\.jsonl\nContinued session: .*\.jsonl/),
  "12": ({ stdout }) => expect(stdout).toBe("an answer\n"),
  "13": ({ stdout }) => {
    const first = sessionFile(stdout, "Initial session");
    expect(first).not.toBe("");
    expect(sessionFile(stdout, "After newSession\\(\\)")).not.toBe(first);
    expect(sessionFile(stdout, "After switchSession\\(\\)")).toBe(first);
  },
};

whereInstalled("all fit our types", () => {
  expect(names.map((name) => name.slice(0, 2)).sort()).toEqual(Object.keys(effects).sort());
  // That our declarations are sound by themselves is what package.test.ts looks at.
  const options = { ...consumerOptions, skipLibCheck: true, outDir: "js" };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: names }));
  const tsc = spawnSync(process.execPath, [join(projectRoot, "node_modules/typescript/bin/tsc"), "-p", "."], {
    cwd: project,
    encoding: "utf8",
  });
  expect(tsc.stdout).toBe("");
  expect(tsc.status).toBe(0);
});

for (const runtime of ["node", "bun"] as const) {
  whereInstalled.concurrent.each(names)(`%s runs on ${runtime}`, async (name) => {
    const ran = await run(runtime, name);
    expect(ran.status, ran.stderr).toBe(0);
    effects[name.slice(0, 2)]?.(ran);
    expect(server.complaints).toEqual([]);
    const bodies = server.requests.filter(({ headers }) => headers["x-api-key"] === keyOf(runtime, name)).map(({ rawBody }) => rawBody);
    if (name.startsWith("03-")) {
      expect(bodies[0]).toContain("speaks like a pirate");
      expect(bodies[1]).toContain("Use bullet points when listing things");
    }
    if (name.startsWith("12-")) expect(bodies[0]).toContain("You are a minimal assistant.");
  });
}
