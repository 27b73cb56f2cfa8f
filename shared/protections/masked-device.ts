/** A device's half of masked protections: see masked-round.ts. Imports crypto/masks, wire, the seams. */
import { equalBytes, toBase64url } from "../crypto/encoding.ts";
import { countBits, hasBit } from "../crypto/masks/bitmap.ts";
import { encodeUnmaskAnswer, parseConsistencyBrief, parseUnmaskBrief, type ReleasedShare } from "../crypto/masks/closing-messages.ts";
import { addPairMask, addSelfMask, commitToSeed, type OpenEnd, openShares, type SharePair, sealShares } from "../crypto/masks/mask.ts";
import {
  encodeKeysAnswer,
  encodeSharesAnswer,
  parseContributionBrief,
  parseKeysBrief,
  parseSharesBrief,
} from "../crypto/masks/messages.ts";
import { drawNeighbors } from "../crypto/masks/neighbors.ts";
import { toRing } from "../crypto/masks/ring.ts";
import { split } from "../crypto/masks/shamir.ts";
import type { AgreementKeys } from "../crypto/primitives.ts";
import { isCofactorError } from "../errors.ts";
import { encodeFixed } from "../wire/fixed-point.ts";
import type { Carrier } from "./carrier.ts";
import { graphOf } from "./masked-graph.ts";
import { type Neighbor, type OwnPlace, refused, verifyNeighbor } from "./masked-neighbor.ts";
import { consistencyAnswer, formOf, type MaskOptions, signedAnswer, stageOf } from "./masked-round.ts";
import type { DeviceHalf, ProtectionTools, RoundFrame } from "./protection.ts";

/** What a device has after the stage keys. */
interface Own extends OwnPlace {
  readonly sealKeys: AgreementKeys;
  readonly maskKeys: AgreementKeys;
  readonly seed: Uint8Array;
}

/** No stage: the one that was asked is being answered, or was refused. */
const none = -1;

/** A device's half, for one round. Its secrets live as long as it does: a device that restarts is lost for the round. */
export class MaskedDevice implements DeviceHalf {
  readonly #options: MaskOptions;
  readonly #carrier: Carrier;
  readonly #frame: RoundFrame;
  readonly #self: string;
  readonly #tools: ProtectionTools;
  /** The only stage that is answered next: each once, in order, and none after a refusal, whatever is asked again in other words. */
  #next: number = stageOf.keys;
  #own: Own | undefined;
  readonly #neighbors = new Map<number, Neighbor>();
  /** Shares that in-neighbors gave to this device. */
  readonly #held = new Map<number, SharePair>();
  /** The set of contributors that this device has signed. */
  #signed: Uint8Array | undefined;

  constructor(options: MaskOptions, carrier: Carrier, frame: RoundFrame, self: string, tools: ProtectionTools) {
    this.#options = options;
    this.#carrier = carrier;
    this.#frame = frame;
    this.#self = self;
    this.#tools = tools;
  }

  async answer(stage: number, brief: Uint8Array, values: Float64Array): Promise<Uint8Array> {
    if (stage !== this.#next) throw refused(`stage ${stage} was asked out of turn, or again`);
    this.#next = none;
    const answer = await this.#answered(stage, brief, values);
    this.#next = stage + 1;
    return answer;
  }

  async #answered(stage: number, brief: Uint8Array, values: Float64Array): Promise<Uint8Array> {
    if (stage === stageOf.keys) return this.#announce(brief);
    const own = this.#own!;
    switch (stage) {
      case stageOf.shares:
        return this.#share(own, brief);
      case stageOf.contribution:
        return this.#contribute(own, brief, values);
      case stageOf.consistency:
        return this.#agree(own, brief);
      case stageOf.unmask:
        return this.#release(own, brief);
      default:
        throw new RangeError(`"stage" expected 0 to ${stageOf.unmask}, got ${stage}`);
    }
  }

