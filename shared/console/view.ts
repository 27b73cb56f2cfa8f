/** The console's state from what the server sends, and its figures: pure. Imports feed, the report's charts and numbers. */
import type { Chart } from "../report/chart.ts";
import { formatBytes, formatCount, formatEpsilon, isError } from "../report/numbers.ts";
import { thin, thinNote } from "../report/section.ts";
import type { ConsoleAccount, ConsoleFacts, ConsoleLive, ConsoleRound, ConsoleStandby, Standing } from "./feed.ts";

/** What a page knows. */
export interface ConsoleState {
  readonly facts: ConsoleFacts | undefined;
  readonly live: ConsoleLive | undefined;
  readonly account: ConsoleAccount | undefined;
  readonly rounds: readonly ConsoleRound[];
  /** While another process leads: then nothing else is known. */
  readonly standby: ConsoleStandby | undefined;
}

/** What came. */
export type ConsoleNews =
  | { readonly kind: "facts"; readonly facts: ConsoleFacts }
  | { readonly kind: "live"; readonly live: ConsoleLive }
  | { readonly kind: "account"; readonly account: ConsoleAccount }
  | { readonly kind: "standby"; readonly standby: ConsoleStandby }
  | { readonly kind: "rounds"; readonly rounds: readonly ConsoleRound[] }
  | { readonly kind: "round"; readonly round: ConsoleRound };

/** Before anything came. */
export const nothingKnown: ConsoleState = { facts: undefined, live: undefined, account: undefined, rounds: [], standby: undefined };

/** Takes news in. A round that is there already is replaced: a page that comes back is told all rounds again. */
export function takeNews(state: ConsoleState, news: ConsoleNews): ConsoleState {
  switch (news.kind) {
    case "facts":
      return { ...state, facts: news.facts, standby: undefined };
    case "standby":
      return { ...nothingKnown, standby: news.standby };
    case "live":
      return { ...state, live: news.live };
    case "account":
      return { ...state, account: news.account };
    case "rounds":
      return { ...state, rounds: news.rounds };
    case "round":
      return { ...state, rounds: [...state.rounds.filter(({ round }) => round !== news.round.round), news.round] };
  }
}

/** What the operator may say now. */
export function allowedOrders(standing: Standing, phase: string): readonly ("pause" | "resume" | "end")[] {
  if (standing === "ended" || phase === "ended" || phase === "failed") return [];
  return standing === "paused" ? ["resume", "end"] : ["pause", "end"];
}

/** Where the run stands, in a sentence. */
export function standingSentence({ standing, phase, open, round, published }: ConsoleLive): string {
  if (phase === "failed") return "The store or the ledger failed: no round begins. See the log, then start the server again.";
  if (standing === "ended") return `Ended by the operator after round ${round}.`;
  if (phase === "ended") return `Ended: round ${round} was the last that the terms allow.`;
  if (open !== null) {
    const after = standing === "paused" ? " It finishes; then the run rests." : "";
    const what =
      open.phase === "revealing"
        ? "its sum is being opened"
        : `${formatCount(open.accepted)} of ${formatCount(open.invited)} have answered`;
    return `Round ${open.round} is open: ${what}.${after}`;
  }
  if (standing === "paused") return "Paused: no round begins until it is resumed.";
  return published === 0 && round === 0
    ? "Waiting for devices to begin the first round."
    : `Waiting for devices to begin round ${round + 1}.`;
}

/** Rounds that were finished since one was last told of, in a sentence for whoever listens; undefined for none. */
export function roundNews(finished: readonly ConsoleRound[]): string | undefined {
  const last = finished.at(-1);
  if (last === undefined) return undefined;
  const before = finished.length === 1 ? "" : `${finished.length} rounds finished. `;
  return `${before}Round ${last.round} ${last.outcome}: ${formatCount(last.accepted)} of ${formatCount(last.invited)} devices.`;
}

/** What a coordinator says that does not lead. */
export function standbySentence({ leader, isTakingOver }: ConsoleStandby): string {
  if (isTakingOver) return "This coordinator is about to lead.";
  if (leader === null) return "Standing by: no coordinator that leads is known. This page goes on as soon as this one does.";
  return `Standing by: the leader is at ${leader}.`;
}

