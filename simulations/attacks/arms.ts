/** Under what attacks are tried: every protection as it is, and such as go with a promise. Imports scenario, shared. */
import { protections } from "../../shared/protections/index.ts";
import type { Scenario } from "../scenario.ts";

/** One column of the table: the scenario with another protection. */
export interface Arm {
  readonly name: string;
  readonly scenario: Scenario;
}

/** Noise of each placement, beside a protection that it goes with. */
const noises: readonly { readonly protection: string; readonly mechanism: string; readonly where: string }[] = [
  { protection: "open", mechanism: "local-gaussian", where: "noise of each device" },
  { protection: "masks", mechanism: "gaussian", where: "noise on the sum" },
  { protection: "masks", mechanism: "skellam", where: "noise in shares" },
];

/** The promise where a scenario makes none. */
const defaultPromise = { epsilon: 5, delta: 1e-5 };

/** All arms, the scenario's own options of a protection where it names that one. */
export function armsOf(scenario: Scenario): Arm[] {
  const { privacy, ...plain } = scenario;
  const sectionOf = (kind: string) => (scenario.protection.kind === kind ? scenario.protection : { kind });
  const { epsilon, delta } = { ...defaultPromise, ...privacy };
  return [
    ...protections.map(({ kind }): Arm => ({ name: kind, scenario: { ...plain, protection: sectionOf(kind) } })),
    ...noises.map(({ protection, mechanism, where }): Arm => {
      const own = privacy === undefined ? {} : { ...privacy, sampling: "none" as const };
      const promise = { ...own, epsilon, delta, mechanism: { kind: mechanism } } as NonNullable<Scenario["privacy"]>;
      return {
        name: `${protection}, epsilon ${epsilon}, ${where} (${mechanism})`,
        scenario: { ...plain, protection: sectionOf(protection), privacy: promise },
      };
    }),
  ];
}
