// What is made of a session for others: a page at GitHub, a report of a bug, what the screen holds for whoever looks for a fault. Run by /share, /bug and
// /debug. Invariant: nothing leaves the machine before what it is was named and agreed to; files are readable by their owner alone.

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeConfig } from "../../../config/describe-config.ts";
import { isoTime } from "../../../contracts/text/iso-time.ts";
import { plainText } from "../../../contracts/text/plain.ts";
import { byteText, plainLine } from "../../../contracts/text/terminal-text.ts";
import { version } from "../../../contracts/version.ts";
import { makeDirectory } from "../../../platform/files/make-directory.ts";
import { type ExecutedProgram, executeProgram } from "../../../platform/processes/exec-program.ts";
import { liveSecrets } from "../../../platform/secrets.ts";
import { plural } from "../../../transcript/format.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

const answerMs = 15_000;
const uploadMs = 120_000;
const exported = "/export writes the page to a file";

/** The session as a page, in a secret gist of the user's own. */
export async function share(at: CommandHost): Promise<void> {
  const { session } = at.sessions.coding;
  if (session.entryCount === 0) return at.hint("There is nothing to share yet");
  if (at.sessions.launch.config.values.network.offline) {
    at.say("/share goes over the network, and PI_OFFLINE or network.offline forbids it", "warning", exported);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "pi-share-"));
  try {
    // Nobody is there to answer what it may ask.
    const env = { ...at.env, GH_PROMPT_DISABLED: "1" };
    const status = await executeProgram("gh", ["auth", "status"], { cwd: directory, env, timeoutMs: answerMs });
    if (status.code !== 0) return tellNotReady(status, at);
    const page = join(directory, "session.html");
    await call("export_html", { outputPath: page }, at);
    const what = `The whole session, ${plural(session.entryCount, "entry", "entries")}, ${byteText(statSync(page).size)}: prompts, answers, what tools did and what files held.`;
    const where = "It goes to GitHub as a secret gist of yours: whoever has its address can read it.";
    if (!(await at.dialogs.confirm("Share this session?", `${what}\n${where}`))) return at.hint("Nothing has left this machine");
    const stop = new AbortController();
    const closeWaiting = at.choose({
      title: "Sharing the session …",
      items: [{ value: "cancel", label: "Cancel" }],
      hasFilter: false,
      take: () => stop.abort(),
      cancelled: () => stop.abort(),
    });
    const args = ["gist", "create", "--public=false", page];
    const created = await executeProgram("gh", args, { cwd: directory, env, timeoutMs: uploadMs, signal: stop.signal }).finally(
      closeWaiting,
    );
    tellShared(created, stop.signal.aborted, at);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function tellNotReady({ stdout, stderr, killed }: ExecutedProgram, at: CommandHost): void {
  if (/^spawn\b.*\b(?:ENOENT|EACCES)\b/.test(stderr)) {
    at.say("/share needs GitHub's program gh, which is not installed", "warning", `https://cli.github.com has it; ${exported}`);
  } else if (killed) at.say(`gh has not said in ${answerMs / 1000} s whether it is signed in`, "error", `Is there a network? ${exported}`);
  else if (/not logged in|gh auth login/i.test(stdout + stderr)) {
    at.say("gh is not signed in to GitHub", "warning", `gh auth login signs in; ${exported}`);
  } else at.say(`gh cannot be used: ${wordsOf(stderr || stdout)}`, "error", `gh auth status says more; ${exported}`);
}

function tellShared({ code, stdout, stderr, killed }: ExecutedProgram, isCalledOff: boolean, at: CommandHost): void {
  const address = /https:\/\/\S+/.exec(stdout)?.[0];
  if (address !== undefined && (code === 0 || killed)) {
    const viewer = viewerAddress(address, at.env.PI_SHARE_VIEWER_URL);
    at.say(`Shared: ${viewer === undefined ? address : `${viewer}\nGist: ${address}`}`, "info", "gh gist delete takes it back");
    return;
  }
  const arrived = "gh gist list shows whether it has arrived all the same";
  if (isCalledOff) at.say("Sharing was called off", "info", arrived);
  else if (killed) at.say(`GitHub has not taken the page in ${uploadMs / 1000} s`, "error", `${arrived}; ${exported}`);
  else if (code === 0) at.say("gh does not say where the page is", "error", arrived);
  else at.say(`gh gist create failed: ${wordsOf(stderr)}`, "error", exported);
}

/** As the npm agent has it: a page that shows the gist whose id stands behind the `#`. */
function viewerAddress(gist: string, viewer: string | undefined): string | undefined {
  return viewer ? `${viewer}#${gist.replace(/\/+$/, "").split("/").at(-1)}` : undefined;
}

/** The first line of gh's that is not about what it is doing. */
function wordsOf(stderr: string): string {
  const lines = plainText(stderr)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("- "));
  return liveSecrets.redact(plainLine((lines[0] ?? "it says nothing of why").replace(/^X /, "")).slice(0, 300));
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
  const path = join(agentDir, "reports", `bug-${isoTime(Date.now()).replace(/[:.]/g, "-")}.md`);
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
