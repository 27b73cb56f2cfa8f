/** The processes of a live run: hosts of devices and keyholders, each started here and ended here. Imports node:child_process. */
import { type ChildProcess, fork } from "node:child_process";
import type { HostedDevice, HostOrder, HostReport } from "./messages.ts";

/** A process that hosts devices. */
export interface DeviceHost {
  readonly devices: readonly HostedDevice[];
  readonly process: ChildProcess;
  order(order: HostOrder): void;
  onReport(listener: (report: HostReport) => void): void;
  /** Ends the process as a power cut would. */
  kill(): void;
}

/** The file beside this one, as source or as built. */
export function siblingModule(name: string): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./${name}.${extension}`, import.meta.url).pathname;
}

/** Starts a host. Its standard output stays closed, its errors go to ours. */
export function startHost(devices: readonly HostedDevice[]): DeviceHost {
  const child = fork(siblingModule("host"), [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  return {
    devices,
    process: child,
    order: (order) => void (child.connected && child.send(order)),
    onReport: (listener) => void child.on("message", (report) => listener(report as HostReport)),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Waits for a process to end, at most so long, then ends it. */
export async function ended(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
