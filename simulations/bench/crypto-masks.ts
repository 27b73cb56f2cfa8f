/**
 * Whole masked rounds with real devices' halves, all five stages, some devices lost before their contribution: what one device costs, what the
 * aggregator's half costs, and whether the sum is exact. Imports shared.
 *
 * In this process CPU time is this thread's: a thousand devices lie in one heap, and the threads that collect it are a figure of their own. So
 * the round is recorded, and its first device and its aggregator play it again alone in a process, where all threads are counted.
 *
 * The threshold is the smallest that is sound with 5 % of the devices colluding. Signatures of answers are made and checked by the session, not
 * by the halves, and are not counted; that devices verify each other's signatures is.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { signedBytes } from "../../shared/crypto/identity.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { type MasksOptions, masks } from "../../shared/protections/masks.ts";
import type { AggregatorHalf, DeviceHalf, Protection, ProtectionTools, RoundFrame } from "../../shared/protections/protection.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { answerBytes } from "../../shared/wire/signed.ts";
import { median } from "../statistics.ts";
import { type BenchFigure, type BenchJob, cpuMs, threadCpuMs } from "./bench.ts";
import { measureAlone } from "./masks-alone.ts";
import { type RecordedDevice, type RecordedStage, recordDraws } from "./masks-recording.ts";

/** The sizes of a job. */
export interface MasksJobShape {
  readonly clients: number;
  /** Out-neighbors of each device. */
  readonly neighbors: number;
  readonly values: number;
  /** Devices lost after they shared their secrets, which costs the aggregator most. */
  readonly lost: number;
}

const tools: ProtectionTools = { secure: secureRng, primitives: nodePrimitives };
const fractionBits = 16;

interface BenchDevice {
  readonly id: string;
  readonly key: KeyObject;
  readonly half: DeviceHalf;
  cpu: number;
}

/** The job: every device is a real half. Its sum must be exact, or it throws. */
export function masksJob(shape: MasksJobShape): BenchJob {
  const { clients, neighbors, values, lost } = shape;
  const sizes = `${clients.toLocaleString("en-US")} clients x ${values.toLocaleString("en-US")} values`;
  return {
    title: `masks, ${sizes}, ${neighbors} neighbors, ${lost} lost`,
    async measure(signal, say) {
      const { options, frame } = settingOf(shape);
      const protection = masks.create(options);
      say("creating devices");
      const drawn: Uint8Array[] = [];
      const devices = await createDevices(protection, frame, clients, drawn);
      const stages: RecordedStage[] = [];
      const steps: RecordedDevice["steps"] = [];
      const server = { cpu: 0 };
      const before = { process: cpuMs(), thread: threadCpuMs() };
      const aggregator = await protection.createAggregator(frame, tools);
      let asked: readonly number[] = devices.map((_, index) => index);
      let sent = 0;
      for (const [stage, name] of protection.stages.entries()) {
        say(`stage ${name}`);
        const round: StageRound = { protection, frame, aggregator, devices, server, stage, stages, steps, signal };
        const isLast = (index: number): boolean => stage === protection.contributionStage && index >= clients - lost;
        const { answered, bytes } = await playStage(round, asked, isLast);
        asked = answered;
        sent += bytes;
      }
      say("unmasking");
      const { values: sum } = await timed(server, () => aggregator.reveal(undefined));
      const collecting = cpuMs() - before.process - (threadCpuMs() - before.thread);
      assertExact(sum, shape);
      say("a device and the aggregator, alone in a process");
      const device = { id: devices[0]!.id, drawn, values: valuesOf(0, values), steps };
      const alone = await measureAlone({ options, frame, aggregator: stages, device }, signal);
      assertExact(alone.sum, shape);
      const whole = devices.reduce((total, { cpu }) => total + cpu, server.cpu);
      const stayed = devices.slice(0, clients - lost).map(({ cpu }) => cpu);
      const figures: readonly BenchFigure[] = [
        { name: `client, median of ${stayed.length}: CPU`, value: median(stayed), unit: "ms" },
        { name: "client, mean: CPU", value: stayed.reduce((total, cpu) => total + cpu, 0) / stayed.length, unit: "ms" },
        { name: "client, sent, mean", value: sent / clients, unit: "bytes" },
        { name: "server: CPU", value: server.cpu, unit: "ms" },
        { name: "whole round, all devices and server, all threads: CPU", value: whole + collecting, unit: "ms" },
        { name: "collecting all devices' memory, other threads: CPU", value: collecting, unit: "ms" },
        { name: "client alone in a process, first round, all threads: CPU", value: alone.cold, unit: "ms" },
        { name: "client alone in a process, later rounds, all threads: CPU", value: alone.warm, unit: "ms" },
        { name: "server alone in a process, all threads: CPU", value: alone.aggregator, unit: "ms" },
        { name: "exact values", value: sum.length, unit: "values" },
      ];
      return figures;
    },
  };
}

