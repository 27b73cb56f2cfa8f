/** A keyholder that is asked by a lying aggregator: it opens what devices signed, once a round, and nothing else. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { KeyholderParts } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { unpackSums } from "../../shared/crypto/paillier/packing.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { packingOf } from "../../shared/protections/paillier-packed.ts";
import { secureRng } from "../../shared/random.ts";
import { roundFrame } from "../../shared/run.ts";
import { decodeFixed } from "../../shared/wire/fixed-point.ts";
import { answerBytes } from "../../shared/wire/signed.ts";
import { type HostedKeyholder, hostKeyholder, LyingServer } from "../support/lying-server.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { contribute, type Sealed, sealedRun, valuesOf } from "../support/sealed-run.ts";

const holder = createIdentity(secureRng);
const run = sealedRun([holder.id]);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let pair: readonly Sealed[];
let third: Sealed;
let otherRound: Sealed;
beforeAll(async () => {
  pair = [await contribute(run, 1, 1), await contribute(run, 1, 2)];
  third = await contribute(run, 1, 3);
  otherRound = await contribute(run, 2, 3);
});

const openScene = (
  over: "memory" | "socket",
  parts: Partial<KeyholderParts> = {},
  server = new LyingServer(run),
): Promise<HostedKeyholder> => hostKeyholder(over, server, holder, (close) => cleanups.push(close), parts);

/** What the opened blocks of `pair` must hold. */
function expectSum(part: Uint8Array, seeds: readonly number[]): void {
  const sums = decodeFixed(
    unpackSums(packingOf(testKey2048.publicKey, roundFrame(run, 1)), part, run.contributionSize, seeds.length),
    run.range,
  );
  const expected = valuesOf(run, seeds[0]!).map((_, index) => seeds.reduce((sum, seed) => sum + valuesOf(run, seed)[index]!, 0));
  expect([...sums]).toEqual([...expected]);
}

/** It was refused with its code, nothing is recorded, and an honest opening still works. */
async function expectUnharmed({ server, record, events }: HostedKeyholder, code: ErrorCode, act: Promise<unknown>): Promise<void> {
  await expect(act).rejects.toMatchObject({ code });
  expect(events).toContainEqual({ kind: "refused", code });
  expect(record.opened("sealed", 1)).toBeUndefined();
  expectSum(await server.open(1, pair), [1, 2]);
  expect(events.at(-1)).toEqual({ kind: "opened", round: 1, contributors: 2 });
}

