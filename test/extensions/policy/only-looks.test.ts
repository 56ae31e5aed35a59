// Lines that change no file for certain, and lines that may.

import { expect, test } from "vitest";
import { onlyLooks } from "../../../src/extensions/policy/only-looks.ts";

const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };

test.each([
  "ls -la",
  "/bin/ls src",
  "cat a | head -3 2>/dev/null",
  "cat < a >&2",
  "cd src && grep -rn 'foo bar' . || echo none",
  "for f in *.ts; do wc -l $f; done",
  "if test -f a; then cat a; fi",
  "(ls; pwd) | sort | uniq -c | sort -rn",
  "echo $((1 + 2))",
  "printf '%s' \"$(git rev-parse HEAD)\"",
  "cat <<E\nrm x > y\nE",
  "git status -s && git diff | cat",
  "git --no-pager log --oneline -5 -- src",
  "git branch -a",
  "git stash list",
  "git remote",
  "git remote -v",
  "git remote -v show origin",
  "uniq -c a",
  "uniq -",
  "find . -name '*.ts' -not -path './node_modules/*'",
  "sed -n '1,20p;$p' a",
  "rg -n foo src",
])("%s: only looks", (line) => {
  expect(onlyLooks(line, env, "/r")).toBe(true);
});

test.each([
  "",
  "npm test",
  "./ls",
  "bin/cat a",
  "ls > x",
  "cat a >| b",
  "echo a &> f",
  "ls; touch x",
  "cat $(rm x)",
  "cat <(rm x)",
  "echo `rm x`",
  "cat <<E\n$(rm x)\nE",
  "FOO=1 ls",
  "PATH=.:$PATH; ls",
  "export PATH=.; ls",
  "ls() { rm x; }; ls",
  "alias ls=rm; ls x",
  "$CMD a",
  "sort -o a a",
  "sort -nko a",
  "sort --out=a a",
  "sort $X a",
  "uniq a b",
  "uniq - b",
  "uniq -- -a b",
  "sort --o=a a",
  "sort --co=./x a",
  "git grep --op=./x foo",
  "git remote add origin x",
  "git remote -v add origin x",
  "git remote --verbose update",
  "$(echo rm) x",
  "> x",
  "tree -o x",
  "find . -delete",
  "find . -name x -exec rm {} +",
  "find . -fprintf x %p",
  "fd -x rm",
  "rg --pre ./x foo",
  "sed -i s/a/b/ f",
  "sed -n 'w x' f",
  "sed -n -i 1p f",
  "git branch x",
  "git stash",
  "git checkout .",
  "git diff --output=x",
  "git -c alias.status='!rm x' status",
  "git constructor",
  "trap 'rm x' EXIT; ls",
  "exec 3> x; ls",
  "eval ls",
  'test -f "a[$(rm x)]"',
  "xargs rm",
  "sudo ls",
])("%s: may do more", (line) => {
  expect(onlyLooks(line, env, "/r")).toBe(false);
});

test("where a name may be somebody else's program nothing only looks", () => {
  for (const more of [{ PATH: "/r/bin:/bin" }, { PATH: ".:/bin" }, { PATH: "" }, { BASH_ENV: "x" }, { "BASH_FUNC_ls%%": "() { rm x; }" }])
    expect(onlyLooks("ls", { ...env, ...more }, "/r")).toBe(false);
});
