/**
 * The aggregator's ledger of a run that promises privacy: who was asked in which round and what became of it, as a chain of entries that each
 * carry the hash of the one before. Pure: no store inside, the hash function is passed in. Imports errors.
 *
 * What the chain shows: an entry that was changed, left out, put in or moved, unless everything behind it was made anew. What it cannot show is a
 * whole store set back to an older copy: devices see to that, each by its own ledger.
 */
import { CofactorError } from "../errors.ts";

/** What happened to a round: it was begun with a cohort, its sum was released over contributors, or it came to nothing. */
export type LedgerKind = "began" | "released" | "abandoned";

/** A fact of the ledger. */
export interface LedgerFact {
  readonly round: number;
  readonly kind: LedgerKind;
  /** Client ids: the cohort of a round that began, the contributors to a released one; empty for an abandoned one. */
  readonly clients: readonly string[];
}

/** A fact in its place. */
export interface LedgerEntry extends LedgerFact {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before; the genesis for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** Where a chain ends. */
export interface LedgerHead {
  readonly seq: number;
  readonly hash: string;
  /** The newest round that was begun; 0 before the first. */
  readonly round: number;
  /** Its cohort, while nothing has become of it. */
  readonly open: readonly string[] | undefined;
}

/** The digest of a text: collision-resistant. */
export type LedgerDigest = (text: string) => string;

/**
 * The head of a chain with no entry.
 * @param genesis names what the chain is of: no entry of another run's chain fits into it
 */
export function emptyLedger(genesis: string): LedgerHead {
  return { seq: 0, hash: genesis, round: 0, open: undefined };
}

/**
 * The entry of a fact behind a head.
 *
 * Guarantees: a round begins once, after all earlier ones, and ends once, released to members of its cohort or abandoned, before the next begins.
 *
 * @throws CofactorError LEDGER_CORRUPT for a fact that breaks this
 */
export function chainFact(head: LedgerHead, { round, kind, clients }: LedgerFact, digest: LedgerDigest): LedgerEntry {
  assertFollows(head, { round, kind, clients });
  const link = { seq: head.seq + 1, round, kind, clients: [...clients], previous: head.hash };
  return { ...link, hash: hashOf(link, digest) };
}

/** The head behind an entry that `chainFact` made for this head. */
export function headAfter(head: LedgerHead, entry: LedgerEntry): LedgerHead {
  const isOpen = entry.kind === "began";
  return { seq: entry.seq, hash: entry.hash, round: isOpen ? entry.round : head.round, open: isOpen ? entry.clients : undefined };
}

/**
 * Checks a whole chain.
 *
 * @returns its head
 * @throws CofactorError LEDGER_CORRUPT naming the first entry that does not fit
 */
export function verifyLedger(genesis: string, entries: Iterable<LedgerEntry>, digest: LedgerDigest): LedgerHead {
  let head = emptyLedger(genesis);
  for (const entry of entries) {
    if (entry.seq !== head.seq + 1) broken(`entry ${head.seq + 1} is missing`);
    if (entry.previous !== head.hash) broken(`entry ${entry.seq} does not follow the one before it`);
    if (entry.hash !== hashOf(entry, digest)) broken(`entry ${entry.seq} was changed`);
    assertFollows(head, entry);
    head = headAfter(head, entry);
  }
  return head;
}

/** JSON of an array of numbers and strings is canonical: there is one text for each entry, and one entry for each text. */
function hashOf({ seq, round, kind, clients, previous }: Omit<LedgerEntry, "hash">, digest: LedgerDigest): string {
  return digest(JSON.stringify(["cofactor ledger 1", previous, seq, round, kind, clients]));
}

function assertFollows({ round: newest, open, seq }: LedgerHead, { round, kind, clients }: LedgerFact): void {
  const place = `entry ${seq + 1}`;
  if (new Set(clients).size !== clients.length) broken(`${place} names a client twice`);
  if (kind === "began") {
    if (open !== undefined) broken(`${place} begins round ${round} while round ${newest} is open`);
    if (!(Number.isSafeInteger(round) && round > newest)) broken(`${place} begins round ${round} after round ${newest}`);
    return;
  }
  if (kind !== "released" && kind !== "abandoned") broken(`${place} is of no known kind`);
  if (open === undefined || round !== newest) broken(`${place} ends round ${round}, which is not open`);
  const cohort = new Set(open);
  if (!clients.every((client) => cohort.has(client))) broken(`${place} names a contributor that was not asked`);
  if (kind === "abandoned" && clients.length > 0) broken(`${place} names contributors of an abandoned round`);
}

function broken(what: string): never {
  throw new CofactorError("LEDGER_CORRUPT", `the ledger's chain is broken: ${what}`);
}
