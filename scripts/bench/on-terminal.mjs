// A contender on a pseudo terminal: what is typed to it, what it is waited for, what it writes meanwhile. Called by meter.mjs.

import { readdirSync, readFileSync } from "node:fs";
import { quantile } from "./race.mjs";

/**
 * @typedef {object} Step what is done, and what of it is kept; one after another
 * @property {string} [type] sent at once
 * @property {string} [keys] letters that stand nowhere else on the screen: each is sent, and waited for, by itself
 * @property {number} [gapMs] between two of them
 * @property {[number, number]} [resize] to so many columns and rows
 * @property {string} [until] what the program must have written since; without it and `keys`, until it has written nothing for `quietMs`
 * @property {number} [quietMs]
 * @property {string} [ms] name under which it is kept how long that took; of keys, the median
 * @property {string} [lateMs] of keys: one in ten took longer
 * @property {string} [bytes] name under which it is kept how much was written
 * @property {string} [cpu] what all of its threads have computed meanwhile, in ms; Linux only
 * @property {string} [wakeUps] how often the one that runs the program was woken by the system: the runtime's others hand work to each other, as often as
 *   the machine lets them wait
 */

const columns = 100;
const rows = 30;
const patienceMs = 20_000;
/** Switched on by every screen here before it draws; what is there before it is the terminal's own echo. */
const screenBegins = "\u001b[?2004h";

/**
 * Starts it and goes through the steps; `types` of the first one are there before the program is. Gives the process and what was measured.
 * @param {import("./meter.mjs").Contender} contender
 * @param {Step[]} steps
 * @param {number} runTimeoutMs
 */
export async function onTerminal({ argv, cwd, env }, steps, runTimeoutMs) {
  const decoder = new TextDecoder();
  let output = "";
  let wrote = () => {};
  const startedAt = performance.now();
  const child = Bun.spawn(argv, {
    cwd,
    env: { TERM: "xterm-256color", ...env },
    timeout: runTimeoutMs,
    killSignal: "SIGKILL",
    terminal: {
      cols: columns,
      rows,
      data(_terminal, data) {
        output += decoder.decode(data, { stream: true });
        wrote();
      },
    },
  });
  const measured = {};
  const keep = (name, value) => {
    if (name !== undefined) measured[name] = value;
  };
  let isFirst = true;
  try {
    for (const step of steps) {
      const before = step.cpu === undefined ? undefined : threadsOf(child.pid);
      const took = [];
      let size = 0;
      for (const key of step.keys ?? [undefined]) {
        if (step.gapMs !== undefined) await Bun.sleep(step.gapMs);
        output = isFirst ? output : "";
        const beganAt = isFirst ? startedAt : performance.now();
        const text = key ?? step.type;
        if (text !== undefined) child.terminal.write(text);
        if (step.resize !== undefined) child.terminal.resize(...step.resize);
        const begins = isFirst ? () => output.indexOf(screenBegins) : () => 0;
        isFirst = false;
        const awaited = key ?? step.until;
        await (awaited === undefined ? quiet(step.quietMs ?? 100) : seen(awaited, begins));
        took.push(performance.now() - beganAt);
        size += output.length;
      }
      const after = before && threadsOf(child.pid);
      keep(step.ms, quantile(took, 0.5));
      keep(step.lateMs, quantile(took, 0.9));
      keep(step.bytes, size);
      keep(step.cpu, after && after.cpuMs - before.cpuMs);
      keep(step.wakeUps, after && after.wakeUps - before.wakeUps);
    }
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${error.message}; it wrote ${JSON.stringify(output.slice(-300))}`);
  }
  await child.exited;
  child.terminal.close();
  return { child, measured, startedAt };

  function seen(text, begins) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${JSON.stringify(text)} never came`)), patienceMs);
      wrote = () => {
        const at = begins();
        if (at < 0 || output.indexOf(text, at) < 0) return;
        clearTimeout(timer);
        wrote = () => {};
        resolve(undefined);
      };
      wrote();
    });
  }

  function quiet(ms) {
    return new Promise((resolve) => {
      const done = () => {
        wrote = () => {};
        resolve(undefined);
      };
      let timer = setTimeout(done, ms);
      wrote = () => {
        clearTimeout(timer);
        timer = setTimeout(done, ms);
      };
    });
  }
}

/** What the system has counted of a process: of all its threads, and of the one that runs the program. */
function threadsOf(pid) {
  const sum = { cpuMs: 0, wakeUps: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const read = (name) => readFileSync(`/proc/${pid}/task/${thread}/${name}`, "utf8");
    sum.cpuMs += Number(read("schedstat").split(" ", 1)[0]) / 1e6;
    if (Number(thread) === pid) sum.wakeUps = Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read("status"))?.[1]);
  }
  return sum;
}
