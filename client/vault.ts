/**
 * What a device remembers, by meaning, over a store of bytes. The only place that turns private parts into bytes, and only for
 * the device's own store. Imports shared, the store's seam.
 */
import { toUtf8 } from "../shared/crypto/encoding.ts";
import { createIdentity, type Identity, identityFromSeed, seedOf } from "../shared/crypto/identity.ts";
import { PrivatePart } from "../shared/models/private-part.ts";
import type { SecureRng } from "../shared/random.ts";
import type { Pin } from "./consent.ts";
import type { ClientStore } from "./store.ts";

/** The sealed answer that may have to be sent again, byte for byte. */
export interface PendingAnswer {
  readonly round: number;
  readonly stage: number;
  /** sha256 of the bytes, base64url. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Rounds for which this device has sealed a contribution: with which model, up to which stage. */
export interface Participation {
  readonly round: number;
  readonly model: string;
}

/** How many rounds back a device remembers what it took part in. */
const rememberedRounds = 64;

/** A device's memory of one run. */
export class Vault {
  readonly #store: ClientStore;
  readonly #run: string;

  constructor(store: ClientStore, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /** The device's identity: made at the first visit, kept. */
  async identity(secure: SecureRng): Promise<Identity> {
    const seed = await this.#store.get("identity");
    if (seed !== undefined && seed.length === 32) return identityFromSeed(seed);
    const identity = createIdentity(secure);
    await this.#store.set("identity", seedOf(identity));
    return identity;
  }

  async pin(): Promise<Pin | undefined> {
    return this.#json<Pin>("pin");
  }

  async savePin(pin: Pin): Promise<void> {
    await this.#saveJson("pin", pin);
  }

  /** The last published model that the device has: its hash (43 characters), then its bytes. */
  async model(): Promise<{ readonly sha256: string; readonly bytes: Uint8Array } | undefined> {
    const stored = await this.#store.get(this.#key("model"));
    if (stored === undefined) return undefined;
    return { sha256: new TextDecoder().decode(stored.subarray(0, 43)), bytes: stored.slice(43) };
  }

  async saveModel(sha256: string, bytes: Uint8Array): Promise<void> {
    const stored = new Uint8Array(43 + bytes.length);
    stored.set(toUtf8(sha256));
    stored.set(bytes, 43);
    await this.#store.set(this.#key("model"), stored);
  }

  async privatePart(): Promise<PrivatePart | undefined> {
    const stored = await this.#store.get(this.#key("private"));
    return stored === undefined ? undefined : new PrivatePart(new Float64Array(stored.slice().buffer));
  }

  async savePrivatePart(part: PrivatePart): Promise<void> {
    const { values } = part;
    await this.#store.set(this.#key("private"), new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)));
  }

  async pending(): Promise<PendingAnswer | undefined> {
    const header = await this.#json<Omit<PendingAnswer, "bytes">>("pending");
    const bytes = await this.#store.get(this.#key("pending-bytes"));
    return header === undefined || bytes === undefined ? undefined : { ...header, bytes };
  }

  /** Bytes first: a header without its bytes would be a promise that cannot be kept. */
  async savePending({ bytes, ...header }: PendingAnswer): Promise<void> {
    await this.#store.delete(this.#key("pending"));
    await this.#store.set(this.#key("pending-bytes"), bytes);
    await this.#saveJson("pending", header);
  }

  async clearPending(): Promise<void> {
    await this.#store.delete(this.#key("pending"));
    await this.#store.delete(this.#key("pending-bytes"));
  }

  async participations(): Promise<readonly Participation[]> {
    return (await this.#json<Participation[]>("rounds")) ?? [];
  }

  async recordParticipation(entry: Participation): Promise<void> {
    const known = await this.participations();
    await this.#saveJson("rounds", [...known.filter(({ round }) => round !== entry.round), entry].slice(-rememberedRounds));
  }

  /** Forgets everything about the run but the identity. */
  async clear(): Promise<void> {
    for (const name of ["pin", "model", "private", "pending", "pending-bytes", "rounds"]) await this.#store.delete(this.#key(name));
  }

  async #json<T>(name: string): Promise<T | undefined> {
    const bytes = await this.#store.get(this.#key(name));
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as T);
  }

  async #saveJson(name: string, value: unknown): Promise<void> {
    await this.#store.set(this.#key(name), toUtf8(JSON.stringify(value)));
  }

  #key(name: string): string {
    return `${this.#run}/${name}`;
  }
}
