/**
 * What `cofactor serve` logs: public facts alone, no client, no address, no number of a contribution, no text that a stranger sent. Imports pino's
 * types, errors, rate.
 */
import type pino from "pino";
import { platformClock } from "../shared/clock.ts";
import { isCofactorError } from "../shared/errors.ts";
import { createPrivacyAccount } from "../shared/privacy-account.ts";
import type { Run } from "../shared/run.ts";
import { Bucket } from "./rate.ts";
import type { Server } from "./server.ts";

/** Refusals logged a second, and in one go: whoever is refused must not fill the disk. The metrics count them all. */
const refusalsPerSecond = 5;
const refusalBurst = 100;

/** What the terms promise, the noise it takes, and what all rounds come to for each observer; null where nothing is proved against one. */
export function logPlan(run: Run, log: pino.Logger): void {
  const { privacy, rounds } = run.terms;
  if (privacy === undefined) return;
  const { mechanism, epsilon, delta, noiseMultiplier, participation } = privacy;
  const planned = createPrivacyAccount(run, { log: [] }).after(rounds).epsilon;
  log.info({ mechanism: mechanism.kind, epsilon, delta, noiseMultiplier, participation, rounds, planned }, "privacy planned");
}

/** Logs what happens. `request` names connection and message: the same name stands in every line about it. */
export function logEvents(server: Pick<Server, "on">, log: pino.Logger): void {
  server.on("joined", ({ isNew }) => log.debug({ isNew }, "client joined"));
  server.on("began", (event) => log.info(event, "round began"));
  server.on("stage", (event) => log.debug(event, "stage asked"));
  server.on("round", ({ round, outcome, invited, accepted, dropped, reason, seconds, ended, epsilon, quality }) =>
    log.info({ round, outcome, invited, accepted, dropped, reason, seconds, ended, epsilon, quality }, "round ended"),
  );
  server.on("starved", (event) => log.warn(event, "too few of the connected devices may take part in further rounds: waiting for others"));
  server.on("ordered", (event) => log.warn(event, "the operator has spoken"));
  logRefusals(server, log);
  server.on("keyholder", (event) => log.info(event, "keyholder"));
  server.on("declined", (event) => log.warn(event, "a keyholder refused"));
  server.on("spoiled", ({ error, ...event }) => log.warn({ ...event, code: codeOf(error) }, "a group's sum could not be had"));
  server.on("blamed", (event) => log.warn(event, "a keyholder is to blame"));
  server.on("internal", ({ error, request }) =>
    log.error({ request, name: error instanceof Error ? error.name : "unknown" }, "a connection failed unexpectedly"),
  );
  server.on("partLost", (event) => log.warn(event, "a gateway's part was not taken: its answers are read from the store"));
  server.on("page", (event) => log.debug(event, "page answered"));
  server.on("failed", ({ round, error }) => log.error({ round, code: codeOf(error) }, "round failed"));
}

function logRefusals(server: Pick<Server, "on">, log: pino.Logger): void {
  const bucket = new Bucket(refusalsPerSecond, refusalBurst, platformClock.now());
  let unsaid = 0;
  server.on("refused", (event) => {
    if (bucket.take(1, platformClock.now()) > 0) {
      unsaid += 1;
      return;
    }
    log.warn({ ...event, ...(unsaid > 0 ? { unsaid } : {}) }, "message refused");
    unsaid = 0;
  });
}

function codeOf(error: unknown): string {
  return isCofactorError(error) ? error.code : "INTERNAL";
}
