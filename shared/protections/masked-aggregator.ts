/** The aggregator's half of masked protections: see masked-round.ts. Imports crypto/masks, wire, the seams. */
import { equalBytes, fromBase64url } from "../crypto/encoding.ts";
import { isLowOrder } from "../crypto/low-order.ts";
import { hasBit, membersOf, toBitmap } from "../crypto/masks/bitmap.ts";
import {
  encodeConsistencyBrief,
  encodeUnmaskBrief,
  parseConsistencyAnswer,
  parseUnmaskAnswer,
  type ReleasedShare,
} from "../crypto/masks/closing-messages.ts";
import { buildTree, type MerkleTree, pathOf } from "../crypto/masks/merkle.ts";
import {
  encodeContributionBrief,
  encodeKeysBrief,
  encodeNeighborKeys,
  joinNeighborKeys,
  parseKeysAnswer,
  parseSharesAnswer,
} from "../crypto/masks/messages.ts";
import { maxDevices, type Neighborhood } from "../crypto/masks/neighborhood.ts";
import { fromRing, residuesOf } from "../crypto/masks/ring.ts";
import { CofactorError } from "../errors.ts";
import { toClientId } from "../ids.ts";
import type { Aggregate } from "../models/model.ts";
import { decodeFixed, encodedBits } from "../wire/fixed-point.ts";
import type { CarriedSum, VectorForm } from "./carrier.ts";
import { graphOf } from "./masked-graph.ts";
import { consistencyAnswer, formOf, type MaskOptions, stageOf } from "./masked-round.ts";
import { readTranscript, type TakenAnswer, writeTranscript } from "./masked-transcript.ts";
import type { AggregatorHalf, Opener, ProtectionTools, RoundFrame } from "./protection.ts";
import { type Announced, adjacencyOf, recoverSecrets, type UnmaskingRound, unmask } from "./unmasking.ts";

/** The cohort, once the round has begun. */
interface Cohort {
  readonly ids: readonly string[];
  readonly indexes: ReadonlyMap<string, number>;
  readonly graph: Neighborhood;
  readonly tree: MerkleTree;
}

/** The aggregator's half, for one round. */
export class MaskedAggregator implements AggregatorHalf {
  readonly #options: MaskOptions;
  readonly #frame: RoundFrame;
  readonly #tools: ProtectionTools;
  readonly #form: VectorForm;
  readonly #sum: CarriedSum;
  /** Every answer but the contributions, of which only their sum is kept: by stage and client, in the order in which they came. */
  readonly #taken = new Map<string, TakenAnswer>();
  readonly #contributors = new Set<string>();
  #cohort: Cohort | undefined;
  /** Announcements of those who were there when shares were asked for, by index. */
  #announced = new Map<number, Announced>();
  /** Their announcements as every brief that names them holds them, by index. */
  readonly #introductions = new Map<number, Uint8Array>();
  /** Out- and in-neighbors among the announced, ascending, by index. */
  #adjacent: ReadonlyMap<number, readonly number[]> = new Map();
  /** Boxes by receiver, from those who were there when contributions were asked for. */
  #boxes = new Map<number, { readonly index: number; readonly box: Uint8Array }[]>();
  #sharers: ReadonlySet<number> = new Set();
  #included: Uint8Array = new Uint8Array(0);
  #includedDigest: Uint8Array = new Uint8Array(0);
  #signers: ReadonlySet<number> = new Set();

  constructor(options: MaskOptions, sum: CarriedSum, frame: RoundFrame, tools: ProtectionTools) {
    this.#options = options;
    this.#frame = frame;
    this.#tools = tools;
    this.#form = formOf(frame);
    this.#sum = sum;
  }

  get count(): number {
    return this.#contributors.size;
  }

