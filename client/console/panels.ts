/** What each panel shows of the state. Imports shared's view, the elements. */
import type { ConsoleLedgerEntry, ConsoleLive, ConsoleRound } from "../../shared/console/feed.ts";
import { type ConsoleState, refusalRows, spentShare } from "../../shared/console/view.ts";
import { formatBytes, formatCount, formatEpsilon, formatFigure, formatSeconds, formatSpan } from "../../shared/report/numbers.ts";
import { h } from "../demo/dom.ts";
import { facts, tableOf } from "./dom.ts";

/** A panel: its content for a state; nothing hides it. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly size: "third" | "half" | "whole";
  show(state: ConsoleState): readonly HTMLElement[];
}

/** Every panel but those with controls and figures, in their order. */
export const panels: readonly Panel[] = [
  { id: "open", title: "Open round", size: "half", show: ({ live }) => (live === undefined ? [] : openRound(live)) },
  { id: "privacy", title: "Privacy spent", size: "half", show: privacy },
  { id: "traffic", title: "Connections and bytes", size: "third", show: ({ live }) => (live === undefined ? [] : traffic(live)) },
  { id: "refusals", title: "Refused", size: "third", show: ({ live }) => (live === undefined ? [] : refusals(live)) },
  { id: "keyholders", title: "Keyholders", size: "third", show: ({ live }) => (live === undefined ? [] : keyholders(live)) },
  { id: "gateways", title: "Gateways", size: "whole", show: ({ live }) => (live === undefined ? [] : gateways(live)) },
  { id: "runs", title: "Runs", size: "third", show: ({ live }) => (live === undefined ? [] : runs(live)) },
  { id: "ledger", title: "Ledger", size: "half", show: ledger },
  { id: "orders", title: "Orders", size: "half", show: ({ live }) => (live === undefined ? [] : orders(live)) },
  { id: "rounds", title: "Rounds", size: "whole", show: ({ rounds }) => roundsTable(rounds) },
];

function openRound({ open }: ConsoleLive): HTMLElement[] {
  if (open === null) return [h("p", { class: "note" }, "No round is open.")];
  const stage =
    open.phase === "revealing" ? "opening the sum" : `${open.stages[open.stage] ?? ""}, ${open.stage + 1} of ${open.stages.length}`;
  const refused = refusalRows(open.refused);
  return [
    facts("figures", [
      ["round", formatCount(open.round)],
      ["invited", formatCount(open.invited)],
      ["joined", formatCount(open.joined)],
      ["accepted", formatCount(open.accepted)],
      ["dropped", formatCount(open.dropped)],
    ]),
    facts("facts", [
      ["stage", stage],
      ["open for", formatSpan(open.seconds)],
      ["refused", refused.length === 0 ? "nothing" : refused.map(([code, count]) => `${code} ${formatCount(count)}`).join(", ")],
    ]),
  ];
}

function privacy({ facts: known, account, rounds }: ConsoleState): HTMLElement[] {
  if (known === undefined) return [];
  if (known.budget === null)
    return [h("p", { class: "note" }, "Nothing is promised: what sums and models tell of a person is not bounded.")];
  const { epsilon, delta } = known.budget;
  const planned = account?.privacy?.planned ?? rounds.at(-1)?.epsilon ?? undefined;
  const asRun = account?.privacy?.asRun?.epsilon;
  const view = (name: "release" | "server", label: string): HTMLElement[] => {
    const share = spentShare(planned?.[name], epsilon);
    const spent = planned === undefined ? "–" : formatEpsilon(planned[name]);
    const text = planned?.[name] === null ? `${label}: nothing is proved` : `${label}: ${spent} of ${formatEpsilon(epsilon)}`;
    return [h("p", {}, text), ...(share === null ? [] : [h("meter", { min: 0, max: 1, high: 0.9, value: share, "aria-label": text })])];
  };
  return [
    ...view("release", "Against readers of the models"),
    ...view("server", "Against the aggregator"),
    facts("facts", [
      ["delta", String(delta)],
      ["mechanism", account?.privacy?.mechanism ?? "–"],
      [
        "by the log, as run",
        asRun === undefined ? "–" : `${formatEpsilon(asRun.release)} for readers, ${formatEpsilon(asRun.server)} for the aggregator`,
      ],
    ]),
  ];
}

function traffic({ connected, connections, traffic: { bytesReceived, bytesSent } }: ConsoleLive): HTMLElement[] {
  return [
    facts("figures", [
      ["devices", formatCount(connected)],
      ["connections", formatCount(connections)],
      ["received", formatBytes(bytesReceived)],
      ["sent", formatBytes(bytesSent)],
    ]),
  ];
}

