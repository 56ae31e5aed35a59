// Writes docs/providers.md: the matrix vendor × feature from the tests that ran and passed. `--check` compares instead and fails on a difference.
// Run with: node scripts/providers-doc.mjs

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bunPath } from "./build.mjs";

const root = join(import.meta.dirname, "..");
const target = join(root, "docs/providers.md");
const features = [
  "address and credential",
  "reads text",
  "reads thinking",
  "reads tool calls",
  "reads usage",
  "reads cached tokens",
  "reads failures",
  "tools",
  "images",
  "thinking levels",
  "native schema",
];
const headings = {
  "address and credential": "request",
  "reads text": "text",
  "reads thinking": "thinking",
  "reads tool calls": "tool calls",
  "reads usage": "usage",
  "reads cached tokens": "cached tokens",
  "reads failures": "failures",
};

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const run = spawnSync(process.execPath, [vitest, "run", "--reporter=json", "test/providers/vendors.test.ts"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
if (run.status !== 0) {
  console.error("The vendors' tests do not pass: run `npx vitest run test/providers/vendors.test.ts`");
  process.exit(1);
}
const report = JSON.parse(run.stdout.slice(run.stdout.indexOf("{")));
const rows = new Map();
for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    const [vendor] = test.ancestorTitles;
    if (vendor === undefined || !features.includes(test.title)) continue;
    if (!rows.has(vendor)) rows.set(vendor, new Map());
    rows.get(vendor).set(test.title, test.status === "passed");
  }
}

// The table is TypeScript, which not every Node that runs this can read.
const program = `
  import { variablesOf } from "./src/providers/vendor.ts";
  import { vendors } from "./src/providers/vendors.ts";
  console.log(JSON.stringify(Object.entries(vendors).map(([id, vendor]) => [id, variablesOf(vendor)])));
`;
const variables = JSON.parse(execFileSync(bunPath(), ["-e", program], { cwd: root, encoding: "utf8" }));

const line = (cells) => `| ${cells.join(" | ")} |`;
const text = `# Providers

Written by \`scripts/providers-doc.mjs\` from the tests of \`test/providers/vendors.test.ts\` that ran; do not edit. A tick means: a test with the vendor's own
row of \`src/providers/vendors.ts\` (and, where the answer is read, with its recorded stream) passed. An empty cell means that nothing was tried.

| wire format | package | spoken by |
|---|---|---|
| \`anthropic-messages\` | @anthropic-ai/sdk | Anthropic and those that imitate it |
| \`openai-completions\` | openai | most others; any OpenAI-compatible server by configuration alone |
| \`openai-responses\` | openai | OpenAI, xAI, Azure, Meta |
| \`google-generative-ai\` | @google/genai | Gemini |

${line(["vendor", ...features.map((feature) => headings[feature] ?? feature)])}
${line(["---", ...features.map(() => "---")]).replaceAll(" --- ", "---")}
${[...rows].map(([vendor, seen]) => line([`\`${vendor}\``, ...features.map((feature) => (seen.get(feature) === true ? "✓" : ""))])).join("\n")}

## Keys and addresses

The environment variables that each is set up by; of several keys the first that is set counts. \`pi models --providers\` shows the same with what
is there. Keys may also lie in the configuration ([keys](configuration.md#keys)).

| vendor | variables |
|---|---|
${variables.map(([vendor, names]) => line([`\`${vendor}\``, names.map((name) => `\`${name}\``).join(" ")])).join("\n")}

## Choosing a model

