// Dialogs of extensions that are asked before there is a screen: whether a project is trusted. By lines on stderr; made by resolve-run for the
// interactive mode. Invariant: what an extension says is a line of text, and an answer that is none of those offered is no answer.

import type { ExtensionUIContext } from "../contracts/extension.ts";
import { plainText } from "../contracts/text/plain.ts";
import { noUi } from "../extensions/no-ui.ts";
import type { Host } from "../platform/host.ts";

export function lineDialogs(host: Host): ExtensionUIContext {
  const say = async (text: string): Promise<void> => host.stderr.write(plainText(text));
  const ask = async (question: string): Promise<string | undefined> => {
    await say(question);
    return host.stdin.line();
  };
  return {
    ...noUi,
    select: async (title, options) => {
      const rows = options.map((option, index) => `  ${index + 1}  ${option}\n`).join("");
      const answer = await ask(`${title}\n${rows}Which one? Its number: `);
      return /^\d{1,4}$/.test(answer ?? "") ? options[Number(answer) - 1] : undefined;
    },
    confirm: async (title, message) => /^y(es)?$/i.test((await ask(`${title}\n${message} [y/N]: `)) ?? ""),
    input: async (title) => (await ask(`${title}: `)) || undefined,
    notify: (message) => void say(`${message}\n`),
  };
}