describe.each(["memory", "socket"] as const)("a keyholder over %s", (over) => {
  it("opens the sum of a signed list of signed contributions, and the same again without being sent it again", async () => {
    const { server, record } = await openScene(over);
    const part = await server.open(1, pair);
    expectSum(part, [1, 2]);
    expect(record.opened("sealed", 1)).toBe(server.listOf(pair));
    expect(await server.sendList(1, pair)).toEqual({ received: 256, next: 2 });
    expect(await server.fetch(1, pair)).toEqual(part);
  });

  it("goes on where it was when the list is sent again on the way", async () => {
    const { server } = await openScene(over);
    await server.sendList(1, pair);
    await server.sendContribution(1, pair, 0);
    expect(await server.sendList(1, pair)).toEqual({ received: 256, next: 1 });
    await server.sendContribution(1, pair, 1);
    expectSum(await server.fetch(1, pair), [1, 2]);
  });

  const stranger = createIdentity(secureRng);
  const lies: readonly { readonly name: string; readonly code: ErrorCode; readonly act: (server: LyingServer) => Promise<unknown> }[] = [
    { name: "fewer contributors than the terms' least", code: "COHORT_TOO_SMALL", act: (server) => server.open(1, pair.slice(0, 1)) },
    { name: "no contributors", code: "MESSAGE_MALFORMED", act: (server) => server.sendList(1, []) },
    {
      name: "more contributors than a cohort",
      code: "COHORT_TOO_SMALL",
      act: async (server) => server.open(1, [...pair, third, await contribute(run, 1, 4)]),
    },
    { name: "one contributor twice", code: "UPDATE_REJECTED", act: (server) => server.open(1, [pair[0]!, pair[0]!]) },
    {
      name: "one device's two contributions",
      code: "UPDATE_REJECTED",
      act: async (server) => server.open(1, [pair[0]!, await contribute(run, 1, 9, { device: pair[0]!.device })]),
    },
    { name: "a signature of another round", code: "AUTH_FAILED", act: (server) => server.open(1, [pair[0]!, otherRound]) },
    {
      name: "a signature of other terms",
      code: "AUTH_FAILED",
      act: async (server) => {
        const { digest, bytes } = third;
        return server.open(1, [pair[0]!, await contribute(run, 1, 3, { bytes, signed: answerBytes("A".repeat(43), 1, 0, digest) })]);
      },
    },
    {
      name: "a signature of another stage",
      code: "AUTH_FAILED",
      act: async (server) => {
        const { digest, bytes } = third;
        return server.open(1, [pair[0]!, await contribute(run, 1, 3, { bytes, signed: answerBytes(run.digest, 1, 1, digest) })]);
      },
    },
    {
      name: "a signature of another digest",
      code: "AUTH_FAILED",
      act: (server) => server.open(1, [pair[0]!, { ...third, digest: pair[0]!.digest }]),
    },
    {
      name: "a signature by another key",
      code: "AUTH_FAILED",
      act: (server) => server.open(1, [pair[0]!, { ...third, client: stranger.id }]),
    },
    {
      name: "swapped digests",
      code: "AUTH_FAILED",
      act: (server) =>
        server.open(1, [
          { ...pair[0]!, digest: pair[1]!.digest },
          { ...pair[1]!, digest: pair[0]!.digest },
        ]),
    },
    {
      name: "a list that another server signed",
      code: "AUTH_FAILED",
      act: (server) => server.sendList(1, pair, { signer: stranger }),
    },
    { name: "a list signed for other terms", code: "AUTH_FAILED", act: (server) => server.sendList(1, pair, { terms: "A".repeat(43) }) },
    { name: "a list signed for another round", code: "AUTH_FAILED", act: (server) => server.sendList(2, pair, { header: { round: 1 } }) },
    {
      name: "a list without a signature",
      code: "MESSAGE_MALFORMED",
      act: (server) => server.sendList(1, pair, { header: { signature: "" } }),
    },
    {
      name: "a list of a length of its own",
      code: "MESSAGE_MALFORMED",
      act: (server) => server.sendList(1, pair, { header: { total: 2 ** 40 } }),
    },
    {
      name: "a list shorter than its count",
      code: "MESSAGE_MALFORMED",
      act: (server) => server.sendList(1, pair, { bytes: new Uint8Array(255) }),
    },
    {
      name: "a list that does not begin at its start",
      code: "MESSAGE_MALFORMED",
      act: (server) => server.sendList(1, pair, { header: { offset: 128 } }),
    },
    {
      name: "a round before the first",
      code: "MESSAGE_MALFORMED",
      act: (server) => server.sendList(1, pair, { header: { round: 0 } }),
    },
    {
      name: "another contribution than the listed one",
      code: "UPDATE_REJECTED",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, pair, 0, { bytes: third.bytes });
      },
    },
    {
      name: "a contribution that its device signed and that is no ciphertext",
      code: "UPDATE_REJECTED",
      act: async (server) => server.open(1, [pair[0]!, await contribute(run, 1, 3, { bytes: new Uint8Array(third.bytes.length) })]),
    },
    {
      name: "a contribution that is too short",
      code: "SHAPE_MISMATCH",
      act: async (server) => server.open(1, [pair[0]!, await contribute(run, 1, 3, { bytes: third.bytes.slice(1) })]),
    },
    {
      name: "a contribution of a huge size, before a byte is kept",
      code: "MESSAGE_TOO_LARGE",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, pair, 0, { header: { total: 2 ** 40 } });
      },
    },
    {
      name: "contributions out of order",
      code: "MESSAGE_MALFORMED",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, pair, 1);
      },
    },
    {
      name: "a contribution's chunks out of order",
      code: "MESSAGE_MALFORMED",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, pair, 0, { bytes: pair[0]!.bytes.slice(8), header: { offset: 8, total: pair[0]!.bytes.length } });
      },
    },
    {
      name: "a contribution of a list that it was not given",
      code: "MESSAGE_MALFORMED",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, [pair[0]!, third], 0);
      },
    },
    {
      name: "the opening before all contributions are in",
      code: "MESSAGE_MALFORMED",
      act: async (server) => {
        await server.sendList(1, pair);
        await server.sendContribution(1, pair, 0);
        await server.fetch(1, pair);
      },
    },
    { name: "the opening of nothing", code: "MESSAGE_MALFORMED", act: (server) => server.fetch(1, pair) },
    { name: "a message that is none for a keyholder", code: "MESSAGE_MALFORMED", act: (server) => server.say("ask", {}) },
  ];
  it.each(lies)("refuses $name with $code, and opens the true list afterwards", async ({ code, act }) => {
    const scene = await openScene(over);
    await expectUnharmed(scene, code, act(scene.server));
  });

  it("names the place of a contribution that it refuses, and nobody", async () => {
    const { server } = await openScene(over);
    const bad = await contribute(run, 1, 3, { bytes: new Uint8Array(third.bytes.length) });
    const refused = await server.open(1, [pair[0]!, bad]).catch((error: Error) => error.message);
    expect(refused).toContain("contribution 1 of the list");
    expect(refused).not.toContain(bad.client);
  });
});
