/** The page of the browser tests: an app as a developer would write it, with its settings in the address. */
import { type Acceptance, type Client, createClient, indexedDbStore, type Participated } from "../../client/browser.ts";

/** What the page did and may be told to do. */
export interface App {
  readonly client: Client;
  /** Digests of the answers that left the page. */
  readonly sent: readonly string[];
  join(): Promise<{ readonly id: string; readonly isNew: boolean }>;
  takePart(rounds: number): Promise<Participated>;
  recommend(count: number): readonly { readonly item: number; readonly score: number }[];
}

declare global {
  interface Window {
    app: App;
  }
}

const settings = JSON.parse(decodeURIComponent(location.hash.slice(1))) as {
  readonly url: string;
  readonly run: string;
  readonly ratings: readonly (readonly [number, number])[];
  readonly accept: Acceptance;
};
const client = createClient({ ...settings, store: await indexedDbStore("films") });
const sent: string[] = [];
client.on("contributed", ({ digest }) => sent.push(digest));
window.app = {
  client,
  sent,
  async join() {
    let isNew = false;
    const stop = client.on("joined", (joined) => {
      isNew = joined.isNew;
    });
    await client.join();
    stop();
    return { id: client.id ?? "", isNew };
  },
  takePart: (rounds) => client.participate({ rounds }),
  recommend: (count) => client.recommend({ count }),
};
document.body.dataset["ready"] = "yes";
