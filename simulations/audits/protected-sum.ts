/** The sum of given vectors by a run's protection, both halves of it in this process. Imports shared. */
import type { Aggregate } from "../../shared/models/model.ts";
import type { Opener } from "../../shared/protections/protection.ts";
import { type Run, roundFrame } from "../../shared/run.ts";
import { simulatedId, simulatedTools } from "../simulated-tools.ts";

/**
 * What the aggregator gets to see of a round in which everyone answers.
 *
 * @param vectors by person, [size of the wire's vectors]
 * @param watch told of every answer that the aggregator took in; it keeps a copy
 * @throws CofactorError as the protection's halves do
 */
export async function protectedSum(
  run: Run,
  opener: Opener | undefined,
  round: number,
  vectors: ReadonlyMap<number, Float64Array>,
  watch?: (user: number, stage: number, answer: Uint8Array) => void,
): Promise<Aggregate> {
  const frame = roundFrame(run, round);
  const { protection } = run;
  const aggregator = await protection.createAggregator(frame, simulatedTools);
  const people = [...vectors.keys()];
  const halves = await Promise.all(people.map(async (user) => protection.createDevice(frame, simulatedId(user), simulatedTools)));
  for (let stage = 0; stage < protection.stages.length; stage++) {
    await aggregator.begin(stage, people.map(simulatedId));
    const values = (user: number): Float64Array => (stage === protection.contributionStage ? vectors.get(user)!.slice() : nothing);
    for (const [at, user] of people.entries()) {
      const answer = await halves[at]!.answer(stage, aggregator.brief(stage, simulatedId(user)), values(user));
      watch?.(user, stage, answer);
      aggregator.admit(stage, simulatedId(user), answer);
      aggregator.combine(stage, simulatedId(user), answer, "");
    }
  }
  return aggregator.reveal(opener);
}

const nothing = new Float64Array(0);
