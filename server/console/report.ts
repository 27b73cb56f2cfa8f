/** A run so far as one page that needs nothing else. Imports the shared report. */
import type { ConsoleAccount, ConsoleFacts, ConsoleLive, ConsoleRound } from "../../shared/console/feed.ts";
import { consoleCharts, refusalRows, standingSentence } from "../../shared/console/view.ts";
import { type Html, html } from "../../shared/report/html.ts";
import { loadDraw } from "../../shared/report/load-draw.ts";
import { epsilonInWords, formatBytes, formatCount, formatEpsilon, formatFigure, formatSeconds } from "../../shared/report/numbers.ts";
import type { Section } from "../../shared/report/section.ts";
import { renderPage } from "../../shared/report/shell.node.ts";
import { table } from "../../shared/report/table.ts";

/** What a report says. */
export interface ReportFacts {
  readonly facts: ConsoleFacts;
  readonly live: ConsoleLive;
  readonly account: ConsoleAccount;
  readonly rounds: readonly ConsoleRound[];
}

/** The page's text. Guarantees: every value is escaped; a policy in the page forbids all requests and every script but its own. */
export async function renderConsoleReport({ facts, live, account, rounds }: ReportFacts): Promise<string> {
  const metrics = [...new Set(rounds.flatMap(({ quality }) => Object.keys(quality?.metrics ?? {})))];
  const charts = consoleCharts({ rounds, facts });
  const sections: Section[] = [
    {
      id: "course",
      title: "Rounds",
      body: (draw) => html`${charts.map(draw)}
${table({
  id: "rounds",
  caption: "Every round; a dash where an earlier process knew",
  columns: [
    "round",
    "outcome",
    "invited",
    "accepted",
    "dropped",
    "seconds",
    "bytes up",
    "epsilon, readers",
    "epsilon, aggregator",
    ...metrics,
  ],
  words: [1],
  rows: rounds.map((one) => [
    one.round,
    one.outcome === "published" ? "published" : `abandoned: ${one.reason}`,
    one.invited,
    one.accepted,
    one.dropped,
    one.seconds === null ? "–" : formatSeconds(one.seconds),
    one.bytesUp === null ? "–" : formatBytes(one.bytesUp),
    one.epsilon === null ? "–" : formatEpsilon(one.epsilon.release),
    one.epsilon === null ? "–" : formatEpsilon(one.epsilon.server),
    ...metrics.map((metric) => formatFigure(one.quality?.metrics[metric])),
  ]),
})}`,
    },
    {
      id: "privacy",
      title: "Privacy and ledger",
      body: () => {
        const { privacy, ledger } = account;
        if (privacy === null || facts.budget === null) return html`<p>Nothing is promised.</p>`;
        const { planned, asRun } = privacy;
        return html`<p>Promised: epsilon ${formatEpsilon(facts.budget.epsilon)} at delta ${facts.budget.delta}.
By the plan, for all rounds begun: ${planned === undefined ? "–" : epsilonInWords(planned)}. By the log, as run: ${asRun === undefined ? "–" : epsilonInWords(asRun.epsilon)}.</p>
<p>The ledger has ${ledger?.entries ?? 0} entries; the last one's hash is <code>${ledger?.head ?? "–"}</code>.</p>`;
      },
    },
    {
      id: "service",
      title: "Service",
      body: () => html`${table({
        id: "orders",
        caption: "The operator's orders",
        columns: ["when", "order", "by", "after round"],
        words: [1, 2],
        rows: live.orders.map(({ atMs, order, by, round }) => [new Date(atMs).toISOString(), order, by, round]),
      })}
${gatewayTable(live)}
${table({ id: "refused", caption: "Messages refused since the servers started, by code", columns: ["code", "messages"], rows: refusalRows(live.refused) })}
<p>Received ${formatBytes(live.traffic.bytesReceived)}, sent ${formatBytes(live.traffic.bytesSent)} since the servers started.</p>`,
    },
  ];
  const lead = html`<p>${standingSentence(live)} Model <code>${facts.model}</code>, protection <code>${facts.protection}</code>, ${formatCount(facts.items)} items,
cohorts of ${facts.cohort.min} to ${facts.cohort.size}, ${formatCount(facts.rounds)} rounds at most. As of ${new Date(live.atMs).toISOString()}.</p>
`;
  return renderPage({ title: `Run ${facts.run}`, lead, sections, version: facts.version }, await loadDraw());
}

function gatewayTable({ gateways }: ConsoleLive): Html | string {
  if (gateways === null) return "";
  return table({
    id: "gateways",
    caption: "Gateways that are connected",
    columns: ["gateway", "devices", "received", "sent", "parts lost", "here since"],
    words: [0],
    rows: gateways.map(({ name, clients, bytesReceived, bytesSent, partsLost, sinceMs }) => [
      name,
      clients,
      formatBytes(bytesReceived),
      formatBytes(bytesSent),
      partsLost,
      new Date(sinceMs).toISOString(),
    ]),
  });
}