  async begin(stage: number, clients: readonly string[]): Promise<void> {
    if (stage === stageOf.keys) {
      const indexes = new Map(clients.map((client, index) => [client, index]));
      const { primitives } = this.#tools;
      const tree = await buildTree((bytes) => primitives.digest(bytes), clients);
      this.#cohort = { ids: clients, indexes, graph: graphOf(this.#options, clients.length), tree };
      return;
    }
    const { ids, tree } = this.#known();
    const asked = new Set(clients.map((client) => this.#indexOf(client)));
    if (stage === stageOf.shares) {
      for (const index of asked) {
        const announced = this.#announcement(index);
        const { id, bytes: answer, signature } = announced;
        this.#announced.set(index, announced);
        this.#introductions.set(index, encodeNeighborKeys({ index, id: toClientId(id), path: pathOf(tree, index), answer, signature }));
      }
      this.#adjacent = adjacencyOf(this.#announced);
    } else if (stage === stageOf.contribution) {
      this.#sharers = asked;
      for (const from of asked) this.#deliver(from);
    } else if (stage === stageOf.consistency) {
      this.#included = toBitmap(ids.length, asked);
      this.#includedDigest = await consistencyAnswer(this.#tools.primitives, tree.root, this.#included);
    } else {
      this.#signers = asked;
    }
  }

  brief(stage: number, client: string): Uint8Array {
    const { ids, tree, graph } = this.#known();
    const index = this.#indexOf(client);
    const devices = ids.length;
    switch (stage) {
      case stageOf.keys:
        return encodeKeysBrief({ devices, index, root: tree.root });
      case stageOf.shares:
        return joinNeighborKeys(this.#neighborsOf(index).map((neighbor) => this.#introductions.get(neighbor)!));
      case stageOf.contribution: {
        const present = this.#neighborsOf(index).filter((neighbor) => this.#sharers.has(neighbor));
        return encodeContributionBrief({ shares: this.#boxes.get(index) ?? [], present });
      }
      case stageOf.consistency:
        return encodeConsistencyBrief(this.#included, devices);
      default: {
        const signers = this.#announced.get(index)!.keys.neighbors.filter((neighbor) => this.#signers.has(neighbor));
        // As many as the device asks for: more tell it nothing.
        const signatures = signers.slice(0, graph.threshold).map((signer) => {
          return { index: signer, signature: signatureBytes(this.#takenBy(stageOf.consistency, ids[signer]!)!.signature) };
        });
        return encodeUnmaskBrief({ contributors: this.#included, signatures }, devices);
      }
    }
  }

  admit(stage: number, client: string, answer: Uint8Array): void {
    if (stage === stageOf.contribution) this.#sum.check(answer);
    else if (stage === stageOf.keys) this.#checkKeys(client, answer);
    else if (stage === stageOf.shares) this.#checkShares(client, answer);
    else if (stage === stageOf.consistency) this.#checkConsistency(parseConsistencyAnswer(answer));
    else this.#checkReleased(client, parseUnmaskAnswer(answer, this.#cohort?.ids.length ?? maxDevices));
  }

  combine(stage: number, client: string, answer: Uint8Array, signature: string): void {
    if (stage === stageOf.contribution) {
      this.#sum.add(answer);
      this.#contributors.add(client);
    } else this.#taken.set(`${stage} ${client}`, { stage, client, signature, answer: answer.slice() });
  }

  export(): Uint8Array {
    return writeTranscript({ answers: [...this.#taken.values()], contributors: [...this.#contributors], sum: this.#sum.export() });
  }

  merge(part: Uint8Array): void {
    const { answers, contributors, sum } = readTranscript(part);
    for (const taken of answers) this.#taken.set(`${taken.stage} ${taken.client}`, taken);
    if (contributors.length === 0) return;
    this.#sum.check(sum);
    this.#sum.add(sum);
    for (const client of contributors) this.#contributors.add(client);
  }

  async reveal(opener: Opener | undefined): Promise<Aggregate> {
    const { cohort, range } = this.#frame;
    const count = this.count;
    if (count < cohort.min) throw new CofactorError("COHORT_TOO_SMALL", `a sum expected at least ${cohort.min} contributors, got ${count}`);
    const { ids, graph } = this.#known();
    const round: UnmaskingRound = {
      context: this.#frame,
      primitives: this.#tools.primitives,
      threshold: graph.threshold,
      announced: this.#announced,
      included: new Set(membersOf(this.#included)),
      lost: new Set([...this.#sharers].filter((index) => !hasBit(this.#included, index))),
      neighborsOf: (index) => this.#neighborsOf(index),
    };
    const released = new Map<number, readonly ReleasedShare[]>();
    for (const [index, client] of ids.entries()) {
      const taken = this.#takenBy(stageOf.unmask, client);
      if (taken !== undefined) released.set(index, parseUnmaskAnswer(taken.answer, ids.length));
    }
    const secrets = await recoverSecrets(round, released);
    const vector = await this.#sum.reveal(opener, count);
    await unmask(round, secrets, vector, this.#form.bits);
    if (this.#frame.isNoisedLater === true) {
      // As wide as doubles are exact: noise far larger than the sum must fit too.
      const sumBits = Math.min(53, this.#form.bits);
      const values = decodeFixed(residuesOf(vector, this.#form.bits, sumBits), range);
      return { values, count, modulus: 2 ** (sumBits - range.fractionBits) };
    }
    const maxAbs = count * (2 ** (encodedBits(range) - 1) - 1);
    return { values: decodeFixed(fromRing(vector, this.#form.bits, maxAbs), range), count };
  }

  #known(): Cohort {
    if (this.#cohort === undefined) throw new CofactorError("INTERNAL", "this half takes answers in for another one, and knows no cohort");
    return this.#cohort;
  }

  #indexOf(client: string): number {
    const index = this.#known().indexes.get(client);
    if (index === undefined) throw new CofactorError("INTERNAL", "a client outside the cohort");
    return index;
  }

  #takenBy(stage: number, client: string): TakenAnswer | undefined {
    return this.#taken.get(`${stage} ${client}`);
  }

  #announcement(index: number): Announced {
    const id = this.#known().ids[index]!;
    const { answer, signature } = this.#takenBy(stageOf.keys, id)!;
    return { id, keys: parseKeysAnswer(answer, this.#known().ids.length), bytes: answer, signature: signatureBytes(signature) };
  }

  /** Out- and in-neighbors of those who were there when shares were asked for, ascending. */
  #neighborsOf(index: number): readonly number[] {
    return this.#adjacent.get(index)!;
  }

  #deliver(from: number): void {
    const { ids } = this.#known();
    const taken = this.#takenBy(stageOf.shares, ids[from]!);
    for (const { index, box } of parseSharesAnswer(taken!.answer, ids.length)) {
      if (!this.#sharers.has(index)) continue;
      const boxes = this.#boxes.get(index) ?? [];
      boxes.push({ index: from, box });
      this.#boxes.set(index, boxes);
    }
  }

  #checkKeys(client: string, answer: Uint8Array): void {
    const cohort = this.#cohort;
    if (cohort === undefined) return;
    const keys = parseKeysAnswer(answer, cohort.ids.length);
    const isOwn = keys.devices === cohort.ids.length && keys.index === this.#indexOf(client) && equalBytes(keys.root, cohort.tree.root);
    if (!isOwn || keys.neighbors.length !== cohort.graph.neighbors) throw rejected("keys expected for this device's place in this cohort");
    // With such a key every neighbor would refuse to go on.
    if (isLowOrder(keys.sealKey) || isLowOrder(keys.maskKey)) throw rejected("keys expected to be usable X25519 points");
  }

  #checkShares(client: string, answer: Uint8Array): void {
    const shares = parseSharesAnswer(answer, this.#cohort?.ids.length ?? maxDevices);
    if (this.#cohort === undefined) return;
    const expected = this.#announced.get(this.#indexOf(client))!.keys.neighbors.filter((neighbor) => this.#announced.has(neighbor));
    if (shares.length !== expected.length || shares.some(({ index }, at) => index !== expected[at])) {
      throw rejected(`shares expected for the ${expected.length} neighbors that are there`);
    }
  }

  #checkConsistency(digest: Uint8Array): void {
    if (this.#cohort !== undefined && !equalBytes(digest, this.#includedDigest))
      throw rejected("another set of contributors than the one asked about");
  }

  #checkReleased(client: string, shares: readonly ReleasedShare[]): void {
    if (this.#cohort === undefined) return;
    const held = new Set((this.#boxes.get(this.#indexOf(client)) ?? []).map(({ index }) => index));
    const isExpected = shares.every(({ index, kind }) => held.has(index) && (kind === "seed") === hasBit(this.#included, index));
    // Fewer are no lie: a share that its owner sealed badly did not open.
    if (!isExpected) throw rejected(`at most one share expected for each of the ${held.size} devices that shared with this one`);
  }
}

/** 64 bytes; zeros where nobody signs, as in simulations. */
function signatureBytes(signature: string): Uint8Array {
  return signature === "" ? new Uint8Array(64) : fromBase64url(signature);
}

function rejected(message: string): CofactorError {
  return new CofactorError("UPDATE_REJECTED", message);
}
