import { describe, expect, it } from "vitest";
import type { ServerEvents } from "../../../server/events.ts";
import { createMetrics, idleSources, type MetricSources } from "../../../server/metrics.ts";
import { createEmitter, type Emitter } from "../../../shared/emitter.ts";
import { CofactorError } from "../../../shared/errors.ts";

function metrics(sources: Partial<MetricSources> = {}): {
  readonly events: Emitter<ServerEvents>;
  readonly lines: () => Promise<string[]>;
} {
  const events = createEmitter<ServerEvents>();
  const all = createMetrics(events, { ...idleSources, ...sources });
  return { events, lines: async () => (await all.text()).split("\n") };
}

describe("metrics", () => {
  it("are all named cofactor_..., each once, with a help text, the process' own among them", async () => {
    const lines = await metrics({ gateways: () => 3, isLeading: () => true, isLinked: () => false }).lines();
    const described = lines.filter((line) => line.startsWith("# HELP ")).map((line) => line.split(" ")[2]!);
    const typed = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]!);
    expect(new Set(described).size).toBe(described.length);
    expect(typed).toEqual(described);
    expect(described.filter((name) => !name.startsWith("cofactor_"))).toEqual([]);
    expect(lines.filter((line) => /^# HELP \S+ ?$/.test(line))).toEqual([]);
    const samples = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/[ {]/)[0]!);
    for (const name of samples) expect(described).toContain(name.replace(/_(bucket|sum|count)$/, "").replace(/^$/, name));
    expect(described).toEqual(expect.arrayContaining(["cofactor_nodejs_eventloop_lag_seconds", "cofactor_process_resident_memory_bytes"]));
    // Also where a process has several servers.
    expect((await metrics().lines()).filter((line) => line.startsWith("# HELP cofactor_process_resident")).length).toBe(1);
  });

  it("say how a member of a cluster stands, and nothing of the kind for one that is alone", async () => {
    const lines = await metrics({
      gateways: () => 3,
      isLeading: () => true,
      isLinked: () => false,
      pending: () => 4,
      bytesInFlight: () => 99,
    }).lines();
    for (const line of [
      "cofactor_gateways 3",
      "cofactor_leading 1",
      "cofactor_linked 0",
      "cofactor_pending_joins 4",
      "cofactor_bytes_in_flight 99",
    ])
      expect(lines).toContain(line);
    expect((await metrics().lines()).filter((line) => /cofactor_(gateways|leading|linked)/.test(line))).toEqual([]);
  });

  it("count failures by code, those of the store in a count of their own, wherever they are met, and lost parts", async () => {
    const { events, lines } = metrics();
    events.emit("failed", { round: 1, error: new CofactorError("STORE_FAILED", "full") });
    events.emit("failed", { round: 1, error: new CofactorError("FENCED", "replaced") });
    events.emit("failed", { round: 2, error: new TypeError("none of ours") });
    events.emit("refused", { kind: "answer", code: "STORE_FAILED" });
    events.emit("refused", { kind: "answer", code: "REPLAYED" });
    events.emit("partLost", { round: 1 });
    const now = await lines();
    for (const code of ["STORE_FAILED", "FENCED", "INTERNAL"]) expect(now).toContain(`cofactor_failures_total{code="${code}"} 1`);
    expect(now).toContain("cofactor_store_failures_total 2");
    expect(now).toContain("cofactor_parts_lost_total 1");
  });

  it("have no keyholders once another coordinator leads", async () => {
    const { events, lines } = metrics({ isLeading: () => false });
    events.emit("keyholder", { keyholder: 0, isConnected: true, connected: 2 });
    expect(await lines()).toContain("cofactor_keyholders_connected 2");
    events.emit("leading", { isLeading: false });
    expect(await lines()).toContain("cofactor_keyholders_connected 0");
  });
});
