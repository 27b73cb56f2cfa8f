/** The visitor's device: the SDK's client, what the visitor thinks of wines, and one round at a time. Imports the SDK. */
import { type Client, type ClientStore, createClient, type Explanation, type Recommendation, type Sent } from "../browser.ts";

/** What somebody thinks of a wine; nothing is said of the others. */
export type Opinion = "like" | "pass";

/** What a round came to. */
export type RoundOutcome = "included" | "cancelled" | "late" | "exhausted";

/** How much of the promise is used. */
export interface Account {
  readonly epsilon: number;
  readonly delta: number;
  /** Of this device in this run: rounds charged, and rounds that the promise allows. */
  readonly used: number;
  readonly allowed: number;
  /** Over all runs in this browser's store. */
  readonly totalEpsilon: number;
  readonly runs: number;
}

const opinionsKey = "demo/opinions";
const patienceMs = 150_000;

/** The device. Connected only while it reads the model or takes part. */
export class VisitorDevice {
  readonly client: Client;
  readonly opinions: Map<number, Opinion>;
  /** What left the device in the last round of this visit, stage by stage. */
  sent: Sent[] = [];
  readonly #store: ClientStore;

  private constructor(store: ClientStore, run: string, opinions: Map<number, Opinion>) {
    this.#store = store;
    this.opinions = opinions;
    this.client = createClient({
      url: location.origin,
      run,
      ratings: likesOf(opinions),
      store,
      // What this visitor accepts: secure aggregation, sums over twenty or more, and an epsilon that the device adds up itself.
      accept: { protections: ["masks"], minCohort: 20, requirePrivacy: true, maxEpsilon: 4, maxDelta: 1e-5 },
    });
    this.client.on("sent", (sent) => {
      if (this.sent.some(({ round }) => round !== sent.round)) this.sent = [];
      this.sent = [...this.sent.filter(({ stage }) => stage !== sent.stage), sent];
    });
  }

  /** Opens the device as the store remembers it, with the newest model, and disconnects. @throws CofactorError as `Client.join` */
  static async open(store: ClientStore, run: string): Promise<VisitorDevice> {
    const device = new VisitorDevice(store, run, await loadOpinions(store));
    await device.client.join();
    device.client.close();
    return device;
  }

  /** Sets or takes back an opinion: the device fits its user anew at once, and remembers. */
  async judge(item: number, opinion: Opinion | undefined): Promise<void> {
    if (opinion === undefined) this.opinions.delete(item);
    else this.opinions.set(item, opinion);
    this.client.setRatings(likesOf(this.opinions));
    await this.#save();
  }

  /** Takes all opinions back. */
  async forget(): Promise<void> {
    this.opinions.clear();
    this.client.setRatings([]);
    await this.#save();
  }

  /** The best wines for the visitor; none before a like. */
  recommend(count: number): Recommendation[] {
    if (this.likes === 0) return [];
    return this.client.recommend({ count, exclude: this.opinions.keys() });
  }

  explain(item: number): Explanation | undefined {
    return this.client.explain(item);
  }

  /** How many wines are liked. */
  get likes(): number {
    return likesOf(this.opinions).length;
  }

  /** What the device's own ledger says. */
  async account(): Promise<Account> {
    const { terms } = this.client;
    const promise = terms?.privacy;
    const { epsilon, runs } = await this.client.spent();
    const charge = runs.find(({ run }) => run === terms?.id);
    const participation = promise?.participation;
    return {
      epsilon: promise?.epsilon ?? 0,
      delta: promise?.delta ?? 0,
      used: charge?.reserved.length ?? 0,
      allowed: participation !== undefined && "participations" in participation ? participation.participations : 1,
      totalEpsilon: epsilon,
      runs: runs.length,
    };
  }

  /** Joins the next round: connects, has the neighbors called, answers until the round is published, disconnects. */
  async takePart(signal: AbortSignal): Promise<RoundOutcome> {
    const late = AbortSignal.timeout(patienceMs);
    let isExhausted = false;
    const done = new AbortController();
    const stops = [
      this.client.on("joined", () => void callNeighbors()),
      this.client.on("published", ({ included }) => (included ? undefined : void callNeighbors())),
      this.client.on("abandoned", () => void callNeighbors()),
      this.client.on("declined", ({ reason }) => {
        isExhausted = reason.startsWith("BUDGET_EXHAUSTED");
        if (isExhausted) done.abort();
      }),
    ];
    try {
      const { rounds } = await this.client.participate({ rounds: 1, signal: AbortSignal.any([signal, late, done.signal]) });
      return rounds > 0 ? "included" : isExhausted ? "exhausted" : late.aborted ? "late" : "cancelled";
    } finally {
      for (const stop of stops) stop();
      this.client.close();
    }
  }

  async #save(): Promise<void> {
    await this.#store.set(opinionsKey, new TextEncoder().encode(JSON.stringify([...this.opinions])));
  }
}

/** Likes alone are ratings: this model learns from what people choose. What is passed over is kept off the list, and says nothing else. */
function likesOf(opinions: ReadonlyMap<number, Opinion>): (readonly [number, number])[] {
  return [...opinions].filter(([, opinion]) => opinion === "like").map(([item]) => [item, 1]);
}

async function loadOpinions(store: ClientStore): Promise<Map<number, Opinion>> {
  const bytes = await store.get(opinionsKey);
  return new Map(bytes === undefined ? [] : (JSON.parse(new TextDecoder().decode(bytes)) as [number, Opinion][]));
}

async function callNeighbors(): Promise<void> {
  await fetch("/demo/round", { method: "POST" }).catch(() => undefined);
}
