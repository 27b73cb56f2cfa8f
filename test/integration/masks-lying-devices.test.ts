/**
 * Devices that lie in a masked round: what can be seen is refused as it comes, wrong shares are made up for while enough right ones are there, and
 * else the round fails and names whom it can.
 */
import { describe, expect, it } from "vitest";
import { isLowOrder } from "../../shared/crypto/low-order.ts";
import { encodeUnmaskAnswer, parseUnmaskAnswer, type ReleasedShare } from "../../shared/crypto/masks/closing-messages.ts";
import {
  encodeKeysAnswer,
  encodeSharesAnswer,
  type KeysAnswer,
  parseKeysAnswer,
  parseSharesAnswer,
} from "../../shared/crypto/masks/messages.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { stageOf } from "../../shared/protections/masked-round.ts";
import { secureRng } from "../../shared/random.ts";
import { devices, frame, protection, threshold } from "../support/masked-lies.ts";
import { playCohort, sumOf } from "../support/masked-play.ts";
import { identities, playRound, type RoundTrace } from "../support/protected-round.ts";

type Lie = (device: number, answer: Uint8Array) => Uint8Array;

const everybody = Array.from({ length: devices }, (_, index) => index);
const liar = 5;

/** A round in which some devices lie at a stage. */
function playWith(stage: number, liars: readonly number[], lie: Lie, lost: readonly number[] = []): Promise<RoundTrace> {
  return playRound(protection, frame, playCohort(devices), {
    isLost: (device, at) => at === stageOf.contribution && lost.includes(device),
    answer: (device, at, answer) => (at === stage && liars.includes(device) ? lie(device, answer) : answer),
  });
}

function changeKeys(change: (keys: KeysAnswer) => Partial<KeysAnswer>): Lie {
  return (_, answer) => {
    const keys = parseKeysAnswer(answer, devices);
    return encodeKeysAnswer({ ...keys, ...change(keys) });
  };
}

function changeShares(change: (shares: readonly ReleasedShare[]) => readonly ReleasedShare[]): Lie {
  return (_, answer) => encodeUnmaskAnswer(change(parseUnmaskAnswer(answer, devices)));
}

async function expectSum({ half }: RoundTrace, contributors: readonly number[]): Promise<void> {
  expect([...(await half.reveal(undefined)).values]).toEqual(sumOf(contributors));
}

/** The devices that a failed round names. */
async function culpritsOf({ half }: RoundTrace): Promise<readonly number[]> {
  const error: unknown = await half.reveal(undefined).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "AGGREGATION_FAILED" });
  return (error as { culprits: readonly string[] }).culprits.map((id) => identities.findIndex((identity) => identity.id === id));
}

const garbage = (shares: readonly ReleasedShare[]): readonly ReleasedShare[] =>
  shares.map((each) => ({ ...each, share: secureRng.bytes(32) }));

describe("shares given out wrong", () => {
  it.each([0, 3, 6])("do no harm from one device of seven: %i", async (device) => {
    await expectSum(await playWith(stageOf.unmask, [device], changeShares(garbage)), everybody);
    const one = changeShares((shares) => [...garbage(shares.slice(0, 1)), ...shares.slice(1)]);
    await expectSum(
      await playWith(stageOf.unmask, [device], one, [(device + 1) % devices]),
      everybody.filter((index) => index !== (device + 1) % devices),
    );
  });

  it("fail the round when too many are wrong, and name all givers and the owner: among them the liars", async () => {
    const liars = [1, 3, 4, 6];
    const culprits = await culpritsOf(await playWith(stageOf.unmask, liars, changeShares(garbage)));
    expect(culprits).toEqual(expect.arrayContaining(liars));
  });

  it("fail the round with the minimum of givers and one liar among them", async () => {
    const trace = await playRound(protection, frame, playCohort(devices), {
      isLost: (device, at) => at === stageOf.unmask && device > threshold,
      answer: (device, at, answer) => (at === stageOf.unmask && device === 1 ? changeShares(garbage)(device, answer) : answer),
    });
    expect(await culpritsOf(trace)).toContain(1);
  });

  it.each<readonly [string, Lie]>([
    ["a share of the other kind", changeShares(([first, ...rest]) => [{ ...first!, kind: "key" }, ...rest])],
    ["both kinds for one owner", changeShares(([first, ...rest]) => [first!, { ...first!, kind: "key" }, ...rest])],
    [
      "a share of its own secret",
      changeShares((shares) =>
        [...shares, { index: liar, kind: "seed", share: secureRng.bytes(32) } as const].sort((a, b) => a.index - b.index),
      ),
    ],
    ["a share that is cut", (_, answer) => answer.subarray(0, answer.length - 1)],
  ])("are refused as they come: %s", async (_, lie) => {
    const trace = await playWith(stageOf.unmask, [liar], lie);
    expect(trace.refusals.map(({ device, stage }) => [device, stage])).toEqual([[liar, stageOf.unmask]]);
    await expectSum(trace, everybody);
  });
});

