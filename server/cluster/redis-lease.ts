/**
 * A lease in Redis, or Valkey: one key with a time to live. Loads ioredis when one is asked for.
 *
 * A Redis that fails over or loses its last second may give the lease to two: then the store's epoch lets one of them write.
 */
import { CofactorError } from "../../shared/errors.ts";
import type { Lease } from "./lease.ts";

/** Takes it when it is free, prolongs it when it is one's own: both are one step. */
const claimScript = `
local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

const releaseScript = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`;

/** What a lease is made of. */
export interface RedisLeaseOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  readonly run: string;
  /** What the holder says of itself; differs from holder to holder. Empty for who only looks. */
  readonly holder: string;
  readonly ttlMs: number;
}

/** A lease of a run. @throws CofactorError CONFIG_INVALID for another URL */
export async function redisLease({ url, run, holder, ttlMs }: RedisLeaseOptions): Promise<Lease> {
  if (!/^rediss?:\/\//.test(url))
    throw new CofactorError("CONFIG_INVALID", "the lease expected a URL that begins with redis:// or rediss://");
  const { Redis } = await import("ioredis");
  const key = `cofactor:${run}:coordinator`;
  const redis = new Redis(url, {
    lazyConnect: true,
    // A call fails at once while it is away: whoever needs the lease asks again.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: Math.max(250, Math.floor(ttlMs / 2)),
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(500, 50 * attempt),
  });
  // Every call's own error says as much.
  redis.on("error", () => undefined);
  void redis.connect().catch(() => undefined);
  return {
    claim: async () => (await redis.eval(claimScript, 1, key, holder, ttlMs)) === 1,
    holder: async () => (await redis.get(key)) ?? undefined,
    release: async () => void (await redis.eval(releaseScript, 1, key, holder)),
    close: async () => redis.disconnect(),
  };
}
