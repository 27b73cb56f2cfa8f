/** A cluster of real processes on a real Redis and a real PostgreSQL, each of which can be killed and comes back. Imports the members' types. */
import { type ChildProcess, fork } from "node:child_process";
import type { ClusterOrder, MemberFate, MemberReport, MemberRole } from "./cluster-member.ts";
import { freePort } from "./free-port.ts";
import { missingPostgres, type PostgresCluster, startPostgres } from "./postgres.ts";
import { missingRedis, type RedisServer, startRedis } from "./redis.ts";

const program = new URL("./cluster-member.ts", import.meta.url);

/** Why there is no cluster here; undefined when there can be one. */
export function missingCluster(): string | undefined {
  return missingRedis() ?? missingPostgres();
}

/** One member, and its successors on the same port. */
export class Member {
  kills = 0;
  readonly failures: string[] = [];
  isLeading = false;
  #child: ChildProcess | undefined;
  #isOver = false;
  #death: () => void = () => undefined;
  /** Settles when it has killed itself, as its fate said. */
  readonly death: Promise<void> = new Promise((resolve) => {
    this.#death = resolve;
  });
  readonly #order: ClusterOrder & MemberRole;

  constructor(order: ClusterOrder & MemberRole) {
    this.#order = order;
  }

  /** Settles when it serves, or has met its fate. */
  start(fate?: MemberFate): Promise<void> {
    return new Promise((resolve) => {
      const child = fork(program, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      this.#child = child;
      child.on("message", (report: MemberReport) => {
        if (report.kind === "ready") resolve();
        else if (report.kind === "leading") this.isLeading = report.isLeading;
        else this.failures.push(report.code);
      });
      child.once("exit", (code, signal) => {
        this.isLeading = false;
        if (!this.#isOver && signal !== "SIGKILL") this.failures.push(`the process ended with code ${code}, signal ${signal}`);
        if (fate !== undefined && signal === "SIGKILL") this.#death();
        resolve();
      });
      child.send({ ...this.#order, ...(fate === undefined ? {} : { fate }) });
    });
  }

  /** Ends the process by SIGKILL, wherever it stands. */
  async kill(): Promise<void> {
    this.kills += 1;
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.kill();
  }
}

/** A running cluster. */
export interface Cluster {
  readonly order: ClusterOrder;
  readonly postgres: PostgresCluster;
  readonly redis: RedisServer;
  readonly gateways: readonly Member[];
  readonly coordinators: readonly Member[];
  /** Where devices may connect. */
  readonly urls: readonly string[];
  /** Where keyholders may connect. */
  readonly coordinatorUrls: readonly string[];
  end(): Promise<void>;
}

/** What a cluster is started with. */
export interface ClusterStart extends Omit<ClusterOrder, "postgres" | "redis"> {
  /** Servers that are there, and stay; by default it has its own. */
  readonly servers?: { readonly postgres: PostgresCluster; readonly redis: RedisServer };
  /** Where the first gateway, or every coordinator, kills itself. */
  readonly fates?: { readonly gateway?: MemberFate; readonly coordinator?: MemberFate };
}

/** Starts three gateways and two coordinators. */
export async function startCluster({ servers, fates = {}, ...run }: ClusterStart): Promise<Cluster> {
  const [postgres, redis] =
    servers === undefined ? await Promise.all([startPostgres(), startRedis()]) : ([servers.postgres, servers.redis] as const);
  const order = { ...run, postgres: await postgres.createDatabase(), redis: redis.url };
  const coordinatorPorts = [await freePort(), await freePort()];
  const gatewayPorts = [await freePort(), await freePort(), await freePort()];
  const coordinators = coordinatorPorts.map((port) => new Member({ ...order, role: "coordinator", port }));
  const gateways = gatewayPorts.map((port) => new Member({ ...order, role: "gateway", port }));
  await Promise.all([
    ...coordinators.map((member) => member.start(fates.coordinator)),
    ...gateways.map((member, index) => member.start(index === 0 ? fates.gateway : undefined)),
  ]);
  return {
    order,
    postgres,
    redis,
    gateways,
    coordinators,
    urls: gatewayPorts.map((port) => `http://127.0.0.1:${port}`),
    coordinatorUrls: coordinatorPorts.map((port) => `http://127.0.0.1:${port}`),
    async end() {
      await Promise.all([...gateways, ...coordinators].map((member) => member.end()));
      if (servers === undefined) await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}
