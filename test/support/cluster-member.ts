/** A gateway, a coordinator or a keyholder of a cluster, in a process of its own: started by the tests with its order over IPC, and killed by them. */
import { socketConnector } from "../../client/socket.ts";
import { createGateway, createServer, fileRecord, postgresStore, redisLease, sqliteStore, startCoordinator } from "../../server/index.ts";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { identityFromSeed } from "../../shared/crypto/identity.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { openRun } from "../../shared/run.ts";
import type { RunTerms, TermsInput } from "../../shared/terms.ts";
import { connectorOver } from "../../shared/transport.ts";
import { countingRun } from "./counting-run.ts";
import { type KillPoint, killingStore } from "./killing-store.ts";
import { keyholderOf, openAll } from "./sealed-run.ts";

/** What every member is told. */
export interface ClusterOrder {
  readonly postgres: string;
  readonly redis: string;
  /** Entries of the counting run, and its terms; or terms of another run. */
  readonly counting?: { readonly size: number; readonly terms: Partial<TermsInput> };
  readonly planned?: RunTerms;
  /** How long coordinators rest between rounds. */
  readonly restMs?: number;
  readonly consoleToken?: string;
}

/** Where a member kills itself, the `nth` time that it comes there. */
export interface MemberFate {
  readonly point: KillPoint;
  readonly nth: number;
}

/** What a member is. */
export type MemberRole =
  | { readonly role: "gateway" | "coordinator"; readonly port: number }
  /** One server for all, on a file of its own. */
  | { readonly role: "single"; readonly port: number; readonly path: string }
  | { readonly role: "keyholder"; readonly urls: readonly string[]; readonly seed: string; readonly path: string };

/** What a member tells. */
export type MemberReport =
  | { readonly kind: "ready" }
  | { readonly kind: "leading"; readonly isLeading: boolean }
  | { readonly kind: "failed"; readonly code: string };

const ttlMs = 1_000;

process.once("message", (order: ClusterOrder & MemberRole) => void start(order));
process.on("disconnect", () => process.exit(0));

async function start({ fate, ...order }: ClusterOrder & MemberRole & { readonly fate?: MemberFate }): Promise<void> {
  const run = order.planned === undefined ? countingRun(order.counting!.size, order.counting!.terms) : await openRun(order.planned);
  if (order.role === "keyholder") return open(order, run.terms.id);
  if (order.role === "single") {
    const server = await createServer({ run, store: sqliteStore(order.path), gatherMs: 100, restMs: order.restMs ?? 0 });
    server.on("failed", ({ error }) => report({ kind: "failed", code: codeOf(error) }));
    await server.listen({ port: order.port });
    return report({ kind: "ready" });
  }
  // A data base that is being started again is waited for.
  const kept = await patiently(() => postgresStore(order.postgres, { patienceMs: 60_000, connections: 3 }));
  const store = fate === undefined ? kept : killingStore(kept, fate.point, fate.nth, run.protection.stages.length);
  const lease = async (holder: string) => redisLease({ url: order.redis, run: run.terms.id, holder, ttlMs });
  if (order.role === "gateway") {
    const gateway = await patiently(async () =>
      createGateway({
        run,
        store,
        lease: await lease(""),
        lookMs: 100,
        patienceMs: 30_000,
        tallyMs: 200,
        name: `gateway-${order.port}`,
        consoleToken: order.consoleToken,
      }),
    );
    await gateway.listen({ port: order.port });
  } else {
    const node = await patiently(() =>
      startCoordinator({
        run,
        store,
        lease,
        listen: { port: order.port },
        claimMs: 200,
        gatherMs: 100,
        partMs: 1_000,
        restMs: order.restMs ?? 0,
        consoleToken: order.consoleToken,
      }),
    );
    node.on("leading", ({ isLeading }) => report({ kind: "leading", isLeading }));
    node.on("failed", ({ error }) => report({ kind: "failed", code: codeOf(error) }));
  }
  report({ kind: "ready" });
}

async function open({ urls, seed, path }: Extract<MemberRole, { role: "keyholder" }>, run: string): Promise<void> {
  const connect = connectorOver(
    urls.map((url) => socketConnector(url)),
    0,
  );
  const keyholder = keyholderOf(connect, identityFromSeed(fromBase64url(seed)), {
    run,
    record: fileRecord(path),
    createKeyholder: openAll,
  });
  report({ kind: "ready" });
  for (;;) {
    try {
      const { channel } = await keyholder.join();
      await new Promise<void>((resolve) => channel.onClose(() => resolve()));
    } catch {
      // That one is gone or stands by.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function codeOf(error: unknown): string {
  return isCofactorError(error) ? error.code : String(error);
}

function report(message: MemberReport): void {
  process.send?.(message);
}
