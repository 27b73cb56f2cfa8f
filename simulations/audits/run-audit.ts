/** The audit as a command: progress, findings, exit code. Imports prepare, privacy-audit. */
import { writeFileSync } from "node:fs";
import type { CommandIo, ExitCode } from "../../shared/command/command.ts";
import { CofactorError } from "../../shared/errors.ts";
import { prepareScenario } from "../prepare.ts";
import type { Scenario } from "../scenario.ts";
import { type AuditResult, auditPrivacy } from "./privacy-audit.ts";

/**
 * Audits a scenario's promise and tells.
 * @returns 0 when the promise stands, 1 when it is shown to be broken, 130 when interrupted
 * @throws CofactorError CONFIG_INVALID when the scenario promises nothing
 */
export async function runAudit(
  scenario: Scenario,
  trials: number,
  say: (line: string) => void,
  io: CommandIo,
  json: string | undefined,
): Promise<ExitCode> {
  if (!(Number.isInteger(trials) && trials >= 2 && trials <= 100_000)) {
    throw new CofactorError("CONFIG_INVALID", `"--audit" expected 2 to 100000 trainings, got ${trials}`);
  }
  if (scenario.privacy === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"--audit" expected a scenario that promises privacy: add for example --set privacy.epsilon=4',
    );
  }
  const { run, opener } = await prepareScenario(scenario);
  const onTrial = (trial: number): void => say(`training ${trial}/${trials} of canaries`);
  const result = await auditPrivacy(run, { opener, trials, seed: scenario.seed, onTrial, signal: io.signal });
  for (const line of auditLines(result)) say(line);
  if (json === "-") io.out(`${JSON.stringify(result)}\n`);
  else if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`);
  if (io.signal.aborted) return 130;
  return result.isBroken ? 1 : 0;
}

function auditLines({ epsilon, delta, lowerBound, gaussianLowerBound, judged, failure, isBroken }: AuditResult): string[] {
  return [
    "",
    `  promised             epsilon ${epsilon} at delta ${delta}`,
    `  shown, any noise     epsilon ${lowerBound.toFixed(3)} at least`,
    `  shown, Gaussian      ${gaussianLowerBound === null ? "does not apply" : `epsilon ${gaussianLowerBound.toFixed(3)} at least`}`,
    `  judged               ${judged.in} canaries that were in, ${judged.out} that were not; each bound is wrong with a chance of ${failure} at most`,
    `  so                   ${isBroken ? "THE PROMISE IS BROKEN: the mechanism does not do what it says" : "nothing speaks against the promise"}`,
  ];
}
