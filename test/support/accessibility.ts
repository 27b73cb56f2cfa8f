/** What a checker of accessibility looks for first, looked for in a page: names, labels, ids, headings, contrast, sizes of targets. */
import type { Page } from "playwright-core";

/** What is wrong with the page as it is now, a line each; nothing when nothing is. */
export function problemsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const all = [...document.querySelectorAll<HTMLElement>("body *")];
    const isShown = (one: Element): boolean =>
      one.checkVisibility({ visibilityProperty: true }) && one.closest(".unseen, .skip, svg") === null;
    const shown = all.filter(isShown);
    const about = (one: Element): string =>
      `${one.tagName.toLowerCase()}.${one.className} "${(one.textContent ?? "").trim().slice(0, 40)}"`;

    const textOf = (ids: string): string =>
      ids
        .split(/\s+/)
        .map((id) => document.getElementById(id)?.textContent ?? "")
        .join(" ")
        .trim();
    const nameOf = (one: HTMLElement): string => {
      const labelledBy = one.getAttribute("aria-labelledby");
      if (labelledBy !== null) return textOf(labelledBy);
      const label = one.getAttribute("aria-label");
      if (label !== null) return label.trim();
      if (one instanceof HTMLInputElement)
        return [...(one.labels ?? [])]
          .map(({ textContent }) => textContent ?? "")
          .join(" ")
          .trim();
      if (one instanceof HTMLFieldSetElement) return one.querySelector("legend")?.textContent?.trim() ?? "";
      return (one.textContent ?? "").trim();
    };
    const named = "a, button, input, summary, fieldset, meter, section, nav, [role=region], ol[aria-label], ul[aria-label]";
    for (const one of shown) if (one.matches(named) && nameOf(one) === "") problems.push(`no name: ${about(one)}`);
    if (document.documentElement.lang === "") problems.push("no language");
    if (document.title === "") problems.push("no title");
    for (const landmark of ["header", "main", "footer"])
      if (document.querySelectorAll(`body > ${landmark}`).length !== 1) problems.push(`${landmark}: not one`);

    const ids = all.filter(({ id }) => id !== "").map(({ id }) => id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id twice: ${id}`);
    for (const one of all) {
      for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
        for (const id of (one.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean)) {
          if (document.getElementById(id) === null) problems.push(`${attribute} of nothing: ${id}`);
        }
      }
      if (one.tabIndex > 0) problems.push(`a tab order of its own: ${about(one)}`);
      if (one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY) && isShown(one)) {
        if (one.tabIndex < 0 && one.querySelector("a, button, input, summary") === null)
          problems.push(`no keyboard scrolls it: ${about(one)}`);
      }
    }

    let level = 0;
    for (const heading of shown.filter((one) => /^H[1-6]$/.test(one.tagName))) {
      const next = Number(heading.tagName[1]);
      if (next > level + 1) problems.push(`heading ${next} behind ${level}: ${about(heading)}`);
      level = next;
    }
    if (shown.filter(({ tagName }) => tagName === "H1").length !== 1) problems.push("h1: not one");

    // Targets of 24 pixels, links inside of text aside: WCAG 2.2, success criterion 2.5.8.
    for (const one of shown) {
      if (!one.matches("button, input, summary, nav a")) continue;
      const { width, height } = one.getBoundingClientRect();
      if (width < 24 || height < 24) problems.push(`target of ${Math.round(width)} x ${Math.round(height)}: ${about(one)}`);
    }

    // Contrast of text against the first ground behind it that is painted: WCAG 2.2, success criterion 1.4.3.
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    const painted = (colors: readonly string[]): readonly number[] => {
      canvas.clearRect(0, 0, 1, 1);
      for (const color of colors) {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
      }
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r = 0, g = 0, b = 0]: readonly number[]): number => {
      const linear = (value: number): number => (value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    for (const one of shown) {
      const hasText = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? "").trim() !== "");
      if (!hasText || one.closest(":disabled, [aria-hidden=true]") !== null) continue;
      const grounds: string[] = [];
      for (let at: Element | null = one; at !== null; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
      // Behind all of them is the browser's own.
      grounds.unshift("white");
      const style = getComputedStyle(one);
      const [text, ground] = [luminance(painted([...grounds, style.color])), luminance(painted(grounds))];
      const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
      const isLarge = Number.parseFloat(style.fontSize) >= 24;
      if (ratio < (isLarge ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)}: ${about(one)}`);
    }
    return problems;
  });
}