describe("shares sealed wrong", () => {
  const spoil =
    (receivers: readonly number[]): Lie =>
    (_, answer) =>
      encodeSharesAnswer(
        parseSharesAnswer(answer, devices).map((each) =>
          receivers.includes(each.index) ? { ...each, box: secureRng.bytes(each.box.length) } : each,
        ),
      );

  it("cost nobody else the round, while enough of them open", async () => {
    const trace = await playWith(stageOf.shares, [liar], spoil([0, 1]));
    expect(trace.refusals).toEqual([]);
    await expectSum(trace, everybody);
  });

  it("do no harm when their owner is lost before its vector", async () => {
    const trace = await playWith(stageOf.shares, [liar], spoil([2, 3]), [liar]);
    await expectSum(
      trace,
      everybody.filter((index) => index !== liar),
    );
  });

  it("leave the sum closed when too few open", async () => {
    const trace = await playWith(stageOf.shares, [liar], spoil(everybody));
    expect(trace.answered[stageOf.unmask]).toEqual(everybody);
    await expect(trace.half.reveal(undefined)).rejects.toMatchObject({ code: "THRESHOLD_UNMET" });
  });

  it("are refused when they are for others than the neighbors that are there", async () => {
    const trace = await playWith(stageOf.shares, [liar], (_, answer) => encodeSharesAnswer(parseSharesAnswer(answer, devices).slice(1)));
    expect(trace.refusals).toMatchObject([
      { device: liar, stage: stageOf.shares, message: expect.stringContaining("shares expected for the 6") as string },
    ]);
    await expectSum(
      trace,
      everybody.filter((index) => index !== liar),
    );
  });
});

describe("keys announced wrong", () => {
  it("name their owner alone when its seed is not what it committed to", async () => {
    const trace = await playWith(
      stageOf.keys,
      [liar],
      changeKeys(() => ({ commitment: secureRng.bytes(32) })),
    );
    expect(await culpritsOf(trace)).toEqual([liar]);
  });

  it("name their owner alone when it is lost and its mask key is another", async () => {
    const { publicKey } = await nodePrimitives.createAgreementKeys(secureRng);
    const trace = await playWith(
      stageOf.keys,
      [liar],
      changeKeys(() => ({ maskKey: publicKey })),
      [liar],
    );
    expect(await culpritsOf(trace)).toEqual([liar]);
  });

  it("do not pass for a sum when the owner masks with another key than it announced", async () => {
    const { publicKey } = await nodePrimitives.createAgreementKeys(secureRng);
    const trace = await playWith(
      stageOf.keys,
      [liar],
      changeKeys(() => ({ maskKey: publicKey })),
    );
    await expect(trace.half.reveal(undefined)).rejects.toMatchObject({ code: "AGGREGATION_FAILED" });
  });

  const top = (first: number, last: number): Uint8Array => Uint8Array.of(first, ...new Uint8Array(30).fill(0xff), last);
  const order8 =
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800 5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
  const unusable = [
    new Uint8Array(32),
    Uint8Array.of(1, ...new Uint8Array(31)),
    ...order8.split(" ").map((text) => new Uint8Array(Buffer.from(text, "hex"))),
    ...[0xec, 0xed, 0xee].flatMap((first) => [top(first, 0x7f), top(first, 0xff)]),
  ];

  it("are refused when no secret can be agreed on with them, and only then", async () => {
    const { secretKey, publicKey } = await nodePrimitives.createAgreementKeys(secureRng);
    for (const point of unusable) {
      expect(isLowOrder(point)).toBe(true);
      expect(() => nodePrimitives.agree(secretKey, point)).toThrow();
    }
    expect(isLowOrder(publicKey)).toBe(false);
    for (const field of ["sealKey", "maskKey"] as const) {
      const trace = await playWith(
        stageOf.keys,
        [liar],
        changeKeys(() => ({ [field]: unusable[2]! })),
      );
      expect(trace.refusals).toMatchObject([{ device: liar, stage: stageOf.keys }]);
      await expectSum(
        trace,
        everybody.filter((index) => index !== liar),
      );
    }
  });

  it.each<readonly [string, Lie]>([
    ["another place", changeKeys(() => ({ index: 0 }))],
    ["another cohort", changeKeys(() => ({ root: new Uint8Array(32) }))],
    ["fewer neighbors", changeKeys(({ neighbors }) => ({ neighbors: neighbors.slice(1) }))],
  ])("are refused as they come: %s", async (_, lie) => {
    const trace = await playWith(stageOf.keys, [liar], lie);
    expect(trace.refusals.map(({ device, stage }) => [device, stage])).toEqual([[liar, stageOf.keys]]);
    await expectSum(
      trace,
      everybody.filter((index) => index !== liar),
    );
  });
});

it("another set signed than the one asked about is refused, and the round goes on", async () => {
  const trace = await playWith(stageOf.consistency, [liar], () => secureRng.bytes(32));
  expect(trace.refusals.map(({ device, stage }) => [device, stage])).toEqual([[liar, stageOf.consistency]]);
  await expectSum(trace, everybody);
});
