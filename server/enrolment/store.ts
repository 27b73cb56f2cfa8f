/**
 * The seam for what enrolment keeps beside a run's own store: keys with their standing, and invitations by their hashes. Imports nothing.
 *
 * It is a store of its own so that an operator's commands can write to it while a server uses it. Implementations in server/stores/, one
 * conformance suite for all.
 *
 * Guarantees: what a call acknowledged is there after the process was killed; an invitation is redeemed by one key, whichever process and
 * connection it comes to; a revoked key stays revoked until it is approved again; a write that cannot be made durable throws STORE_FAILED.
 */

/** What is decided about a key. */
export type Standing = "pending" | "approved" | "revoked";

/** A key with its standing, and when it came to that: milliseconds of the epoch. */
export interface ListedClient {
  readonly client: string;
  readonly standing: Standing;
  readonly atMs: number;
}

/** Revocations up to a number. */
export interface Revocations {
  readonly seq: number;
  readonly clients: readonly string[];
}

/** How many invitations of a run there are. */
export interface InvitationCounts {
  /** May still be redeemed. */
  readonly open: number;
  readonly redeemed: number;
  readonly expired: number;
}

/** An invitation as it is kept. */
export interface KeptInvitation {
  readonly hash: string;
  readonly expiresAtMs: number;
  /** The key that has redeemed it. */
  readonly client?: string | undefined;
}

/** All that is kept for a run: what moves from one store to another. */
export interface EnrolmentContents {
  /** Secret; undefined where nobody has been invited. */
  readonly inviterSeed: Uint8Array | undefined;
  /** Those decided last at the end. */
  readonly clients: readonly ListedClient[];
  /** By hash, ascending. */
  readonly invitations: readonly KeptInvitation[];
}

/** Durable state of enrolment, for several runs. */
export interface EnrolmentStore {
  /** The seed of the key that signs invitations, 32 bytes, secret: `fresh` when there was none. */
  inviterSeed(fresh: Uint8Array): Promise<Uint8Array>;
  standing(run: string, client: string): Promise<Standing | undefined>;
  /** Keeps an unknown key as pending, unless `maxPending` are. @returns its standing; undefined where there is no room */
  propose(run: string, client: string, atMs: number, maxPending: number): Promise<Standing | undefined>;
  /** Sets a key's standing, whatever it was. */
  decide(run: string, client: string, standing: "approved" | "revoked", atMs: number): Promise<void>;
  /** Forgets a key, unless it is revoked. */
  forget(run: string, client: string): Promise<void>;
  /** Every key, those decided last at the end. */
  list(run: string): Promise<ListedClient[]>;
  /** The keys that were revoked behind number `seq`, and are. */
  revokedSince(run: string, seq: number): Promise<Revocations>;
  /** Keeps invitations by the sha256 of their secrets, base64url. */
  invite(run: string, hashes: readonly string[], expiresAtMs: number): Promise<void>;
  /**
   * Redeems an invitation for a key, and approves the key with it: both or neither.
   * @returns false for one that is unknown, expired, or another key's, and for a revoked key; a second time for the same key true
   */
  redeem(run: string, hash: string, client: string, atMs: number): Promise<boolean>;
  countInvitations(run: string, atMs: number): Promise<InvitationCounts>;
  /** What is kept for a run, at one moment. */
  contents(run: string): Promise<EnrolmentContents>;
  /**
   * Takes in what another store kept for a run: all or nothing. The inviter's key comes with it where there is none here.
   * @returns whether invitations hold here: false where another key signs them, and none of them was taken in
   * @throws CofactorError CONFIG_INVALID where something is kept for that run already; STORE_FAILED
   */
  restore(run: string, contents: EnrolmentContents): Promise<boolean>;
  close(): Promise<void>;
}
