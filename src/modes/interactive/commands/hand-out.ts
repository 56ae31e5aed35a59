// What is made of a session for others: a page at GitHub, a report of a bug, what the screen holds for whoever looks for a fault. Run by /share, /bug and
// /debug. Invariant: nothing leaves the machine before what it is was named and agreed to; files are readable by their owner alone.

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeConfig } from "../../../config/describe-config.ts";
import { plainText } from "../../../contracts/text/plain.ts";
import { byteText } from "../../../contracts/text/terminal-text.ts";
import { version } from "../../../contracts/version.ts";
import { makeDirectory } from "../../../platform/files/make-directory.ts";
import { executeProgram } from "../../../platform/processes/exec-program.ts";
import { liveSecrets } from "../../../platform/secrets.ts";
import { plural } from "../../../transcript/format.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

const uploadMs = 60_000;

/** The session as a page, in a secret gist of the user's own. */
export async function share(at: CommandHost): Promise<void> {
  const { session } = at.sessions.coding;
  if (session.entryCount === 0) return at.hint("There is nothing to share yet");
  if (at.sessions.launch.config.values.network.offline) {
    at.say("/share goes over the network, and PI_OFFLINE or network.offline forbids it", "warning", "/export writes the page to a file");
    return;
  }
  const gh = (args: readonly string[]): ReturnType<typeof executeProgram> =>
    executeProgram("gh", args, { cwd: directory, env: at.env, timeoutMs: uploadMs });
  const directory = mkdtempSync(join(tmpdir(), "pi-share-"));
  try {
    if ((await gh(["auth", "status"])).code !== 0) {
      at.say("/share needs GitHub's program gh, signed in", "warning", "gh auth login signs in; /export writes the page to a file");
      return;
    }
    const page = join(directory, `pi-session-${session.id}.html`);
    await call("export_html", { outputPath: page }, at);
    const what = `The whole session, ${plural(session.entryCount, "entry", "entries")}, ${byteText(statSync(page).size)}: prompts, answers, what tools did and what files held.`;
    const where = "It goes to GitHub as a secret gist of yours: whoever has its address can read it.";
    if (!(await at.dialogs.confirm("Share this session?", `${what}\n${where}`))) return at.hint("Nothing has left this machine");
    const { code, stdout, stderr } = await gh(["gist", "create", "--public=false", page]);
    const address = /https:\/\/\S+/.exec(stdout)?.[0];
    if (code === 0 && address !== undefined) at.say(`Shared: ${address}`, "info", "gh gist delete takes it back");
    else at.say(`gh gist create failed: ${plainText(stderr).trim().split("\n")[0] ?? ""}`, "error", "/export writes the page to a file");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A report to be read before it is sent; sending it is the user's. */
export async function reportBug(description: string, at: CommandHost): Promise<void> {
  const about = description === "" ? await at.dialogs.input("What went wrong?") : description;
  if (about === undefined || about.trim() === "") return;
  const alone = "Version, system, settings and models";
  const whole = "The conversation, too: prompts, answers, what tools did and what files held";
  const what = await at.dialogs.select("What goes into the report?", [alone, whole]);
  if (what === undefined) return;
  const { sessions } = at;
  const { agentDir } = sessions.launch.options;
  const path = join(agentDir, "reports", `bug-${new Date().toISOString().replace(/[:.]/g, "-")}.md`);
  const settings = describeConfig(sessions.launch.config).filter(({ origin }) => origin.kind !== "default");
  const inForce = sessions.models.inForce;
  const lines = [
    "# A bug of pi",
    "",
    about.trim(),
    "",
    `- pi ${version} on ${at.platform}, ${at.env.TERM ?? "no TERM"}${at.env.TMUX ? " in tmux" : ""}`,
    `- model: ${inForce === undefined ? "none" : `${inForce.provider}/${inForce.id}`}`,
    `- settings: ${settings.map(({ key }) => key).join(", ") || "as they come"}`,
    `- extensions: ${sessions.extensions.inForce === undefined ? "none" : "loaded"}`,
    ...(what === whole ? ["", "## Conversation", "", ...conversationLines(at)] : []),
  ];
  writePrivately(path, lines.join("\n"));
  at.say(`The report is in ${path}`, "info", "Nothing has left this machine: read it, then send it to whom you like");
}

function conversationLines(at: CommandHost): string[] {
  const { session } = at.sessions.coding;
  return session.entries().flatMap((entry) => ["```json", JSON.stringify(entry), "```"]);
}

/** What is on the screen, where there is one, line by line with its escape sequences, and what the model has been told. */
export function writeDebugLog(at: CommandHost): void {
  const tui = at.surface?.screen.tui;
  const { conversation } = at.sessions.coding;
  const path = join(at.sessions.launch.options.agentDir, "pi-debug.log");
  const lines = [
    `terminal: ${tui === undefined ? "lines alone" : `${tui.terminal.columns}x${tui.terminal.rows}`}, TERM ${at.env.TERM ?? ""}`,
    ...(tui === undefined ? [] : ["", "screen:", ...tui.render(tui.terminal.columns).map((line) => JSON.stringify(line))]),
    "",
    "messages:",
    ...conversation.messages.map((message) => JSON.stringify(message)),
  ];
  writePrivately(path, lines.join("\n"));
  at.say(`Written to ${path}`);
}

function writePrivately(path: string, text: string): void {
  makeDirectory(join(path, ".."), 0o700);
  writeFileSync(path, `${liveSecrets.redact(text)}\n`, { mode: 0o600 });
}
