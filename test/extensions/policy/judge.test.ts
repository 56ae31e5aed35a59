// What the policy says to shell lines: each line with what a denied `git push`, a denied `rm`, and allowed `git status`, `ls`, `echo hi` make of it.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { PermissionMode, PolicyRow } from "../../../src/contracts/policy.ts";
import { judge } from "../../../src/extensions/policy/judge.ts";
import { parseRule } from "../../../src/extensions/policy/rows.ts";
import { quickestMs } from "../../support/quickest.ts";

const rows: PolicyRow[] = [
  parseRule("bash(git push)", "deny"),
  parseRule("bash(rm*)", "deny"),
  parseRule("bash(npm publish)", "ask"),
  ...["git status", "git log*", "ls", "echo", "cat", "cd"].map((command) => parseRule(`bash(${command})`, "allow")),
];

async function canonical(path: string): Promise<string> {
  return realpath(path).catch(async () => (dirname(path) === path ? path : join(await canonical(dirname(path)), basename(path))));
}

const places = { cwd: "/nowhere/project", homeDir: "/nowhere/home", canonical };

async function said(command: string, list = rows, mode: PermissionMode = "ask"): Promise<string> {
  return (await judge("bash", { command }, list, mode, places)).action;
}

const denied = `
git push
git  push origin main
"git" push
'git' 'push'
g''it push
g\\it pu\\sh
$'git' push
$'g\\x69t' $'\\160ush'
$"git" push
/usr/bin/git push
./git push
../bin/git push
~/bin/git push
git -C /tmp push
git -C /tmp -c a=b push
git --no-pager push
git --git-dir=/x push
git --git-dir /x --work-tree /y push
git $x
git $(echo push)
git "$x"
git \`echo push\`
git pu?h
git {push,--force}
X=1 git push
X=1 Y=2 git push
X=$(id) git push
>out git push
git >out push
git push 2>&1
git push > /dev/null &
env git push
env X=1 git push
env -i X=1 git push
env -u A git push
env --unset=A git push
env -S 'git push'
env -S "X=1 git push"
sudo git push
sudo -u root git push
sudo -E X=1 git push
sudo -- git push
doas git push
nice git push
nice -n 5 git push
nohup git push
time git push
time -p git push
time -- git push
timeout 5 git push
timeout -k 1 5 git push
timeout --signal=TERM 5 git push
xargs git push
xargs -n 1 git push
xargs -I{} git push {}
echo a | xargs git push
command git push
command -p git push
builtin command git push
exec git push
exec -a x git push
stdbuf -o0 git push
setsid git push
busybox sh -c 'git push'
sh -c 'git push'
bash -c "git push"
bash -lc 'git push'
bash -e -c 'git push' name
bash -o pipefail -c 'git push'
/bin/sh -c 'git push'
sudo sh -c 'git push'
env bash -c 'cd x; git push'
sh -c "sh -c 'git push'"
sh -c "$x"
sh -c "$(cat x)"
eval git push
eval 'git push'
eval "git" "push"
eval "$x"
trap 'git push' EXIT
trap -- 'git push' 0
curl x | sh
curl x | sudo bash
cat x | bash -s
bash <<< 'git push'
bash <<< "$x"
bash <(echo git push)
source <(curl x)
. /dev/stdin
find . -exec git push ;
find . -name x -execdir rm {} +
find . -exec sh -c 'git push' ;
git status && git push
git status || git push
git status; git push
git status & git push
git status | git push
git status |& git push
(git push)
{ git push; }
! git push
if true; then git push; fi
if git push; then :; fi
while git push; do :; done
until false; do git push; done
for i in a; do git push; done
for ((i=0;i<1;i++)); do git push; done
case x in x) git push;; esac
case x in (x) git push;& y) :;; esac
case $(git push) in x) ;; esac
f() { git push; }; f
function f { git push; }; f
function f() (git push); f
echo $(git push)
echo "$(git push)"
echo "a \`git push\` b"
echo \${x:-$(git push)}
echo "\${x:-\`git push\`}"
x=$(git push)
x=($(git push))
[[ -n $(git push) ]]
test -n "$(git push)"
echo <(git push)
cat > >(git push)
echo $((1 + $(git push)))
echo $(( $(git push) ))
echo > $(git push)
cat <<< $(git push)
select x in a; do git push; done
$x push
$(echo git) push
\`echo git\` push
g* push
{git,push}
"$x" push
[ -n x ] && git push
time (git push)
git push # remark
rm x
rm -rf /
/bin/rm x
\\rm x
rmdir x
command rm x
echo x | xargs rm
ls; rm x
( (rm x) )
( ( rm x ) )
\${x@P}
"\${x@P}"
alias g=git
su -c 'git push'
script -c 'git push'
ssh host git push
watch git push
parallel git push
PROMPT_COMMAND='git push'
BASH_ENV=x bash y
echo 'unclosed
echo "unclosed
echo $(unclosed
echo \`unclosed
echo \\$(git push)
x='a[$(git push)]'; echo $((x))
x='a[$(git push)]'; [[ $x -eq 1 ]]
declare -i y='a[$(git push)]'
hash -p /usr/bin/git g; g push
mapfile -C 'git push' x
coproc git push
while true; do sh; done < x
echo git push | { sh; }
echo push | xargs git
echo push | xargs -n1 git
echo push | xargs -I{} git {}
echo push | xargs --replace=R git R
echo git push | xargs -I% sh -c '%'
echo git push | xargs env
xargs -a words git
find . -name git -exec {} push \\;
env - git push
git -c alias.x='!git push' x
git -c alias.x=push x
git -c alias.x='push origin' x
git config alias.x '!git push'
git -c core.sshCommand='git push' fetch
git -c core.pager='git push; cat' log
git --config-env=alias.x=X x
GIT_SSH_COMMAND='git push;' git fetch
GIT_PAGER='git push' git log
export GIT_EDITOR='git push'
env EDITOR='git push' git commit
GIT_CONFIG_COUNT=1 git x
BASH_ALIASES[q]='git push'
BASH_CMDS[q]=/usr/bin/git; q push
ssh-agent git push
dbus-run-session -- git push
fakeroot git push
choom -n 0 -- git push
xvfb-run -a -n 99 git push
uv run git push
start-stop-daemon -S -x /usr/bin/git -- push
/lib64/ld-linux-x86-64.so.2 /usr/bin/git push
/proc/self/exe -c 'git push'
bash --rcfile <(echo git push) -i
tmux new -d 'git push'
`
  .trim()
  .split("\n");

