// `pi completions bash|zsh|fish`: a script for the shell, which asks `pi completions query` for the words. Called by cli/main.

import { plainLine } from "../../contracts/text/terminal-text.ts";
import type { Host } from "../../platform/host.ts";
import type { CommandRecord } from "../command-record.ts";
import { complete } from "../complete.ts";
import { runSubcommands } from "./subcommands.ts";

const scripts = {
  bash: `# Completion of pi in bash: eval "$(pi completions bash)" in ~/.bashrc
_pi() {
  local line paths="" quoting=%q typed=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  # Within quotes a blank needs none of its own.
  case $typed in
    [\\"\\']*) quoting=%s typed=\${typed:1} ;;
    *) typed=\${typed//\\\\/} ;;
  esac
  while IFS= read -r line; do
    case $line in
      :files) paths=-f ;;
      :directories) paths=-d ;;
      *) COMPREPLY+=("$(printf "$quoting" "\${line%%$'\\t'*}")") ;;
    esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" completions query -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ -n "$paths" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $paths -- "$typed")
  elif [ "\${#COMPREPLY[@]}" = 1 ] && [ "\${COMPREPLY[0]: -1}" = / ]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _pi pi
`,
  zsh: `#compdef pi
# Completion of pi in zsh: eval "$(pi completions zsh)" in ~/.zshrc, behind compinit
_pi() {
  local line paths
  local -a found
  while IFS= read -r line; do
    case $line in
      :files) paths=files ;;
      :directories) paths=directories ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <("\${words[1]}" completions query -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe -V pi found
  [[ $paths == files ]] && _files
  [[ $paths == directories ]] && _files -/
  return 0
}
if [ "$funcstack[1]" = "_pi" ]; then _pi "$@"; else compdef _pi pi; fi
`,
  fish: `# Completion of pi in fish: pi completions fish > ~/.config/fish/completions/pi.fish
function __pi_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (command pi completions query -- $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :directories
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c pi -k -f -a '(__pi_complete)'
`,
} as const;

export async function run(args: readonly string[], host: Host, commands: readonly CommandRecord[]): Promise<number> {
  if (args[0] === "query") return query(args.slice(args[1] === "--" ? 2 : 1), commands, host);
  return runSubcommands("completions", args, host, (program) => {
    program.description("A script that lets the shell complete options, commands and sessions. Its first line says where to put it.");
    for (const [shell, script] of Object.entries(scripts)) {
      program
        .command(shell)
        .description(`for ${shell}`)
        .action(() => host.stdout.write(script));
    }
  });
}

/** Words with their explanation, one a line, and what paths the shell should add. What cannot be completed gives nothing. */
async function query(words: readonly string[], commands: readonly CommandRecord[], host: Host): Promise<number> {
  try {
    const { said, cut } = asTyped(words);
    const found = await complete(said, commands, host);
    for (const { word, help } of found.words) void host.stdout.write(`${word.slice(cut)}\t${plainLine(help)}\n`);
    if (found.paths !== "none") void host.stdout.write(`:${found.paths}\n`);
  } catch {
    // A line that makes no sense has no completion; the shell must not be disturbed.
  }
  return 0;
}

/** What bash took apart (`--mode=json`, `model:high`), put together, without quotes; and how much of the last word it does not want back. */
function asTyped(words: readonly string[]): { said: string[]; cut: number } {
  const said: string[] = [];
  let cut = 0;
  let isOpen = false;
  for (const word of words) {
    const joins = word === "=" || word === ":";
    if (said.length > 0 && (joins || isOpen)) {
      const before = said.pop() ?? "";
      said.push(before + word);
      cut = before.length + (joins ? 1 : 0);
    } else {
      said.push(word);
      cut = 0;
    }
    isOpen = joins;
  }
  const current = said.pop() ?? "";
  const plain = current.replace(/^['"]/, "").replace(/\\(.)/g, "$1");
  return { said: [...said, plain], cut };
}
