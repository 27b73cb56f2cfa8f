/**
 * Where a keyholder decides what it opens. It is given a signed list of contributors and then their contributions, one by one, and makes
 * the sum itself: there is no message that brings it a sum. Imports shared, the record, the list and OpenSSL's signatures.
 *
 * Guarantees: it opens a sum only over at least `cohort.min` and at most `cohort.size` different keys, each of which signed its
 * contribution for these terms, this round and this stage; only for the server it was enrolled with; and for each round one list, or one for each
 * of its groups, for ever, no key being on two of them: the difference of two sums would be a person's. The record of that is durable before
 * anything leaves.
 *
 * Not guaranteed: that a key is a person's device. A server that makes up devices of its own can fill a list with them.
 */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CofactorError, type ErrorCode, isCofactorError } from "../shared/errors.ts";
import type { KeyholderFactory, KeyholderHalf } from "../shared/protections/protection.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import { type Channel, maxPayloadBytes, noBytes, type Packet } from "../shared/transport.ts";
import { parseRequest, type RequestHeader } from "../shared/wire/messages.ts";
import { answerBytes, openBytes } from "../shared/wire/signed.ts";
import { type Contributor, contributorBytes, decodeContributors } from "./contributor-list.ts";
import type { KeyholderRecord } from "./keyholder-record.ts";
import { verifySignature } from "./verify.ts";

/** What a keyholder tells its operator: counts and codes, nobody's name. */
export type KeyholderEvent =
  | { readonly kind: "opened"; readonly round: number; readonly contributors: number }
  | { readonly kind: "refused"; readonly code: ErrorCode };

/** What a desk works with. */
export interface DeskParts {
  readonly run: Run;
  /** The server whose lists are opened. */
  readonly serverKey: string;
  readonly createHalf: KeyholderFactory;
  readonly record: KeyholderRecord;
  readonly onEvent: (event: KeyholderEvent) => void;
}

/** One list and what has come of its contributions. */
interface Gathering {
  readonly round: number;
  readonly group: number;
  readonly list: string;
  readonly bytes: Uint8Array;
  received: number;
  /** Once the list is complete and checked. */
  contributors: readonly Contributor[] | undefined;
  half: KeyholderHalf | undefined;
  /** How many contributions are in the sum. */
  next: number;
  incoming: { readonly bytes: Uint8Array; received: number } | undefined;
  /** This keyholder's part, once it was asked for. */
  part: Promise<Uint8Array> | undefined;
  isBusy: boolean;
}

/** Signatures checked in one turn of the event loop: some milliseconds. */
const signaturesPerTurn = 64;