  async #announce(brief: Uint8Array): Promise<Uint8Array> {
    const { devices, index, root } = parseKeysBrief(brief);
    const { min, size } = this.#frame.cohort;
    if (devices < min || devices > size) throw refused(`a cohort expected ${min} to ${size} devices, got ${devices}`);
    const { secure, primitives } = this.#tools;
    const graph = graphOf(this.#options, devices);
    const sealKeys = await primitives.createAgreementKeys(secure);
    const maskKeys = await primitives.createAgreementKeys(secure);
    const seed = secure.bytes(32);
    const neighbors = drawNeighbors(devices, graph.neighbors, index, secure);
    this.#own = { index, root, graph, sealKeys, maskKeys, seed, outNeighbors: new Set(neighbors) };
    const commitment = await commitToSeed(primitives, this.#frame, index, seed);
    return encodeKeysAnswer({
      devices,
      index,
      root,
      sealKey: sealKeys.publicKey,
      maskKey: maskKeys.publicKey,
      commitment,
      neighbors,
    });
  }

  /** Shares both secrets among the out-neighbors that are there, once everything said of the neighbors is verified. */
  async #share(own: Own, brief: Uint8Array): Promise<Uint8Array> {
    const ids = new Set<string>();
    for (const entry of parseSharesBrief(brief, own.graph.devices)) {
      // The assumed share of colluding devices is one of devices, not of places that one of them takes.
      if (ids.has(entry.id)) throw refused(`device ${entry.index} has another place in the cohort`);
      ids.add(entry.id);
      this.#neighbors.set(entry.index, await verifyNeighbor(this.#tools.primitives, this.#frame, this.#self, own, entry));
    }
    const { secure, primitives } = this.#tools;
    const { threshold } = own.graph;
    const receivers = [...this.#neighbors.keys()].filter((index) => own.outNeighbors.has(index));
    if (receivers.length < threshold) throw refused(`at least ${threshold} neighbors expected to be there, got ${receivers.length}`);
    const points = receivers.map((index) => index + 1);
    const keyShares = split(own.maskKeys.secretKey, threshold, points, secure);
    const seedShares = split(own.seed, threshold, points, secure);
    const boxes = [];
    for (const [at, index] of receivers.entries()) {
      const pair = { keyShare: keyShares[at]!.bytes, seedShare: seedShares[at]!.bytes };
      const secret = await this.#sealSecretOf(own, index);
      const box = await sealShares(primitives, this.#frame, sealEnd(own), this.#sealEndOf(index), pair, secret);
      boxes.push({ index, box });
    }
    return encodeSharesAnswer(boxes);
  }

  async #contribute(own: Own, brief: Uint8Array, values: Float64Array): Promise<Uint8Array> {
    const frame = this.#frame;
    if (values.length !== frame.size) throw new RangeError(`"values" expected ${frame.size} values, got ${values.length}`);
    const { primitives, secure } = this.#tools;
    const { shares, present } = parseContributionBrief(brief, own.graph.devices);
    const there = new Set(present);
    for (const index of present) if (!this.#neighbors.has(index)) throw refused(`device ${index} expected to be a neighbor`);
    const holders = present.filter((index) => own.outNeighbors.has(index)).length;
    if (holders < own.graph.threshold) throw refused(`at least ${own.graph.threshold} holders of shares expected, got ${holders}`);
    for (const { index, box } of shares) {
      const sender = this.#neighbors.get(index);
      if (sender === undefined || !there.has(index) || !sender.hasPickedSelf) {
        throw refused(`shares of device ${index} are not for this device`);
      }
      const pair = await this.#opened(own, index, box);
      if (pair !== undefined) this.#held.set(index, pair);
    }
    const form = formOf(frame);
    const vector = toRing(encodeFixed(values, frame.range).integers, form.bits);
    await addSelfMask(primitives, frame, own.index, own.seed, vector, form.bits, 1);
    for (const index of present) await addPairMask(primitives, frame, maskEnd(own), this.#maskEndOf(index), vector, form.bits, 1);
    return this.#carrier.seal(vector, form, frame, secure);
  }

  /** The shares of an in-neighbor; undefined when they do not open: one device that lies must not cost the round all its neighbors. */
  async #opened(own: Own, index: number, box: Uint8Array): Promise<SharePair | undefined> {
    const secret = await this.#sealSecretOf(own, index);
    try {
      return await openShares(this.#tools.primitives, this.#frame, sealEnd(own), this.#sealEndOf(index), box, secret);
    } catch (error) {
      if (isCofactorError(error) && error.code === "DECRYPT_FAILED") return undefined;
      throw error;
    }
  }

  async #agree(own: Own, brief: Uint8Array): Promise<Uint8Array> {
    const contributors = parseConsistencyBrief(brief, own.graph.devices);
    if (!hasBit(contributors, own.index)) throw refused("the set of contributors expected to hold this device");
    const count = countBits(contributors);
    if (count < this.#frame.cohort.min) throw refused(`a sum expected at least ${this.#frame.cohort.min} contributors, got ${count}`);
    this.#signed = contributors;
    return consistencyAnswer(this.#tools.primitives, own.root, contributors);
  }

  /**
   * Gives out one share for each device whose shares it holds.
   *
   * With t out-neighbors that have signed the same set, fewer than t of all can still give out shares of this device's mask key: what it
   * helps to open cannot be opened around it.
   */
  async #release(own: Own, brief: Uint8Array): Promise<Uint8Array> {
    const { primitives } = this.#tools;
    const { contributors, signatures } = parseUnmaskBrief(brief, own.graph.devices);
    if (this.#signed === undefined || !equalBytes(this.#signed, contributors)) {
      throw refused("the set of contributors is not the one that this device has signed");
    }
    const answer = await consistencyAnswer(primitives, own.root, contributors);
    const message = await signedAnswer(primitives, this.#frame, stageOf.consistency, answer);
    let valid = 0;
    for (const { index, signature } of signatures) {
      const neighbor = own.outNeighbors.has(index) ? this.#neighbors.get(index) : undefined;
      if (neighbor !== undefined && (await primitives.verify(neighbor.id, "answer", message, toBase64url(signature)))) valid += 1;
    }
    if (valid < own.graph.threshold) throw refused(`${own.graph.threshold} neighbors expected to have signed the same set, got ${valid}`);
    const released = [...this.#held].map(([index, { keyShare, seedShare }]): ReleasedShare => {
      return hasBit(contributors, index) ? { index, kind: "seed", share: seedShare } : { index, kind: "key", share: keyShare };
    });
    this.#held.clear();
    return encodeUnmaskAnswer(released.sort((a, b) => a.index - b.index));
  }

  /** One agreement for what this device seals for a neighbor and what that one seals for it. */
  async #sealSecretOf({ sealKeys }: Own, index: number): Promise<Uint8Array> {
    const neighbor = this.#neighbors.get(index)!;
    const secret = neighbor.sealSecret ?? (await this.#tools.primitives.agree(sealKeys.secretKey, neighbor.sealKey));
    if (neighbor.hasPickedSelf) neighbor.sealSecret = secret;
    return secret;
  }

  #sealEndOf(index: number): { readonly index: number; readonly publicKey: Uint8Array } {
    return { index, publicKey: this.#neighbors.get(index)!.sealKey };
  }

  #maskEndOf(index: number): { readonly index: number; readonly publicKey: Uint8Array } {
    return { index, publicKey: this.#neighbors.get(index)!.maskKey };
  }
}

function sealEnd({ index, sealKeys }: Own): OpenEnd {
  return { index, publicKey: sealKeys.publicKey, secretKey: sealKeys.secretKey };
}

function maskEnd({ index, maskKeys }: Own): OpenEnd {
  return { index, publicKey: maskKeys.publicKey, secretKey: maskKeys.secretKey };
}
