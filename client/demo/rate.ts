/** The wines to rate, as groups of radio buttons; what is rated so far; a search. Imports dom, wines. */

import type { Opinion } from "./device.ts";
import { announce, glass, h } from "./dom.ts";
import { dozen, originOf, search, type Wine } from "./wines.ts";

/** What the view is told and tells. */
export interface RateParts {
  readonly wines: readonly Wine[];
  readonly opinions: ReadonlyMap<number, Opinion>;
  judge(item: number, opinion: Opinion | undefined): void;
  forget(): void;
}

/** The view: `update` after opinions changed elsewhere. */
export interface RateView {
  update(): void;
}

const goal = 12;
const choices = [
  ["like", "Like"],
  ["none", "No opinion"],
  ["pass", "Not for me"],
] as const;

/** Fills the section. */
export function createRateView(section: HTMLElement, parts: RateParts): RateView {
  const { wines, opinions } = parts;
  let turn = 0;
  const list = h("div", { class: "wines" });
  const found = h("p", { class: "found", role: "status" });
  const meter = h("meter", { min: 0, max: goal, "aria-labelledby": "progress" });
  const progress = h("p", { id: "progress", class: "progress" });
  const rated = h("ul", { class: "chips", "aria-label": "Wines you rated" });
  const clear = h("button", { type: "button", class: "quiet" }, "Clear my ratings");
  const field = h("input", {
    type: "search",
    id: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "Malbec, Mendoza, rosé",
  });
  const other = h("button", { type: "button", class: "quiet" }, "Show another dozen");

  const show = (items: readonly number[]): void => {
    list.replaceChildren(...items.map((item) => card(item, wines[item]!, parts)));
  };
  const showDozen = (): void => {
    found.textContent = "";
    show(dozen(wines, turn));
  };
  other.addEventListener("click", () => {
    turn += 1;
    field.value = "";
    showDozen();
    announce("Another dozen wines is shown.");
  });
  field.addEventListener("input", () => {
    if (field.value.trim() === "") return showDozen();
    const items = search(wines, field.value, goal);
    found.textContent = items.length === 0 ? "No wine with these words." : `${items.length === goal ? "First " : ""}${items.length} found`;
    show(items);
  });
  clear.addEventListener("click", () => {
    parts.forget();
    list.querySelector("input")?.focus();
  });

  section.replaceChildren(
    h("header", {}, h("p", { class: "eyebrow" }, "1 · on your device"), h("h2", { id: "rate-title" }, "Rate a dozen wines")),
    h("div", { class: "tally" }, progress, meter),
    rated,
    h("div", { class: "tools" }, h("label", { for: "search" }, "Find a wine"), field, other),
    found,
    list,
    clear,
  );
  showDozen();
  const update = (): void => {
    const count = opinions.size;
    progress.textContent = count >= goal ? `${count} rated: plenty to go on` : `${count} of ${goal} rated`;
    meter.value = Math.min(goal, count);
    clear.hidden = count === 0;
    rated.replaceChildren(...[...opinions].map(([item, opinion]) => chip(item, wines[item]!, opinion, parts)));
    for (const input of list.querySelectorAll("input")) {
      input.checked = input.value === (opinions.get(Number(input.dataset["item"])) ?? "none");
    }
  };
  update();
  return { update };
}

function card(item: number, wine: Wine, { opinions, judge }: RateParts): HTMLElement {
  const current = opinions.get(item) ?? "none";
  const options = choices.map(([value, label]) => {
    const input = h("input", { type: "radio", name: `wine-${item}`, value, "data-item": item, checked: value === current });
    input.addEventListener("change", () => judge(item, value === "none" ? undefined : value));
    return h("label", { class: value }, input, h("span", {}, label));
  });
  const grapes = wine.grapes.slice(0, 3).join(", ");
  const facts = [wine.type, grapes, `${wine.alcohol}\u202f%`].filter(Boolean).join(" · ");
  const about = `about-${item}`;
  return h(
    "fieldset",
    { class: "wine", "aria-describedby": about },
    h("legend", {}, wine.name),
    glass(wine.type),
    h("p", { class: "about", id: about }, h("span", { class: "origin" }, originOf(wine)), h("span", {}, facts)),
    h("div", { class: "opinion" }, ...options),
  );
}

function chip(item: number, wine: Wine, opinion: Opinion, { judge }: RateParts): HTMLElement {
  const isLike = opinion === "like";
  const remove = h("button", { type: "button", "aria-label": `Take back: ${isLike ? "like" : "not for me"}, ${wine.name}` }, "×");
  remove.addEventListener("click", () => judge(item, undefined));
  return h("li", { class: opinion }, h("span", { "aria-hidden": "true" }, isLike ? "♥" : "–"), wine.name, remove);
}