/** A keyholder's desk: outlives its connections, the newest of which it serves. */
export class KeyholderDesk {
  readonly #parts: DeskParts;
  #gathering: Gathering | undefined;
  #channel: Channel | undefined;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Serves a connection; an older one is refused from now on. */
  serve(channel: Channel): void {
    this.#channel = channel;
    channel.serve((kind, packet) => this.#handle(channel, kind, packet));
  }

  async #handle(channel: Channel, kind: string, packet: Packet): Promise<Packet> {
    try {
      if (channel !== this.#channel) throw new CofactorError("DISCONNECTED", "this keyholder serves a newer connection");
      if (kind === "open") return await this.#open(parseRequest("open", packet.header), packet.payload);
      if (kind === "contribution") return this.#contribution(parseRequest("contribution", packet.header), packet.payload);
      if (kind === "opened") return await this.#hand(parseRequest("opened", packet.header));
      throw new CofactorError("MESSAGE_MALFORMED", 'a keyholder expected "open", "contribution" or "opened"');
    } catch (error) {
      // A sum that something was wrong with is made anew from its list; what was opened stays.
      if (channel === this.#channel && this.#gathering?.part === undefined) this.#gathering = undefined;
      this.#parts.onEvent({ kind: "refused", code: isCofactorError(error) ? error.code : "INTERNAL" });
      throw error;
    }
  }

  async #open(header: RequestHeader<"open">, chunk: Uint8Array): Promise<Packet> {
    const { round, group, contributors, list, total, offset } = header;
    this.#assertMayOpen(header);
    const known = this.#find(round, list);
    if (known?.contributors !== undefined) {
      known.incoming = undefined;
      return { header: { received: total, next: known.next }, payload: noBytes };
    }
    if (offset === 0) this.#gathering = this.#begin(round, group, list, contributors);
    const gathering = this.#find(round, list);
    const end = offset + chunk.length;
    if (gathering?.received !== offset || gathering.bytes.length !== total || chunk.length === 0 || end > total) {
      throw new CofactorError("MESSAGE_MALFORMED", '"open" expected the chunks of one list in order');
    }
    gathering.bytes.set(chunk, offset);
    gathering.received = end;
    if (end === total) await this.#checkList(gathering);
    return { header: { received: end, next: 0 }, payload: noBytes };
  }

  /** Everything that can be known before a byte of the list is taken in. */
  #assertMayOpen({ round, group, contributors, list, signature, total }: RequestHeader<"open">): void {
    const { run, serverKey } = this.#parts;
    if (group >= run.groups.most) {
      throw new CofactorError("MESSAGE_MALFORMED", `"group" expected less than ${run.groups.most}, got ${group}`);
    }
    const { min, size } = roundFrame(run, round, group).cohort;
    if (contributors < min || contributors > size) {
      throw new CofactorError("COHORT_TOO_SMALL", `a sum expected ${min} to ${size} contributors, got ${contributors}`);
    }
    if (total !== contributors * contributorBytes) {
      throw new CofactorError(
        "MESSAGE_MALFORMED",
        `a list of ${contributors} expected ${contributors * contributorBytes} bytes, got ${total}`,
      );
    }
    if (!verifySignature(serverKey, "open", openBytes(run.digest, round, group, list), signature)) {
      throw new CofactorError("AUTH_FAILED", '"signature" expected the server\'s signature of terms, round, group and list');
    }
    this.#assertNotOpened(round, group, list);
  }

