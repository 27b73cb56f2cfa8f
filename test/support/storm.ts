/** Strikes by SIGKILL at random moments, by a seed. Imports the cluster's types. */
import type { Rng } from "../../shared/random.ts";
import type { Cluster, Member } from "./cluster-processes.ts";

/** What can be struck, and how it comes back. */
export interface Victim {
  readonly name: string;
  strike(): Promise<void>;
  recover(): Promise<void>;
}

/** A process of ours as a victim. */
export function victimOf(name: string, member: Member): Victim {
  return { name, strike: () => member.kill(), recover: () => member.start() };
}

/** Everything that a cluster is made of. */
export function victimsOf(cluster: Cluster): Victim[] {
  return [
    ...cluster.gateways.map((member) => victimOf("gateway", member)),
    ...cluster.coordinators.map((member) => victimOf("coordinator", member)),
    { name: "Redis", strike: () => cluster.redis.kill(), recover: () => cluster.redis.start() },
    { name: "PostgreSQL", strike: () => cluster.postgres.kill(), recover: () => cluster.postgres.start() },
  ];
}

/** How hard it blows. */
export interface StormOptions {
  readonly rng: Rng;
  /** Most strikes. */
  readonly times: number;
  /** Longest time between a recovery and the next strike, and from a strike to the recovery; milliseconds. */
  readonly calmMs?: number;
  readonly downMs?: number;
  /** True once the work is over. */
  isOver(): boolean;
}

/** Strikes until the work is over, or as often as it is told; each victim is back before another is struck. @returns how often each was struck */
export async function storm(
  victims: readonly Victim[],
  { rng, times, calmMs = 500, downMs = 400, isOver }: StormOptions,
): Promise<Record<string, number>> {
  const struck: Record<string, number> = {};
  // Everything is struck once, in some order, before anything is struck by chance.
  const first = [...victims].map((victim) => ({ victim, at: rng.float() })).sort((a, b) => a.at - b.at);
  for (let time = 0; time < times && !isOver(); time++) {
    await pause(rng.float() * calmMs);
    if (isOver()) break;
    const victim = first[time]?.victim ?? victims[Math.floor(rng.float() * victims.length)]!;
    struck[victim.name] = (struck[victim.name] ?? 0) + 1;
    await victim.strike();
    await pause(rng.float() * downMs);
    await victim.recover();
  }
  return struck;
}

/** Prints what was counted, as a line of JSON. */
export function tell(counts: object): void {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
