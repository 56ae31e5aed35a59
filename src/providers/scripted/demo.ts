// The embedded offline model: a few rules that really use the tools, so that the whole loop can be seen without key or network.
// Called by scripted/provider. Pure: the answer follows from the request alone.

import type { ModelMessage, ToolResultMessage, UserMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";

export interface DemoAnswer {
  thinking: string;
  text: string;
  calls: { name: string; arguments: Record<string, unknown> }[];
}

interface Situation {
  /** The newest user text, stdin and file blocks taken off. */
  prompt: string;
  /** Text of `<file>` blocks and other attachments before the prompt. */
  attached: string;
  /** Results of the calls made for this prompt, oldest first. */
  results: ToolResultMessage[];
  can(tool: string): boolean;
}

interface Rule {
  name: string;
  matches(prompt: string): boolean;
  answer(situation: Situation): DemoAnswer;
}

const fileWord =
  /(?:^|[\s"'`(])((?:~?\/)?[\w@.-]+(?:\/[\w@.-]+)*\.[A-Za-z0-9]{1,8}|Makefile|Dockerfile|LICENSE)(?=$|[\s"'`),:;?!]|\.(?:\s|$))/;

const rules: Rule[] = [
  {
    name: "write",
    matches: (prompt) => /\b(write|create|make|save|add)\b/i.test(prompt) && fileWord.test(prompt) && !/\breplace\b/i.test(prompt),
    answer: ({ prompt, results, can }) => {
      const path = fileIn(prompt);
      const content = `${quotedIn(prompt) ?? `Written by the demo model of pi.`}\n`;
      return steps(results, [
        () => (can("write") ? call("write", { path, content }, `I should write ${path}.`) : lacking("write")),
        () => (can("read") ? call("read", { path }, "Better look at what is there now.") : undefined),
        () => say(failureIn(results) ?? `I wrote ${path}. It now reads:\n\n${fenced(textOf(lastOf(results).content))}`),
      ]);
    },
  },
  {
    name: "replace",
    matches: (prompt) => /\breplace\b/i.test(prompt) && fileWord.test(prompt) && quotesIn(prompt).length >= 2,
    answer: ({ prompt, results, can }) => {
      const path = fileIn(prompt);
      const [oldText = "", newText = ""] = quotesIn(prompt);
      return steps(results, [
        () => (can("read") ? call("read", { path }, `First read ${path}.`) : undefined),
        () => (can("edit") ? call("edit", { path, edits: [{ oldText, newText }] }, "Now the replacement.") : lacking("edit")),
        () => say(failureIn(results) ?? `Done: in ${path}, "${oldText}" is now "${newText}".`),
      ]);
    },
  },
  {
    name: "run",
    matches: (prompt) => /\b(run|execute)\b/i.test(prompt) && /`[^`]+`/.test(prompt),
    answer: ({ prompt, results, can }) => {
      const command = /`([^`]+)`/.exec(prompt)?.[1] ?? "true";
      return steps(results, [
        () => (can("bash") ? call("bash", { command }, `The command is ${command}.`) : lacking("bash")),
        () => say(`I ran \`${command}\`. It printed:\n\n${fenced(textOf(lastOf(results).content))}`),
      ]);
    },
  },
  {
    name: "read",
    matches: (prompt) => fileWord.test(prompt),
    answer: ({ prompt, results, can }) => {
      const path = fileIn(prompt);
      return steps(results, [
        () => (can("read") ? call("read", { path }, `I need to read ${path}.`) : lacking("read")),
        () => say(failureIn(results) ?? describeFile(path, textOf(lastOf(results).content))),
      ]);
    },
  },
  {
    name: "greet",
    matches: (prompt) => /^\s*(hi|hello|hey|good (morning|day|evening))\b/i.test(prompt),
    answer: () => say("Hello. I am the demo model inside pi. Ask me what is in this folder, or to read, write or run something."),
  },
  {
    name: "look around",
    matches: () => true,
    answer: ({ results, can, attached }) => {
      if (attached !== "") return say(describeFile("the text you gave me", attached));
      const [listing, readme] = results;
      return steps(results, [
        () => {
          if (can("ls")) return call("ls", { path: "." }, "Let me see what is here.");
          return can("bash") ? call("bash", { command: "ls -Ap | head -n 200" }, "Let me see what is here.") : lacking("bash or ls");
        },
        () => {
          const name = namesIn(listing).find((one) => /^(readme|package\.json|pyproject|cargo\.toml|go\.mod)/i.test(one));
          return name && can("read") ? call("read", { path: name, limit: 40 }, `${name} should say what this is.`) : undefined;
        },
        () => say((listing?.isError === true ? failureIn(results) : undefined) ?? describeFolder(namesIn(listing), readme)),
      ]);
    },
  },
];

/** The answer to the request as it stands: the next tool call, or the closing text. */
export function demoAnswer(request: ModelRequest): DemoAnswer {
  const start = request.messages.findLastIndex((message) => message.role === "user");
  const { prompt, attached } = split(request.messages[start]);
  if (/^<conversation>/.test(prompt)) return say(summarise(prompt));
  const results = request.messages.slice(start + 1).filter((message): message is ToolResultMessage => message.role === "toolResult");
  const rule = rules.find((one) => one.matches(prompt));
  const names = new Set(request.tools.map((tool) => tool.name));
  return rule?.answer({ prompt, attached, results, can: (name) => names.has(name) }) ?? say("I have nothing to say to that.");
}

/** The step for as many results as there are; a step that has nothing to do passes on to the next. */
function steps(results: readonly ToolResultMessage[], each: (() => DemoAnswer | undefined)[]): DemoAnswer {
  const failed = results.some((result) => result.isError);
  for (const step of failed ? each.slice(-1) : each.slice(Math.min(results.length, each.length - 1))) {
    const answer = step();
    if (answer) return answer;
  }
  return say("Done.");
}

function say(text: string): DemoAnswer {
  return { thinking: "", text, calls: [] };
}

function call(name: string, args: Record<string, unknown>, thinking: string): DemoAnswer {
  return { thinking, text: "", calls: [{ name, arguments: args }] };
}

function lacking(tool: string): DemoAnswer {
  return say(`I would need the ${tool} tool for that, and it is not among my tools here.`);
}

function failureIn(results: readonly ToolResultMessage[]): string | undefined {
  const failed = results.find((result) => result.isError);
  return failed && `That did not work: ${textOf(failed.content)}`;
}

function lastOf(results: readonly ToolResultMessage[]): Pick<ToolResultMessage, "content"> {
  return results.at(-1) ?? { content: [] };
}

function split(message: ModelMessage | undefined): { prompt: string; attached: string } {
  const text = message?.role === "user" ? textOf((message as UserMessage).content) : "";
  const files = [...text.matchAll(/<file name="[^"]*">\n?([\s\S]*?)\n?<\/file>/g)].map((match) => match[1] ?? "");
  const prompt = text.replace(/<file name="[^"]*">[\s\S]*?<\/file>\s*/g, "").trim();
  return { prompt, attached: files.join("\n") };
}

function fileIn(prompt: string): string {
  return fileWord.exec(prompt)?.[1] ?? "notes.txt";
}

function quotesIn(prompt: string): string[] {
  return [...prompt.matchAll(/"([^"]*)"|“([^”]*)”|'([^']*)'(?!\w)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function quotedIn(prompt: string): string | undefined {
  return (
    quotesIn(prompt).find((quote) => !fileWord.test(quote)) ??
    /\b(?:with|saying|containing|content)\s*:?\s+(.+)$/is.exec(prompt)?.[1]?.trim()
  );
}

function namesIn(result: ToolResultMessage | undefined): string[] {
  const text = result && !result.isError ? textOf(result.content) : "";
  return text.split("\n").filter((line) => line !== "" && !/^[([]/.test(line));
}

function describeFolder(names: readonly string[], readme: ToolResultMessage | undefined): string {
  if (names.length === 0) return "This folder is empty.";
  const folders = names.filter((name) => name.endsWith("/"));
  const files = names.filter((name) => !name.endsWith("/"));
  const lines = [`This folder holds ${count(files.length, "file")} and ${count(folders.length, "folder")}:`, ""];
  lines.push(...[...folders, ...files].slice(0, 30).map((name) => `- ${name}`));
  if (names.length > 30) lines.push(`- … and ${names.length - 30} more`);
  const title = readme && !readme.isError ? titleOf(textOf(readme.content)) : undefined;
  if (title) lines.push("", `By its own words: ${title}`);
  return lines.join("\n");
}

function describeFile(name: string, text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const title = titleOf(text);
  return `${name} has ${count(lines.length, "line")}.${title ? ` It starts with: ${title}` : ""}`;
}

function titleOf(text: string): string | undefined {
  const described = /"description"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  const first = text.split("\n").find((line) => /[\p{L}\p{N}]/u.test(line));
  return described ?? first?.replace(/^[#/*\s-]+/, "").slice(0, 120);
}

function summarise(conversation: string): string {
  const asked = [...conversation.matchAll(/^\[User\]: (.+)$/gm)].map((match) => match[1] ?? "");
  return `## Goal\n${asked[0] ?? "Unknown."}\n\n## Progress\n${asked.map((one) => `- ${one.slice(0, 200)}`).join("\n")}\n\n## Next steps\nGo on from the last request.`;
}

function fenced(text: string): string {
  return `\`\`\`\n${text.replace(/(?<!\n)\n+$/, "")}\n\`\`\``;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
