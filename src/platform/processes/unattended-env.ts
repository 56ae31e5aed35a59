// What a command is told so that it does not wait for keys which nobody can press: editors that leave a text as it is, pagers that only pass it
// on, questions that are answered with no. Called by spawn.ts.
// Invariant: what the configuration sets wins, also over the variables of single programs that would go before it.

const editor = "true";
const pager = "cat";

/** Each program's own variable goes before the common ones, so that all of them are needed. */
const editors = ["GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "HGEDITOR", "SVN_EDITOR", "JJ_EDITOR", "KUBE_EDITOR", "SUDO_EDITOR", "FCEDIT"];
const pagers = ["GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER", "GH_PAGER", "AWS_PAGER", "BAT_PAGER", "DELTA_PAGER", "PSQL_PAGER"];

const answers: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: "0",
  GCM_INTERACTIVE: "never",
  SSH_ASKPASS_REQUIRE: "never",
  GH_PROMPT_DISABLED: "1",
  DEBIAN_FRONTEND: "noninteractive",
  PIP_NO_INPUT: "1",
  COMPOSER_NO_INTERACTION: "1",
  TF_INPUT: "0",
  // Called by its own name: where nobody types it gives up, with status 1; what `-c` and scripts say is done before. On a terminal (in a tmux that the
  // command starts) somebody may.
  VIMINIT: 'if has("autocmd") && !has("ttyin") | set updatetime=200 | autocmd CursorHold,CursorHoldI * cquit | endif',
};

/** `set`: what the configuration sets. */
export function unattendedEnv(set: Readonly<Record<string, string>>): Record<string, string> {
  const chosenEditor = set.VISUAL ?? set.EDITOR ?? editor;
  const chosenPager = set.PAGER ?? pager;
  return {
    ...answers,
    ...Object.fromEntries([...editors, "VISUAL", "EDITOR"].map((name) => [name, chosenEditor])),
    ...Object.fromEntries([...pagers, "PAGER"].map((name) => [name, chosenPager])),
  };
}