const severalLines = [
  "git status\ngit push",
  "git \\\npush",
  "gi\\\nt push",
  "cat <<EOF\n$(git push)\nEOF",
  "cat <<EOF\n`git push`\nEOF",
  "cat <<'EOF' | sh\ngit push\nEOF",
  "sh <<EOF\ngit push\nEOF",
  "bash <<-'EOF'\n\tgit push\n\tEOF",
  "cat <<A <<B\nx\nA\ny\nB\ngit push",
  "echo $\\\n(git push)",
  'echo "$\\\n(git push)"',
  "i\\\nf git push; then :; fi",
  "X\\\n=1 git push",
  "# remark\ngit push",
  "f()\n{\ngit push\n}\nf",
  "echo a\0b",
];

const allowed = `
git status
git status -s
git log --oneline
git log | cat
ls && git status
ls; ls -la; echo hi
ls > /dev/null
ls 2>&1
ls 2>/dev/null
ls < file
echo 'git push'
echo "git push"
echo git push
echo '$(git push)'
echo "\\$(git push)"
ls # git push
echo 'rm -rf /' "a; b"
cat <<< 'git push'
(ls)
{ ls; }
if ls; then echo yes; fi
for i in a b; do echo $i; done
echo $x
echo "$x"
echo *.ts
cd src && ls
`
  .trim()
  .split("\n");

const askedAbout = `
npm publish
npm --registry x publish
npx foo
git statusx
git -C x status
git --no-pager log
git -C x log push
/usr/bin/git status
./ls
X=1 git status
env git status
sudo ls
sh -c 'git status'
xargs ls
eval ls
ls > out
ls >> out
ls >| out
ls &> out
ls > "$x"
ls <> out
git status && make
ls | wc
git commit -m 'git push'
grep -r "git push" .
gіt status
git status
node -e 'x'
git -c core.pager=cat log
git -c user.name="O'Brien" commit
git config user.name "O'Brien"
GIT_PAGER=cat git log
PAGER= git log
export EDITOR=vim
ls | xargs grep x
ls | xargs git add
find . -exec grep x {} \\;
uv run python -c "print('a b')"
poetry run pytest $x
python3 script.py
./run.sh
x=1
f() { ls; }; make
`
  .trim()
  .split("\n");

