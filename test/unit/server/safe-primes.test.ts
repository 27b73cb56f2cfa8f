/** Safe primes from a process of their own. */
import { expect, test } from "vitest";
import { createSafePrimeSource } from "../../../server/safe-primes.ts";
import { bitLength, powerMod } from "../../../shared/crypto/paillier/arithmetic.ts";

test("both p and (p - 1) / 2 are prime, and p has the length asked for", async () => {
  const prime = await createSafePrimeSource(new AbortController().signal)(128);
  const half = (prime - 1n) / 2n;
  expect(bitLength(prime)).toBe(128);
  expect([powerMod(2n, prime - 1n, prime), powerMod(2n, half - 1n, half)]).toEqual([1n, 1n]);
});

test("an interruption ends the drawing at once", async () => {
  const stop = new AbortController();
  const drawn = createSafePrimeSource(stop.signal)(4096);
  stop.abort();
  await expect(drawn).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(createSafePrimeSource(stop.signal)(4096)).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a failure names no reason of the process", async () => {
  const failure = await createSafePrimeSource(new AbortController().signal)(-1).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "INTERNAL", message: "the process that draws safe primes failed" });
});
