// Lines made at random are run by a real bash in which the denied command leaves a mark: whatever leaves it must have been denied.
// The seeds are fixed; another beginning is a new set of lines.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { judge } from "../../../src/extensions/policy/judge.ts";
import { parseRule } from "../../../src/extensions/policy/rows.ts";
import { type Random, seededRandom } from "../../support/random.ts";

const root = mkdtempSync(join(tmpdir(), "pi-fuzz-"));
const mark = join(root, "mark");
mkdirSync(join(root, "bin"));
mkdirSync(join(root, "work"));
writeFileSync(join(root, "bin/zap"), `#!/bin/sh\n[ "$1" = now ] && : > ${mark}\nexit 0\n`);
chmodSync(join(root, "bin/zap"), 0o755);
afterAll(() => rmSync(root, { recursive: true }));

const rows = [parseRule("bash(zap now)", "deny")];
const places = { cwd: join(root, "work"), homeDir: root, canonical: async (path: string) => path };

function spelled(word: string, { pick }: Random): string {
  return [...word]
    .map((letter) => {
      const code = letter.charCodeAt(0);
      return pick([
        letter,
        letter,
        letter,
        `\\${letter}`,
        `'${letter}'`,
        `"${letter}"`,
        `''${letter}`,
        `$'\\x${code.toString(16)}'`,
        `$'\\${code.toString(8)}'`,
        `\\\n${letter}`,
        `$"${letter}"`,
      ]);
    })
    .join("");
}

function command(choose: Random): string {
  const { pick } = choose;
  const zap = pick([spelled("zap", choose), join(root, "bin/zap"), "$z", "z$(echo a)p", "z{ap,}", '"$z"', "../bin/zap", "../bin/za?"]);
  const now = pick([spelled("now", choose), "$n", '"$n"', "n{ow,o}", "$(echo now)", "`echo now`", "$'now'", "no[w]"]);
  const prefix = pick([
    "",
    "",
    "",
    "X=1 ",
    "X=$(:) ",
    "env ",
    "env Y=2 ",
    "command ",
    "exec ",
    "nohup ",
    "timeout 5 ",
    "nice -n 1 ",
    "time ",
    "! ",
    "\\\n",
    "2>/dev/null ",
    "xargs -I{} ",
    "env - PATH=$PATH ",
    "setsid -w ",
    "stdbuf -o0 ",
    "choom -n 0 -- ",
    "exec -a x ",
    "timeout -s KILL 5 ",
    "builtin command ",
  ]);
  return `${prefix}${zap} ${now}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function line(choose: Random, depth: number): string {
  if (depth === 0) return command(choose);
  const inner = line(choose, depth - 1);
  const { pick } = choose;
  return pick([
    `:;${inner}`,
    `true && ${inner}`,
    `false || ${inner}`,
    `(${inner}\n)`,
    `{ ${inner}\n}`,
    `echo x | ${inner}`,
    `echo "$(${inner}\n)"`,
    `echo \${nothing:-$(${inner}\n)}`,
    `x=$(${inner}\n)`,
    `cat <(${inner}\n)`,
    `if ${inner}\nthen :; fi`,
    `for i in 1; do ${inner}\ndone`,
    `case a in a) ${inner}\n;; esac`,
    `f() { ${inner}\n}; f`,
    `bash -c ${quoted(inner)}`,
    `sh <<'EOF'\n${inner}\nEOF`,
    `cat <<EOF\n$(${inner}\n)\nEOF`,
    `eval ${quoted(inner)}`,
    `bash <<< ${quoted(inner)}`,
    `echo ${quoted(inner)} | bash`,
    `trap ${quoted(inner)} EXIT`,
    `env -S "bash -c true"; ${inner}`,
    `[[ -n $(${inner}\n) ]]`,
    `echo $((1+$(${inner}\n)0))`,
    `a=([0]=$(${inner}\n))`,
    `x='a[$(${inner}\n)]'; echo $((x))`,
    `while ${inner}\ndo break; done`,
    `find . -maxdepth 0 -exec bash -c ${quoted(inner)} \\;`,
    `echo 'it # is' # remark\n${inner}`,
    `${inner} # remark`,
    `cat <<A <<'B'\nx\nA\ny\nB\n${inner}`,
    `eval eval ${quoted(quoted(inner))}`,
    `coproc { ${inner}\n}; wait`,
    `f() { "$@"; }; f bash -c ${quoted(inner)}`,
    `set -- bash -c ${quoted(inner)}; "$@"`,
    `a=(bash -c ${quoted(inner)}); "\${a[@]}"`,
    `xargs -0 -a <(printf %s ${quoted(inner)}) bash -c`,
    `printf %s ${quoted(inner)} | xargs -0 -I{} sh -c {}`,
    `source /dev/stdin <<< ${quoted(inner)}`,
    `git -c alias.x=${quoted(`!${inner}`)} x`,
    `mapfile -C ${quoted(inner)} -c 1 <<< x`,
    `shopt -s expand_aliases\nalias q=${quoted(inner)}\nq`,
    `: <<< "$(${inner}\n)"`,
    `if false; then :; elif ${inner}\nthen :; fi`,
    `case $(${inner}\n) in *) ;; esac`,
    `for ((;;)) { ${inner}\nbreak; }`,
    `echo x | while read y; do ${inner}\ndone`,
    `trap ${quoted(inner)} DEBUG; :`,
    `echo ${quoted(inner)}`,
    `: "${inner.replaceAll(/[\\"`]/g, "")}"`,
  ]);
}

test("no line that runs the denied command by another spelling gets through", async () => {
  const choose = seededRandom(20_261_127);
  let ran = 0;
  for (let count = 0; count < 400; count++) {
    const text = line(choose, choose.pick([0, 0, 1, 1, 2, 3]));
    rmSync(mark, { force: true });
    spawnSync("bash", ["-c", text], {
      cwd: places.cwd,
      env: { PATH: `${join(root, "bin")}:/usr/bin:/bin`, z: "zap", n: "now" },
      timeout: 5000,
      stdio: "ignore",
    });
    if (!existsSync(mark)) continue;
    ran++;
    expect({ text, action: (await judge("bash", { command: text }, rows, "auto", places)).action }).toEqual({ text, action: "deny" });
  }
  // A fuzzer whose lines do nothing would find nothing.
  expect(ran).toBeGreaterThan(150);
});
