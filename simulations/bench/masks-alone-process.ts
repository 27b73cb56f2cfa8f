/**
 * A process of its own in which a recorded masked round is played again: its first device several times, then its aggregator once. Started by
 * masks-alone.ts; takes a recording over IPC and answers with a report. Imports shared, bench.
 */
import { digestOf } from "../../shared/crypto/hash.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { masks } from "../../shared/protections/masks.ts";
import type { Protection } from "../../shared/protections/protection.ts";
import { secureRng } from "../../shared/random.ts";
import { median } from "../statistics.ts";
import { costOf } from "./bench.ts";
import { type AloneReport, type MasksRecording, replayDraws } from "./masks-recording.ts";

/** How often the device plays its round. */
const times = 8;

process.once("message", (recording: MasksRecording) => {
  void measure(recording).then((report) => {
    process.send!(report, () => process.disconnect());
  });
});

async function measure(recording: MasksRecording): Promise<AloneReport> {
  const protection = masks.create(recording.options);
  const costs: number[] = [];
  for (let time = 0; time < times; time++) costs.push(await playDevice(protection, recording));
  const [cold, ...later] = costs;
  return { cold: cold!, warm: median(later), ...(await playAggregator(protection, recording)) };
}

async function playDevice(protection: Protection, { frame, device }: MasksRecording): Promise<number> {
  const tools = { secure: replayDraws(device.drawn), primitives: nodePrimitives };
  const own = device.values.slice();
  const answers: Uint8Array[] = [];
  const { cpu } = await costOf(async () => {
    const half = await protection.createDevice(frame, device.id, tools);
    for (const [stage, { brief }] of device.steps.entries()) answers.push(await half.answer(stage, brief, own));
  });
  for (const [stage, { digest }] of device.steps.entries()) {
    if ((await digestOf(answers[stage]!)) !== digest)
      throw new Error(`the device's answer to stage ${stage} differs from the recorded one`);
  }
  return cpu;
}

async function playAggregator(
  protection: Protection,
  { frame, aggregator: stages }: MasksRecording,
): Promise<Pick<AloneReport, "aggregator" | "sum">> {
  let sum: Float64Array = new Float64Array(0);
  const { cpu } = await costOf(async () => {
    const aggregator = await protection.createAggregator(frame, { secure: secureRng, primitives: nodePrimitives });
    for (const [stage, { asked, answers }] of stages.entries()) {
      await aggregator.begin(stage, asked);
      for (const client of asked) aggregator.brief(stage, client);
      for (const { client, bytes, signature } of answers) {
        aggregator.admit(stage, client, bytes);
        aggregator.combine(stage, client, bytes, signature);
      }
    }
    sum = (await aggregator.reveal(undefined)).values;
  });
  return { aggregator: cpu, sum };
}
