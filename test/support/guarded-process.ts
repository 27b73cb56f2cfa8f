/**
 * A server's process that ends with the test, however the test ends: a shell beside it waits for the end of its own input, which the operating
 * system closes with this process. Imports node: modules.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** A process of a server. */
export interface GuardedProcess {
  /** The server's own process. */
  readonly pid: number;
  /** Ends it by the signal, and by SIGKILL when it does not end within the time; settles when it has ended. */
  end(): Promise<void>;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
}

/** Who runs it; by default whoever runs the test. */
export interface ProcessOwner {
  readonly uid: number;
  readonly gid: number;
}

const script = `
"$@" </dev/null >/dev/null 2>&1 3<&- & pid=$!
echo "$pid"
{ cat >/dev/null; kill -INT "$pid" 2>/dev/null; } <&3 &
guard=$!
wait "$pid"
kill "$guard" 2>/dev/null
`;

const endTimeoutMs = 10_000;

/** Starts a program that stays in the foreground; what it prints is dropped. */
export async function startGuarded(command: readonly string[], cwd: string, owner?: ProcessOwner): Promise<GuardedProcess> {
  const child: ChildProcess = spawn("/bin/sh", ["-c", script, "sh", ...command], {
    cwd,
    stdio: ["ignore", "pipe", "ignore", "pipe"],
    ...(owner ?? {}),
  });
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      child.stdio[3]?.destroy();
      resolve();
    }),
  );
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.stdout!.once("data", (text: Buffer) => resolve(Number(text.toString("utf8").split("\n")[0])));
  });
  child.stdout!.resume();
  return {
    pid,
    ended,
    async end() {
      child.stdio[3]?.destroy();
      const timer = setTimeout(() => killHard(pid), endTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
