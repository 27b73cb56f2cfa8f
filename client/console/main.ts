/** The operator's console: signs in, keeps the state that the server tells, shows it, and asks before it gives an order. Imports the views. */
import { io, type Socket } from "socket.io-client";
import {
  type ConsoleEvents,
  type ConsoleReply,
  type ConsoleRequests,
  type ConsoleRound,
  consoleNamespace,
} from "../../shared/console/feed.ts";
import {
  allowedOrders,
  type ConsoleNews,
  type ConsoleState,
  consoleCharts,
  leaderConsole,
  nothingKnown,
  roundNews,
  standbySentence,
  standingSentence,
  takeNews,
} from "../../shared/console/view.ts";
import { formatCount } from "../../shared/report/numbers.ts";
import { announce, byId, h } from "../demo/dom.ts";
import { fromMarkup, tableOfChart } from "./dom.ts";
import { draw } from "./draw.ts";
import { panels } from "./panels.ts";

type Order = "pause" | "resume" | "end";

const words: Readonly<Record<Order, { readonly label: string; readonly title: string; readonly text: string }>> = {
  pause: {
    label: "Pause",
    title: "Pause the run?",
    text: "The open round finishes. No further one begins until the run is resumed, also after a restart.",
  },
  resume: { label: "Start", title: "Start the run again?", text: "Rounds begin again as soon as enough devices are there." },
  end: {
    label: "End the run",
    title: "End the run for good?",
    text: "The open round finishes, then every device is told that the run has ended. Nothing begins it again.",
  },
};

let state: ConsoleState = nothingKnown;
let socket: Socket<ConsoleEvents, ConsoleRequests> | undefined;
/** What a part shows now, so that what has not changed stays as it is, with focus and scroll. */
const shown = new Map<string, string>();
let chartsDue: ReturnType<typeof setTimeout> | undefined;
/** Finished rounds that nobody was told of aloud, and whether that waits: a reader is not to be talked to all the time. */
let untold: ConsoleRound[] = [];
let isQuiet = false;
const quietMs = 20_000;

const form = byId("sign-in-form");
const [tokenInput, nameInput] = [byId("token") as HTMLInputElement, byId("name") as HTMLInputElement];
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", tokenInput.value);
  sessionStorage.setItem("name", nameInput.value.trim());
  tokenInput.value = "";
  connect();
});
buildPanels();
if (sessionStorage.getItem("token") !== null) connect();
document.body.dataset["ready"] = "yes";

function connect(): void {
  socket?.disconnect();
  const auth = { token: sessionStorage.getItem("token") ?? "", name: sessionStorage.getItem("name") ?? "" };
  // So that a proxy in front of gateways can tell it from a device's: both are at the same path.
  socket = io(consoleNamespace, { transports: ["websocket"], query: { for: "console" }, auth, forceNew: true });
  socket.on("connect", () => {
    byId("sign-in").hidden = true;
    byId("sign-in-problem").textContent = "";
  });
  socket.on("disconnect", (reason) => {
    setLink(false, "Connection lost: trying again");
    // Told to go, it does not come back by itself.
    if (reason === "io server disconnect") setTimeout(() => socket?.connect(), 1_000);
  });
  socket.on("connect_error", (error) => {
    // Whoever was refused signs in anew; a server that cannot be reached is waited for.
    if (socket?.active === true) return setLink(false, "The server cannot be reached: trying again");
    sessionStorage.removeItem("token");
    setLink(false, "Not connected");
    state = nothingKnown;
    byId("console").hidden = true;
    byId("standby").hidden = true;
    byId("sign-in").hidden = false;
    byId("run-title").textContent = "Sign in";
    byId("sign-in-problem").textContent = `Refused: ${error.message}.`;
    tokenInput.focus();
  });
  socket.on("facts", (facts) => {
    take({ kind: "facts", facts });
    setLink(true, "Live");
  });
  socket.on("standby", (standby) => {
    take({ kind: "standby", standby });
    setLink(false, "Standing by");
  });
  socket.on("rounds", (rounds) => take({ kind: "rounds", rounds }));
  socket.on("live", (live) => take({ kind: "live", live }));
  socket.on("account", (account) => take({ kind: "account", account }));
  socket.on("round", (round) => {
    take({ kind: "round", round });
    untold.push(round);
    tellRounds();
  });
}

function tellRounds(): void {
  const text = roundNews(untold);
  if (isQuiet || text === undefined) return;
  announce(text);
  untold = [];
  isQuiet = true;
  setTimeout(() => {
    isQuiet = false;
    tellRounds();
  }, quietMs);
}

function take(news: ConsoleNews): void {
  state = takeNews(state, news);
  show();
  if (news.kind === "live" || news.kind === "account") return;
  clearTimeout(chartsDue);
  chartsDue = setTimeout(showCharts, 150);
}

function buildPanels(): void {
  const section = (id: string, title: string, size: string): HTMLElement =>
    h(
      "section",
      { id, class: `panel ${size}`, "aria-labelledby": `${id}-title` },
      h("h2", { id: `${id}-title` }, title),
      h("div", { id: `${id}-body` }),
    );
  const standing = section("standing", "The run", "whole");
  const buttons = (Object.keys(words) as Order[]).map((order) =>
    h("button", { type: "button", id: `order-${order}`, class: order === "end" ? "grave" : "", disabled: true }, words[order].label),
  );
  const downloads = (["html", "json"] as const).map((kind) => {
    const button = h("button", { type: "button" }, kind === "html" ? "Download the report" : "Download as JSON");
    button.addEventListener("click", () => download(kind));
    return button;
  });
  standing.append(
    h("div", { class: "actions" }, ...buttons, ...downloads),
    h("p", { id: "order-problem", class: "problem", role: "alert" }),
  );
  for (const button of buttons) button.addEventListener("click", () => confirmOrder(button.id.slice("order-".length) as Order, button));
  const all = panels.map(({ id, title, size }) => section(id, title, size));
  const charts = section("charts", "By round", "whole");
  charts.hidden = true;
  byId("console").append(standing, ...all.slice(0, 2), charts, ...all.slice(2));
}

