/** `cofactor worker` as a process of its own, for tests of the queue. Imports node:, workshop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "./source-tree.ts";
import { childEnvironment } from "./workshop.ts";

/** A worker's process. */
export interface WorkerProcess {
  readonly pid: number;
  /** All that it has written. */
  text(): string;
  /** Sends a signal and waits for the end. @returns the exit code, null after a signal that was not caught */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** Starts one, and waits until it is at the queue. @throws Error when it ends before */
export async function startWorker(url: string, args: readonly string[] = []): Promise<WorkerProcess> {
  const child: ChildProcess = spawn(process.execPath, [join(root, "cofactor.ts"), "worker", "--queue", url, "--lock", "2", ...args], {
    cwd: root,
    env: childEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (piece: Buffer) => {
        text += piece.toString();
        if (/^worker .* at a time$/m.test(text)) resolve();
      });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the worker ended: ${text}`)));
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return {
    pid: child.pid!,
    text: () => text,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, "close");
      }
      return child.exitCode;
    },
  };
}
