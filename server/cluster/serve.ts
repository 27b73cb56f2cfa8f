/** `cofactor serve` as one of several servers: a gateway or a coordinator until its operator ends it. Imports server. */
import type pino from "pino";
import type { ExitCode } from "../../shared/command/command.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { Run } from "../../shared/run.ts";
import { logEvents } from "../serve-log.ts";
import type { Settings } from "../settings.ts";
import type { ListenOptions } from "../socket.ts";
import { openStore } from "../stores/index.ts";
import { startCoordinator } from "./coordinator-node.ts";
import { createGateway } from "./gateway.ts";
import type { Lease } from "./lease.ts";
import { redisLease } from "./redis-lease.ts";

/** What a member is started with. */
export interface MemberOptions {
  readonly settings: Settings;
  readonly run: Run;
  readonly tls: ListenOptions["tls"];
  /** The items that are to be live, where they come and go. */
  readonly names: readonly string[] | undefined;
  readonly log: pino.Logger;
  readonly signal: AbortSignal;
}

/** Serves until it is told to end. @throws CofactorError CONFIG_INVALID, STORE_FAILED, UNAVAILABLE */
export async function serveMember(options: MemberOptions): Promise<ExitCode> {
  const { settings, run } = options;
  const { redis, leaseMs } = settings.cluster;
  const lease = (holder: string): Promise<Lease> => redisLease({ url: redis!, run: run.terms.id, holder, ttlMs: leaseMs });
  return settings.cluster.role === "gateway" ? serveGateway(options, await lease("")) : serveCoordinator(options, lease);
}

async function serveGateway({ settings, run, tls, log, signal }: MemberOptions, lease: Lease): Promise<ExitCode> {
  const store = await openStore(settings.store!);
  const gateway = await createGateway({
    run,
    store,
    lease,
    ...settings.limits,
    name: settings.cluster.name,
    consoleToken: settings.console.token,
  });
  logEvents(gateway, log);
  gateway.on("linked", (event) => log.info(event, "coordinator"));
  try {
    const { url } = await gateway.listen({ ...settings.limits, ...settings.listen, tls });
    log.info({ url, run: run.terms.id, role: "gateway" }, "listening");
    await untilEnded(signal);
    log.info("draining");
    await gateway.drain(settings.shutdown.retryAfterMs);
  } finally {
    await gateway.close();
  }
  return 0;
}

async function serveCoordinator(
  { settings, run, tls, names, log, signal }: MemberOptions,
  lease: (holder: string) => Promise<Lease>,
): Promise<ExitCode> {
  const { advertise, leaseMs } = settings.cluster;
  const store = await openStore(settings.store!);
  const node = await startCoordinator({
    run,
    store,
    lease,
    ...settings.limits,
    claimMs: Math.floor(leaseMs / 4),
    consoleToken: settings.console.token,
    listen: { ...settings.limits, ...settings.listen, tls },
    ...(advertise === undefined ? {} : { advertise }),
    ...(names === undefined ? {} : { items: names, onServer: (server) => server.setItems(names) }),
  });
  logEvents(node, log);
  node.on("leading", (event) => log.info(event, "coordinator"));
  log.info({ url: node.url, run: run.terms.id, role: "coordinator" }, "listening");
  await untilEnded(signal);
  log.info("closing: another coordinator goes on");
  await node.close().catch((error: unknown) => log.error({ code: isCofactorError(error) ? error.code : "INTERNAL" }, "could not close"));
  return 0;
}

function untilEnded(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
