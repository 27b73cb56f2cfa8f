/** `cofactor serve` as one of several servers: a gateway or a coordinator until its operator ends it. Imports server. */
import type { ExitCode } from "../../shared/command/command.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { connectSocket } from "../connect.ts";
import { readLinkTls } from "../serve-files.ts";
import { logEvents } from "../serve-log.ts";
import { openDesk, startOf } from "../serve-opened.ts";
import type { Started } from "../serve-started.ts";
import { openStore } from "../stores/index.ts";
import { startCoordinator } from "./coordinator-node.ts";
import { createGateway } from "./gateway.ts";
import type { Lease } from "./lease.ts";
import { redisLease } from "./redis-lease.ts";

/** Serves until it is told to end. @throws CofactorError CONFIG_INVALID, STORE_FAILED, UNAVAILABLE */
export async function serveMember(started: Started): Promise<ExitCode> {
  const { settings, run } = started;
  const { redis, leaseMs } = settings.cluster;
  const lease = (holder: string): Promise<Lease> => redisLease({ url: redis!, run: run.terms.id, holder, ttlMs: leaseMs });
  return settings.cluster.role === "gateway" ? serveGateway(started, lease) : serveCoordinator(started, lease);
}

async function serveGateway(started: Started, lease: (holder: string) => Promise<Lease>): Promise<ExitCode> {
  const { settings, run, tls, log, signal, reload } = started;
  const linkTls = readLinkTls(settings.cluster.tls);
  const gateway = await startOf(async (keep) =>
    createGateway({
      run,
      store: keep(await openStore(settings.store!)),
      enrolment: keep(await openDesk(started)),
      lease: keep(await lease("")),
      ...settings.limits,
      name: settings.cluster.name,
      connect: (url) => connectSocket(url, linkTls),
      consoleToken: settings.console.token,
    }),
  );
  logEvents(gateway, log);
  gateway.on("linked", (event) => log.info(event, "coordinator"));
  try {
    const listener = await gateway.listen({ ...settings.limits, ...settings.listen, tls });
    reload.keepCertificate(listener);
    log.info({ url: listener.url, run: run.terms.id, role: "gateway" }, "listening");
    await untilEnded(signal);
    log.info("draining");
    await gateway.drain(settings.shutdown.retryAfterMs);
  } finally {
    await gateway.close();
  }
  return 0;
}

async function serveCoordinator(
  { settings, run, tls, names, log, signal, tracer, reload }: Started,
  lease: (holder: string) => Promise<Lease>,
): Promise<ExitCode> {
  const { advertise, leaseMs } = settings.cluster;
  const node = await startOf(async (keep) =>
    startCoordinator({
      run,
      store: keep(await openStore(settings.store!)),
      lease,
      ...settings.limits,
      claimMs: Math.floor(leaseMs / 4),
      consoleToken: settings.console.token,
      listen: { ...settings.limits, ...settings.listen, tls },
      ...(advertise === undefined ? {} : { advertise }),
      tracer,
      ...(names === undefined ? {} : { items: names }),
      onServer: (server) => reload.keepItems(server),
    }),
  );
  reload.keepCertificate(node);
  logEvents(node, log);
  node.on("leading", (event) => {
    log.info(event, "coordinator");
    if (!event.isLeading) void reload.keepItems(undefined);
  });
  const corrupt = new Promise<unknown>((resolve) => {
    node.on("failed", ({ error }) => isCofactorError(error) && error.code === "LEDGER_CORRUPT" && resolve(error));
  });
  log.info({ url: node.url, run: run.terms.id, role: "coordinator" }, "listening");
  // No other coordinator can lead either: its operator must see to it.
  const failure = await Promise.race([untilEnded(signal), corrupt]);
  log.info("closing: another coordinator goes on");
  await node.close().catch((error: unknown) => log.error({ code: isCofactorError(error) ? error.code : "INTERNAL" }, "could not close"));
  if (failure !== undefined) throw failure;
  return 0;
}

function untilEnded(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
