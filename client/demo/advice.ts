/** What the device recommends, and why: each like's share of a score. Imports dom, device, wines. */

import type { Opinion, VisitorDevice } from "./device.ts";
import { announce, glass, h } from "./dom.ts";
import { originOf, type Wine } from "./wines.ts";

/** What the view is told and tells. */
export interface AdviceParts {
  readonly wines: readonly Wine[];
  readonly device: VisitorDevice;
  judge(item: number, opinion: Opinion): void;
}

/** The view. */
export interface AdviceView {
  /** Asks the device again. @returns how many of the wines shown are new */
  update(): number;
}

const shown = 8;
const namedReasons = 2;

/** Fills the section. */
export function createAdviceView(section: HTMLElement, parts: AdviceParts): AdviceView {
  const list = h("ol", { class: "picks" });
  const empty = h(
    "p",
    { class: "empty" },
    "Like a wine, and this list fills at once. No message leaves for it: your device has the model, and solves for you.",
  );
  const solved = h("p", { class: "solved" });
  section.replaceChildren(
    h("header", {}, h("p", { class: "eyebrow" }, "2 · on your device"), h("h2", { id: "advice-title" }, "What you may like")),
    solved,
    empty,
    list,
  );
  const peek = createPeek(section);
  let before: readonly number[] = [];
  return {
    update() {
      const { device, wines } = parts;
      const start = performance.now();
      const picks = device.recommend(shown);
      const ms = performance.now() - start;
      const items = picks.map(({ item }) => item);
      const open = new Set([...list.querySelectorAll("details[open]")].map((one) => Number((one as HTMLElement).dataset["item"])));
      const best = picks[0]?.score ?? 1;
      list.replaceChildren(...picks.map(({ item, score }) => pick(item, score / best, before, open.has(item), parts)));
      empty.hidden = picks.length > 0;
      solved.hidden = picks.length === 0;
      solved.textContent = `Scored ${wines.length} wines here in ${ms < 1 ? "under a millisecond" : `${ms.toFixed(0)} ms`}, from ${device.likes} ${device.likes === 1 ? "like" : "likes"}; nothing was sent.`;
      peek(items.map((item) => wines[item]!.name));
      const fresh = items.filter((item) => !before.includes(item)).length;
      const isChanged = items.length !== before.length || items.some((item, rank) => item !== before[rank]);
      if (isChanged && items.length > 0)
        announce(
          `Recommended now: ${items
            .slice(0, 3)
            .map((item) => wines[item]!.name)
            .join("; ")}.`,
        );
      before = items;
      return fresh;
    },
  };
}

/** Where the list stands below the wines: a link to it that names the best, until the list is in sight. */
function createPeek(section: HTMLElement): (names: readonly string[]) => void {
  const link = h("a", { class: "peek", href: "#advice", hidden: true });
  section.before(link);
  let best: string | undefined;
  let isInSight = false;
  const show = (): void => {
    link.hidden = best === undefined || isInSight;
    if (best !== undefined) link.replaceChildren(h("span", {}, h("small", {}, "You may like"), best));
  };
  new IntersectionObserver(([entry]) => {
    isInSight = entry!.isIntersecting || entry!.boundingClientRect.top < 0;
    show();
  }).observe(section);
  return ([name]) => {
    best = name;
    show();
  };
}

function pick(item: number, match: number, before: readonly number[], isOpen: boolean, parts: AdviceParts): HTMLElement {
  const wine = parts.wines[item]!;
  const match100 = Math.max(0, Math.round(100 * match));
  const bar = h("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(match100 / 100));
  const button = (opinion: Opinion, label: string): HTMLElement => {
    const one = h("button", { type: "button", class: `quiet ${opinion}`, "aria-label": `${label}: ${wine.name}` }, label);
    one.addEventListener("click", () => {
      const place = [...(one.closest("ol")?.children ?? [])].indexOf(one.closest("li")!);
      const picks = one.closest("ol");
      parts.judge(item, opinion);
      // The wine is gone from the list: the keyboard goes on with the one in its place.
      picks?.children[Math.min(place, picks.children.length - 1)]?.querySelector<HTMLElement>(`button.${opinion}`)?.focus();
    });
    return one;
  };
  const food = wine.food.slice(0, 3).join(", ").toLowerCase();
  return h(
    "li",
    { class: before.length > 0 && !before.includes(item) ? "pick fresh" : "pick", "data-item": item },
    glass(wine.type),
    h(
      "div",
      { class: "what" },
      h("h3", {}, wine.name),
      h(
        "p",
        { class: "about" },
        h("span", { class: "origin" }, originOf(wine)),
        h("span", {}, food === "" ? wine.type : `${wine.type} · with ${food}`),
      ),
      h("p", { class: "match" }, bar, h("span", { class: "unseen" }, `Score ${match100} percent of the best.`)),
    ),
    h("div", { class: "verdict" }, button("like", "Like"), button("pass", "Not for me")),
    why(item, isOpen, parts),
  );
}

/** The two strongest reasons in the line, all of them below: shares in percent of the score, exact up to rounding. */
function why(item: number, isOpen: boolean, { device, wines }: AdviceParts): HTMLElement {
  const explanation = device.explain(item);
  if (explanation === undefined) return h("p", { class: "why" }, "This model has no explanation.");
  const { score, shares } = explanation;
  const reasons = shares.filter(({ share }) => share > 0).slice(0, namedReasons);
  const because = reasons.length === 0 ? "Why" : `Because you like ${reasons.map((reason) => wines[reason.item]!.name).join(" and ")}`;
  const greatest = Math.max(...shares.map(({ share }) => Math.abs(share)), Number.MIN_VALUE);
  const rows = shares.map(({ item: rated, share }) => {
    const bar = h("span", { class: share < 0 ? "bar against" : "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(Math.abs(share) / greatest));
    const percent = `${share < 0 ? "−" : "+"}${Math.abs((100 * share) / score).toFixed(0)}\u202f%`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, wines[rated]!.name),
      h("td", { class: "number" }, percent),
      h("td", { class: "drawn" }, bar),
    );
  });
  const details = h(
    "details",
    { class: "why", "data-item": item, open: isOpen },
    h("summary", {}, because),
    h(
      "table",
      {},
      h("caption", {}, "What each of your likes adds to this score: exact, worked out here"),
      h(
        "thead",
        { class: "unseen" },
        h("tr", {}, h("th", { scope: "col" }, "Liked wine"), h("th", { scope: "col" }, "Share"), h("th", { scope: "col" }, "Drawn")),
      ),
      h("tbody", {}, ...rows),
    ),
  );
  return details;
}
