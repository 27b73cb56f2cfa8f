/** What a run came to, in sentences: quality beside baselines and canary, privacy in both columns. Imports the result's types. */
import type { EpsilonByView } from "../../shared/privacy-account.ts";
import type { Result } from "../result.ts";
import { type Html, html } from "./html.ts";
import { epsilonInWords, formatCount, formatEpsilon, formatFigure, isError } from "./numbers.ts";
import { leakWarning } from "./terminal.ts";

/** Above this a model that never communicates knows too much: the evaluation leaks. With 99 sampled negatives; fewer hits among all. */
const canaryLimit = 0.15;

/** A statement and how it looks; the words say it without the look. */
interface Statement {
  readonly about: string;
  readonly text: string;
  readonly look: "good" | "bad" | "plain";
}

/** What ran, in one sentence. */
export function sentence({ scenario, dataset, rounds, protocol, isComplete }: Result): string {
  const devices = scenario.participants === undefined ? dataset.users : Math.min(scenario.participants, dataset.users);
  const published = rounds.filter(({ outcome }) => outcome === "published").length;
  const where = scenario.network.transport === "socket" ? "on real devices over sockets" : "in a simulation";
  const begun = isComplete
    ? `${formatCount(published)} round${published === 1 ? "" : "s"}`
    : `${published} of ${scenario.rounds} rounds, when it was interrupted,`;
  const { kind } = scenario.protection;
  return [
    `Model ${String(scenario.model.kind)} learned from ${formatCount(devices)} devices' ratings of ${dataset.name} in ${begun} ${where},`,
    `contributions ${kind === "open" ? "in clear" : `hidden by ${String(kind)}`}; judged by ${protocol}; seed ${scenario.seed}.`,
  ].join(" ");
}

/** Alarms that stand above everything. */
export function alarms(result: Result): Html[] {
  const so = `after ${result.rounds.length} of ${result.scenario.rounds} rounds`;
  const interrupted = `INTERRUPTED ${so}: the figures are those of the rounds so far.`;
  return [...(result.isLeaking ? [leakWarning] : []), ...(result.isComplete ? [] : [interrupted])].map(
    (text) => html`<p class="alarm" role="note">${text}</p>\n`,
  );
}

/** The verdict. */
export function verdict(result: Result): Html {
  const statements = [quality(result), canary(result), privacy(result), protection(result), ...attack(result)];
  return html`<ul class="verdict">
${statements.map(({ about, text, look }) => html`<li class="${look}"><strong>${about}.</strong> ${text}</li>\n`)}</ul>
`;
}

function quality({ metrics, isLeaking }: Result): Statement {
  const about = "Quality";
  const metric = Object.keys(metrics.test)[0];
  const own = metric === undefined ? Number.NaN : metrics.test[metric]!;
  if (metric === undefined || !Number.isFinite(own)) return { about, text: "Nobody could be judged on test.", look: "bad" };
  if (isLeaking) return { about, text: `No verdict: the figures leak (${metric} ${formatFigure(own)}).`, look: "bad" };
  const compared = Object.entries(metrics.baselines).flatMap(([name, figures]) => {
    const other = figures[metric];
    return other === undefined || !Number.isFinite(other) ? [] : [{ name, other, isBetter: isError(metric) ? own < other : own > other }];
  });
  const words = compared.map(({ name, other, isBetter }) => {
    const share = Math.abs(own / other - 1) * 100;
    const by = other === 0 ? "" : ` by ${share < 0.05 ? "less than 0.1" : share.toPrecision(share < 10 ? 2 : 3)} %`;
    const named = `${name} (${formatFigure(other)})`;
    return own === other ? `the same as ${named}` : `${isBetter ? "better" : "worse"} than ${named}${by}`;
  });
  const beside = words.length > 0 ? `: ${words.join("; ")}` : "; no baseline ran beside it";
  const text = `On test, ${metric} is ${formatFigure(own)}${beside}. One seed: small differences may be luck.`;
  const simple = compared.filter(({ name }) => name !== "centralised");
  return { about, text, look: simple.length === 0 ? "plain" : simple.every(({ isBetter }) => isBetter) ? "good" : "bad" };
}

function canary({ metrics, isLeaking }: Result): Statement {
  const about = "Canary";
  const who = "Devices alone, which never communicate";
  const alone = metrics.baselines["local-only"];
  if (alone === undefined) return { about, text: "Did not run: add the baseline local-only.", look: "plain" };
  const hits = alone["hr@10"];
  if (hits === undefined || !Number.isFinite(hits)) {
    const metric = Object.keys(metrics.test)[0] ?? "";
    return { about, text: `${who}: ${metric} ${formatFigure(alone[metric])}. A limit is known for hr@10 alone.`, look: "plain" };
  }
  const scored = `${who}, score hr@10 ${formatFigure(hits)}`;
  if (isLeaking)
    return { about, text: `${scored}. Training knew what was held out: the evaluation LEAKS whatever they score.`, look: "bad" };
  if (hits > canaryLimit) return { about, text: `${scored}; above ${canaryLimit}: the evaluation LEAKS.`, look: "bad" };
  return { about, text: `${scored}; at most ${canaryLimit} is expected: no sign of a leak.`, look: "good" };
}

function protection({ scenario }: Result): Statement {
  const about = "Protection";
  const { kind } = scenario.protection;
  if (kind === "open") return { about, text: "None: the aggregator reads every contribution.", look: "bad" };
  return { about, text: `${String(kind)}: the aggregator reads sums over at least ${scenario.cohort.min} devices.`, look: "good" };
}

function attack({ adversaries = [] }: Result): Statement[] {
  if (adversaries.length === 0) return [];
  const parts = adversaries.map(
    ({ kind, count, accepted, asked }) => `${kind} by ${formatCount(count)} devices (${accepted} of ${asked} answers accepted)`,
  );
  return [{ about: "Attacked", text: `${parts.join("; ")}. Figures are of the honest people alone.`, look: "bad" }];
}

function privacy({ privacy: account, scenario }: Result): Statement {
  const about = "Privacy";
  if (account.epsilon === null) {
    const text =
      "Nothing is promised, no noise was added: epsilon is unbounded against the aggregator and against readers of the published models.";
    return { about, text, look: "plain" };
  }
  const spent = account.asRun?.epsilon ?? account.planned;
  const { epsilon, delta, unit, neighboring } = account;
  const promise = `epsilon ${formatEpsilon(epsilon)} at delta ${String(delta)} for all that a ${unit} ever contributes (${String(neighboring)})`;
  const seeded = "A simulation's noise is seeded: it shows what the promise costs and protects nobody.";
  const asRun = spent === undefined ? "" : `; as run, ${epsilonInWords(spent)}`;
  const text = `Promised: ${promise}${asRun}.${scenario.network.transport === "memory" ? ` ${seeded}` : ""}`;
  return { about, text, look: lookOf(spent) };
}

/** Good where both observers are held off; where only readers of the models are, it is for the reader to say. */
function lookOf(spent: EpsilonByView | undefined): Statement["look"] {
  if (spent === undefined || spent.release === null) return "bad";
  return spent.server === null ? "plain" : "good";
}
