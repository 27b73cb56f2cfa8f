/** What attacks found, as rows of text. Imports types. */
import type { Goal } from "./attack.ts";
import type { ArmResult, AttackFigure, AttackResult } from "./measure.ts";

/** What a goal is called. */
export const goalNames: Readonly<Record<Goal, string>> = {
  items: "which items a person rated",
  ratings: "which of them they rated highly",
};

/** Goals of which anything was found, in order. */
export function goalsOf({ arms }: AttackResult): Goal[] {
  return [...new Set(arms.flatMap(({ figures }) => figures.map(({ goal }) => goal)))];
}

/** An arm's figures for one goal, in the order of the result's attacks; undefined where there is none. */
export function figuresOf({ attacks }: AttackResult, { figures }: ArmResult, goal: Goal): (AttackFigure | undefined)[] {
  return attacks.map(({ kind }) => figures.find((figure) => figure.attack === kind && figure.goal === goal));
}

/** ".731 (.689 to .773)" */
export function figureText({ auc, low, high }: AttackFigure): string {
  return `${short(auc)} (${short(low)} to ${short(high)})`;
}

function short(share: number): string {
  return share.toFixed(3).replace(/^0/, "");
}

/** The table for a terminal. */
export function attackLines(result: AttackResult): string[] {
  const { attacks, arms, cohort, participants } = result;
  const lines = [
    "",
    `  AUC with 95 % interval, .5 is guessing; rounds of ${cohort.size} of ${participants} devices, n-1 with ${cohort.min}`,
  ];
  for (const goal of goalsOf(result)) {
    const names = arms.filter(({ refused }) => refused === undefined).map(({ arm }) => arm);
    const width = Math.max(...names.map((name) => name.length)) + 2;
    lines.push("", `  ${goalNames[goal]}`, `  ${"".padEnd(width)}${attacks.map(({ kind }) => kind.padEnd(22)).join("")}`.trimEnd());
    for (const arm of arms.filter(({ refused }) => refused === undefined)) {
      const cells = figuresOf(result, arm, goal).map((figure) => (figure === undefined ? "-" : figureText(figure)).padEnd(22));
      lines.push(`  ${arm.arm.padEnd(width)}${cells.join("")}`.trimEnd());
    }
  }
  for (const { arm, refused } of arms) if (refused !== undefined) lines.push("", `  ${arm} does not go with this scenario: ${refused}`);
  if (!result.isComplete) lines.push("", "  INTERRUPTED: protections are missing");
  return [...lines, ""];
}
