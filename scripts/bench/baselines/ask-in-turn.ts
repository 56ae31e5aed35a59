// Starts a program that speaks RPC and asks it for its state again and again, each time after the answer: `ask-in-turn COUNT PROGRAM ARGS…`.
// Prints how many answers came. Between the two are sockets, as between any program and its child.

import { spawn } from "node:child_process";
import { once } from "node:events";

const [count = "1", ...argv] = process.argv.slice(2);
const [program = "", ...args] = argv;
const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
const ended = once(child, "close");
const ask = (): void => void child.stdin.write('{"id":"1","type":"get_state"}\n');

let answered = 0;
const decoder = new TextDecoder();
ask();
for await (const bytes of child.stdout) {
  const text = decoder.decode(bytes, { stream: true });
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    answered++;
    if (answered < Number(count)) ask();
    else child.stdin.end();
  }
}
console.log(`${answered} answers, status ${(await ended)[0]}`);
