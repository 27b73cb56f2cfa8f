/** Thousands of enrolled clients that are connected and have nothing to do: what that costs the aggregator. Imports fleet, pinger. */
import { median, quantile } from "../../statistics.ts";
import type { BenchFigure, BenchJob } from "../bench.ts";
import { possibleClients, startFleet } from "./fleet.ts";
import type { Measured } from "./messages.ts";
import { startPinger } from "./pinger.ts";

/** The sizes of the job. */
export interface IdleShape {
  readonly clients: number;
  /** How long they are left alone: longer than the 20 seconds in which every connection is seen to be alive. */
  readonly idleMs: number;
  /** Processes of devices. */
  readonly hosts: number;
}

/** The job: whole clients, each with an identity of its own, that check the signed terms and join. */
export function idleJob({ clients: wanted, idleMs, hosts }: IdleShape): BenchJob {
  return {
    title: `idle: ${wanted.toLocaleString("en-US")} enrolled clients on one aggregator`,
    async measure(signal, say) {
      const clients = possibleClients(wanted);
      // No round can begin: the smallest cohort is larger than all who are there.
      const terms = {
        id: "bench-idle",
        items: 100,
        cohort: { size: clients + 1, min: clients + 1 },
        model: { kind: "fcf", rank: 4 },
        protection: { kind: "open" },
      };
      const fleet = await startFleet({ terms, hosts, signal });
      try {
        await fleet.reset();
        const startedMs = performance.now();
        await fleet.connect(clients, "taking-part", (done) => say(`${done.toLocaleString("en-US")} connected`));
        const seconds = (performance.now() - startedMs) / 1000;
        const joining = await fleet.measure();
        say("idle");
        const stopPinger = await startPinger(fleet.url, terms.id);
        await fleet.reset();
        await pause(idleMs, signal);
        const idle = await fleet.measure();
        const pings = await stopPinger();
        return [
          { name: "clients connected at once", value: clients, unit: "clients" },
          { name: "joined, all on this machine", value: clients / seconds, unit: "a second" },
          { name: "aggregator, CPU of a join", value: joining.cpuMs / clients, unit: "ms" },
          { name: "aggregator, event loop held up while they join: p99", value: joining.loop.p99, unit: "ms" },
          ...idleFigures(joining, idle, clients),
          { name: "one client's request and answer meanwhile: median", value: median(pings), unit: "ms" },
          { name: "one client's request and answer meanwhile: p99", value: quantile(pings, 0.99), unit: "ms" },
        ];
      } finally {
        await fleet.close();
      }
    },
  };
}

function idleFigures(joining: Measured, idle: Measured, clients: number): readonly BenchFigure[] {
  const grown = (of: "rss" | "heapUsed" | "external"): number => (idle.after[of] - joining.before[of]) / clients;
  return [
    { name: "aggregator, resident memory, idle", value: idle.after.rss, unit: "bytes" },
    { name: "aggregator, resident memory by client", value: grown("rss"), unit: "bytes" },
    { name: "of it on the heap", value: grown("heapUsed"), unit: "bytes" },
    { name: "of it beside the heap", value: grown("external"), unit: "bytes" },
    { name: "aggregator, CPU while idle", value: (100 * idle.cpuMs) / idle.wallMs, unit: "%" },
    { name: "aggregator, event loop held up while idle: median", value: idle.loop.p50, unit: "ms" },
    { name: "aggregator, event loop held up while idle: p99", value: idle.loop.p99, unit: "ms" },
    { name: "aggregator, event loop held up while idle: longest", value: idle.loop.max, unit: "ms" },
  ];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    }
  });
}
