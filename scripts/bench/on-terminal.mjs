// A contender on a pseudo terminal: what is typed to it, what it is waited for, what it writes meanwhile. Called by meter.mjs.

/**
 * @typedef {object} Step what is done, and what of it is kept; one after another
 * @property {string} [type] sent as keys
 * @property {[number, number]} [resize] to so many columns and rows
 * @property {string} [until] what the program must have written since; without it, until it has written nothing for `quietMs`
 * @property {number} [quietMs]
 * @property {number} [times] how often the step is done; the median counts
 * @property {string} [ms] name under which it is kept how long that took
 * @property {string} [bytes] name under which it is kept how much was written
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
  let isFirst = true;
  try {
    for (const step of steps) {
      const took = [];
      const sizes = [];
      for (let time = 0; time < (step.times ?? 1); time++) {
        const from = output.length;
        const beganAt = isFirst ? startedAt : performance.now();
        if (step.type !== undefined) child.terminal.write(step.type);
        if (step.resize !== undefined) child.terminal.resize(...step.resize);
        const begins = isFirst ? () => output.indexOf(screenBegins) : () => from;
        isFirst = false;
        await (step.until === undefined ? quiet(step.quietMs ?? 100) : seen(step.until, begins));
        took.push(performance.now() - beganAt);
        sizes.push(output.length - from);
      }
      if (step.ms !== undefined) measured[step.ms] = median(took);
      if (step.bytes !== undefined) measured[step.bytes] = median(sizes);
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

/** @param {number[]} values */
function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}
