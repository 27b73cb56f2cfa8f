/**
 * Two of three keyholders must agree: one away, one lost, one that lies, two away. Real shares of a split key and real proofs; a spy sees whose
 * parts were accepted.
 */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, type Keyholder, memoryRecord, memoryStore, type Server, type ServerOptions } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { keyShareText, thresholdKeyText } from "../../shared/crypto/paillier/threshold-key.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { type PaillierOptions, paillier } from "../../shared/protections/paillier.ts";
import type { KeyholderFactory } from "../../shared/protections/protection.ts";
import { secureRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import type { Channel, Connector } from "../../shared/transport.ts";
import { keyholderOf, modelAfter, sealedRun, sealingDevices } from "../support/sealed-run.ts";
import { testThresholdKey2048 } from "../support/threshold-keys.ts";
import { transports } from "../support/transports.ts";

const holders = [0, 1, 2].map(() => createIdentity(secureRng));
const base = sealedRun([], {
  protection: { kind: "paillier", ...thresholdKeyText(testThresholdKey2048.key), keyholders: holders.map(({ id }) => id) },
});
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Whose parts came, in order, and whether they were accepted. */
interface Tally {
  readonly accepted: number[];
  readonly rejected: number[];
}

/** The run, with a spy on the parts that come. */
function watched(tally: Tally): Run {
  const { protection } = base;
  return {
    ...base,
    protection: {
      ...protection,
      async createAggregator(frame, tools) {
        const half = await protection.createAggregator(frame, tools);
        const reveal = half.reveal.bind(half);
        half.reveal = (opener) =>
          reveal({
            open: (request, accept) =>
              opener!.open(request, async (part) => {
                try {
                  await accept(part);
                } catch (error) {
                  tally.rejected.push(part.keyholder);
                  throw error;
                }
                tally.accepted.push(part.keyholder);
              }),
          });
        return half;
      },
    },
  };
}

/** What a keyholder does with its part before it hands it out. */
type Conduct = (part: Uint8Array) => Promise<Uint8Array> | Uint8Array;

const honest: Conduct = (part) => part;
const lying: Conduct = (part) => part.map((byte, at) => (at === 300 ? byte ^ 1 : byte));

/** Opens with the share of a place. */
function sharing(place: number, conduct: Conduct): (run: Run) => Promise<KeyholderFactory> {
  return async (run) => {
    const options = run.terms.protection as unknown as PaillierOptions;
    const create = await paillier.createKeyholder!(options, keyShareText(testThresholdKey2048.shares[place]!), nodeKeyholderTools);
    return (frame) => {
      const half = create(frame);
      return { combine: (contribution) => half.combine(contribution), open: async () => conduct(await half.open()) };
    };
  };
}

interface Scene extends Tally {
  readonly server: Server;
  readonly connect: Connector;
  readonly blamed: number[];
  readonly declined: (readonly [number, string])[];
  keyholder(place: number, conduct?: Conduct, connect?: Connector): Keyholder;
}

async function openScene(reach: (server: Server) => Promise<Connector>, options: Partial<ServerOptions> = {}): Promise<Scene> {
  const tally: Tally = { accepted: [], rejected: [] };
  const server = await createServer({ run: watched(tally), store: memoryStore(), gatherMs: 20, keyholderWaitMs: 10_000, ...options });
  cleanups.push(() => server.close());
  const connect = await reach(server);
  const blamed: number[] = [];
  const declined: (readonly [number, string])[] = [];
  server.on("blamed", ({ keyholder }) => blamed.push(keyholder));
  server.on("declined", ({ keyholder, code }) => declined.push([keyholder, code]));
  const keyholder: Scene["keyholder"] = (place, conduct = honest, over = connect) =>
    keyholderOf(over, holders[place]!, { createKeyholder: sharing(place, conduct) });
  return { ...tally, server, connect, blamed, declined, keyholder };
}

async function expectExactRound({ server, connect }: Scene): Promise<void> {
  const start = server.shared.slice();
  const ended = new Promise<string>((resolve) => server.on("round", ({ outcome }) => resolve(outcome)));
  await sealingDevices(base, connect);
  expect(await ended).toBe("published");
  expect([...server.shared]).toEqual(modelAfter(base, start));
}

const forever = (): Promise<Uint8Array> => new Promise(() => undefined);

describe.each(transports)("two of three keyholders over $name", ({ reach }) => {
  it("open a sum when all are there: the first two are asked", async () => {
    const scene = await openScene(reach);
    for (const place of [2, 0, 1]) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([0, 1]);
    expect(await scene.server.metrics.text()).toContain("cofactor_keyholders_connected 3");
  });

  it.each([0, 1, 2])("open a sum when keyholder %i is away from the start", async (away) => {
    const scene = await openScene(reach);
    for (const place of [0, 1, 2]) if (place !== away) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([0, 1, 2].filter((place) => place !== away));
  });

  it("open a sum when one is lost while it opens: the third one is asked in its place", async () => {
    const scene = await openScene(reach);
    let channel: Channel | undefined;
    const losing: Connector = async () => (channel = await scene.connect());
    const lose = (): Promise<Uint8Array> => {
      channel!.close("lost");
      return forever();
    };
    await scene.keyholder(0, lose, losing).join();
    for (const place of [1, 2]) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([1, 2]);
    expect(scene.blamed).toEqual([]);
  });

  it("open a sum when one lies about its part: it is blamed and counted, the third one is asked", async () => {
    const scene = await openScene(reach);
    await scene.keyholder(0, lying).join();
    for (const place of [1, 2]) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([1, 2]);
    expect([scene.rejected, scene.blamed]).toEqual([[0], [0]]);
    expect(await scene.server.metrics.text()).toContain('cofactor_keyholders_blamed_total{keyholder="0"} 1');
  });

  it("open a sum when one has opened another list of this round before: it refuses, the third one is asked", async () => {
    const scene = await openScene(reach);
    const record = memoryRecord();
    record.record("sealed", 1, "A".repeat(43));
    await keyholderOf(scene.connect, holders[0]!, { createKeyholder: sharing(0, honest), record }).join();
    for (const place of [1, 2]) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([scene.declined, scene.blamed]).toEqual([[[0, "REPLAYED"]], []]);
  });

  it("open a sum when one is silent: a further one is asked beside it", async () => {
    const scene = await openScene(reach, { hedgeMs: 50 });
    await scene.keyholder(0, forever).join();
    for (const place of [1, 2]) await scene.keyholder(place).join();
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([1, 2]);
  });

  it("open a sum late when two are away at first: the round waits for one of them", async () => {
    const scene = await openScene(reach);
    await scene.keyholder(1).join();
    scene.server.on("revealing", () => setTimeout(() => void scene.keyholder(2).join(), 50));
    await expectExactRound(scene);
    expect([...scene.accepted].sort()).toEqual([1, 2]);
  });

  it("open nothing when two stay away: the round is abandoned, and the model stays", async () => {
    const scene = await openScene(reach, { keyholderWaitMs: 2_500 });
    const start = [...scene.server.shared];
    await scene.keyholder(1).join();
    const failed = new Promise<unknown>((resolve) => scene.server.on("failed", ({ error }) => resolve(error)));
    const clients = await sealingDevices(base, scene.connect);
    expect(await failed).toMatchObject({ code: "DECRYPT_FAILED", culprits: [] });
    await clients[0]!.until(() => clients[0]!.abandoned.length > 0);
    expect(clients[0]!.abandoned[0]!.reason).toMatch(/expected 2 of 3 keyholders, got 1/);
    expect([...scene.server.shared]).toEqual(start);
    expect((await scene.server.records())[0]).toMatchObject({ outcome: "abandoned" });
  });

  it("open nothing when two lie: both are named as culprits at once", async () => {
    const scene = await openScene(reach);
    for (const place of [0, 1, 2]) await scene.keyholder(place, place === 2 ? honest : lying).join();
    const failed = new Promise<unknown>((resolve) => scene.server.on("failed", ({ error }) => resolve(error)));
    await sealingDevices(base, scene.connect);
    expect(await failed).toMatchObject({
      code: "DECRYPT_FAILED",
      culprits: expect.arrayContaining([holders[0]!.id, holders[1]!.id]) as string[],
    });
  });
});
