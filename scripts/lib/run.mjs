// Child processes: every one in a process group of its own, with a deadline, and gone when we are.
import { spawn } from 'node:child_process';

/** Leaders of the process groups that still run. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** Those already asked to end: a second signal would cut short the end of what they started themselves. */
const asked = new WeakSet();
let guarded = false;

/** Whatever ends this program ends its children too; they sit in groups of their own, so Ctrl-C does not reach them by itself. */
function guard() {
  if (guarded) return;
  guarded = true;
  process.on('exit', () => {
    for (const child of running) killGroup(child, 'SIGKILL');
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
    process.once(signal, () => {
      // Also where the program, its children gone, comes to its own end first.
      process.exitCode = code;
      void stopAll().finally(() => process.exit(code));
    });
}

/** Ends every child still running: asked first, so that it can end what it started itself; killed after 10 s. */
export async function stopAll() {
  const children = [...running];
  children.forEach(askToEnd);
  const until = Date.now() + 10_000;
  while (children.some(groupAlive) && Date.now() < until) await pause(50);
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The group is gone already.
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}

function askToEnd(child) {
  if (asked.has(child)) return;
  asked.add(child);
  killGroup(child, 'SIGTERM');
}

function groupAlive(child) {
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a process that runs until it is stopped.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions }} [options]
 * @returns {{ child: import('node:child_process').ChildProcess, ended: Promise<number>, stop: (grace?: number) => Promise<void> }}
 *   `ended`: its exit code, 128 for a signal, 127 when it could not be started. `stop`: SIGTERM to the whole group,
 *   SIGKILL after `grace` ms (default 5000); resolves when the group is gone.
 */
export function start(command, args, options = {}) {
  guard();
  const child = spawn(command, args, { stdio: 'inherit', ...options, detached: true });
  running.add(child);
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      running.delete(child);
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 128));
  });
  const stop = async (grace = 5000) => {
    if (child.pid === undefined) return;
    askToEnd(child);
    const until = Date.now() + grace;
    while (groupAlive(child) && Date.now() < until) await pause(50);
    killGroup(child, 'SIGKILL');
    running.delete(child);
    await ended;
  };
  return { child, ended, stop };
}

/**
 * Runs a command to its end, or to its deadline: then its whole group is killed.
 * @param {string} command
 * @param {string[]} args
 * @param {{ deadline: number, cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean, onOutput?: (text: string) => void }} options
 *   `deadline` in ms. `capture`: keep the output instead of showing it. `onOutput`: gets it as it comes.
 * @returns {Promise<{ code: number, stdout: string, stderr: string, timedOut: boolean }>} `code` 124 when over the deadline
 */
export async function run(command, args, { deadline, cwd, env, capture = false, onOutput }) {
  const piped = capture || onOutput !== undefined;
  const stdio = piped ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
  const { child, ended, stop } = start(command, args, { cwd, env, stdio });
  const text = { stdout: '', stderr: '' };
  const read = ['stdout', 'stderr'].map((name) => {
    const stream = child[name];
    if (!stream) return undefined;
    stream.setEncoding('utf8').on('data', (chunk) => {
      if (capture) text[name] += chunk;
      onOutput?.(chunk);
    });
    return new Promise((resolve) => stream.on('close', resolve));
  });
  const timer = timeout(deadline);
  const first = await Promise.race([ended, timer.promise]);
  timer.clear();
  // What the command left behind in its group ends with it; only then its pipes are sure to close.
  await stop(first === 'timeout' ? 2000 : 0);
  await Promise.all(read);
  const timedOut = first === 'timeout';
  if (timedOut) process.stderr.write(`${command}: killed after ${Math.round(deadline / 1000)} s\n`);
  return { code: timedOut ? 124 : first, ...text, timedOut };
}

/** Like `run`, but anything else than exit code 0 is an error that shows the end of the output. */
export async function must(command, args, options) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-25).join('\n');
  const how = result.timedOut
    ? `did not end within ${Math.round(options.deadline / 1000)} s`
    : `failed (${result.code})`;
  throw new Error(`${command} ${args.join(' ')} ${how}${tail ? `\n${tail}` : ''}`);
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function timeout(ms) {
  let handle;
  const promise = new Promise((resolve) => {
    handle = setTimeout(resolve, ms, 'timeout');
  });
  return { promise, clear: () => clearTimeout(handle) };
}

/**
 * Asks again until the answer is truthy.
 * @template T
 * @param {string} what named in the error when the time is over
 * @param {() => T | Promise<T>} ask
 * @param {{ deadline: number, every?: number }} times in ms
 */
export async function until(what, ask, { deadline, every = 100 }) {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Waited ${Math.round(deadline / 1000)} s for ${what}`);
    await pause(every);
  }
}
