/** What every lease guarantees: call `describeLease` with a way to make ends of one. */
import { afterEach, describe, expect, it } from "vitest";
import type { Lease } from "../../server/cluster/lease.ts";

/** A lease under test. */
export interface LeaseCase {
  readonly name: string;
  /** An end of the lease of a run. */
  open(run: string, holder: string, ttlMs: number): Promise<Lease>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}

/** Declares the suite for one lease. */
export function describeLease({ name, open, pass }: LeaseCase): void {
  describe(`${name} lease`, () => {
    const ends: Lease[] = [];
    let runs = 0;
    afterEach(async () => {
      for (const end of ends.splice(0)) await end.close();
    });
    const pair = async (ttlMs: number): Promise<[Lease, Lease]> => {
      const run = `run-${++runs}`;
      const made: [Lease, Lease] = [await open(run, "ann", ttlMs), await open(run, "ben", ttlMs)];
      ends.push(...made);
      return made;
    };

    it("is taken by one, and names it", async () => {
      const [ann, ben] = await pair(5_000);
      expect(await ann.holder()).toBeUndefined();
      expect(await ann.claim()).toBe(true);
      expect(await ben.claim()).toBe(false);
      expect([await ann.holder(), await ben.holder()]).toEqual(["ann", "ann"]);
    });

    it("is prolonged by each claim of its holder, and free when there is none for its time", async () => {
      const [ann, ben] = await pair(600);
      expect(await ann.claim()).toBe(true);
      await pass(400);
      expect(await ann.claim()).toBe(true);
      await pass(400);
      expect(await ben.claim()).toBe(false);
      await pass(700);
      expect(await ann.holder()).toBeUndefined();
      expect(await ben.claim()).toBe(true);
      expect(await ann.claim()).toBe(false);
    });

    it("is given back by its holder alone", async () => {
      const [ann, ben] = await pair(5_000);
      await ann.claim();
      await ben.release();
      expect(await ann.holder()).toBe("ann");
      await ann.release();
      expect(await ben.claim()).toBe(true);
    });

    it("goes to one of many that claim at once", async () => {
      const [ann, ben] = await pair(5_000);
      const claims = await Promise.all([ann.claim(), ben.claim(), ann.claim(), ben.claim()]);
      expect([claims[0], claims[1]]).toEqual([claims[2], claims[3]]);
      expect(claims[0]).not.toBe(claims[1]);
    });
  });
}