interface StageRound {
  readonly protection: Protection;
  readonly frame: RoundFrame;
  readonly aggregator: AggregatorHalf;
  readonly devices: readonly BenchDevice[];
  readonly server: { cpu: number };
  readonly stage: number;
  /** What the aggregator and the first device are given, kept. */
  readonly stages: RecordedStage[];
  readonly steps: RecordedDevice["steps"];
  readonly signal: AbortSignal;
}

/** Asks devices a stage, one after the other. */
async function playStage(
  { protection, frame, aggregator, devices, server, stage, stages, steps, signal }: StageRound,
  asked: readonly number[],
  isLost: (index: number) => boolean,
): Promise<{ readonly answered: readonly number[]; readonly bytes: number }> {
  await timed(server, () =>
    aggregator.begin(
      stage,
      asked.map((index) => devices[index]!.id),
    ),
  );
  const recorded: RecordedStage = { asked: asked.map((index) => devices[index]!.id), answers: [] };
  stages.push(recorded);
  const answered: number[] = [];
  let bytes = 0;
  for (const index of asked) {
    signal.throwIfAborted();
    const device = devices[index]!;
    const brief = await timed(server, () => aggregator.brief(stage, device.id));
    if (isLost(index)) continue;
    const own = stage === protection.contributionStage ? valuesOf(index, frame.size) : new Float64Array(0);
    const answer = await timed(device, () => device.half.answer(stage, brief, own));
    const digest = await digestOf(answer);
    if (index === 0) steps.push({ brief, digest });
    const message = signedBytes("answer", answerBytes(frame.terms, frame.round, stage, digest));
    const signature = toBase64url(new Uint8Array(sign(null, message, device.key)));
    await timed(server, () => {
      aggregator.admit(stage, device.id, answer);
      aggregator.combine(stage, device.id, answer, signature);
    });
    recorded.answers.push({ client: device.id, bytes: answer, signature });
    answered.push(index);
    bytes += answer.length;
  }
  return { answered, bytes };
}

function settingOf({ clients, neighbors, values, lost }: MasksJobShape): { options: MasksOptions; frame: RoundFrame } {
  const options: MasksOptions = { kind: "masks", corruption: 0.05, dropout: lost / clients, neighbors };
  const frame = {
    run: "bench",
    terms: "b".repeat(43),
    round: 1,
    size: values,
    range: { maxAbs: 8, fractionBits },
    cohort: { size: clients, min: Math.floor(clients / 2) },
  };
  return { options, frame };
}

/** @param drawn takes what the first device draws */
async function createDevices(
  protection: Protection,
  frame: RoundFrame,
  count: number,
  drawn: Uint8Array[],
): Promise<readonly BenchDevice[]> {
  const devices: BenchDevice[] = [];
  for (let index = 0; index < count; index++) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const id = publicKey.export({ format: "jwk" }).x!;
    const own = index === 0 ? { ...tools, secure: recordDraws(secureRng, drawn) } : tools;
    const key = createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
    devices.push({ id, key, half: await protection.createDevice(frame, id, own), cpu: 0 });
  }
  return devices;
}

/** Multiples of the fixed-point step, so that the sum has no rounding. */
function valuesOf(device: number, count: number): Float64Array {
  const rng = createRng(3, "bench", device);
  return Float64Array.from({ length: count }, () => Math.round((2 * rng.float() - 1) * 2 ** (fractionBits + 2)) / 2 ** fractionBits);
}

/** @throws Error unless every value is the sum of the contributors' */
function assertExact(sum: Float64Array, { clients, values, lost }: MasksJobShape): void {
  const expected = new Float64Array(values);
  for (let device = 0; device < clients - lost; device++) {
    const own = valuesOf(device, values);
    for (let i = 0; i < values; i++) expected[i] = expected[i]! + own[i]!;
  }
  for (let i = 0; i < values; i++) {
    if (sum[i] !== expected[i]) throw new Error(`the sum's value ${i} expected ${expected[i]}, got ${sum[i]}`);
  }
}

/** Adds the CPU time of a piece of work to whose it is. */
async function timed<T>(whose: { cpu: number }, work: () => T | Promise<T>): Promise<T> {
  const before = threadCpuMs();
  try {
    return await work();
  } finally {
    whose.cpu += threadCpuMs() - before;
  }
}