/** Where the console of the process that leads is; undefined for what is no web address. No token goes along. */
export function leaderConsole({ leader }: ConsoleStandby): string | undefined {
  return leader !== null && /^https?:\/\/[^/?#@\s]+$/.test(leader) ? `${leader}/console/` : undefined;
}

/** Refusals, the most frequent first. */
export function refusalRows(refused: Readonly<Record<string, number>>): readonly (readonly [code: string, count: number])[] {
  return Object.entries(refused).toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** The share of a promise that is spent, from 0 to 1; null where nothing bounds it. */
export function spentShare(spent: number | null | undefined, budget: number): number | null {
  return spent === null || spent === undefined ? null : Math.min(1, spent / budget);
}

/** The figures of a run: those that have something to show. */
export function consoleCharts({ rounds, facts }: Pick<ConsoleState, "rounds" | "facts">): readonly Chart[] {
  return [
    ...qualityCharts(rounds, facts?.budget !== null),
    devicesChart(rounds),
    bytesChart(rounds),
    epsilonChart(rounds, facts?.budget?.epsilon),
  ].filter((chart) => chart !== undefined);
}

function byRound(rounds: readonly ConsoleRound[], every: number): Pick<Chart, "x"> & { readonly note?: string } {
  const note = thinNote(every);
  return { x: { name: "round", values: rounds.map(({ round }) => String(round)) }, ...(note === undefined ? {} : { note }) };
}

/** Errors and shares have no axis in common: one figure for each kind. */
function qualityCharts(all: readonly ConsoleRound[], isNoised: boolean): Chart[] {
  const { shown, every } = thin(all.filter(({ quality }) => quality !== null));
  const metrics = [...new Set(shown.flatMap(({ quality }) => Object.keys(quality?.metrics ?? {})))];
  return [metrics.filter((metric) => !isError(metric)), metrics.filter(isError)].flatMap((names, at): Chart[] => {
    if (names.length === 0) return [];
    return [
      {
        ...byRound(shown, every),
        ...(isNoised ? { note: "With the noise that is promised: small cohorts give values beyond what is possible." } : {}),
        id: at === 0 ? "quality" : "quality-error",
        title: at === 0 ? "Quality of the model, as devices found it" : "Error of the model, as devices found it",
        kind: "lines",
        y: { name: names.length === 1 ? names[0]! : "value", isFromZero: false },
        series: names.map((name, look) => ({ name, values: shown.map(({ quality }) => quality?.metrics[name] ?? null), look })),
      },
    ];
  });
}

function devicesChart(all: readonly ConsoleRound[]): Chart | undefined {
  if (all.length === 0) return undefined;
  const { shown, every } = thin(all);
  return {
    ...byRound(shown, every),
    id: "devices",
    title: "Devices accepted and dropped",
    kind: "bars",
    y: { name: "devices", isFromZero: true },
    series: [
      { name: "accepted", values: shown.map(({ accepted, outcome }) => (outcome === "published" ? accepted : 0)), look: 0 },
      { name: "dropped", values: shown.map(({ dropped }) => dropped), look: 1 },
    ],
  };
}

function bytesChart(all: readonly ConsoleRound[]): Chart | undefined {
  const { shown, every } = thin(all.filter(({ bytesUp }) => bytesUp !== null));
  if (shown.length === 0) return undefined;
  return {
    ...byRound(shown, every),
    id: "bytes",
    title: "Bytes of answers received",
    kind: "bars",
    y: { name: "bytes", format: formatBytes, isFromZero: true },
    series: [{ name: "received", values: shown.map(({ bytesUp }) => bytesUp), look: 0 }],
  };
}

function epsilonChart(all: readonly ConsoleRound[], budget: number | undefined): Chart | undefined {
  if (budget === undefined) return undefined;
  const { shown, every } = thin(all.filter(({ epsilon }) => epsilon !== null));
  const views = (["release", "server"] as const).map((view, look) => ({
    name: view === "release" ? "readers of the models" : "the aggregator",
    values: shown.map(({ epsilon }) => epsilon?.[view] ?? null),
    look,
  }));
  const drawn = views.filter(({ values }) => values.some((value) => value !== null));
  if (drawn.length === 0) return undefined;
  const without = views.filter((view) => !drawn.includes(view)).map(({ name }) => name);
  const { note, ...places } = byRound(shown, every);
  const notes = [
    ...(without.length > 0 ? [`Nothing is proved against ${without.join(", ")}: not drawn.`] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return {
    ...places,
    ...(notes.length > 0 ? { note: notes.join(" ") } : {}),
    id: "epsilon",
    title: "Epsilon spent, against the budget",
    kind: "lines",
    y: { name: "epsilon", format: formatEpsilon, isFromZero: true },
    series: [...drawn, { name: "budget", values: shown.map(() => budget), look: 2 }],
  };
}