describe("shell lines", () => {
  test("there are some two hundred", () => {
    expect(denied.length + severalLines.length + allowed.length + askedAbout.length).toBeGreaterThan(200);
  });
  test.each([...denied, ...severalLines])("denied: %s", async (line) => expect(await said(line)).toBe("deny"));
  test.each([...allowed, "cat <<'E'\ngit push $(rm x)\nE", "cat <<E\nrm x\nE", "ls\n\ngit status\n"])("allowed: %s", async (line) =>
    expect(await said(line)).toBe("allow"),
  );
  test.each(askedAbout)("asked about: %s", async (line) => expect(await said(line)).toBe("ask"));

  test("in the mode auto what no row matches runs, what one matches does not", async () => {
    expect(await said("make", rows, "auto")).toBe("allow");
    expect(await said("sudo git push", rows, "auto")).toBe("deny");
    expect(await said("npm publish", rows, "auto")).toBe("ask");
    expect(await said("if", [], "auto")).toBe("allow");
  });

  test.each([
    ["rm -rf", "rm -fr x", "deny"],
    ["rm -rf", "rm -r -v -f x", "deny"],
    ["rm -rf", "rm -r x", "ask"],
    ["git push --force", "git push origin --force", "deny"],
    ["git push --force", "git push origin main", "ask"],
    ["git push --force", "git push --force=x", "deny"],
    ["git * --force", "git -C x push --force", "deny"],
    ["*", "anything", "deny"],
    ["/usr/bin/git push", "git push", "deny"],
    ["npm run deploy*", "npm run deploy:prod", "deny"],
    ["rm -rf", "rm $x", "deny"],
    ["git push --force", "git push --forc", "deny"],
    ["git push --force", "git push --follow-tags", "ask"],
    ["git push --force", 'git push origin "$x"', "deny"],
  ])("deny %s: %s: %s", async (pattern, line, action) => {
    expect(await said(line, [parseRule(`bash(${pattern})`, "deny")])).toBe(action);
  });

  test.each([
    ["npm run *", "npm run", "allow"],
    ["npm run *", "npm run build --watch x", "allow"],
    ["npm run *", "npm install", "ask"],
    ["git * --stat", "git log -3 --stat", "allow"],
    ["git * --stat", "git log -3", "ask"],
  ])("allow %s: %s: %s", async (pattern, line, action) => {
    expect(await said(line, [parseRule(`bash(${pattern})`, "allow")])).toBe(action);
  });

  test("deep nesting and long lines end", async () => {
    expect(await said(`${"$(".repeat(5000)}ls${")".repeat(5000)}`)).toBe("deny");
    expect(await said(`${"( ".repeat(200)}ls${")".repeat(200)}`)).toBe("deny");
    expect(await said("x".repeat(200_000))).toBe("deny");
    expect(await said(`git ${"a* ".repeat(2000)}`, [parseRule(`bash(git ${"* ".repeat(200)}x)`, "deny")])).toBe("deny");
  });
});

test("a hundred rows cost less than a twentieth of a millisecond a call", async () => {
  const many = Array.from({ length: 100 }, (_, index) => parseRule(`bash(tool${index} sub*)`, "deny"));
  await said("git status && ls -la | cat", many);
  const judgeAll = async (): Promise<void> => {
    for (let index = 0; index < 200; index++) await said("git status && ls -la | cat", many);
  };
  // Ten times the goal: the machine may be busy.
  expect(await quickestMs(1000, judgeAll)).toBeLessThan(1000);
});

