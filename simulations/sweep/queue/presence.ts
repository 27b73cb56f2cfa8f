/** Which workers are at a queue: each says so every few seconds, and is forgotten when it stops. Times are the Redis's own. Imports redis. */
import type { Redis } from "ioredis";
import * as v from "valibot";
import { prefix } from "./redis.ts";

const schema = v.strictObject({ name: v.string(), version: v.string(), node: v.string(), concurrency: v.number() });

/** A worker. */
export interface WorkerInfo {
  /** Its host, its process and something drawn: no two are the same. */
  readonly name: string;
  /** Of Cofactor. */
  readonly version: string;
  /** Of Node: another one may differ in the last bits of logarithms and the like. */
  readonly node: string;
  /** Cells at a time. */
  readonly concurrency: number;
}

const key = `${prefix}:workers`;
/** How long a worker counts as there that says nothing. */
const absentSeconds = 15;
/** How often it says so. */
export const presenceMs = 4_000;

/** Says that a worker is there. */
export async function announce(redis: Redis, worker: WorkerInfo): Promise<void> {
  const now = await secondsOf(redis);
  await redis.zadd(key, now + absentSeconds, JSON.stringify(worker));
  await redis.zremrangebyscore(key, "-inf", now);
}

/** Says that it has left. */
export async function withdraw(redis: Redis, worker: WorkerInfo): Promise<void> {
  await redis.zrem(key, JSON.stringify(worker));
}

/** The workers that are there. */
export async function presentWorkers(redis: Redis): Promise<readonly WorkerInfo[]> {
  const members = await redis.zrangebyscore(key, await secondsOf(redis), "+inf");
  return members.flatMap((member) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), member);
    return parsed.success ? [parsed.output] : [];
  });
}

async function secondsOf(redis: Redis): Promise<number> {
  return Number((await redis.time())[0]);
}
