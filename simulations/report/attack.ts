/** The section on devices that are not honest: who attacked, what they got in, what came of it. Imports the result's types. */
import type { AttackResult } from "../attack-figures.ts";
import type { Result } from "../result.ts";
import { html } from "./html.ts";
import { formatCount, formatFigure, formatShort } from "./numbers.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

/** The section; undefined where all were honest. */
export function attackSection({ adversaries }: Result): Section | undefined {
  if (adversaries === undefined) return undefined;
  const aimed = adversaries.filter(({ success }) => success !== undefined);
  return {
    id: "adversaries",
    title: "Who attacked",
    body: () => html`<p>All figures of quality are of the honest people alone.</p>
${table({
  id: "parts",
  caption: "Devices that are not honest, and what became of their answers in all rounds",
  columns: ["part", "devices", "share", "options", "asked", "accepted", "late or lost", "refused", "source"],
  words: [3, 7, 8],
  rows: adversaries.map((part) => [
    part.kind,
    part.count,
    formatShare(part.share),
    optionsInWords(part),
    part.asked,
    part.accepted,
    part.dropped,
    refusedInWords(part),
    part.source,
  ]),
})}
${
  aimed.length === 0
    ? undefined
    : table({
        id: "exposure",
        caption: "Exposure: honest people who have not rated a target, and have it among their first ten",
        columns: ["part", "targets", "er@10", "with signal", "predicted bound", "without the attack (baselines)"],
        words: [1, 5],
        rows: aimed.map((part) => [
          part.kind,
          part.success!.targets.join(", "),
          formatFigure(part.success!["er@10"]),
          formatFigure(part.success!["er@10 with signal"]),
          formatFigure(part.success!.predicted?.["bound"]),
          baselinesInWords(part),
        ]),
      })
}`,
  };
}

/** Lines for a terminal: one for each part; none where all were honest. */
export function attackLines({ adversaries = [] }: Pick<Result, "adversaries">): string[] {
  return adversaries.map((part, at) => {
    const refused = Object.keys(part.refused).length === 0 ? "" : `, refused ${refusedInWords(part)}`;
    const late = part.dropped === 0 ? "" : `, ${formatCount(part.dropped)} late or lost`;
    const who = `${part.kind} by ${formatCount(part.count)} devices (${formatShare(part.share)}${joined(", ", optionsInWords(part))})`;
    const fate = `${formatCount(part.accepted)} of ${formatCount(part.asked)} answers accepted${late}${refused}`;
    return `  ${at === 0 ? "attacked " : "         "} ${who}: ${fate}${joined("; ", exposureInWords(part))}`;
  });
}

function joined(before: string, text: string): string {
  return text === "" ? "" : `${before}${text}`;
}

function exposureInWords({ success }: AttackResult): string {
  if (success === undefined) return "";
  const signal = success["er@10 with signal"];
  const bound = success.predicted?.["bound"];
  return [
    `er@10 of item ${success.targets.join(", ")}: ${formatFigure(success["er@10"])}`,
    ...(signal === undefined ? [] : [`with signal ${formatFigure(signal)}`]),
    ...(bound === undefined ? [] : [`predicted at least ${formatFigure(bound)}`]),
  ].join(", ");
}

function formatShare(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function optionsInWords({ options }: AttackResult): string {
  const shown = Object.entries(options).filter(([, value]) => value !== undefined);
  return shown.map(([name, value]) => `${name} ${typeof value === "number" ? formatShort(value) : String(value)}`).join(", ");
}

function refusedInWords({ refused }: AttackResult): string {
  const codes = Object.entries(refused);
  return codes.length === 0 ? "none" : codes.map(([code, count]) => `${formatCount(count)} ${code}`).join(", ");
}

function baselinesInWords({ success }: AttackResult): string {
  const baselines = Object.entries(success?.baselines ?? {});
  return baselines.length === 0 ? "none ran" : baselines.map(([name, share]) => `${name} ${formatFigure(share)}`).join(", ");
}
