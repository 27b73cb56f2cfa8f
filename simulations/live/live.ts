/**
 * Runs a scenario over real sockets on this machine: an aggregator with an SQLite store, the keyholders' processes, processes full of real
 * clients, and one client in a process of its own that is killed in the middle of a round. Imports server and client.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type RoundReport, type Server, sqliteStore } from "../../server/index.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity, type Identity, seedOf } from "../../shared/crypto/identity.ts";
import { CofactorError } from "../../shared/errors.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { formatBytes } from "../../shared/report/numbers.ts";
import { bytesPerValue } from "../../shared/wire/model-codec.ts";
import { servedPeople } from "../fitted.ts";
import { type Prepared, prepareScenario } from "../prepare.ts";
import { roundLine } from "../report/terminal.ts";
import { assembleResult, evaluatePart, type Result, type RoundResult } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { inspectStore, type StoreFinding } from "./inspect.ts";
import type { HostedDevice } from "./messages.ts";
import { showPeople } from "./people.ts";
import { type DeviceHost, ended, startHost, startKeyholder } from "./processes.ts";

/** How a live run reports. */
export interface LiveOptions {
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** From which round on the client in its own process is killed, once it is asked. */
const killRound = 2;

/**
 * Runs a scenario over sockets.
 * @throws CofactorError when a device or the aggregator fails for good; every process started here is ended in any case
 */
export async function runLive(scenario: Scenario, { say, signal }: LiveOptions): Promise<Result> {
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "cofactor-"));
  const storeFolder = mkdtempSync(join(folder, "store-"));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const holders: Identity[] = [];
    const prepared = await prepareScenario(scenario, (count) => {
      for (let place = 0; place < count; place++) holders.push(createIdentity(secureRng));
      return holders.map(({ id }) => id);
    });
    const { run, participants } = prepared;
    say(`aggregator   starting on a free port of this machine, store in a temporary folder`);
    const server = await createServer({
      run,
      store: sqliteStore(join(storeFolder, "aggregator.sqlite")),
      gatherMs: 1_500,
      // The start of the simulation in memory and of the centralised baseline: what differs is the way, not the luck.
      modelRng: createRng(scenario.seed, "model"),
    });
    stops.push(() => server.close());
    const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
    const orders = prepared.secrets.map((secret, place) => ({
      url,
      run: run.terms.id,
      seed: toBase64url(seedOf(holders[place]!)),
      secret,
    }));
    const keyholders = orders.map(startKeyholder);
    for (const { stop } of keyholders) stops.push(stop);
    await Promise.all(keyholders.map(({ joined }) => joined));
    if (orders.length > 0) say(aboutKeyholders(orders.length, run.terms.protection["threshold"]));
    const hosts = startDevices(prepared, url);
    stops.push(
      async () => Promise.all(hosts.map((host) => ended(host.process, 3_000))),
      async () => {
        for (const host of hosts) host.order({ kind: "stop" });
      },
    );
    say(`devices      ${participants.length} real clients over Socket.IO in ${hosts.length} processes, each with its own user's ratings`);
    const outcome = await follow(prepared, server, hosts, storeFolder, say, signal);
    const people = outcome.isComplete ? await showPeople(prepared, hosts[0]!) : [];
    const served = servedPeople(run, prepared.split.training, server.shared, () => undefined, scenario);
    const training = {
      rounds: outcome.rounds,
      roundSeconds: outcome.seconds,
      clientSeconds: [],
      served,
      isJudgedAsTrained: false,
      isComplete: outcome.isComplete,
      privacy: server.privacy(),
    };
    const result = await assembleResult(prepared, training, startedMs, signal);
    for (const line of people) say(line);
    sayWhatWasSeen(outcome.finding, prepared, say);
    sayWire(outcome, say);
    const path = join(folder, "result.json");
    writeFileSync(
      path,
      `${JSON.stringify({ ...result, live: { killedClients: outcome.killed, wire: outcome.wire, store: outcome.finding } }, undefined, 1)}\n`,
    );
    say(`\nresult       ${path}`);
    return result;
  } finally {
    for (const stop of stops.reverse()) await stop().catch(() => undefined);
    rmSync(storeFolder, { recursive: true, force: true });
  }
}

/** How many there are, and how many of them it takes. */
function aboutKeyholders(count: number, threshold: unknown): string {
  if (count === 1) return "keyholder    a process of its own has the private key; the aggregator has only the public one";
  const needed = typeof threshold === "number" ? threshold : 1;
  return `keyholders   ${count} processes of their own, each with a share of the private key: ${needed} of them must agree to open a sum`;
}

/** Starts the hosts: one for each core, and one with a single device, last, that will be killed. */
function startDevices(prepared: Prepared, url: string): DeviceHost[] {
  const { run, participants, split } = prepared;
  const devices = Array.from(participants, (user): HostedDevice => {
    const { items, values } = ratingsOf(split.training, user);
    return { user, items: [...items], values: [...values] };
  });
  const victim = devices.splice(-1);
  const count = Math.max(1, availableParallelism());
  const groups = Array.from({ length: count }, (_, index) => devices.filter((_device, position) => position % count === index));
  return [...groups, victim].map((group) => {
    const host = startHost(group);
    host.order({ kind: "start", url, run: run.terms.id, protections: [run.protection.kind], devices: group });
    return host;
  });
}

