/**
 * Runs one command to its end: its output goes to ours, it gets no standard input, and it cannot outlive us.
 * Only Node's own modules, because this runs before anything is installed.
 */
import { spawn } from 'node:child_process';

const isWindows = process.platform === 'win32';
const running = new Set();

/** What is still running when we are told to stop is stopped too. */
export function stopRunning(signal = 'SIGTERM') {
  for (const child of running) signalTree(child, signal);
}

function signalTree(child, signal) {
  if (child.pid === undefined) return;
  try {
    // On POSIX the child leads its own process group, so its own children are reached as well.
    if (isWindows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * Resolves with `{ok, code, why}` when the command has ended; never rejects. `why` is a sentence when it did not
 * end well: the exit code, the signal, the time limit in minutes, or that it could not be started.
 */
export function run(command, args, { limitMinutes = 10, env = {}, cwd = process.cwd(), shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: !isWindows,
    });
    running.add(child);
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      signalTree(child, 'SIGTERM');
      setTimeout(() => signalTree(child, 'SIGKILL'), 10_000).unref();
    }, limitMinutes * 60_000);
    const finish = (result) => {
      clearTimeout(limit);
      running.delete(child);
      signalTree(child, 'SIGKILL');
      resolve(result);
    };
    child.once('error', (error) =>
      finish({ ok: false, code: null, why: `${command} could not be started: ${error.message}` }),
    );
    child.once('exit', (code, signal) => {
      if (isLate) finish({ ok: false, code, why: `stopped after its limit of ${limitMinutes} minutes` });
      else if (signal) finish({ ok: false, code, why: `ended by ${signal}` });
      else finish({ ok: code === 0, code, why: code === 0 ? '' : `exit code ${code}` });
    });
  });
}

/** Runs the JavaScript entry of an installed package under this same Node: no shell, no search path. */
export function runTool(entry, args, options) {
  return run(process.execPath, [entry, ...args], options);
}

/**
 * Ends everything on Ctrl-C, on SIGTERM, and when npm, having started us, is gone: a SIGTERM to npm ends the shell
 * between us but does not reach us. `before` may close what the caller opened, and choose the exit code.
 */
export function exitOnSignals(before = () => {}) {
  const stop = (code) => {
    stopRunning('SIGTERM');
    process.exit(before() ?? code);
  };
  process.once('SIGINT', () => stop(130));
  process.once('SIGTERM', () => stop(143));
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event || isWindows) return;
  setInterval(() => {
    if (process.ppid !== parent) stop(143);
  }, 500).unref();
}
