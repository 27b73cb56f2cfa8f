/** The live round: one button, its steps as they happen, and the device's own account of privacy. Imports dom, device. */

import type { Account, RoundOutcome, VisitorDevice } from "./device.ts";
import { announce, h } from "./dom.ts";

/** What the view is told and tells. */
export interface RoundParts {
  readonly device: VisitorDevice;
  readonly neighbors: number;
  /** A round is over: the model may be new. @returns how many recommendations are new */
  onPublished(): number;
  /** Something left the device. */
  onSent(): void;
}

/** The steps, by the names that the protection gives its stages; "gather" and "published" stand around them. */
const steps: readonly (readonly [name: string, title: string, text: string])[] = [
  ["gather", "A cohort gathers", "your device and its neighbors connect"],
  ["keys", "Fresh keys", "drawn for this round alone"],
  ["shares", "Spare shares", "sealed for neighbors, in case someone is lost"],
  ["contribution", "Your part", "clipped, noised, masked, sent"],
  ["consistency", "One list", "every device signs who is in the sum"],
  ["unmask", "Masks come off the sum", "and off nothing else"],
  ["published", "The new model", "your device fetches it and solves again"],
];

const outcomes: Readonly<Record<RoundOutcome, string>> = {
  included: "",
  cancelled: "You left before the round was published. If your device had answered by then, the round stays charged.",
  late: "No round came together in time. Try again in a moment.",
  exhausted: "The promise of this run allows your device no further round. Recommendations go on.",
};

/** Fills the section. @returns redraws the account and the button, after opinions or the ledger changed */
export function createRoundView(section: HTMLElement, parts: RoundParts): () => Promise<void> {
  const { device } = parts;
  const { client } = device;
  const join = h("button", { type: "button", class: "primary" }, "Join the next round");
  const leave = h("button", { type: "button", class: "quiet", hidden: true }, "Leave");
  const status = h("p", { class: "status", role: "status" });
  const items = new Map(steps.map(([name, title, text]) => [name, h("li", {}, h("strong", {}, title), h("span", {}, text))]));
  const account = h("dl", { class: "account" });
  const note = h("p", { class: "note" });
  let going: AbortController | undefined;

  const reached = (name: string): void => {
    const place = steps.findIndex(([step]) => step === name);
    for (const [at, [step]] of steps.entries()) {
      const item = items.get(step)!;
      item.className = at < place ? "done" : at === place ? "now" : "";
      if (at === place) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
  };

  const refresh = async (): Promise<void> => {
    const now = await device.account();
    account.replaceChildren(...accountRows(now));
    const isUsedUp = now.used >= now.allowed;
    join.hidden = going !== undefined;
    leave.hidden = going === undefined;
    join.disabled = isUsedUp || device.likes === 0;
    note.textContent = isUsedUp
      ? outcomes.exhausted
      : device.likes === 0
        ? "Like at least one wine first: without likes there is nothing to teach."
        : "";
  };

  client.on("asked", ({ round, stage }) => {
    if (stage === 0) say(`Round ${round} has begun.`);
  });
  client.on("sent", ({ name, round, bytes }) => {
    reached(name);
    const title = steps.find(([step]) => step === name)?.[1] ?? name;
    say(`Round ${round}: ${title.toLowerCase()}, ${bytes.length.toLocaleString("en")} bytes sent.`);
    parts.onSent();
    void refresh();
  });
  client.on("declined", ({ reason }) => say(`Your device declined: ${reason}.`));
  client.on("abandoned", ({ round }) => say(`Round ${round} came to nothing, and nothing was revealed. Waiting for the next.`));
  client.on("published", ({ round, accepted, included }) => {
    if (included) say(`Round ${round} is published: a sum over ${accepted} devices, yours among them.`);
  });

  function say(text: string): void {
    status.textContent = text;
  }

  join.addEventListener("click", () => void takePart());
  leave.addEventListener("click", () => going?.abort());

  async function takePart(): Promise<void> {
    going = new AbortController();
    reached("gather");
    say("Connecting; the neighbors are called.");
    await refresh();
    leave.focus();
    try {
      const outcome = await device.takePart(going.signal);
      if (outcome === "included") {
        reached("published");
        for (const item of items.values()) item.className = "done";
        const fresh = parts.onPublished();
        announce(`${status.textContent ?? ""} ${fresh === 0 ? "The same wines are recommended." : `${fresh} recommendations are new.`}`);
      } else {
        reached("");
        say(outcomes[outcome]);
      }
    } catch (error) {
      reached("");
      say(`The round failed: ${error instanceof Error ? error.message : "unknown"}.`);
    } finally {
      going = undefined;
      await refresh();
      (join.disabled ? section : join).focus();
    }
  }

  section.replaceChildren(
    h("header", {}, h("p", { class: "eyebrow" }, "3 · only when you say so"), h("h2", { id: "round-title" }, "Join a live round")),
    h(
      "div",
      { class: "split" },
      h(
        "div",
        {},
        h(
          "p",
          {},
          `Rounds are how the shared model learns. In one of them your device and up to ${parts.neighbors} neighbors each work out a correction from their own likes, add noise, and mask it so that the masks cancel in the sum and nowhere else.`,
        ),
        h("div", { class: "actions" }, join, leave),
        note,
        status,
        h("h3", { class: "label" }, "What your device promises you"),
        account,
      ),
      h("ol", { class: "stages", "aria-label": "Steps of a round" }, ...items.values()),
    ),
  );
  return refresh;
}

function accountRows({ epsilon, delta, used, allowed, totalEpsilon, runs }: Account): HTMLElement[] {
  const spent = used > 0 ? epsilon : 0;
  const meter = h("meter", { min: 0, max: allowed, value: used, "aria-label": "Rounds used" });
  const row = (term: string, ...text: (Node | string)[]): HTMLElement => h("div", {}, h("dt", {}, term), h("dd", {}, ...text));
  return [
    row(
      "Epsilon spent",
      h("strong", { class: "figure", id: "epsilon" }, String(spent)),
      ` of ${epsilon} that the signed terms promise, at delta ${delta}`,
    ),
    row(
      "Rounds used",
      h("strong", { class: "figure", id: "used" }, String(used)),
      ` of ${allowed}, after which your device declines `,
      meter,
    ),
    row(
      "In this browser",
      `epsilon ${totalEpsilon} over ${runs} ${runs === 1 ? "run" : "runs"}; a run is charged whole at its first round, before a byte leaves`,
    ),
  ];
}
