/** The chain of an aggregator's ledger: what fits into it, and what is found out. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chainFact, emptyLedger, headAfter, type LedgerEntry, type LedgerFact, verifyLedger } from "../../../shared/privacy/ledger.ts";

const genesis = "digest of the terms";
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");
const began = (round: number, ...clients: string[]): LedgerFact => ({ round, kind: "began", clients });
const released = (round: number, ...clients: string[]): LedgerFact => ({ round, kind: "released", clients });
const abandoned = (round: number): LedgerFact => ({ round, kind: "abandoned", clients: [] });

function chainOf(...facts: readonly LedgerFact[]): LedgerEntry[] {
  let head = emptyLedger(genesis);
  return facts.map((fact) => {
    const entry = chainFact(head, fact, digest);
    head = headAfter(head, entry);
    return entry;
  });
}

const whole = chainOf(began(1, "a", "b"), released(1, "b"), began(2, "a", "c"), abandoned(2), began(5, "b"));
const corrupt = (message: RegExp) => expect.objectContaining({ code: "LEDGER_CORRUPT", message: expect.stringMatching(message) as string });

describe("a ledger's chain", () => {
  it("numbers its entries from 1, each with the hash of the one before", () => {
    expect(whole.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(whole.map(({ previous }) => previous)).toEqual([genesis, ...whole.slice(0, -1).map(({ hash }) => hash)]);
    expect(verifyLedger(genesis, whole, digest)).toEqual({ seq: 5, hash: whole[4]!.hash, round: 5, open: ["b"] });
    expect(verifyLedger(genesis, [], digest)).toEqual(emptyLedger(genesis));
  });

  it("is another one for other terms", () => {
    expect(() => verifyLedger("digest of other terms", whole, digest)).toThrow(corrupt(/entry 1 does not follow/));
  });

  it.each<[string, (entry: LedgerEntry) => LedgerEntry]>([
    ["its round", (entry) => ({ ...entry, round: entry.round + 1 })],
    ["its kind", (entry) => ({ ...entry, kind: entry.kind === "abandoned" ? "released" : "abandoned" })],
    ["a client taken out", (entry) => ({ ...entry, clients: entry.clients.slice(1) })],
    ["a client put in", (entry) => ({ ...entry, clients: [...entry.clients, "d"] })],
    ["two names run together", (entry) => ({ ...entry, clients: [entry.clients.join(",")] })],
    ["its hash", (entry) => ({ ...entry, hash: digest(entry.hash) })],
    ["its link", (entry) => ({ ...entry, previous: digest(entry.previous) })],
  ])("shows an entry with %s changed, wherever it stands", (_what, change) => {
    for (const at of whole.keys()) {
      const changed = change(whole[at]!);
      if (JSON.stringify(changed) === JSON.stringify(whole[at])) continue;
      expect(() => verifyLedger(genesis, whole.with(at, changed), digest), `entry ${at + 1}`).toThrow(corrupt(/broken/));
    }
  });

  it("shows entries left out, repeated, moved, or made anew without those behind them", () => {
    for (const at of [0, 1, 2, 3]) {
      expect(() => verifyLedger(genesis, whole.toSpliced(at, 1), digest)).toThrow(corrupt(new RegExp(`entry ${at + 1} is missing`)));
      expect(() => verifyLedger(genesis, whole.toSpliced(at, 0, whole[at]!), digest)).toThrow(corrupt(/missing/));
      expect(() => verifyLedger(genesis, whole.with(at, whole[at + 1]!).with(at + 1, whole[at]!), digest)).toThrow(corrupt(/missing/));
    }
    const forged = chainOf(began(1, "a", "b"), released(1, "a"))[1]!;
    expect(() => verifyLedger(genesis, whole.with(1, forged), digest)).toThrow(corrupt(/entry 3 does not follow/));
  });

  it.each<[string, readonly LedgerFact[], RegExp]>([
    ["a round begun before the last one ended", [began(1), began(2)], /while round 1 is open/],
    ["a round begun twice", [began(1), abandoned(1), began(1)], /begins round 1 after round 1/],
    ["an older round begun later", [began(4), abandoned(4), began(3)], /begins round 3 after round 4/],
    ["a round that is no number", [began(Number.NaN)], /begins round NaN/],
    ["a round released that was not begun", [released(1)], /not open/],
    ["a round released twice", [began(1, "a"), released(1, "a"), released(1, "a")], /not open/],
    ["another round released than was begun", [began(2, "a"), released(1, "a")], /not open/],
    ["a contributor that was not asked", [began(1, "a"), released(1, "b")], /not asked/],
    ["a client named twice", [began(1, "a", "a")], /twice/],
    ["contributors of an abandoned round", [began(1, "a"), { round: 1, kind: "abandoned", clients: ["a"] }], /abandoned round/],
    ["a fact of no known kind", [began(1, "a"), { round: 1, kind: "forgotten" as "abandoned", clients: [] }], /no known kind/],
  ])("takes no %s", (_what, facts, reason) => {
    expect(() => chainOf(...facts)).toThrow(corrupt(reason));
  });
});
