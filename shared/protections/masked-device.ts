/** A device's half of masked protections: see masked-round.ts. Imports crypto/masks, wire, the seams. */
import { equalBytes, toBase64url } from "../crypto/encoding.ts";
import { countBits, hasBit } from "../crypto/masks/bitmap.ts";
import { encodeUnmaskAnswer, parseConsistencyBrief, parseUnmaskBrief, type ReleasedShare } from "../crypto/masks/closing-messages.ts";
import { addPairMask, addSelfMask, commitToSeed, type OpenEnd, openShares, type SharePair, sealShares } from "../crypto/masks/mask.ts";
import { verifyPath } from "../crypto/masks/merkle.ts";
import {
  encodeKeysAnswer,
  encodeSharesAnswer,
  type KeysAnswer,
  type NeighborKeys,
  parseContributionBrief,
  parseKeysAnswer,
  parseKeysBrief,
  parseSharesBrief,
} from "../crypto/masks/messages.ts";
import type { Neighborhood } from "../crypto/masks/neighborhood.ts";
import { drawNeighbors } from "../crypto/masks/neighbors.ts";
import { toRing } from "../crypto/masks/ring.ts";
import { split } from "../crypto/masks/shamir.ts";
import type { AgreementKeys } from "../crypto/primitives.ts";
import { CofactorError } from "../errors.ts";
import { encodeFixed } from "../wire/fixed-point.ts";
import type { Carrier } from "./carrier.ts";
import { consistencyAnswer, formOf, graphOf, type MaskOptions, signedAnswer, stageOf } from "./masked-round.ts";
import type { DeviceHalf, ProtectionTools, RoundFrame } from "./protection.ts";

/** What a device has after the stage keys. */
interface Own {
  readonly index: number;
  readonly root: Uint8Array;
  readonly graph: Neighborhood;
  readonly sealKeys: AgreementKeys;
  readonly maskKeys: AgreementKeys;
  readonly seed: Uint8Array;
  readonly outNeighbors: ReadonlySet<number>;
}

/** A neighbor whose announcement was verified. */
interface Neighbor {
  readonly id: string;
  readonly keys: KeysAnswer;
}

/** A device's half, for one round. Its secrets live as long as it does: a device that restarts is lost for the round. */
export class MaskedDevice implements DeviceHalf {
  readonly #options: MaskOptions;
  readonly #carrier: Carrier;
  readonly #frame: RoundFrame;
  readonly #self: string;
  readonly #tools: ProtectionTools;
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
    if (stage === stageOf.keys) return this.#announce(brief);
    const own = this.#own;
    if (own === undefined) throw refused("this device did not announce keys in this round");
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
    if (this.#own !== undefined) throw refused("this device has announced its keys");
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
    if (this.#neighbors.size > 0) throw refused("this device has shared its secrets");
    for (const entry of parseSharesBrief(brief, own.graph.devices)) {
      this.#neighbors.set(entry.index, { id: entry.id, keys: await this.#verified(own, entry) });
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
      const box = await sealShares(primitives, this.#frame, sealEnd(own), this.#sealEndOf(index), pair);
      boxes.push({ index, box });
    }
    return encodeSharesAnswer(boxes);
  }

  /** What a neighbor announced: signed by it, for this cohort, and a neighbor indeed. */
  async #verified(own: Own, { index, id, path, answer, signature }: NeighborKeys): Promise<KeysAnswer> {
    const { primitives } = this.#tools;
    const { devices, neighbors: count } = own.graph;
    const keys = parseKeysAnswer(answer, devices);
    const isSameCohort = keys.devices === devices && keys.index === index && index !== own.index && equalBytes(keys.root, own.root);
    if (!isSameCohort || id === this.#self) throw refused(`device ${index} expected to be another one of the same cohort`);
    if (keys.neighbors.length !== count) throw refused(`device ${index} expected to have ${count} neighbors, got ${keys.neighbors.length}`);
    if (!own.outNeighbors.has(index) && !keys.neighbors.includes(own.index)) throw refused(`device ${index} is no neighbor`);
    const digest = primitives.digest.bind(primitives);
    if (!(await verifyPath(digest, own.root, devices, index, id, path))) throw refused(`device ${index} is not where the cohort has it`);
    const message = await signedAnswer(primitives, this.#frame, stageOf.keys, answer);
    if (!(await primitives.verify(id, "answer", message, toBase64url(signature)))) {
      throw refused(`the keys of device ${index} are not signed by it`);
    }
    return keys;
  }

  async #contribute(own: Own, brief: Uint8Array, values: Float64Array): Promise<Uint8Array> {
    const frame = this.#frame;
    if (values.length !== frame.size) throw new RangeError(`"values" expected ${frame.size} values, got ${values.length}`);
    const { primitives, secure } = this.#tools;
    const { shares, present } = parseContributionBrief(brief, own.graph.devices);
    for (const index of present) if (!this.#neighbors.has(index)) throw refused(`device ${index} expected to be a neighbor`);
    const holders = present.filter((index) => own.outNeighbors.has(index)).length;
    if (holders < own.graph.threshold) throw refused(`at least ${own.graph.threshold} holders of shares expected, got ${holders}`);
    for (const { index, box } of shares) {
      const sender = this.#neighbors.get(index);
      if (sender === undefined || !present.includes(index) || !sender.keys.neighbors.includes(own.index)) {
        throw refused(`shares of device ${index} are not for this device`);
      }
      this.#held.set(index, await openShares(primitives, frame, sealEnd(own), this.#sealEndOf(index), box));
    }
    const form = formOf(frame);
    const vector = toRing(encodeFixed(values, frame.range).integers, form.bits);
    await addSelfMask(primitives, frame, own.index, own.seed, vector, form.bits, 1);
    for (const index of present) await addPairMask(primitives, frame, maskEnd(own), this.#maskEndOf(index), vector, form.bits, 1);
    return this.#carrier.seal(vector, form, frame, secure);
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

  #sealEndOf(index: number): { readonly index: number; readonly publicKey: Uint8Array } {
    return { index, publicKey: this.#neighbors.get(index)!.keys.sealKey };
  }

  #maskEndOf(index: number): { readonly index: number; readonly publicKey: Uint8Array } {
    return { index, publicKey: this.#neighbors.get(index)!.keys.maskKey };
  }
}

function sealEnd({ index, sealKeys }: Own): OpenEnd {
  return { index, publicKey: sealKeys.publicKey, secretKey: sealKeys.secretKey };
}

function maskEnd({ index, maskKeys }: Own): OpenEnd {
  return { index, publicKey: maskKeys.publicKey, secretKey: maskKeys.secretKey };
}

function refused(message: string): CofactorError {
  return new CofactorError("UPDATE_REJECTED", message);
}
