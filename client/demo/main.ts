/** The wine demo's page: puts the device and its four views together. Imports the views, the SDK's store. */
import { indexedDbStore, memoryStore } from "../browser.ts";
import { createAdviceView } from "./advice.ts";
import { type Opinion, VisitorDevice } from "./device.ts";
import { byId } from "./dom.ts";
import { createRateView } from "./rate.ts";
import { createRoundView } from "./round.ts";
import { createSentView } from "./sent.ts";
import { fetchFacts } from "./wines.ts";

const notice = byId("notice");

try {
  await start();
  notice.hidden = true;
} catch (error) {
  notice.classList.add("failed");
  notice.textContent = `The demo cannot start: ${error instanceof Error ? error.message : "unknown"}. Is "cofactor serve --demo" still running? Then reload.`;
}
document.body.dataset["ready"] = "yes";

async function start(): Promise<void> {
  const { run, neighbors, wines } = await fetchFacts();
  // Private windows of some browsers have no database: then nothing is remembered.
  const store = await indexedDbStore("cofactor-demo").catch(() => memoryStore());
  const device = await VisitorDevice.open(store, run);
  const judge = (item: number, opinion: Opinion | undefined): void => {
    void device.judge(item, opinion);
    update();
  };
  const forget = (): void => {
    void device.forget();
    update();
  };
  const rate = createRateView(byId("rate"), { wines, opinions: device.opinions, judge, forget });
  const advice = createAdviceView(byId("advice"), { wines, device, judge });
  const sent = createSentView(byId("sent"), device);
  const round = createRoundView(byId("round"), { device, neighbors, onPublished: advice.update, onSent: sent });
  function update(): void {
    rate.update();
    advice.update();
    void round();
  }
  update();
}
