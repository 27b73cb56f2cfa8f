/** What left the device, byte for byte, and who can read what of it. Imports dom, device. */

import type { Sent } from "../browser.ts";
import type { VisitorDevice } from "./device.ts";
import { bytesText, h } from "./dom.ts";

const shownBytes = 1536;
const names: Readonly<Record<string, string>> = {
  keys: "Keys",
  shares: "Sealed shares",
  contribution: "Your masked part",
  consistency: "Signed list",
  unmask: "Shares for the sum",
};

/** Fills the section. @returns redraws it, after something was sent */
export function createSentView(section: HTMLElement, device: VisitorDevice): () => void {
  const body = h("div", {});
  const widths = [matchMedia("(max-width: 640px)"), matchMedia("(max-width: 992px)")];
  let chosen: number | undefined;
  section.replaceChildren(
    h("header", {}, h("p", { class: "eyebrow" }, "4 · see for yourself"), h("h2", { id: "sent-title" }, "What left this device")),
    body,
    readers(device),
  );
  const update = (): void => {
    const { sent } = device;
    if (sent.length === 0) {
      body.replaceChildren(
        h(
          "p",
          { class: "empty" },
          "Nothing of yours has left in this visit. Your device fetched the terms and the shared model, as everyone does. Join a round, and every byte that it sends stands here.",
        ),
      );
      return;
    }
    const current = sent.find(({ stage }) => stage === chosen) ?? sent.find(({ isContribution }) => isContribution) ?? sent[0]!;
    const hadFocus = body.contains(document.activeElement) ? (document.activeElement as HTMLInputElement).value : undefined;
    body.replaceChildren(picker(sent, current), frame(current, widths[0]!.matches ? 8 : widths[1]!.matches ? 16 : 32, device));
    if (hadFocus !== undefined) body.querySelector<HTMLInputElement>(`input[value="${hadFocus}"]`)?.focus();
  };
  const picker = (sent: readonly Sent[], current: Sent): HTMLElement => {
    const options = [...sent]
      .sort((a, b) => a.stage - b.stage)
      .map((one) => {
        const input = h("input", { type: "radio", name: "frame", value: one.stage, checked: one.stage === current.stage });
        input.addEventListener("change", () => {
          chosen = one.stage;
          update();
        });
        return h("label", {}, input, h("span", {}, names[one.name] ?? one.name, h("small", {}, bytesText(one.bytes.length))));
      });
    return h("fieldset", { class: "frames" }, h("legend", {}, `Messages of round ${current.round}, in order`), ...options);
  };
  for (const width of widths) width.addEventListener("change", update);
  update();
  return update;
}

function frame(sent: Sent, width: number, { client }: VisitorDevice): HTMLElement {
  const { bytes, digest, isContribution } = sent;
  const count = Math.min(bytes.length, shownBytes);
  const what = isContribution
    ? "The correction to the shared model: clipped, with your share of the noise, under masks. On its own it is as good as random; only the sum over the cohort means anything."
    : "Part of making masks that cancel in the sum. It does not depend on what you like.";
  const { bytesSent, bytesReceived } = client.traffic;
  return h(
    "div",
    { class: "frame" },
    h("p", {}, what),
    h(
      "pre",
      { id: "hex", tabindex: 0, role: "region", "aria-label": `First ${count} of ${bytes.length} bytes in hexadecimal` },
      hexLines(bytes.subarray(0, count), width),
    ),
    h(
      "dl",
      { class: "figures" },
      h(
        "div",
        {},
        h("dt", {}, "Shown"),
        h("dd", {}, `${count.toLocaleString("en")} of `, h("strong", { id: "length" }, bytes.length.toLocaleString("en")), " bytes"),
      ),
      h("div", {}, h("dt", {}, "sha256, which your device signed"), h("dd", {}, h("code", { id: "digest" }, digest))),
      h(
        "div",
        {},
        h("dt", {}, "On the wire in this visit, everything counted"),
        h("dd", {}, `${bytesText(bytesSent)} sent, ${bytesText(bytesReceived)} received`),
      ),
    ),
  );
}

function hexLines(bytes: Uint8Array, width: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const row = Array.from(bytes.subarray(at, at + width), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${row}`);
  }
  return lines.join("\n");
}

/** Facts of the protection and the promise: see the README's tables of who can see what. */
function readers({ client }: VisitorDevice): HTMLElement {
  const least = client.terms?.cohort.min ?? 2;
  const list = (title: string, kind: string, ...lines: readonly string[]): HTMLElement =>
    h("div", { class: kind }, h("h3", {}, title), h("ul", {}, ...lines.map((line) => h("li", {}, line))));
  return h(
    "div",
    { class: "readers" },
    list(
      "The aggregator can see",
      "sees",
      "that your browser fetched this page, the terms and the model",
      "that a device under this run's random name took part, in which rounds, when, and from which network address",
      "how many bytes it sent, and that on their own they look random",
      `one sum a round over at least ${least} devices, with noise in it that every one of them added`,
    ),
    list(
      "It cannot see",
      "blind",
      "which wines you liked or passed over: they have no form on the wire",
      "your taste, your recommendations, or the reasons for them: they are worked out here",
      "your part of the sum, unless it works together with more than a tenth of the cohort",
    ),
    h(
      "p",
      { class: "note" },
      "What the sums themselves tell about you is bounded by epsilon, also against whoever reads the published model. Here the aggregator and the neighbors run on one computer, to show you the protocol; it protects once they are in different hands.",
    ),
  );
}
