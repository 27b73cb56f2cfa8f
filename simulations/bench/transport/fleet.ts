/** The processes of a transport benchmark: one aggregator, a few processes of devices; started here, and ended here by their ids. Imports node:child_process. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CofactorError } from "../../../shared/errors.ts";
import { ended } from "../../live/processes.ts";
import type { HostOrder, HostReport, Measured, ServerOrder, ServerReport } from "./messages.ts";
import { openFileLimit } from "./process-use.ts";

/** What a fleet is made of. */
export interface FleetOptions {
  readonly terms: { readonly id: string; readonly items: number; readonly protection: { readonly kind: string } };
  readonly hosts: number;
  readonly gatherMs?: number;
  readonly readsRounds?: boolean;
  readonly signal: AbortSignal;
}

type ReportOf<K extends ServerReport["kind"]> = Extract<ServerReport, { kind: K }>;
type HostReportOf<K extends HostReport["kind"]> = Extract<HostReport, { kind: K }>;

/** A running aggregator and its devices. Every wait fails when a process ends or fails, or with the signal. */
export interface Fleet {
  readonly url: string;
  readonly hosts: number;
  /** Has devices connect, spread over the processes; settles when all have joined. */
  connect(count: number, as: Extract<HostOrder, { kind: "connect" }>["as"], say: (done: number) => void): Promise<void>;
  /** To every process of devices. */
  order(order: HostOrder): void;
  /** Begins the aggregator's figures anew. */
  reset(): Promise<void>;
  measure(): Promise<Measured>;
  /** The next so many reports of a kind for which `take` says true. Ask before what causes them. */
  fromServer<K extends ServerReport["kind"]>(kind: K, take?: (report: ReportOf<K>) => boolean): Promise<ReportOf<K>>;
  fromHosts<K extends HostReport["kind"]>(kind: K, count: number, take?: (report: HostReportOf<K>) => boolean): Promise<HostReportOf<K>[]>;
  /** Ends every process and removes the store. */
  close(): Promise<void>;
}

/** Files that a process needs beside its sockets. */
const otherFiles = 200;

/**
 * How many devices can be connected here at once: as many as asked for, or as the limit of open files allows the aggregator's process.
 * @throws CofactorError CONFIG_INVALID when that is less than a tenth of what was asked for
 */
export function possibleClients(wanted: number): number {
  const limit = openFileLimit();
  const possible = Math.min(wanted, limit - otherFiles);
  if (possible * 10 < wanted) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"ulimit -n" expected ${wanted + otherFiles} open files for ${wanted} devices, got ${limit}: raise the hard limit`,
    );
  }
  return possible;
}

/** Starts the processes. @throws CofactorError CANCELLED by the signal, INTERNAL when a process fails */
export async function startFleet({ terms, hosts, gatherMs = 2_000, readsRounds = false, signal }: FleetOptions): Promise<Fleet> {
  signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), "cofactor-bench-"));
  const children: ChildProcess[] = [];
  const listeners = new Set<(from: "server" | "host", report: ServerReport | HostReport) => void>();
  const failures = new Set<(error: unknown) => void>();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    for (const reject of [...failures]) reject(failure);
  };
  const cancel = (): void => fail(new CofactorError("CANCELLED", "interrupted"));
  signal.addEventListener("abort", cancel, { once: true });

  const start = (name: string, from: "server" | "host", execArgv: string[]): ChildProcess => {
    const child = fork(siblingModule(name), [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv });
    child.on("message", (report: ServerReport | HostReport) => {
      if (report.kind === "failed") fail(new CofactorError("INTERNAL", `a ${from}'s process failed: ${report.message}`));
      else for (const listener of [...listeners]) listener(from, report);
    });
    child.once("error", fail);
    child.once("exit", () => fail(new CofactorError("INTERNAL", `a ${from}'s process ended`)));
    children.push(child);
    return child;
  };

  /** Collects reports until there are enough of them. */
  const collect = <R extends ServerReport | HostReport>(
    origin: "server" | "host",
    count: number,
    take: (report: R) => boolean,
  ): Promise<R[]> => {
    const collected = new Promise<R[]>((resolve, reject) => {
      const found: R[] = [];
      const stop = (): void => {
        listeners.delete(listener);
        failures.delete(onFailure);
      };
      const onFailure = (error: unknown): void => {
        stop();
        reject(error);
      };
      const listener = (from: "server" | "host", report: ServerReport | HostReport): void => {
        if (from !== origin || !take(report as R)) return;
        found.push(report as R);
        if (found.length < count) return;
        stop();
        resolve(found);
      };
      if (failure !== undefined) return reject(failure);
      listeners.add(listener);
      failures.add(onFailure);
    });
    // A failure is seen when its turn comes; until then it must not count as unhandled.
    collected.catch(() => undefined);
    return collected;
  };

  const fromServer: Fleet["fromServer"] = (kind, take = () => true) => {
    const first = collect<ReportOf<typeof kind>>("server", 1, (report) => report.kind === kind && take(report)).then(([report]) => report!);
    first.catch(() => undefined);
    return first;
  };
  const fromHosts: Fleet["fromHosts"] = (kind, count, take = () => true) =>
    collect<HostReportOf<typeof kind>>("host", count, (report) => report.kind === kind && take(report));

  const close = async (): Promise<void> => {
    signal.removeEventListener("abort", cancel);
    failures.clear();
    // The aggregator last: its devices' ends are nothing to it.
    for (const child of [...children].reverse()) {
      if (child.connected) child.disconnect();
      await ended(child, 10_000);
    }
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const server = start("server-process", "server", ["--expose-gc"]);
    const devices = Array.from({ length: hosts }, () => start("host-process", "host", []));
    const tell = (order: ServerOrder): void => void (server.connected && server.send(order));
    const listening = fromServer("listening");
    tell({ kind: "start", terms, store: join(folder, "aggregator.sqlite"), gatherMs, readsRounds });
    const { url } = await listening;
    let connected = 0;
    return {
      url,
      hosts,
      async connect(count, as, say) {
        let done = 0;
        const joined = fromHosts("connected", count, () => {
          done += 1;
          if (done % 100 === 0) say(done);
          return true;
        });
        const common = { kind: "connect", url, run: terms.id, protections: [terms.protection.kind], items: terms.items, as } as const;
        for (const [place, child] of devices.entries()) {
          const share = Math.floor(((place + 1) * count) / hosts) - Math.floor((place * count) / hosts);
          child.send({ ...common, first: connected, count: share, atOnce: 50 } satisfies HostOrder);
          connected += share;
        }
        await joined;
      },
      order(order) {
        for (const child of devices) if (child.connected) child.send(order);
      },
      async reset() {
        const ready = fromServer("ready");
        tell({ kind: "reset" });
        await ready;
      },
      async measure() {
        const measured = fromServer("measured");
        tell({ kind: "measure" });
        return (await measured).measured;
      },
      fromServer,
      fromHosts,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The file beside this one, as source or as built. */
function siblingModule(name: string): string {
  return new URL(`./${name}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).pathname;
}