\`pi models [search]\` lists what there are credentials for, \`--all\` everything. \`--model\` takes \`provider/id\`, an exact id or a part of one, with
\`:level\` for the thinking. Where several providers have it, the one with a credential is meant; where several have one, the run is refused with their names.
\`pi models refresh\` fetches new facts from models.dev into the agent directory; nothing else ever does.
An id that is written with its provider and is in no list is used anyway, with a warning.

Amazon Bedrock and Google Vertex AI are not spoken to directly: their wire formats are their own. Both can be reached through a gateway that speaks one
of the formats above.

## Azure OpenAI and Cloudflare

| variable | what it says |
|---|---|
| \`AZURE_OPENAI_API_KEY\` | the key |
| \`AZURE_OPENAI_RESOURCE_NAME\` or \`AZURE_OPENAI_BASE_URL\` | where the service is; of a base URL the host is enough |
| \`AZURE_OPENAI_DEPLOYMENT_NAME_MAP\` | deployments that are not called like their model: \`gpt-5.4=my-deployment,deepseek-v4-pro=other\` |
| \`AZURE_OPENAI_API_VERSION\` | sent as \`api-version\` with the Responses API |
| \`CLOUDFLARE_API_KEY\`, \`CLOUDFLARE_ACCOUNT_ID\` | Workers AI, and the AI Gateway |
| \`CLOUDFLARE_GATEWAY_ID\` | the AI Gateway |

## llama.cpp

\`llama-server\` without \`--model\`, \`-m\` and \`-hf\` is a router: it has many models and loads those that are wanted. \`pi\` looks for it at port 9931 of this machine.

| what | where it is said |
|---|---|
| another address | \`LLAMA_BASE_URL=http://gpu:8080\` (with \`/v1\` or without), or \`base_url\` under \`[providers.llama-cpp]\` in config.toml |
| its \`--api-key\` | \`LLAMA_API_KEY\`, or \`/login llama-cpp\` |

\`/llama\` in the terminal lists its models with their states: \`Enter\` loads one, or unloads it, or breaks off a load; \`Escape\` closes the list, and the server goes on.
Where others are loaded, it is asked whether they are unloaded first: \`pi\` unloads nothing by itself. What is loaded or asleep stands in \`/model\` and in \`pi models\`; where the router loads by itself (it does, unless started with
\`--no-models-autoload\`) \`--model llama-cpp/NAME\` takes any of its names. The npm agent's name for the provider, \`llama.cpp\`, is understood too. The last
row downloads one: by its name at Hugging Face (\`owner/repository:quantization\`), or found by words, with the quantizations to choose from; the server fetches it,
how far it is stands in the list, and \`Enter\` there stops it. \`HF_TOKEN\` (or the token file of Hugging Face's programs) is sent along when models are looked for;
for gated ones the server needs its own. With \`PI_OFFLINE\` only whole names are taken.

## Another server

Any server that speaks one of the formats needs no more than a few lines in config.toml; \`dialect\` takes the words of \`src/providers/dialect.ts\`.

\`\`\`toml
[providers.local]
api = "openai-completions"
base_url = "http://127.0.0.1:8000/v1"
api_key = "$LOCAL_KEY"

[[providers.local.models]]
id = "my-model"
context_window = 131072
max_tokens = 16384
\`\`\`

The npm agent's \`compat\` says the same in the same words (its \`models.json\` is read as it is). These of its flags have nothing to act on here; each only
spares a service work that it does again:

| flag | why |
|---|---|
| \`supportsMidConvoSystemMessages\`, \`supportsMidConvoToolAdditions\`, \`supportsMidConvoToolChanges\` | a prompt or tools that change during a conversation are sent as they now are, at its beginning |
| \`supportsMidConvoEffort\` | so is the thinking level |
| \`supportsAdditionalTools\`, \`supportsToolSearch\` | tools are declared, not looked up by the model |
| \`supportsMessageThreads\` | every request holds the whole conversation |
| \`supportsOpenAIGrammarTools\` | tools take JSON |
| \`allowedFallbackModels\` | another model after a refusal is asked by \`fallback_models\`, not by the service |

\`sampling_params\` of a model (\`samplingParams\` there) are put into its requests as they stand, in the two OpenAI formats. \`cache_retention = "long"\`, or
\`PI_CACHE_RETENTION=long\`, asks services to remember prompts for longer where they offer that.

A field that a server refuses and that the answer does not depend on is left out, and the request made again.

A new vendor is one row in \`src/providers/vendors.ts\` (or \`vendors-by-plan.ts\`) and one recorded stream in \`test/fixtures/streams/<format>/<vendor>.sse\`, with what it means in the \`.json\` beside it.
`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("docs/providers.md is out of date: node scripts/providers-doc.mjs");
    process.exit(1);
  }
} else writeFileSync(target, text);
