/** A published model that a thousand connected clients fetch at once. Imports fleet. */

import { bytesPerValue } from "../../../shared/wire/model-codec.ts";
import { median, quantile } from "../../statistics.ts";
import type { BenchJob } from "../bench.ts";
import { possibleClients, startFleet } from "./fleet.ts";

/** The sizes of the job. */
export interface ModelShape {
  readonly clients: number;
  readonly items: number;
  readonly rank: number;
  /** Processes of devices. */
  readonly hosts: number;
}

/** The job: the client's own session joins, fetches the pieces and checks them against the model's hash. Nothing is fitted to them. */
export function modelJob({ clients: wanted, items, rank, hosts }: ModelShape): BenchJob {
  const [count, size] = [wanted, items * rank * bytesPerValue("float32")].map((number) => number.toLocaleString("en-US"));
  return {
    title: `model: ${size} bytes fetched by ${count} clients at once`,
    async measure(signal, say) {
      const clients = possibleClients(wanted);
      const cohort = { size: clients + 1, min: clients + 1 };
      const terms = { id: "bench-model", items, cohort, precision: "float32", model: { kind: "fcf", rank }, protection: { kind: "open" } };
      const fleet = await startFleet({ terms, hosts, signal });
      try {
        await fleet.connect(clients, "session", (done) => say(`${done.toLocaleString("en-US")} connected`));
        await fleet.reset();
        say("fetching");
        const startedMs = performance.now();
        const pulled = fleet.fromHosts("pulled", fleet.hosts);
        fleet.order({ kind: "pull" });
        const hosted = await pulled;
        const seconds = (performance.now() - startedMs) / 1000;
        const { before, peakRssBytes, loop, cpuMs, after } = await fleet.measure();
        const bytes = hosted.reduce((sum, host) => sum + host.bytes, 0);
        if (bytes !== items * rank * bytesPerValue("float32") * clients) throw new Error(`${clients} models expected, got ${bytes} bytes`);
        const ms = hosted.flatMap((host) => host.ms);
        return [
          { name: "clients that have the model, its hash checked", value: ms.length, unit: "clients" },
          { name: "aggregator's resident memory, growth at the peak", value: peakRssBytes - before.rss, unit: "bytes" },
          { name: "aggregator's resident memory, growth afterwards", value: after.rss - before.rss, unit: "bytes" },
          { name: "aggregator's event loop held up: p99", value: loop.p99, unit: "ms" },
          { name: "aggregator's event loop held up: longest", value: loop.max, unit: "ms" },
          { name: "aggregator, CPU of a client's model", value: cpuMs / clients, unit: "ms" },
          { name: "handed out", value: bytes / seconds, unit: "bytes a second" },
          { name: "a client's model: median", value: median(ms), unit: "ms" },
          { name: "a client's model: p99", value: quantile(ms, 0.99), unit: "ms" },
        ];
      } finally {
        await fleet.close();
      }
    },
  };
}
