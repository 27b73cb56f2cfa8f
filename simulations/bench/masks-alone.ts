/** Has a recorded masked round measured in a process of its own. Imports node:child_process, masks-recording. */
import { fork } from "node:child_process";
import { CofactorError } from "../../shared/errors.ts";
import type { AloneReport, MasksRecording } from "./masks-recording.ts";

/**
 * What a device and the aggregator cost where each is alone in its process, all threads counted.
 * @throws CofactorError CANCELLED by the signal, INTERNAL when the process ends without a report
 */
export function measureAlone(recording: MasksRecording, signal: AbortSignal): Promise<AloneReport> {
  const file = new URL(`./masks-alone-process.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
  return new Promise((resolve, reject) => {
    const child = fork(file.pathname, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [], serialization: "advanced" });
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    child.once("message", (report) => resolve(report as AloneReport));
    child.once("error", reject);
    child.once("exit", () => {
      signal.removeEventListener("abort", stop);
      const code = signal.aborted ? "CANCELLED" : "INTERNAL";
      reject(new CofactorError(code, signal.aborted ? "interrupted" : "the bench's process ended without a report"));
    });
    child.send(recording);
  });
}
