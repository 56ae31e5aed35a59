// `pi ipc drain DIR`: takes the files that groups leave for their host, one line of JSON each, or a command for each. Called by cli/main.
// Invariant: a file goes away only when its line has left the process, or its command has ended well.

import { join } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath } from "../../platform/paths.ts";
import type { DrainOptions, DrainResult, IpcItem, ParkedFile } from "../../runtime/bridge/ipc-drain.ts";
import { Ending } from "../ending.ts";
import { dataOption, hostData } from "./data-directory.ts";
import { runSubcommands } from "./subcommands.ts";

interface Flags {
  json?: boolean;
  watch?: boolean;
  main?: string;
  groups?: string;
  exec?: string;
  data?: string;
}

/** A command that takes longer has not taken its file. */
const commandTimeoutMs = 300_000;

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("ipc", args, host, (program, exit) => {
    program.description("Files between the groups of a host and the host: what send_message, schedule_task and their kin have written.");
    program
      .command("drain")
      .description(
        "take what groups have left below DIR: one line of JSON a file, messages before tasks; what cannot be taken goes to DIR/errors",
      )
      .argument("<dir>", "holds a directory for each group")
      .option("--json", "nothing but the lines: no count on stderr")
      .option("--watch", "go on, looking each second, until SIGINT or SIGTERM")
      .option("--main <name>", "the group that may act for others", "main")
      .option("--groups <file>", 'JSON: {"FOLDER": {"jid": "…"}}; a group may then name no other chat than its own')
      .option("--exec <cmd>", "run this for each file, with its line on stdin; the file is taken when it exits 0")
      .option(...dataOption)
      .action(async (dir: string, flags: Flags) => exit(await drain(host, absolutePath(dir, host.cwd, host.homeDir), flags)));
  });
}

async function drain(host: Host, dir: string, flags: Flags): Promise<number> {
  const [{ drainIpc }, { IpcWatcher }] = await Promise.all([
    import("../../runtime/bridge/ipc-drain.ts"),
    import("../../runtime/bridge/ipc-watcher.ts"),
  ]);
  const groups = flags.groups === undefined ? undefined : readGroups(absolutePath(flags.groups, host.cwd, host.homeDir));
  const count = await errorCounter(host, flags.data);
  const ending = new Ending(host);
  const options: DrainOptions = {
    dir,
    main: flags.main,
    groups,
    take: (item) => (flags.exec === undefined ? print(host, item) : hand(host, item, flags.exec, ending.signal)),
    onParked: async (parked) => {
      count(parked);
      await host.stderr.write(`Error: ${plainLine(parkedLine(parked))}\n`);
    },
    signal: ending.signal,
  };
  try {
    let result: DrainResult;
    if (flags.watch === true) {
      const watcher = new IpcWatcher(options);
      await watcher.start();
      await watcher.ended;
      result = watcher.counts;
    } else result = await drainIpc(options);
    if (flags.json !== true) await host.stderr.write(`${result.taken} taken, ${result.parked} parked\n`);
    return result.parked > 0 ? 1 : (ending.status ?? 0);
  } catch (error) {
    if (error === readerIsGone) return ending.status ?? 1;
    throw error;
  } finally {
    ending.release();
  }
}

const readerIsGone = new Error("nobody reads stdout any more");

/** Taken once the line has left: who pipes us somewhere that ends has taken nothing more. */
async function print(host: Host, item: IpcItem): Promise<undefined> {
  await host.stdout.write(`${JSON.stringify(item)}\n`, "secret");
  await host.stdout.flush();
  if (host.stdout.failure !== undefined) throw new PiError("io.write", `The line could not be written: ${host.stdout.failure.message}`);
  if (host.stdout.isClosed) throw readerIsGone;
}

async function hand(host: Host, item: IpcItem, command: string, signal: AbortSignal): Promise<string | undefined> {
  const { feedCommand } = await import("../../platform/processes/feed-command.ts");
  const ran = await feedCommand(command, {
    cwd: host.cwd,
    env: host.env,
    input: `${JSON.stringify(item)}\n`,
    timeoutMs: commandTimeoutMs,
  });
  if (ran.stdout !== "") await host.stdout.write(ran.stdout);
  if (ran.stderr !== "") await host.stderr.write(ran.stderr.endsWith("\n") ? ran.stderr : `${ran.stderr}\n`);
  if (ran.exitCode === 0) return undefined;
  // Ctrl-C at a terminal reaches the command too; that is no failure of the file's.
  if (signal.aborted && ran.exitCode === undefined) throw readerIsGone;
  if (ran.timedOut) return `the command took longer than ${commandTimeoutMs / 1000} s`;
  return ran.exitCode === undefined ? "the command was killed, or could not be started" : `the command exited with ${ran.exitCode}`;
}

function parkedLine({ group, file, parkedAs, wasTaken, why }: ParkedFile): string {
  if (wasTaken === true) return `${group}/${file} was taken, and the next drain takes it again: ${why}.`;
  return `${group}/${file} was not taken: ${why}${parkedAs === undefined ? "" : `; it is now ${join("errors", parkedAs)}`}.`;
}

function readGroups(path: string): Record<string, { jid: string }> {
  const read = readBoundedText(path, { maxBytes: 16 * 1024 * 1024 });
  if (read === undefined) throw new PiError("usage.file_not_found", `--groups ${path} is not there`, { hint: "Name a JSON file." });
  if (!("text" in read)) throw new PiError("usage.file_unreadable", `--groups ${path}: ${read.why}`);
  const hint = 'It is {"FOLDER": {"jid": "…"}, …}.';
  let json: unknown;
  try {
    json = JSON.parse(read.text);
  } catch {
    throw new PiError("usage.bad_value", `--groups ${path} is no JSON`, { hint });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new PiError("usage.bad_value", `--groups ${path} is no JSON object`, { hint });
  for (const [name, group] of Object.entries(json))
    if (typeof (group as { jid?: unknown } | null)?.jid !== "string")
      throw new PiError("usage.bad_value", `--groups ${path}: ${name.slice(0, 64)} has no jid`, { hint });
  return json as Record<string, { jid: string }>;
}

/** Each parked file counts in the metrics, for the engine that its group is routed to. */
async function errorCounter(host: Host, data: string | undefined): Promise<(parked: ParkedFile) => void> {
  const [{ metricsStore }, { redactionFor }, { routeOf }, { dataDir, config }] = await Promise.all([
    import("../../runtime/observe/metrics-store.ts"),
    import("../../runtime/observe/redaction.ts"),
    import("../../runtime/route/route.ts"),
    hostData(host, data),
  ]);
  const store = metricsStore({
    directory: join(dataDir, "metrics"),
    redaction: redactionFor(host.env),
    warn: (line) => void host.stderr.write(`Warning: ${line}\n`),
  });
  const engineOf = (group: string): string => {
    try {
      const hasDefault = config.origin("runtime.default").kind !== "default";
      return routeOf({ group, env: host.env, values: config.values, hasDefault }).runtime;
    } catch {
      // A route that cannot be had is told where runs are begun.
      return "pi";
    }
  };
  return ({ group }) => store.append({ t: host.now(), kind: "ipc_error", engine: engineOf(group), group });
}
