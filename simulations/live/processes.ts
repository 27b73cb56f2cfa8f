/** The processes of a live run: hosts of devices and keyholders, each started here and ended here. Imports node:child_process. */
import { type ChildProcess, fork } from "node:child_process";
import { CofactorError } from "../../shared/errors.ts";
import type { KeyholderOrder } from "./keyholder-process.ts";
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
function siblingModule(name: string): string {
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

/** A keyholder's process. */
export interface KeyholderHost {
  /** Settles when it has joined the aggregator. @throws CofactorError INTERNAL when its process ends before */
  readonly joined: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a keyholder. */
export function startKeyholder(order: KeyholderOrder): KeyholderHost {
  const child = fork(siblingModule("keyholder-process"), [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  child.send(order);
  const joined = new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", () => reject(new CofactorError("INTERNAL", "a keyholder's process ended before it joined")));
  });
  // Whoever waits for another one first learns of it later.
  joined.catch(() => undefined);
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended(child, 3_000);
  };
  return { joined, stop };
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
