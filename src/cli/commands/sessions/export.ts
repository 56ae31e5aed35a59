// `pi sessions export`: a session as one file to read or to pass on. Called through cli/commands/sessions.

import { join } from "node:path";
import type { Command } from "commander";
import { artifactsOf, artifactTotal, copyArtifacts, inTheWay } from "../../../artifacts/copy-artifacts.ts";
import { messageOf, PiError } from "../../../contracts/error.ts";
import type { Host } from "../../../platform/host.ts";
import { absolutePath } from "../../../platform/paths.ts";
import type { Session } from "../../../session/tree/session.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import type { JsonlOptions } from "../../../transcript/export-jsonl.ts";
import type { ShownOptions } from "../../../transcript/survey.ts";
import type { ExportTarget } from "../../../transcript/write-export.ts";
import { outputStatus } from "../../record-output.ts";
import { findSession } from "./find-session.ts";
import { findEntry, openForReading } from "./open-session.ts";

/** `true`: said without a file. */
type FileFlag = string | true | undefined;

interface Flags {
  html?: FileFlag;
  md?: FileFlag;
  jsonl?: FileFlag;
  branch?: string;
  all?: boolean;
  force?: boolean;
  withArtifacts?: string;
  cwd?: string;
  sessionDir?: string;
}

const formats = ["html", "md", "jsonl"] as const;
type Format = (typeof formats)[number];

export function define(command: Command, { host, exit }: { host: Host; exit(status: number): void }): void {
  command
    .argument("<ref>", "the session")
    .option("--html [file]", "a page to read in a browser: every branch, nothing loaded from elsewhere (default)")
    .option("--md [file]", "one branch as Markdown")
    .option("--jsonl [file]", "one branch as a session file")
    .option("--branch <entry>", "the branch that ends at this entry (its id or the beginning of it, or a label); else the one in use")
    .option("--all", "with --jsonl: every branch")
    .option("--with-artifacts <dir>", "copy the long outputs that it names there, too (numbered files, as they lie beside the session)")
    .option("--force", "write over a file that is there")
    .option("--cwd <dir>", "as if started there")
    .option("--session-dir <dir>", "where the files lie")
    .addHelpText(
      "after",
      "\nWithout a file's name: pi-session-<name of the session's file> in this directory; - is stdout. Prints the path. " +
        "pi sessions import takes artifacts along that lie in NAME.artifacts beside NAME.jsonl.",
    )
    .action(async (ref: string, flags: Flags) => {
      await exportSession(ref, flags, host);
      await host.stdout.flush();
      exit(outputStatus(host, 0));
    });
}

/** Errors: those of finding and opening, `usage.export`, `session.entry_not_found`, `usage.ambiguous_entry`, `io.write`. */
async function exportSession(ref: string, flags: Flags, host: Host): Promise<void> {
  const format = formatOf(flags);
  const file = flags[format];
  const found = await findSession(ref, host, flags);
  const bring = artifactsOut(found.path, flags, host);
  const session = await openForReading(found.path, host);
  try {
    const choice = {
      ...(flags.branch !== undefined && { leafId: findEntry(session, flags.branch) }),
      ...(flags.all === true && { all: true }),
      toolViews: builtinToolViews(),
      artifacts: bring === undefined ? artifactTotal(found.path) : { count: 0, bytes: 0 },
    };
    // First, so that an export that is there has all that was wanted with it.
    bring?.();
    if (file === "-") {
      for await (const chunk of await chunksOf(format, session, choice)) {
        await host.stdout.write(chunk);
        if (host.stdout.isClosed) return;
      }
      return;
    }
    const target = {
      cwd: found.cwd,
      homeDir: host.homeDir,
      sourcePath: found.path,
      ...choice,
      ...(typeof file === "string" && { outputPath: file }),
      over: flags.force ? ("anything" as const) : ("nothing" as const),
    };
    const { path } = await writeFormat(format, session, target);
    await host.stdout.write(`${path}\n`);
  } finally {
    session.close();
  }
}

/** What copies them, where that is wanted. Errors: `usage.export_over_file`; of copying `io.write`. */
function artifactsOut(sessionFile: string, flags: Flags, host: Host): (() => void) | undefined {
  if (flags.withArtifacts === undefined) return undefined;
  const entries = artifactsOf(sessionFile);
  const directory = absolutePath(flags.withArtifacts, host.cwd, host.homeDir);
  const [taken] = flags.force === true ? [] : inTheWay(entries, directory);
  if (taken !== undefined) {
    throw new PiError("usage.export_over_file", `${join(directory, taken)} is there already`, {
      hint: "Name another directory, or write over it with --force.",
    });
  }
  return () => {
    try {
      copyArtifacts(entries, directory);
    } catch (error) {
      throw new PiError("io.write", `Artifacts cannot be copied to ${directory}: ${messageOf(error)}`, { cause: error });
    }
  };
}

function formatOf(flags: Flags): Format {
  const said = formats.filter((format) => flags[format] !== undefined);
  if (said.length > 1) {
    throw new PiError("usage.export", `One format at a time, not ${said.map((format) => `--${format}`).join(" and ")}.`, {
      hint: "Run the command once for each.",
    });
  }
  const format = said[0] ?? "html";
  if (flags.all === true && format !== "jsonl") {
    throw new PiError(
      "usage.export",
      `--all goes with --jsonl, not with ${format === "html" ? "HTML, which has every branch" : "Markdown"}.`,
      {
        hint: format === "html" ? "Leave --all out." : "Name a branch with --branch.",
      },
    );
  }
  return format;
}

type Choice = JsonlOptions & ShownOptions;

async function chunksOf(format: Format, session: Session, choice: Choice): Promise<AsyncIterable<string> | Iterable<string>> {
  switch (format) {
    case "html":
      return (await import("../../../transcript/export-html.ts")).htmlChunks(session, choice);
    case "md":
      return (await import("../../../transcript/export-markdown.ts")).markdownChunks(session, choice);
    case "jsonl":
      return (await import("../../../transcript/export-jsonl.ts")).jsonlChunks(session, choice);
  }
}

type Target = Choice & ExportTarget;

async function writeFormat(format: Format, session: Session, target: Target): Promise<{ path: string }> {
  switch (format) {
    case "html":
      return (await import("../../../transcript/export-html.ts")).exportHtml(session, target);
    case "md":
      return (await import("../../../transcript/export-markdown.ts")).exportMarkdown(session, target);
    case "jsonl":
      return (await import("../../../transcript/export-jsonl.ts")).exportJsonl(session, target);
  }
}
