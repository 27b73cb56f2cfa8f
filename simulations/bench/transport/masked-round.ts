/**
 * A masked round of a thousand clients among thousands that are connected: how long each message of an answer waits until it is acknowledged,
 * which is when it is durable. Imports fleet.
 *
 * Devices are the client SDK's, with real masks; gates.ts takes their computing out of the times.
 */
import { maskedStages } from "../../../shared/protections/masked-round.ts";
import { median, quantile } from "../../statistics.ts";
import type { BenchFigure, BenchJob } from "../bench.ts";
import { type Fleet, possibleClients, startFleet } from "./fleet.ts";
import { sharedNow } from "./gates.ts";
import type { LoopDelay } from "./process-use.ts";

/** The sizes of the job. */
export interface MaskedRoundShape {
  /** Connected clients. */
  readonly clients: number;
  readonly cohort: number;
  readonly items: number;
  readonly rank: number;
  /** Processes of devices. */
  readonly hosts: number;
}

/** The job. */
export function maskedRoundJob(shape: MaskedRoundShape): BenchJob {
  const { cohort, items, rank, hosts } = shape;
  const [size, among, values] = [cohort, shape.clients, items * rank].map((count) => count.toLocaleString("en-US"));
  return {
    title: `masked-round: ${size} of ${among} connected clients x ${values} values under masks`,
    async measure(signal, say) {
      const clients = possibleClients(shape.clients);
      const terms = {
        id: "bench-masks",
        items,
        rounds: 1_000,
        cohort: { size: cohort, min: Math.ceil(cohort / 2) },
        deadline: { stageMs: 1_800_000, graceMs: 60_000 },
        model: { kind: "fcf", rank },
        protection: { kind: "masks", ...sound(cohort) },
      };
      const fleet = await startFleet({ terms, hosts, gatherMs: 1_500, signal });
      try {
        await fleet.connect(clients, "gated", (done) => say(`${done.toLocaleString("en-US")} connected`));
        // Reports of a stage may come before the one before it is over here. Only the admitted round's invitations are told of.
        const asked = maskedStages.map((_, stage) => fleet.fromHosts("asked", cohort, (report) => report.stage === stage));
        const round = await admitted(fleet);
        const published = fleet.fromServer("round", (report) => report.round === round);
        const figures: BenchFigure[] = [{ name: "clients connected at once", value: clients, unit: "clients" }];
        const all: number[] = [];
        let serverMs = 0;
        for (const [stage, name] of maskedStages.entries()) {
          const played = await playStage(fleet, { round, stage, asked: asked[stage]! }, (text) => say(`stage ${name}: ${text}`));
          for (const value of played.ms) all.push(value);
          serverMs += played.answeringMs;
          figures.push(...stageFigures(name, played));
        }
        say("unmasking");
        const startedMs = performance.now();
        const { outcome, accepted, reason } = await published;
        if (outcome !== "published" || accepted !== cohort) {
          throw new Error(`the round expected ${cohort} contributions in a published model, got ${accepted}: ${outcome} ${reason}`);
        }
        const openingMs = performance.now() - startedMs;
        return [
          ...figures,
          { name: "all acknowledgements: median", value: median(all), unit: "ms" },
          { name: "all acknowledgements: p99", value: quantile(all, 0.99), unit: "ms" },
          { name: "all acknowledgements: longest", value: Math.max(...all), unit: "ms" },
          { name: "sum opened and published", value: openingMs, unit: "ms" },
          { name: "round without the devices' computing", value: serverMs + openingMs, unit: "ms" },
          { name: "contributions in the model", value: accepted, unit: "clients" },
        ];
      } finally {
        await fleet.close();
      }
    },
  };
}

/** The masks of `cofactor bench crypto`: a twentieth of the devices may collude, a tenth may be lost; 100 out-neighbors, or all others. */
function sound(cohort: number): object {
  return { corruption: 0.05, dropout: 0.1, neighbors: Math.min(100, cohort - 1) };
}

/** Rounds are declined as long as not all are connected: the one that is taken is drawn from all of them. */
async function admitted(fleet: Fleet): Promise<number> {
  let { round } = await fleet.fromServer("round");
  for (;;) {
    // Not the next one: it may begin before every process knows of it.
    const taken = round + 2;
    const began = fleet.fromServer("began", (report) => report.round >= taken);
    const next = fleet.fromServer("round");
    const admitting = fleet.fromHosts("admitting", fleet.hosts, (report) => report.round === taken);
    fleet.order({ kind: "admit", round: taken });
    const known = await Promise.race([admitting.then(() => true), began.then(() => false)]);
    if (known) return (await began).round;
    ({ round } = await next);
  }
}

interface PlayedStage {
  readonly ms: readonly number[];
  /** From the first answer's sending to the last acknowledgement. */
  readonly answeringMs: number;
  readonly loop: LoopDelay;
  readonly peakGrowth: number;
  readonly hostLoop: LoopDelay;
}

async function playStage(
  fleet: Fleet,
  { round, stage, asked }: { readonly round: number; readonly stage: number; readonly asked: Promise<unknown> },
  say: (text: string) => void,
): Promise<PlayedStage> {
  const isThis = (report: { readonly round: number; readonly stage: number }): boolean => report.round === round && report.stage === stage;
  say("asking");
  await asked;
  say("devices compute");
  const computed = fleet.fromHosts("computed", fleet.hosts, isThis);
  fleet.order({ kind: "compute", round, stage });
  const ready = await computed;
  const firstMs = Math.min(...ready.map((host) => host.firstMs));
  await fleet.reset();
  say("answering");
  const acknowledged = fleet.fromHosts("acknowledged", fleet.hosts, isThis);
  const atMs = sharedNow() + 100;
  fleet.order({ kind: "send", round, stage, firstMs, atMs });
  const answers = await acknowledged;
  const answeringMs = sharedNow() - atMs;
  const { loop, peakRssBytes, before } = await fleet.measure();
  const hostLoop = answers.map((host) => host.loop).reduce((a, b) => (a.p99 > b.p99 ? a : b));
  const ms = answers.flatMap((host) => host.ms);
  return { ms, answeringMs, loop, peakGrowth: peakRssBytes - before.rss, hostLoop };
}

function stageFigures(stage: string, { ms, answeringMs, loop, hostLoop, peakGrowth }: PlayedStage): readonly BenchFigure[] {
  return [
    { name: `${stage}: acknowledgement, median`, value: median(ms), unit: "ms" },
    { name: `${stage}: acknowledgement, p99`, value: quantile(ms, 0.99), unit: "ms" },
    { name: `${stage}: first answer sent to last one acknowledged`, value: answeringMs, unit: "ms" },
    { name: `${stage}: aggregator's event loop held up, longest`, value: loop.max, unit: "ms" },
    { name: `${stage}: devices' own event loops held up, p99`, value: hostLoop.p99, unit: "ms" },
    { name: `${stage}: aggregator's resident memory, growth at the peak`, value: peakGrowth, unit: "bytes" },
  ];
}
