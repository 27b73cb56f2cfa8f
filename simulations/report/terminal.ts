/** Results as text for a terminal: a line a round, a table at the end. Imports result. */
import { groupsInWords } from "../../shared/groups.ts";
import type { EpsilonByView, PrivacyResult } from "../../shared/privacy-account.ts";
import type { CatalogueResult, FederatedFigures, Result, RoundResult } from "../result.ts";
import { attackLines } from "./attack.ts";

/** Stands before and after figures of "paper-compat". */
export const leakWarning = "WARNING: these figures LEAK: training knew what was held out. They say nothing about quality.";

/** A status line for a round. */
export function roundLine(round: RoundResult, rounds: number, seconds?: number): string {
  const quality = Object.entries(round.metrics ?? {})
    .slice(0, 2)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const parts = [
    `round ${String(round.round).padStart(String(rounds).length)}/${rounds}`,
    round.outcome === "published" ? `accepted ${round.accepted}` : "ABANDONED",
    `dropped ${round.dropped}`,
    `up ${formatBytes(round.bytesUp)}`,
    ...(round.epsilon === undefined ? [] : [`epsilon ${epsilonColumns(round.epsilon)}`]),
    ...(quality.length > 0 ? [`validation ${quality.join(" ")}`] : []),
    ...(round.federatedMetrics === undefined ? [] : [federatedColumns(round.federatedMetrics)]),
    ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s`]),
  ];
  return parts.join("  ");
}

/** The people who never took part, where there are any. */
function newcomerRows({ metrics: { newcomers } }: Result): [string, Readonly<Record<string, number>>][] {
  return newcomers === undefined ? [] : [[`  ${newcomers.users} who never took part`, newcomers.metrics]];
}

/** The table of quality beside the baselines, with what makes the figures comparable. */
export function resultTable(result: Result, command: string): string {
  const names = Object.keys(result.metrics.test);
  const rows: [string, Readonly<Record<string, number>>][] = [
    [`federated ${String(result.scenario.model.kind)} (${String(result.scenario.protection.kind)})`, result.metrics.test],
    ...newcomerRows(result),
    ...Object.entries(result.metrics.baselines),
  ];
  const width = Math.max(...rows.map(([name]) => name.length), 8);
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)}  ${cells.map((cell, at) => cell.padStart(Math.max(9, names[at]!.length))).join("  ")}`;
  return [
    ...(result.isLeaking ? ["", `  ${leakWarning}`] : []),
    ...(result.isComplete
      ? []
      : [
          "",
          `  INTERRUPTED after ${result.rounds.length} of ${result.scenario.rounds} rounds: the figures are those of the rounds so far.`,
        ]),
    "",
    line("test", names),
    ...rows.map(([name, metrics]) =>
      line(
        name,
        names.map((metric) => (metrics[metric] ?? Number.NaN).toFixed(4)),
      ),
    ),
    "",
    `  protocol  ${[...new Set(Object.values(result.protocols))].join("; beside it: ")}; ${result.served}; seed ${result.scenario.seed}`,
    `  data      ${result.dataset.name}: ${result.dataset.users} people, ${result.dataset.items} items, ${result.dataset.ratings} ratings; sha256 ${result.dataset.sha256.slice(0, 16)}, split ${result.dataset.splitHash.slice(0, 16)}`,
    ...privacyLines(result.privacy),
    ...aggregationLines(result),
    ...attackLines(result),
    ...catalogueLines(result.catalogue),
    ...timelineLines(result.timeline),
    ...declaredLines(result),
    ...rewardLines(result.rewards),
    ...unlearningLines(result.unlearning),
    `  traffic   ${formatBytes(result.traffic.upBytesPerClientRound)} up, ${formatBytes(result.traffic.downBytesPerClientRound)} down per client and round`,
    ...placesLines(result.rounds),
    `  time      ${result.timing.totalSeconds.toFixed(1)} s in all, ${result.timing.roundSecondsMedian.toFixed(3)} s a round (median); peak memory ${formatBytes(result.memory.peakRssBytes)}`,
    `  command   ${command}`,
  ].join("\n");
}

/** What groups cost and buy, and how many were lost; nothing for the plain sum of whole cohorts. */
function aggregationLines({ aggregation, rounds }: Pick<Result, "aggregation" | "rounds">): readonly string[] {
  if (aggregation === undefined) return [];
  const lost = rounds.reduce((total, { sums }) => total + (sums?.lost ?? 0), 0);
  return [`  groups    ${groupsInWords(aggregation)}${lost > 0 ? `; ${lost} groups' sums could not be had` : ""}`];
}

/** What row numbers in clear tell; nothing where all devices send the same rows. */
function placesLines(rounds: Result["rounds"]): readonly string[] {
  const told = rounds.map(({ revealedBits }) => revealedBits).filter((bits) => bits !== undefined);
  if (told.length === 0) return [];
  const mean = told.reduce((sum, bits) => sum + bits, 0) / told.length;
  return [`  rows      their numbers tell ${mean.toFixed(1)} bits of which items a person touched (mean), their values everything`];
}

/** A line for each thing that people said of themselves: the report has every group. */
function declaredLines({ metrics: { groups } }: Result): string[] {
  return groups.declared.flatMap(({ attribute, groups: answers, gap }) => {
    if (gap === undefined) return [];
    const shown = answers.flatMap(({ value, metrics, users }) =>
      metrics === undefined ? [] : [{ name: `${value ?? "no answer"}, ${users} people`, figure: metrics[gap.metric]! }],
    );
    const [low, high] = [shown.reduce((a, b) => (b.figure < a.figure ? b : a)), shown.reduce((a, b) => (b.figure > a.figure ? b : a))];
    const withheld = shown.length === answers.length ? "" : `, ${answers.length - shown.length} withheld`;
    const ends = `${low.figure.toFixed(4)} (${low.name}) to ${high.figure.toFixed(4)} (${high.name})`;
    return [
      `  by ${attribute.padEnd(9)} ${gap.metric} ${ends}; ${shown.length} groups${withheld}; by chance ${(100 * gap.chance).toFixed(1)} %`,
    ];
  });
}

/** What devices were worth; nothing where that was not asked. */
function rewardLines(rewards: Result["rewards"]): string[] {
  if (rewards === undefined) return [];
  const { metric, scheme, division, total, people, rounds, groups, coalitions, judges, distribution, ratingsCorrelation, freeRiders } =
    rewards;
  const show = (value: number): string => value.toExponential(2);
  const riders =
    freeRiders === undefined
      ? ""
      : `; ${freeRiders.people} free riders ${show(freeRiders.mean)}, others ${show(freeRiders.othersMean)} (mean), told apart ${freeRiders.toldApart.toFixed(3)}`;
  return [
    `  rewards   ${show(total)} of ${metric} on validation shared by ${scheme}, ${division}, among ${people} devices in ${groups} groups of ${rounds} rounds: ${coalitions} coalitions, ${judges} judges`,
    `            median ${show(distribution.median)}, quartiles ${show(distribution.lower)} and ${show(distribution.upper)}; rank correlation with ratings ${ratingsCorrelation === null ? "none" : ratingsCorrelation.toFixed(3)}${riders}`,
  ];
}

/** What is left of people who left; nothing where nobody did. */
function unlearningLines(unlearning: Result["unlearning"]): string[] {
  if (unlearning === undefined) return [];
  const { people, after, method, repeatedRounds, distances, membership, chance } = unlearning;
  const show = (at: number): string => {
    const { values, scores } = distances.at(at)!;
    return values === 0 ? "0 (bit for bit)" : scores.toPrecision(3);
  };
  const { before, after: end } = membership;
  return [
    `  forgotten ${people} people left after round ${after} (${method}, ${repeatedRounds} rounds made again); scores from those of a run that never had them: ${show(0)} then, ${show(1)} next, ${show(-1)} at the end`,
    `            told from people who never took part: by fit ${before.fit.toFixed(3)}, then ${end.fit.toFixed(3)}; by a model without them ${before.calibrated.toFixed(3)}, then ${end.calibrated.toFixed(3)} (.5 is chance, give or take ${chance.toFixed(3)})`,
  ];
}

/** What devices found: "by 1490 devices, of the model of round 2: hr@10 0.1302 (in one place 0.1302)". */
function federatedColumns({ modelRound, people, metrics, central }: FederatedFigures): string {
  const [first] = Object.entries(metrics);
  if (first === undefined) return "";
  const [name, figure] = first;
  const beside = central?.[name] === undefined ? "" : ` (in one place ${central[name].toFixed(4)})`;
  return `by ${Math.round(people)} devices, of the model of round ${modelRound}: ${name} ${figure.toFixed(4)}${beside}`;
}

/** Both columns: "server unbounded, release 7.29". */
function epsilonColumns({ server, release }: EpsilonByView): string {
  const show = (epsilon: number | null): string => (epsilon === null ? "unbounded" : epsilon.toPrecision(3));
  return `server ${show(server)}, release ${show(release)}`;
}

/** What is proved about a user, in the words of someone who has to decide by it; nothing where nothing is promised. */
function privacyLines({ mechanism, placement, epsilon, delta, neighboring, noiseStddev, clipNorm, asRun }: PrivacyResult): string[] {
  if (epsilon === null) return ["  privacy   nothing is promised: no noise"];
  const bound = clipNorm === null ? "" : `, contributions of norm ${clipNorm.toPrecision(3)} at most`;
  const promise = `${mechanism} (${placement}): epsilon ${epsilon} at delta ${delta} for all that a user ever contributes, ${neighboring}`;
  return [
    `  privacy   ${promise}${bound}, noise ${noiseStddev === null ? "unknown" : noiseStddev.toPrecision(3)} on an entry of the sum`,
    ...(asRun === undefined
      ? []
      : [
          `            as run: ${asRun.rounds} rounds, a user in ${asRun.participations} at most; epsilon ${epsilonColumns(asRun.epsilon)}`,
        ]),
    ...(placement === "central"
      ? ["            the aggregator sees sums without noise: nothing is proved against it beyond what the protection hides"]
      : []),
  ];
}

/** What became of items that come and go; nothing where they stay. */
function catalogueLines(catalogue: CatalogueResult | undefined): string[] {
  if (catalogue === undefined) return [];
  const { capacity, live, candidates, waiting, mostRows, deltaBytes, wholeBytes } = catalogue;
  const rows = `${live} live, ${candidates} candidates, ${waiting} waiting at the end; ${mostRows} of ${capacity} rows in use at the most`;
  return [`  catalogue ${rows}; followed in ${formatBytes(deltaBytes)} of deltas in all, whole ${formatBytes(wholeBytes)}`];
}

/** What the steps came to in which ratings arrived; nothing where all were there from the start. */
function timelineLines(timeline: Result["timeline"]): string[] {
  const steps = (timeline ?? []).slice(1);
  const [metric] = Object.keys(steps[0]?.metrics ?? {});
  if (steps.length === 0) return [];
  const mean = (of: (step: (typeof steps)[number]) => number): number => steps.reduce((sum, step) => sum + of(step), 0) / steps.length;
  const share = mean(({ tookPart, present }) => tookPart / Math.max(1, present));
  const traffic = `${formatBytes(mean(({ bytesUp }) => bytesUp))} up, ${formatBytes(mean(({ bytesDown }) => bytesDown))} down`;
  const quality =
    metric === undefined
      ? ""
      : `; ${metric} on validation ${mean(({ metrics }) => metrics[metric]!).toFixed(4)}, by the first part's model ${mean(({ stale }) => stale[metric]!).toFixed(4)}`;
  return [`  timeline  ${steps.length} steps (means): ${(100 * share).toFixed(1)} % of the devices took part, ${traffic}${quality}`];
}

/** Bytes for people: "31.7 kB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