function refusals({ refused }: ConsoleLive): HTMLElement[] {
  const rows = refusalRows(refused);
  if (rows.length === 0) return [h("p", { class: "note" }, "Nothing since the servers started.")];
  return [
    tableOf(
      "Since the servers started",
      ["code", "messages"],
      rows.map(([code, count]) => [code, formatCount(count)]),
    ),
  ];
}

function keyholders({ keyholders: all }: ConsoleLive): HTMLElement[] {
  if (all.length === 0) return [];
  const rows = all.map(({ place, key, isConnected, declined, blamed }) => [
    `${place}: ${key}`,
    isConnected ? "connected" : "away",
    String(declined),
    String(blamed),
  ]);
  return [tableOf("By their place in the terms", ["keyholder", "now", "declined", "blamed"], rows, [0, 1])];
}

function gateways({ gateways: all }: ConsoleLive): HTMLElement[] {
  if (all === null) return [];
  if (all.length === 0) return [h("p", { class: "note" }, "None is connected: no device can take part.")];
  const rows = all.map(({ name, clients, sinceMs, bytesReceived, bytesSent, partsLost }) => [
    name,
    formatCount(clients),
    formatBytes(bytesReceived),
    formatBytes(bytesSent),
    formatCount(partsLost),
    instant(sinceMs),
  ]);
  return [
    tableOf("Devices are joined there; times in UTC", ["gateway", "devices", "received", "sent", "parts lost", "here since"], rows, [0]),
  ];
}

function runs({ runs: all }: ConsoleLive): HTMLElement[] {
  const rows = all.map(({ id, isServed, published, abandoned }) => [
    isServed ? `${id} (served here)` : id,
    formatCount(published),
    formatCount(abandoned),
  ]);
  return [tableOf("Rounds by outcome", ["run", "published", "abandoned"], rows, [0])];
}

function ledger({ account }: ConsoleState): HTMLElement[] {
  const kept = account?.ledger;
  if (kept === null || kept === undefined) return [h("p", { class: "note" }, "No ledger is kept where nothing is promised.")];
  return [
    facts("facts", [
      ["entries", formatCount(kept.entries)],
      ["head", kept.head === "" ? "–" : kept.head],
    ]),
    ...(kept.last.length === 0 ? [] : [lastEntries(kept.last)]),
  ];
}

function lastEntries(last: readonly ConsoleLedgerEntry[]): HTMLElement {
  return tableOf(
    "The last entries",
    ["entry", "round", "what", "devices", "hash"],
    last.toReversed().map(({ seq, round, kind, devices, hash }) => [String(seq), String(round), kind, String(devices), hash]),
    [2, 4],
  );
}

function orders({ orders: all }: ConsoleLive): HTMLElement[] {
  if (all.length === 0) return [h("p", { class: "note" }, "None was given.")];
  const rows = all.toReversed().map(({ atMs, order, by, round }) => [instant(atMs), order, by, String(round)]);
  return [tableOf("The newest first; times in UTC", ["when", "order", "by", "after round"], rows, [1, 2])];
}

/** A time in UTC. */
function instant(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

function roundsTable(rounds: readonly ConsoleRound[]): HTMLElement[] {
  if (rounds.length === 0) return [h("p", { class: "note" }, "No round is finished.")];
  const metrics = [...new Set(rounds.flatMap(({ quality }) => Object.keys(quality?.metrics ?? {})))];
  const rows = rounds
    .slice(-100)
    .toReversed()
    .map((one) => [
      String(one.round),
      one.outcome === "published" ? "published" : `abandoned: ${one.reason}`,
      formatCount(one.invited),
      formatCount(one.accepted),
      formatCount(one.dropped),
      one.seconds === null ? "–" : formatSeconds(one.seconds),
      one.bytesUp === null ? "–" : formatBytes(one.bytesUp),
      one.epsilon === null ? "–" : formatEpsilon(one.epsilon.release),
      one.epsilon === null ? "–" : formatEpsilon(one.epsilon.server),
      ...metrics.map((metric) => formatFigure(one.quality?.metrics[metric])),
    ]);
  const columns = [
    "round",
    "outcome",
    "invited",
    "accepted",
    "dropped",
    "time",
    "bytes up",
    "epsilon, readers",
    "epsilon, aggregator",
    ...metrics,
  ];
  return [tableOf("The last hundred, the newest first", columns, rows, [1])];
}