function show(): void {
  const { facts, live, standby } = state;
  showStandby(standby);
  if (facts === undefined || live === undefined) return;
  byId("console").hidden = false;
  byId("run-title").textContent = `Run ${facts.run}`;
  document.title = `${facts.run}: round ${live.round}`;
  fill("standing", standingParts());
  const allowed = allowedOrders(live.standing, live.phase);
  for (const order of Object.keys(words) as Order[]) (byId(`order-${order}`) as HTMLButtonElement).disabled = !allowed.includes(order);
  for (const { id, show: parts } of panels) fill(id, parts(state));
}

/** The whole page is about who leads, or nothing is. */
function showStandby(standby: ConsoleState["standby"]): void {
  byId("standby").hidden = standby === undefined;
  if (standby === undefined) return;
  const way = leaderConsole(standby);
  const hadConsole = !byId("console").hidden;
  const text = standbySentence(standby);
  if (byId("standby-text").textContent !== text || hadConsole) announce(text);
  byId("standby-text").textContent = text;
  if (byId("standby-way").querySelector("a")?.href !== way)
    byId("standby-way").replaceChildren(...(way === undefined ? [] : [h("a", { href: way, rel: "noreferrer" }, "Open its console")]));
  byId("run-title").textContent = `Run ${standby.run}`;
  document.title = `${standby.run}: standing by`;
  const hadFocus = byId("console").contains(document.activeElement);
  (byId("confirm") as HTMLDialogElement).close();
  byId("console").hidden = true;
  if (hadFocus) byId("main").focus();
}

function standingParts(): HTMLElement[] {
  const { facts, live } = state;
  if (facts === undefined || live === undefined) return [];
  const about = `${facts.model}, ${facts.protection}; ${formatCount(facts.items)} items; cohorts of ${formatCount(facts.cohort.min)} to ${formatCount(facts.cohort.size)}; ${live.published} of ${facts.rounds} rounds; server key ${facts.serverKey}`;
  return [h("p", { class: "standing" }, standingSentence(live)), h("p", { class: "note" }, about)];
}

/** Replaces what has changed; a panel without content is hidden. */
function fill(id: string, parts: readonly HTMLElement[]): void {
  byId(id).hidden = parts.length === 0;
  const text = parts.map(({ outerHTML }) => outerHTML).join("");
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const body = byId(`${id}-body`);
  const scrolled = [...body.querySelectorAll(".scroll")].map(({ scrollTop }) => scrollTop);
  const focused = [...body.querySelectorAll(".scroll")].indexOf(document.activeElement ?? document.body);
  body.replaceChildren(...parts);
  for (const [at, one] of [...body.querySelectorAll<HTMLElement>(".scroll")].entries()) {
    one.scrollTop = scrolled[at] ?? 0;
    if (at === focused) one.focus({ preventScroll: true });
  }
}

function showCharts(): void {
  const charts = consoleCharts(state);
  byId("charts").hidden = charts.length === 0;
  const body = byId("charts-body");
  body.className = "charts";
  for (const holder of [...body.children]) {
    if (charts.some(({ id }) => holder.id === `holder-${id}`)) continue;
    shown.delete(holder.id.slice("holder-".length));
    holder.remove();
  }
  for (const chart of charts) {
    const holder = document.getElementById(`holder-${chart.id}`) ?? body.appendChild(chartHolder(chart.id));
    const text = JSON.stringify(chart);
    if (shown.get(chart.id) === text) continue;
    shown.set(chart.id, text);
    holder.firstElementChild!.replaceWith(fromMarkup(draw(chart)));
    holder.querySelector("details > div")!.replaceWith(tableOfChart(chart));
  }
}

/** A figure and, behind a switch, its numbers: the switch stays as it is when they change. */
function chartHolder(id: string): HTMLElement {
  return h("div", { id: `holder-${id}` }, h("figure"), h("details", {}, h("summary", {}, "Show the numbers"), h("div")));
}

function confirmOrder(order: Order, button: HTMLElement): void {
  const dialog = byId("confirm") as HTMLDialogElement;
  byId("confirm-title").textContent = words[order].title;
  byId("confirm-text").textContent = words[order].text;
  byId("confirm-yes").textContent = words[order].label;
  byId("confirm-yes").onclick = () => {
    dialog.close();
    socket?.emit("order", order, (reply) => {
      tell(reply, `Done: ${words[order].label}.`);
      button.focus();
    });
  };
  byId("confirm-no").onclick = () => dialog.close();
  dialog.showModal();
  byId("confirm-no").focus();
}

function download(kind: "html" | "json"): void {
  socket?.emit("report", kind, (reply) => {
    if (reply.ok && reply.text !== undefined) {
      const url = URL.createObjectURL(new Blob([reply.text], { type: kind === "html" ? "text/html" : "application/json" }));
      h("a", { href: url, download: `${state.facts?.run ?? "run"}.${kind}` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    }
    tell(reply, "The report is downloaded.");
  });
}

function tell(reply: ConsoleReply, done: string): void {
  byId("order-problem").textContent = reply.ok ? "" : reply.message;
  if (reply.ok) announce(done);
}

function setLink(isUp: boolean, text: string): void {
  const link = byId("link");
  link.classList.toggle("up", isUp);
  if (link.textContent !== text) link.textContent = text;
}