interface Outcome {
  /** Whether the run ended by itself. */
  readonly isComplete: boolean;
  readonly rounds: RoundResult[];
  readonly seconds: number[];
  readonly killed: number;
  /** Everything that the devices which came to the end sent and received, by their own count. */
  readonly wire: { readonly devices: number; readonly bytesUp: number; readonly bytesDown: number };
  readonly finding: StoreFinding | undefined;
}

/** Follows the rounds to the end: a line each, one client killed, the store inspected while it holds contributions. */
function follow(
  prepared: Prepared,
  server: Server,
  hosts: readonly DeviceHost[],
  storeFolder: string,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const { run, split, scenario } = prepared;
  const victim = hosts.at(-1)!;
  const rounds: RoundResult[] = [];
  const seconds: number[] = [];
  let killed = 0;
  let refused = 0;
  let hasEnded = false;
  let awaited = hosts.reduce((total, host) => total + (host === victim ? 0 : host.devices.length), 0);
  const wire = { devices: 0, bytesUp: 0, bytesDown: 0 };
  let finding: StoreFinding | undefined;
  return new Promise((resolve, reject) => {
    const finish = (isComplete: boolean): void => resolve({ rounds, seconds, killed, wire, finding, isComplete });
    // A device has ended when it has fetched the last model: only then does it recommend from it.
    const finishWhenAllHave = (): void => {
      if (hasEnded && awaited === 0) finish(true);
    };
    signal?.addEventListener("abort", () => finish(false), { once: true });
    if (signal?.aborted === true) finish(false);
    victim.onReport((report) => {
      if (report.kind !== "asked" || report.round < killRound || killed > 0) return;
      victim.kill();
      killed += 1;
      say(`             (killed one client's process in the middle of round ${report.round})`);
    });
    server.on("revealing", ({ round }) => {
      if (round >= Math.min(killRound, run.terms.rounds) && finding === undefined)
        finding = inspectStore(prepared, storeFolder, server.shared);
    });
    server.on("refused", () => {
      refused += 1;
    });
    server.on("round", (report) => {
      const served = servedPeople(run, split.training, server.shared, () => undefined, scenario);
      const { metrics } = evaluatePart(prepared, served, "validation");
      const result = toRoundResult(report, prepared, metrics, refused);
      refused = 0;
      rounds.push(result);
      seconds.push(report.seconds);
      say(roundLine(result, run.terms.rounds, report.seconds));
      hasEnded = report.ended;
      finishWhenAllHave();
    });
    // All people of the data are there: nobody else will come.
    server.on("starved", ({ round }) => {
      say(`             (round ${round} does not begin: the promise lets too few devices take part)`);
      finish(false);
    });
    server.on("failed", ({ error }) => say(`             (round failed: ${error instanceof Error ? error.message : "unknown"})`));
    for (const host of hosts) {
      host.onReport((report) => {
        if (report.kind === "failed") reject(new CofactorError("INTERNAL", `a device failed: ${report.code}: ${report.message}`));
        if (report.kind !== "ended") return;
        awaited -= 1;
        wire.devices += 1;
        wire.bytesUp += report.bytesUp;
        wire.bytesDown += report.bytesDown;
        finishWhenAllHave();
      });
      if (host !== victim)
        host.process.once("exit", () => reject(new CofactorError("INTERNAL", "a process of devices ended before the run did")));
    }
  });
}

/** `bytesDown` counts the whole model for each device asked, as in simulations: what differences save shows on the wire's own line. */
function toRoundResult(report: RoundReport, { run }: Prepared, metrics: Readonly<Record<string, number>>, rejected: number): RoundResult {
  const { round, outcome, invited, accepted, dropped, bytesUp, epsilon } = report;
  const bytesDown = invited * run.sharedSize * bytesPerValue(run.terms.precision);
  return {
    round,
    outcome,
    invited,
    accepted,
    dropped,
    rejected,
    seconds: report.seconds,
    bytesUp,
    bytesDown,
    metrics,
    ...(epsilon === undefined ? {} : { epsilon }),
  };
}

/** Measured bytes: headers, terms and models included. */
function sayWire({ wire, rounds }: Outcome, say: (line: string) => void): void {
  if (wire.devices === 0 || rounds.length === 0) return;
  const share = (bytes: number): string => formatBytes(Math.round(bytes / wire.devices / rounds.length));
  say(`  on the wire       ${share(wire.bytesUp)} up, ${share(wire.bytesDown)} down per device and round, everything counted`);
}

function sayWhatWasSeen(finding: StoreFinding | undefined, { run }: Prepared, say: (line: string) => void): void {
  if (finding === undefined) return;
  say("\nWhat the aggregator saw");
  say(`  one contribution  ${formatBytes(finding.contributionBytes)}, sha256 ${finding.contributionSha256}`);
  say(`                    begins ${finding.contributionHead}`);
  const place = `${formatBytes(finding.searchedBytes)} of store files, read while they held ${finding.contributions} contributions`;
  if (run.protection.revealsContributions)
    say(`  its store         ${place}: holds contributions IN CLEAR (${finding.found} of ${finding.windows} samples found)`);
  else if (finding.found === 0)
    say(
      `  its store         ${place}: no contribution in clear (0 of ${finding.windows} samples found; the published model, as a control, is found)`,
    );
  else throw new CofactorError("INTERNAL", `the store holds ${finding.found} of ${finding.windows} samples of contributions in clear`);
}
