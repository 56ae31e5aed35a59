// Canary secrets of every service's shape, in every place that holds one, said by model, tools, services and children in every way: in nothing that a
// run leaves or tells is one of them, and no child sees one that is scrubbed.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { vendors } from "../../src/providers/vendors.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { test, type World } from "../support/world.ts";

/** How the keys of services look; of the others a word and digits. */
const shapes: Record<string, string> = {
  ANTHROPIC_API_KEY: "sk-ant-api03-",
  OPENAI_API_KEY: "sk-proj-",
  GEMINI_API_KEY: "AIzaSyCANARY0123456789abc",
  GOOGLE_API_KEY: "AIzaSyOTHER0123456789abcd",
  GROQ_API_KEY: "gsk_",
  XAI_API_KEY: "xai-",
  OPENROUTER_API_KEY: "sk-or-v1-",
  HF_TOKEN: "hf_",
  NVIDIA_API_KEY: "nvapi-",
  CEREBRAS_API_KEY: "csk-",
  FIREWORKS_API_KEY: "fw_",
  // Of services that no model call needs.
  GITHUB_TOKEN: "ghp_",
  GH_ENTERPRISE_TOKEN: "github_pat_",
  GITLAB_TOKEN: "glpat-",
  SLACK_BOT_TOKEN: "xoxb-",
  AWS_ACCESS_KEY_ID: "AKIACANARY0123456",
  AWS_SECRET_ACCESS_KEY: "wJalr/canary+",
  STRIPE_SECRET: "sk_live_",
  NPM_TOKEN: "npm_canary0123456789abcdef",
  SESSION_JWT: "eyJhbGciOiJIUzI1NiJ9.eyJ",
  TELEGRAM_PASSWORD: "Tr0ub4dor&3-",
};

const canary = (name: string, at: number): string =>
  `${shapes[name] ?? `${name.toLowerCase()}-`}canary${String(at).padStart(2, "0")}x7Q9zK4w`;
const vendorVariables = Object.values(vendors).flatMap(({ credentialVariables }) => credentialVariables);
// A bearer token would win over the key that the local service wants.
const names = [...new Set([...vendorVariables, ...Object.keys(shapes)])].filter((name) => !/^ANTHROPIC_(OAUTH|AUTH)_TOKEN$/.test(name));
const ofEnvironment = Object.fromEntries(names.map((name, at) => [name, canary(name, at)]));

const elsewhere = {
  address: "pw-canary91-x7Q9zK4w",
  config: "cfg-canary92-x7Q9zK4w",
  header: "hdr-canary93-x7Q9zK4w",
  plainHeader: "hdr-canary99-x7Q9zK4w",
  unusedHeader: "hdr-canary89-x7Q9zK4w",
  shellSet: "set-canary94-x7Q9zK4w",
  command: "cmd-canary95-x7Q9zK4w",
  storedKey: "stored-canary96-x7Q9zK4w",
  access: "eyJhbGciOiJSUzI1NiJ9.eyJhY2Nlc3MiOiJjYW5hcnk5NyJ9.sig-canary97-x7Q9zK4w",
  refresh: "rt_canary98-x7Q9zK4w",
};
const all = [...Object.values(ofEnvironment), ...Object.values(elsewhere)];

function forms(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
}

/** What of a form is the secret's alone: the last digit of base64 may be half of it. */
const core = (form: string): string => form.replace(/.=+$/, "");

/** Of all files below a directory; those that hold the secrets because the user put them there are left out. */
function* filesBelow(directory: string, sources: ReadonlySet<string>): Generator<string> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !sources.has(path)) yield path;
  }
}