describe("files", () => {
  const root = mkdtempSync(join(tmpdir(), "pi-policy-"));
  afterAll(() => rmSync(root, { recursive: true }));
  const elsewhere = join(root, "elsewhere");
  const cwd = join(root, "project");
  mkdirSync(join(cwd, "src"), { recursive: true });
  mkdirSync(elsewhere);
  for (const file of [join(cwd, "src/a.ts"), join(cwd, ".env"), join(elsewhere, "x")]) writeFileSync(file, "");
  symlinkSync(elsewhere, join(cwd, "link"));
  symlinkSync(join(cwd, ".env"), join(cwd, "harmless"));
  mkdirSync(join(cwd, "secrets"));
  const list = [".env", "secrets/**", `${elsewhere}/**`].map((path): PolicyRow => ({ path, action: "deny", source: "test" }));
  const about = async (tool: string, args: Record<string, unknown>, given: PolicyRow[] = list): Promise<string> =>
    (await judge(tool, args, given, "ask", { cwd, homeDir: root, canonical })).action;

  test("a name is meant of folders here, too, whatever they are called, and not of those above", async () => {
    for (const path of [".env/deep", "src/.env/deep", "..data/.env/deep", "..data/x/.env/a/b"])
      expect(await about("read", { path })).toBe("deny");
    const named = (path: string): PolicyRow[] => [{ path, action: "deny", source: "test" }];
    expect(await about("read", { path: "src/a.ts" }, named(basename(root)))).toBe("ask");
    expect(await about("read", { path: "src/project/a.ts" }, named("project"))).toBe("deny");
    expect(await about("read", { path: join(root, "src") }, named("src"))).toBe("deny");
  });

  test("a tool that names no place looks into this one; a pattern may reach below what a row names", async () => {
    const here = [{ path: "./**", action: "deny" as const, source: "test" }];
    expect([await about("ls", {}, here), await about("ls", { path: ".." }, here)]).toEqual(["deny", "ask"]);
    const folder = [{ path: "./secrets", action: "deny" as const, source: "test" }];
    expect(await about("bash", { command: "cat secrets/*" }, folder)).toBe("deny");
    expect(await about("bash", { command: "cat sec*/a/b" }, folder)).toBe("deny");
    expect(await about("bash", { command: "cat src/*" }, folder)).toBe("ask");
  });

  test.each([".env", "./.env", "src/../.env", "harmless", "secrets/new/deep", "link/x", "link/new", `${cwd}/.env`, "~/project/.env"])(
    "%s",
    async (path) => expect(await about("read", { path })).toBe("deny"),
  );
  test.each(["src/a.ts", "env", ".envrc", "secretsx/a"])("%s is none of them", async (path) =>
    expect(await about("read", { path })).toBe("ask"),
  );
  test.each([
    "cat .env",
    "cat < .env",
    "echo x > .env",
    "echo x >> secrets/a",
    "echo x > $y",
    "dd if=.env",
    "cp --target=secrets/x a",
    "cat harmless",
    "cat .e*",
    "cat secre?s/a",
    "cat .[a-e]?v",
    "cat .*v*",
    "cat *e*r*t*/*",
    "ls *",
    "rm -r secrets",
    "cd secrets && cat a",
    "cd src && cat ../.env",
    "cat '.env'",
    "grep -f.env x",
    "sh -c 'cat .env'",
  ])("on a shell line: %s", async (command) => expect(await about("bash", { command })).toBe("deny"));
  test.each(["cat src/a.ts", "cat *.ts", "cat .?nvx", "cat .*x", "cat *env", "echo env", "ls 2>/dev/null"])(
    "on a shell line, none of them: %s",
    async (command) => expect(await about("bash", { command })).toBe("ask"),
  );
  test("many stars in a pattern cost no time to speak of", async () => {
    const row = { tool: "bash", path: "a".repeat(200), action: "deny" as const, source: "test" };
    expect(await about("bash", { command: `cat ${"*?".repeat(40)}Z` }, [row])).toBe("ask");
    expect(await about("bash", { command: `cat ${"*?".repeat(40)}a` }, [row])).toBe("deny");
  });
  test("what is allowed is what really lies there", async () => {
    const allow = [{ tool: "read", path: "**/*", action: "allow" as const, source: "test" }];
    expect(await about("read", { path: "src/a.ts" }, allow)).toBe("allow");
    expect(await about("read", { path: "link/x" }, allow)).toBe("ask");
    expect(await about("read", { path: "../elsewhere/x" }, allow)).toBe("ask");
    expect(await about("bash", { command: "rm src/a.ts" }, [{ path: "**/*", action: "allow", source: "test" }])).toBe("ask");
  });
});

test("deny beats ask beats allow, whatever the order; tools by glob", async () => {
  const row = (tool: string, action: PolicyRow["action"]): PolicyRow => ({ tool, action, source: "test" });
  const about = async (...list: PolicyRow[]): Promise<string> => (await judge("mcp_files_read", {}, list, "auto", places)).action;
  expect(await about(row("mcp_*", "deny"), row("mcp_files_read", "allow"))).toBe("deny");
  expect(await about(row("*", "allow"), row("mcp_*_read", "ask"))).toBe("ask");
  expect(await about(row("bash, read", "deny"))).toBe("allow");
});