  #assertNotOpened(round: number, group: number, list: string): void {
    const { run, record } = this.#parts;
    const before = record.opened(run.terms.id, round, group);
    if (before !== undefined && before !== list) {
      throw new CofactorError("REPLAYED", `another list of contributors was opened for round ${round}${ofGroup(run, group)}`);
    }
  }

  /** Two groups of a round must not share a device, and the record knows who was in the newest round's alone. */
  #assertApart({ round, group, contributors }: Gathering): void {
    const { run, record } = this.#parts;
    if (run.groups.most === 1) return;
    const conflict = record.conflict(run.terms.id, round, group, membersOf(contributors));
    if (conflict === "over") throw new CofactorError("ROUND_STALE", `a round after round ${round} was opened: its groups are over`);
    if (conflict === "shared") throw new CofactorError("REPLAYED", `a contributor is on the list of another group of round ${round}`);
  }

  #begin(round: number, group: number, list: string, contributors: number): Gathering {
    if (this.#gathering?.isBusy === true) {
      throw new CofactorError("ROUND_CLOSED", "the sum of another list is being opened: ask again later", { retryable: true });
    }
    const bytes = new Uint8Array(contributors * contributorBytes);
    const nothing = { contributors: undefined, half: undefined, incoming: undefined, part: undefined };
    return { round, group, list, bytes, received: 0, next: 0, isBusy: false, ...nothing };
  }

  #find(round: number, list: string): Gathering | undefined {
    const gathering = this.#gathering;
    return gathering?.round === round && gathering.list === list ? gathering : undefined;
  }

  async #checkList(gathering: Gathering): Promise<void> {
    const { run, createHalf } = this.#parts;
    const { round, list, bytes } = gathering;
    if (sha256Of(bytes) !== list) throw new CofactorError("MESSAGE_MALFORMED", '"list" expected the sha256 of the list');
    const contributors = decodeContributors(bytes);
    if (new Set(contributors.map(({ client }) => client)).size !== contributors.length) {
      throw new CofactorError("UPDATE_REJECTED", "a list expected each contributor once");
    }
    for (const [index, { client, digest, signature }] of contributors.entries()) {
      if (!verifySignature(client, "answer", answerBytes(run.digest, round, run.protection.contributionStage, digest), signature)) {
        throw new CofactorError(
          "AUTH_FAILED",
          `contributor ${index} of the list expected its own signature of terms, round, stage and digest`,
        );
      }
      if (index % signaturesPerTurn === signaturesPerTurn - 1) await nextTurn();
    }
    if (this.#gathering !== gathering) throw new CofactorError("ROUND_STALE", "another list was begun meanwhile");
    gathering.contributors = contributors;
    gathering.half = createHalf(roundFrame(run, round, gathering.group));
    this.#assertApart(gathering);
  }

  /** Works in one go: contributions that are sent at the same time are taken in in their order. */
  #contribution({ round, list, index, offset, total }: RequestHeader<"contribution">, chunk: Uint8Array): Packet {
    const { run } = this.#parts;
    const gathering = this.#find(round, list);
    const contributor = gathering?.next === index && gathering.part === undefined ? gathering.contributors?.[index] : undefined;
    if (gathering === undefined || contributor === undefined) {
      throw new CofactorError("MESSAGE_MALFORMED", '"contribution" expected the next one of the list that was checked last');
    }
    const limit = run.protection.maxAnswerBytes(run.protection.contributionStage, roundFrame(run, round));
    if (total > limit) {
      throw new CofactorError("MESSAGE_TOO_LARGE", `contribution ${index} of the list expected at most ${limit} bytes, got ${total}`);
    }
    const incoming = offset === 0 ? { bytes: new Uint8Array(total), received: 0 } : gathering.incoming;
    const end = offset + chunk.length;
    if (incoming?.received !== offset || incoming.bytes.length !== total || chunk.length === 0 || end > total) {
      throw new CofactorError("MESSAGE_MALFORMED", `contribution ${index} of the list expected its chunks in order`);
    }
    incoming.bytes.set(chunk, offset);
    incoming.received = end;
    gathering.incoming = incoming;
    if (end === total) this.#combine(gathering, index, contributor, incoming.bytes);
    return { header: { received: end }, payload: noBytes };
  }

  #combine(gathering: Gathering, index: number, { digest }: Contributor, bytes: Uint8Array): void {
    gathering.incoming = undefined;
    if (sha256Of(bytes) !== digest) {
      throw new CofactorError("UPDATE_REJECTED", `contribution ${index} of the list expected the bytes of its digest`);
    }
    try {
      gathering.half!.combine(bytes);
    } catch (error) {
      if (!isCofactorError(error)) throw error;
      throw new CofactorError(error.code, `contribution ${index} of the list: ${error.message}`, { cause: error });
    }
    gathering.next += 1;
  }

  async #hand({ round, list, offset }: RequestHeader<"opened">): Promise<Packet> {
    const gathering = this.#find(round, list);
    if (gathering?.contributors === undefined || gathering.next !== gathering.contributors.length) {
      throw new CofactorError("MESSAGE_MALFORMED", '"opened" expected every contribution of the list first');
    }
    gathering.part ??= this.#openPart(gathering);
    const part = await gathering.part;
    if (offset >= part.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${part.length}, got ${offset}`);
    return { header: { total: part.length }, payload: part.subarray(offset, offset + maxPayloadBytes) };
  }

  /** Called once for each gathering. */
  async #openPart(gathering: Gathering): Promise<Uint8Array> {
    const { run, record, onEvent } = this.#parts;
    gathering.isBusy = true;
    try {
      const { round, group, list, contributors } = gathering;
      this.#assertNotOpened(round, group, list);
      this.#assertApart(gathering);
      record.record(run.terms.id, round, list, group, run.groups.most === 1 ? [] : membersOf(contributors));
      const part = await gathering.half!.open();
      onEvent({ kind: "opened", round: gathering.round, contributors: gathering.next });
      return part;
    } catch (error) {
      // Made anew when it is asked for again: the record lets the same list pass.
      if (this.#gathering === gathering) this.#gathering = undefined;
      throw error;
    } finally {
      gathering.isBusy = false;
      gathering.half = undefined;
    }
  }
}

function membersOf(contributors: readonly Contributor[] | undefined): string[] {
  return (contributors ?? []).map(({ client }) => client);
}

function ofGroup(run: Run, group: number): string {
  return run.groups.most === 1 ? "" : `, group ${group}`;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}