/** What a service signed is its own, and says again what it has thought: it is never changed. */
const signed = /[a-z_]*signature[\\"]+:\s*[\\"]+[^"\\]*/gi;

function leaksIn(what: string, text: string): string[] {
  const read = text.replace(signed, "");
  return all.flatMap((secret) => (forms(secret).some((form) => read.includes(core(form))) ? [`${secret} in ${what}`] : []));
}

interface Placed {
  env: Record<string, string>;
  sources: Set<string>;
}

async function placed(world: World, toml = ""): Promise<Placed> {
  const strict = await world.strict(strictAnthropic, [
    {
      say: [
        { thinking: `Keys: ${all.join(" ")}` },
        { text: `I see ${all.flatMap(forms).join(", ")}.` },
        {
          call: "bash",
          arguments: {
            command:
              "cat /proc/$PPID/cmdline /proc/$$/cmdline > $OUTSIDE.ps; printenv; cat ~/.pi/agent/auth.json ~/.pi/agent/config.toml; printenv >&2; for n in $(seq 3000); do echo $n $GROQ_API_KEY; done",
          },
        },
        { call: "bash", arguments: { command: `echo ${all.map((one) => `'${one}'`).join(" ")}; printenv > "$OUTSIDE"; exit 3` } },
        { call: "read", arguments: { path: `/nowhere/${Object.values(ofEnvironment)[0]}` } },
      ],
      deltaLength: 7,
    },
    { say: [{ text: `Once more: ${all.join(" ")}` }], deltaLength: 3 },
  ]);
  const auth = join(world.agentDir, "auth.json");
  mkdirSync(world.agentDir, { recursive: true });
  writeFileSync(
    auth,
    JSON.stringify({
      groq: { type: "api_key", key: elsewhere.storedKey },
      openai: { type: "oauth", access: elsewhere.access, refresh: elsewhere.refresh, expires: Date.now() + 9e6, clientId: "c" },
    }),
    { mode: 0o600 },
  );
  world.config(
    [
      toml,
      "[shell.set]",
      `SERVICE_TOKEN = "${elsewhere.shellSet}"`,
      "[providers.mistral]",
      `api_key = "${elsewhere.config}"`,
      `base_url = "https://me:${elsewhere.address}@example.invalid/v1"`,
      "[providers.anthropic.headers]",
      `x-api-token = "${elsewhere.header}"`,
      `x-upstream = "${elsewhere.plainHeader}"`,
      `x-run = "!printf ${elsewhere.command}"`,
      "[providers.groq.headers]",
      `x-upstream = "${elsewhere.unusedHeader}"`,
    ].join("\n"),
  );
  const outside = join(dirname(world.home), "outside.env");
  const env = { ...ofEnvironment, ANTHROPIC_BASE_URL: strict.baseUrl, OUTSIDE: outside };
  return { env, sources: new Set([auth, join(world.agentDir, "config.toml"), outside, `${outside}.ps`]) };
}

const model = ["--model", "anthropic/claude-sonnet-4-5"];

test.for(["binary", "node"] as const)("%s: nothing that a run leaves or tells has one", async (way, { world }) => {
  const { env, sources } = await placed(world);
  const out = (name: string): string => join(world.home, name);
  const run = await world.run(
    ["--mode", "json", ...model, "--record", out("trace.jsonl"), "--result", out("result.json"), "-p", `are these in it? ${all.join(" ")}`],
    { way, env: { ...env, PI_LOG: out("log.txt") } },
  );
  expect(run.status).toBe(0);
  const [session = ""] = world.sessionFiles();
  const told: Record<string, string> = { stdout: run.stdout, stderr: run.stderr };
  for (const format of ["--html", "--md", "--jsonl"]) {
    const { stdout, stderr, status } = await world.run(
      ["sessions", "export", session, format, "-", "--with-artifacts", out(`artifacts${format}`)],
      { way, env },
    );
    expect(status).toBe(0);
    told[`export ${format}`] = stdout + stderr;
  }
  for (const args of [
    ["sessions", "show", session, "--full"],
    ["sessions", "show", session, "--json"],
    ["inspect", "--json", ...model],
    ["auth", "status", "--json"],
    ["config", "show"],
    ["models", "--json"],
  ]) {
    const { stdout, stderr } = await world.run(args, { way, env });
    told[args.slice(0, 2).join(" ")] = stdout + stderr;
  }
  const left = [...filesBelow(dirname(world.home), sources)];
  for (const kind of [".jsonl", ".log", "trace.jsonl", "result.json", "log.txt"])
    expect(
      left.some((path) => path.endsWith(kind)),
      kind,
    ).toBe(true);
  for (const path of left) told[path] = readFileSync(path, "latin1");
  expect(Object.entries(told).flatMap(([what, text]) => leaksIn(what, text))).toEqual([]);
  expect(told.stdout).toContain("[redacted]");
  expect(statSync(session).mode & 0o777).toBe(0o600);
});

test.for(["binary", "node"] as const)("%s: nor does what RPC tells", async (way, { world }) => {
  const { env } = await placed(world);
  const tell = async (args: string[], commands: Record<string, unknown>[]): Promise<string> => {
    const stdin = commands.map((command, at) => `${JSON.stringify({ id: `${at}`, ...command })}\n`).join("");
    const { stdout, stderr, status } = await world.run(["--mode", "rpc", ...model, ...args], { way, env, stdin: { text: stdin } });
    expect({ status, answers: stdout.match(/"success":true/g)?.length }).toEqual({ status: 0, answers: commands.length });
    return stdout + stderr;
  };
  const live = await tell(
    [],
    [{ type: "get_state" }, { type: "get_available_models" }, { type: "prompt", message: `these? ${all.join(" ")}` }],
  );
  expect(live).toContain("agent_settled");
  const asked = ["get_state", "get_messages", "get_entries", "get_tree", "get_session_stats", "get_last_assistant_text"];
  const [session = ""] = world.sessionFiles();
  const stored = await tell(
    ["--session", session],
    asked.map((type) => ({ type })),
  );
  expect(stored).toContain("[redacted]");
  expect([...leaksIn("rpc", live), ...leaksIn("rpc, stored", stored)]).toEqual([]);
});

test("a service that says them back in an error, and printed text", async ({ world }) => {
  const { env } = await placed(world);
  const server = await world.strict(strictAnthropic, [{ refuse: 401, message: `no such key: ${all.flatMap(forms).join(", ")}` }]);
  const refused = await world.run([...model, "-p", "hi"], { env: { ...env, ANTHROPIC_BASE_URL: server.baseUrl } });
  expect(refused.status).toBe(1);
  expect(leaksIn("stderr", refused.stderr + refused.stdout)).toEqual([]);
  const printed = await world.run([...model, "-p", "hi"], { env });
  expect(leaksIn("printed", printed.stdout + printed.stderr)).toEqual([]);
});

test.for(["binary", "node"] as const)("%s: with shell.env = scrub a command sees none of them, and ps neither", async (way, { world }) => {
  const { env } = await placed(world, '[shell]\nenv = "scrub"\n');
  expect((await world.run([...model, "-p", "hi"], { way, env })).status).toBe(0);
  const seen = readFileSync(env.OUTSIDE ?? "", "utf8");
  // What is set for commands on purpose is theirs to see.
  const scrubbed = Object.values(ofEnvironment);
  expect(seen).toContain("PATH=");
  expect(scrubbed.filter((secret) => seen.includes(secret))).toEqual([]);
  // Of the command and of who has started it, as any user of the machine may see them.
  const commandLines = readFileSync(`${env.OUTSIDE}.ps`, "latin1");
  expect(commandLines).toContain("printenv");
  expect(leaksIn("ps", commandLines)).toEqual([]);
});
