/** Agents over memory, a blind relay and sockets of their own: the same factors everywhere; deaths, partitions, replays, strangers. */
import { describe, expect, it } from "vitest";
import { type Carrier, runPeer } from "../../client/peer/peer.ts";
import { createBoxKeys } from "../../shared/crypto/sealed-box.ts";
import type { LockstepOptions, PeerState } from "../../shared/peer/lockstep.ts";
import type { NmfState, NmfTerms } from "../../shared/peer/nmf/program.ts";
import { peerIdOf } from "../../shared/peer/sealed-link.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { disagreement, drawColumns, nmfPrograms } from "../support/nmf-agents.ts";
import { cuttable, directWorld, memoryWorld, type PeerWorld, relayWorld } from "../support/peer-worlds.ts";

const agents = 4;
const parts = drawColumns(agents, 8, 2, 6, createRng(3, "data"));
const ring = (at: number): readonly number[] => [(at + 1) % agents, (at + agents - 1) % agents];

interface Play {
  readonly rounds: number;
  readonly kind?: "clear" | "paillier";
  readonly lockstep?: LockstepOptions;
  readonly wrap?: (carrier: Carrier, agent: number, ids: readonly string[]) => Carrier;
  readonly onStep?: (agent: number, state: NmfState, stop: (agent: number) => void) => void;
  readonly onRefused?: (code: string) => void;
}

/** Plays a run; the states of the agents, undefined for those that were stopped. */
async function play(world: (keys: ReturnType<typeof createBoxKeys>[]) => Promise<PeerWorld>, options: Play) {
  const keys = parts.map(() => createBoxKeys(secureRng));
  const ids = keys.map(peerIdOf);
  const terms: NmfTerms = { rank: 2, rounds: options.rounds, rho: 0.5, sweeps: 3 };
  const programs = nmfPrograms(parts, terms, 5, options.kind ?? "clear", 8);
  const { carriers, close } = await world(keys);
  const stops = keys.map(() => new AbortController());
  try {
    return await Promise.all(
      carriers.map((carrier, agent) =>
        runPeer({
          keys: keys[agent]!,
          neighbors: ring(agent).map((other) => ids[other]!),
          program: programs[agent]!,
          carrier: options.wrap?.(carrier, agent, ids) ?? carrier,
          lockstep: { repeatMs: 60, patienceMs: 8_000, ...options.lockstep },
          lingerMs: 300,
          signal: stops[agent]!.signal,
          onStep: (state) => options.onStep?.(agent, state, (other) => stops[other]!.abort()),
          onRefused: (error) => options.onRefused?.(error.code),
        }).catch((error: unknown): PeerState<NmfState> | undefined => {
          if (!stops[agent]!.signal.aborted) throw error;
          return undefined;
        }),
      ),
    );
  } finally {
    await close();
  }
}

const worlds = [
  ["memory", memoryWorld],
  ["a blind relay", relayWorld],
  ["sockets between processes' ends", directWorld],
] as const;

describe.each(worlds)("agents over %s", (_name, world) => {
  it("come to the factors of memory", async () => {
    const expected = await play(memoryWorld, { rounds: 6 });
    const states = await play(world, { rounds: 6 });
    for (const [agent, state] of states.entries()) {
      // Sums over neighbors go by name, and names are drawn: equal up to the order of additions.
      for (const [at, value] of state!.program.x.entries()) expect(value).toBeCloseTo(expected[agent]!.program.x[at]!, 9);
    }
  });

  it("come to the factors in clear under encryption", async () => {
    const expected = await play(memoryWorld, { rounds: 3 });
    const states = await play(world, { rounds: 3, kind: "paillier" });
    for (const [agent, state] of states.entries()) {
      for (const [at, value] of state!.program.x.entries()) expect(value).toBeCloseTo(expected[agent]!.program.x[at]!, 4);
    }
  });

  it("go on when one is killed", async () => {
    const states = await play(world, {
      rounds: 60,
      lockstep: { patienceMs: 1_000 },
      onStep: (agent, { round }, stop) => (agent === 0 && round === 10 ? stop(2) : undefined),
    });
    expect(states[2]).toBeUndefined();
    const rest = states.filter((state) => state !== undefined);
    expect(rest.map(({ program }) => program.round)).toEqual([60, 60, 60]);
    expect(disagreement(rest.map(({ program }) => program))).toBeLessThan(0.1);
  });

  it("find together again when a partition heals, and refuse what is replayed into them", { timeout: 180_000 }, async () => {
    let isCut = false;
    const codes: string[] = [];
    const states = await play(world, {
      // Enough that the cut has healed long before the end, however fast the machine is.
      rounds: 500,
      lockstep: { patienceMs: 600 },
      wrap(carrier, agent, ids) {
        const cut = cuttable(carrier, (other) => isCut && agent < 2 !== ids.indexOf(other) < 2);
        let sent = 0;
        // Every fifth frame goes twice.
        return {
          ...cut,
          receive: (listener) => cut.receive(listener),
          send: (to, bytes) => [cut.send(to, bytes), sent++ % 5 === 0 && cut.send(to, bytes)],
        };
      },
      onStep(agent, { round }) {
        if (agent !== 0 || round !== 20 || isCut) return;
        isCut = true;
        setTimeout(() => (isCut = false), 1_000);
      },
      onRefused: (code) => codes.push(code),
    });
    expect(isCut).toBe(false);
    expect(states.map((state) => state!.program.round)).toEqual([500, 500, 500, 500]);
    expect(Math.max(...states.flatMap((state) => [...state!.edges.values()].map(({ epoch }) => epoch)))).toBeGreaterThan(0);
    expect(disagreement(states.map((state) => state!.program))).toBeLessThan(0.1);
    expect(codes.length).toBeGreaterThan(20);
    expect(new Set(codes)).toEqual(new Set(["REPLAYED"]));
  });
});
