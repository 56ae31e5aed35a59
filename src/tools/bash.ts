// The `bash` tool: one command in a shell of its own.

import { tool } from "../contracts/tool.ts";
import { numberArgument, textArgument } from "../contracts/tool-view.ts";

/** What becomes, when pi ends, of processes that commands have left behind. */
export type BackgroundPolicy = "end" | "keep";

const told: Readonly<Record<BackgroundPolicy, string>> = {
  end: "A process left in the background goes on after the call and is ended when pi ends.",
  keep: "A process left in the background goes on, also after pi has ended; send its output to a file, for it cannot be written to pi any more.",
};

export function bashToolWith(background: BackgroundPolicy) {
  return tool({
    name: "bash",
    description: `Run a bash command in the working directory and get its output, stdout and stderr together. Of long output the last 2000 lines or 50KB are returned and the rest is kept in a file that is named. Standard input is empty and nobody can type: pass answers and messages as options; editors leave texts as they are, pagers print. ${told[background]}`,
    parameters: {
      type: "object",
      properties: {
        command: { type: "string", description: "The command to run" },
        timeout: { type: "number", description: "Seconds after which the command is ended; none by default" },
      },
      required: ["command"],
    },
    promptLine: "Run shell commands",
    view: {
      outcome: (_args, { text }) => {
        const [, status, what] = /Command (?:exited with code (\d+)|(timed out|aborted)(?: after [\d.]+ seconds)?)$/.exec(text) ?? [];
        return status === undefined ? (what ?? "") : `exit ${status}`;
      },
      headline: (args) => textArgument(args, "command"),
      body: (args) => {
        const timeout = numberArgument(args, "timeout");
        return { kind: "command", text: textArgument(args, "command"), ...(timeout > 0 ? { note: `timeout ${timeout} s` } : {}) };
      },
    },
    execute: async (args, context) => (await import("./execute/bash.ts")).executeBash(args, context),
  });
}
