/**
 * What a device remembers, by meaning, over a store of bytes. The only place that turns private parts into bytes, and only for
 * the device's own store. Imports shared, the store's seam.
 */
import { concatenate, toUtf8 } from "../shared/crypto/encoding.ts";
import { createIdentity, type Identity, identityFromSeed, seedOf } from "../shared/crypto/identity.ts";
import { PrivatePart } from "../shared/models/private-part.ts";
import type { SecureRng } from "../shared/random.ts";
import type { Pin } from "./consent.ts";
import type { ClientStore } from "./store.ts";

/** The sealed answer that may have to be sent again, byte for byte. */
export interface PendingAnswer {
  readonly round: number;
  readonly stage: number;
  /** sha256 of the brief that it answers, base64url: another brief must not get a second answer. */
  readonly brief: string;
  /** sha256 of the bytes, base64url. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** The newest round for which this device has sealed anything. Older rounds are over: their numbers never come back. */
export interface Participation {
  readonly round: number;
  /** sha256 of the model that the round began with. */
  readonly model: string;
  /** How many rounds this device has contributed to so far, this one included: its budget. */
  readonly contributions: number;
}

/** What a contribution that is on its way makes of the device, once it is known to be counted. */
export interface Candidate {
  readonly round: number;
  readonly part: PrivatePart;
}

/** A device's memory of one run. */
export class Vault {
  readonly #store: ClientStore;
  readonly #run: string;

  constructor(store: ClientStore, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /** The device's identity in this run: made at the first visit, kept. Each run has its own, so that servers cannot link them. */
  async identity(secure: SecureRng): Promise<Identity> {
    const seed = await this.#store.get(this.#key("identity"));
    if (seed !== undefined && seed.length === 32) return identityFromSeed(seed);
    const identity = createIdentity(secure);
    await this.#store.set(this.#key("identity"), seedOf(identity));
    return identity;
  }

  /** 32 secret bytes of this run, for choices that must stay the same from round to round: made when they are first asked for, kept. */
  async lastingSecret(secure: SecureRng): Promise<Uint8Array> {
    const kept = await this.#store.get(this.#key("lasting"));
    if (kept !== undefined && kept.length === 32) return kept;
    const fresh = secure.bytes(32);
    await this.#store.set(this.#key("lasting"), fresh);
    return fresh;
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

  /** The bytes of the catalogue followed last, where items come and go. */
  async catalogue(): Promise<Uint8Array | undefined> {
    return this.#store.get(this.#key("catalogue"));
  }

  async saveCatalogue(bytes: Uint8Array): Promise<void> {
    await this.#store.set(this.#key("catalogue"), bytes);
  }

  async privatePart(): Promise<PrivatePart | undefined> {
    const stored = await this.#store.get(this.#key("private"));
    return stored === undefined ? undefined : new PrivatePart(new Float64Array(stored.slice().buffer));
  }

  /** The part of a contribution of which it is not known yet whether it was counted. */
  async candidate(): Promise<Candidate | undefined> {
    const stored = await this.#store.get(this.#key("candidate"));
    if (stored === undefined) return undefined;
    const [round = 0, ...values] = new Float64Array(stored.slice().buffer);
    return { round, part: new PrivatePart(Float64Array.from(values)) };
  }

  /** Round and part as one entry. */
  async saveCandidate({ round, part }: Candidate): Promise<void> {
    await this.#store.set(this.#key("candidate"), new Uint8Array(Float64Array.of(round, ...part.values).buffer));
  }

  async clearCandidate(): Promise<void> {
    await this.#store.delete(this.#key("candidate"));
  }

  /** The round that counted this device last, where contributions are differences; 0 for none. */
  async counted(): Promise<number> {
    return (await this.#json<number>("counted")) ?? 0;
  }

  async saveCounted(round: number): Promise<void> {
    await this.#saveJson("counted", round);
  }

  async savePrivatePart(part: PrivatePart): Promise<void> {
    const { values } = part;
    await this.#store.set(
      this.#key("private"),
      new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)),
    );
  }

  /** The sealed answer, when it is kept and whole. */
  async pending(): Promise<PendingAnswer | undefined> {
    const stored = await this.#store.get(this.#key("pending"));
    if (stored === undefined) return undefined;
    const length = new DataView(stored.buffer, stored.byteOffset, 4).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(stored.subarray(4, 4 + length))) as Omit<PendingAnswer, "bytes">;
    return { ...header, bytes: stored.slice(4 + length) };
  }

  /** Header and bytes as one entry: never one without the other. */
  async savePending({ bytes, ...header }: PendingAnswer): Promise<void> {
    const text = toUtf8(JSON.stringify(header));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length, true);
    await this.#store.set(this.#key("pending"), concatenate(length, text, bytes));
  }

  async clearPending(): Promise<void> {
    await this.#store.delete(this.#key("pending"));
  }

  /** Item indices that this device keeps aside in this run; undefined before it has chosen. */
  async heldOut(): Promise<Int32Array | undefined> {
    const stored = await this.#store.get(this.#key("held-out"));
    return stored === undefined ? undefined : new Int32Array(stored.slice().buffer);
  }

  async saveHeldOut(items: Int32Array): Promise<void> {
    await this.#store.set(this.#key("held-out"), new Uint8Array(items.slice().buffer));
  }

  async participation(): Promise<Participation | undefined> {
    return this.#json<Participation>("participation");
  }

  async saveParticipation(entry: Participation): Promise<void> {
    await this.#saveJson("participation", entry);
  }

  /**
   * Forgets what is the user's: identity, lasting secret, private parts, model, sealed answer. The pin, the records of participation and the choice of what is held
   * out stay, so that a device that comes back under a new name is neither counted twice in a round, nor shown other terms, nor judges by what it
   * trained on.
   */
  async clear(): Promise<void> {
    // It may be counted yet: what is forgotten now can never be subtracted.
    const candidate = await this.candidate();
    if (candidate !== undefined) await this.saveCounted(candidate.round);
    for (const name of ["identity", "lasting", "private", "model", "catalogue", "pending", "candidate"])
      await this.#store.delete(this.#key(name));
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
