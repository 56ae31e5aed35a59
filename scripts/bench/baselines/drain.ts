// What the 50 MB figure is held against: run `bash -c <first argument>`, drain its pipe, print how many bytes came and the last line.

declare const Bun: {
  spawn(argv: string[], options: Record<string, string>): { stdout: AsyncIterable<Uint8Array>; exited: Promise<number> };
};

const child = Bun.spawn(["bash", "-c", process.argv[2] ?? "exit 2"], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
let byteCount = 0;
let last: Uint8Array = new Uint8Array();
for await (const chunk of child.stdout) {
  byteCount += chunk.length;
  last = chunk;
}
console.log(byteCount, new TextDecoder().decode(last.subarray(-200)).trimEnd().split("\n").at(-1));
process.exitCode = await child.exited;
