// `pi inspect [--json] [options]`: the effective launch, without a request. Takes the options of a run. Called by cli/main.

import { PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { type Inspection, inspectLaunch, registerProviders } from "../../harness/host/inspect-launch.ts";
import { prepareLaunch } from "../../harness/launch/launch.ts";
import type { Host } from "../../platform/host.ts";
import { withFlags } from "../extension-flags.ts";
import { isSaid } from "../options.ts";
import { writePage } from "../page.ts";
import { readOptions } from "../read-options.ts";
import { resolveRun } from "../resolve-run.ts";

export async function run(args: readonly string[], host: Host): Promise<number> {
  const [question, rest] = callAskedAbout(args);
  const said = await readOptions(rest);
  if (isSaid(said, "--help")) {
    await writePage(
      host,
      "pi inspect [--json] [options]\n\nShows what a run with these options would be: model, tools, settings, resources, trust. No request is made.\n\npi inspect --tool NAME [--command LINE | --path PATH] [options]\n\nSays what the policy makes of such a call, and which row decides.\n",
    );
    return 0;
  }
  const { options, extensions, configFor } = await resolveRun(said, host);
  // What there is to warn of is part of what is shown.
  const launch = await withFlags(
    said,
    await prepareLaunch(options, { host, config: await configFor(options.cwd), extensions, warn: () => {} }),
  );
  if (question !== undefined) {
    const { judgeCall } = await import("../../harness/launch/judge-call.ts");
    const judged = await judgeCall(launch, question.tool, question.args, host);
    void host.stdout.write(isSaid(said, "--json") ? `${JSON.stringify(judged)}\n` : `${judged.action}: ${judged.reason}\n`);
    return 0;
  }
  const { continuedSession } = await import("../../harness/launch/open-session.ts");
  const continued = await continuedSession(launch, { host, warn: () => {} });
  await registerProviders(launch);
  const inspection = await inspectLaunch(launch, host.now(), continued);
  void host.stdout.write(isSaid(said, "--json") ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionText(inspection));
  return 0;
}

/** `--tool NAME` with `--command` or `--path`: a call to be judged. */
function callAskedAbout(args: readonly string[]): [{ tool: string; args: Record<string, unknown> } | undefined, string[]] {
  const said = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [name = "", inline] = (args[at] ?? "").split(/=(.*)/s, 2);
    if (!["--tool", "--command", "--path"].includes(name)) rest.push(args[at] ?? "");
    else {
      const value = inline ?? args[++at];
      if (value === undefined)
        throw new PiError("usage.missing_value", `${name} needs a value`, {
          hint: "For example pi inspect --tool bash --command 'git push'",
        });
      said.set(name.slice(2), value);
    }
  }
  const { tool = said.has("command") ? "bash" : undefined, ...about } = Object.fromEntries(said) as Record<string, string>;
  if (tool === undefined && said.size > 0)
    throw new PiError("usage.missing_argument", "--path needs the --tool that is to touch it", {
      hint: "For example pi inspect --tool read --path .env",
    });
  return [tool === undefined ? undefined : { tool, args: about }, rest];
}

function inspectionText(launch: Inspection): string {
  const lines: string[] = [];
  const row = (name: string, value: string): void => void lines.push(`${name.padEnd(14)} ${value}`);
  const rows = (name: string, values: readonly string[]): void => {
    for (const [index, value] of (values.length === 0 ? ["none"] : values).entries()) row(index === 0 ? name : "", value);
  };
  const { model, trust, limits } = launch;
  row("pi", launch.version);
  row("directory", launch.cwd);
  row("agent", launch.agentDir);
  if (model) {
    row("model", `${model.provider}/${model.id} (${model.why})`);
    row("", `${model.api} at ${model.baseUrl || "no address"}, ${model.contextWindow} tokens, at most ${model.maxTokens} out`);
    row("thinking", model.thinkingLevel);
  }
  if (launch.modelProblem !== undefined) row("no model call", launch.modelProblem);
  if (launch.credential !== undefined) row("credential", launch.credential);
  rows(
    "credentials",
    launch.credentials.map(({ provider, source }) => `${provider}: ${source}`),
  );
  row("tools", launch.tools.map(({ name, active }) => (active ? name : `(${name})`)).join(" "));
  rows("context files", launch.contextFiles);
  rows(
    "skills",
    launch.skills.map(({ name, path }) => `${name}: ${path}`),
  );
  rows(
    "templates",
    launch.promptTemplates.map(({ name, path }) => `/${name}: ${path}`),
  );
  rows("extensions", launch.extensions);
  rows("themes", launch.themes.map(themeText));
  row(
    "project",
    trust.project === undefined ? "no .pi here" : `${trust.project}: ${trust.trusted ? "trusted" : "not trusted"} (${trust.decision})`,
  );
  if (trust.skipped.length > 0) rows("skipped", trust.skipped.map(plainLine));
  row(
    "limits",
    Object.entries(limits)
      .map(([name, value]) => `${name} ${value === 0 ? "none" : value}`)
      .join(", "),
  );
  row("session", `${launch.session.kind}, ${launch.session.file ?? `in ${launch.session.directory}`}`);
  row("prompt", launch.systemPrompt.map(({ section, characters }) => `${section} ${characters}`).join(", "));
  lines.push("", "settings");
  for (const { key, value, origin } of launch.settings)
    lines.push(`  ${key.padEnd(28)} ${value === undefined ? "not set" : JSON.stringify(value)}  (${origin})`);
  if (launch.idle.length > 0) lines.push("", `nothing to act on: ${launch.idle.join(", ")}`);
  if (launch.warnings.length > 0) lines.push("", ...launch.warnings.map((warning) => `warning: ${warning}`));
  return `${lines.join("\n")}\n`;
}

function themeText({ name, path, inUse, background, problem }: Inspection["themes"][number]): string {
  const use = inUse ? ` (in use${background === undefined ? "" : ` on a ${background} background`})` : "";
  const place = path ?? (problem === undefined ? "built in" : undefined);
  const parts = [place, problem === undefined ? undefined : `cannot be used: ${problem}`].filter((part) => part !== undefined);
  return plainLine(`${name}: ${parts.join(", ")}${use}`);
}
