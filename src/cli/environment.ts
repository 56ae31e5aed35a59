// The environment variables that a run goes by: one record each, for help and docs. A test finds each one that the program reads in it.

export interface VariableRecord {
  names: readonly string[];
  help: string;
}

export const environmentTable: readonly VariableRecord[] = [
  { names: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"], help: "keys of services; pi models --providers lists all" },
  { names: ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "LLAMA_BASE_URL"], help: "another address of the service" },
  { names: ["PI_CODING_AGENT_DIR"], help: "the agent directory; else ~/.pi/agent" },
  { names: ["PI_CODING_AGENT_SESSION_DIR"], help: "where sessions lie" },
  { names: ["PI_OFFLINE"], help: "1: nothing is fetched but what the model call needs" },
  { names: ["PI_CACHE_RETENTION"], help: "long: services are asked to remember prompts for longer, where they offer it" },
  { names: ["PI_PROGRESS"], help: "1: what is done, line by line on stderr, where no terminal is" },
  { names: ["PI_LOG"], help: "debug: what is done, on stderr; off; else a file to keep it in" },
  { names: ["PI_RUNTIME", "PYLDON_AGENT_ENGINE"], help: "who carries out runs of pi runner: pi or claude" },
  { names: ["PI_RUNNER_MARKER"], help: "the marker lines of pi runner" },
  { names: ["PI_IPC_DIR", "PYLDON_IPC_DIR"], help: "the group's folder for messages and tasks of pi runner to its host" },
  { names: ["PI_LOG_FILE"], help: "a file that pi runner logs its runs to; else stderr" },
  { names: ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"], help: "proxies" },
  { names: ["NODE_EXTRA_CA_CERTS"], help: "a file of certificate authorities to trust beside the system's" },
  { names: ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"], help: "no colours; colours in a pipe, too" },
  { names: ["PI_OAUTH_CALLBACK_HOST"], help: "the address of this machine that a browser comes back to in pi auth login; else 127.0.0.1" },
  { names: ["PI_SHELL"], help: "the shell that the library's getShellConfig names; runs use shell.path" },
  { names: ["PI_PAGER", "PAGER"], help: "the pager of lists that are longer than the terminal; else less; cat or empty: none" },
  { names: ["VISUAL", "EDITOR"], help: "the editor of pi config edit and of Ctrl-G" },
  { names: ["PI_SHARE_VIEWER_URL"], help: "the address of a page that shows what /share has made; # and the gist's id are added to it" },
  {
    names: ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_ENDPOINT"],
    help: "Hugging Face, where /llama looks for models: the token, where it lies, another address",
  },
  { names: ["PI_HYPERLINKS"], help: "1 or 0: the terminal shows links, or does not; else pi finds out" },
  { names: ["PI_TUI_ESC_TIMEOUT"], help: "milliseconds after which Escape alone is Escape at the terminal" },
];

/** What commands of the model see beside the user's environment. */
export const toolEnvironmentTable: readonly VariableRecord[] = [
  { names: ["AI_AGENT", "PI_CODING_AGENT"], help: "pi and true: an agent runs this" },
  { names: ["PI_SESSION_ID", "PI_SESSION_FILE"], help: "the session" },
  { names: ["PI_PROVIDER", "PI_MODEL", "PI_REASONING_LEVEL"], help: "the model" },
];
