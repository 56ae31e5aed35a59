// `--resume`: which session to go on with, picked by a person from a list, on the screen where there is one; where nobody can pick, the list alone. Called by
// cli/main.

import { PiError } from "../contracts/error.ts";
import { ageInWords, cutToWidth, plainLine } from "../contracts/text/terminal-text.ts";
import type { Host } from "../platform/host.ts";
import { filesOf, idsOf, listSessions } from "../session/library/list-sessions.ts";
import { idShortener } from "../session/library/short-ids.ts";
import { sessionPlaces } from "./commands/sessions/session-places.ts";
import { modeSaid } from "./mode-said.ts";
import { isSaid, type Said, valueSaid } from "./options.ts";

const mostShown = 20;
const numberWidth = 4;

/** `nobody`: the list was printed instead; `screen`: the interactive mode asks. */
export type Picked = { by: "nobody" | "screen" } | { by: "number"; path: string };

/** Rejects with `usage.no_session` where none was picked. */
export async function pickSession(said: Said, host: Host): Promise<Picked> {
  for (const other of ["--session", "--session-id", "--continue", "--fork", "--no-session"] as const) {
    if (isSaid(said, other)) throw conflict(other);
  }
  const mode = valueSaid(said, "--mode");
  if (mode === "json" || mode === "rpc") throw conflict(`--mode ${mode}`);
  if (modeSaid(said, host) === "interactive") return { by: "screen" };
  const [message] = said.operands;
  if (host.stdin.isTerminal && host.stderr.isTerminal && message !== undefined) return { by: "number", path: await pick(said, host) };
  if (message !== undefined) {
    throw new PiError(
      "usage.no_terminal",
      `--resume picks a session on a terminal, and here is none (got also ${JSON.stringify(message.text)})`,
      {
        hint: "--session ID goes on with a certain one, -c with the last",
      },
    );
  }
  const places = (["--cwd", "--session-dir"] as const).flatMap((name) => {
    const value = valueSaid(said, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  await (await import("./commands/sessions.ts")).run(["list", ...places], host);
  if (host.stderr.isTerminal) await host.stderr.write('pi --session ID "…" goes on with one of them.\n');
  return { by: "nobody" };
}

function conflict(other: string): PiError {
  return new PiError("usage.conflict", `--resume cannot be combined with ${other}`, { hint: "Leave one of them out" });
}

async function pick(said: Said, host: Host): Promise<string> {
  const cwd = valueSaid(said, "--cwd");
  const sessionDir = valueSaid(said, "--session-dir");
  const places = await sessionPlaces(host, { ...(cwd !== undefined && { cwd }), ...(sessionDir !== undefined && { sessionDir }) });
  const scope = places.scope(false);
  const shorten = idShortener(idsOf(filesOf(scope)));
  const paths: string[] = [];
  const { columns } = host.stderr;
  for (const { path, id, name, firstPrompt, modifiedMs } of listSessions({ ...scope, names: true })) {
    const row = `${shorten(id)}  ${ageInWords(modifiedMs, host.now())}  ${plainLine(name ?? firstPrompt ?? "")}`;
    await host.stderr.write(`${String(paths.push(path)).padStart(numberWidth - 1)} ${cutToWidth(row, columns - numberWidth)}\n`);
    if (paths.length === mostShown) break;
  }
  if (paths.length === 0) throw new PiError("usage.no_session", `There is no session of ${places.cwd} yet`, { hint: "Leave out --resume" });
  await host.stderr.write("Which one? Its number, its id or its name [1]: ");
  const answer = await host.stdin.line();
  if (answer === undefined) throw new PiError("usage.no_session", "No session was picked", { hint: "pi sessions list shows them" });
  if (answer === "") return paths[0] ?? "";
  return paths[/^\d{1,2}$/.test(answer) ? Number(answer) - 1 : -1] ?? places.find(answer);
}
