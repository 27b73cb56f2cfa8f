/** Coordinators and gateways in one process, on one store and one lease in memory: what several machines do, without the machines. Imports server. */
import {
  type CoordinatorNode,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Lease,
  MemoryLeases,
  memoryStore,
  type ServerOptions,
  type Store,
  startCoordinator,
} from "../../server/index.ts";
import { platformClock } from "../../shared/clock.ts";
import type { Run } from "../../shared/run.ts";
import { type Connector, createMemoryPair } from "../../shared/transport.ts";

/** What a cluster is made of. */
export interface MemoryClusterOptions {
  readonly gateways: number;
  readonly coordinators: number;
  readonly store?: Store;
  readonly server?: Partial<ServerOptions>;
  /** By the gateway's index. */
  readonly gateway?: (index: number) => Partial<GatewayOptions>;
}

/** A running cluster. */
export interface MemoryCluster {
  readonly store: Store;
  readonly coordinators: readonly CoordinatorNode[];
  readonly gateways: readonly Gateway[];
  /** Connects a device to a gateway, in memory. */
  connectTo(gateway: number): Connector;
  /** Settles when some coordinator leads and every gateway is linked to it. */
  ready(): Promise<void>;
  /** Keeps the lease from a coordinator until another one has it. */
  steal(coordinator: number): Promise<void>;
  close(): Promise<void>;
}

/** Longer than a busy machine keeps a process waiting: leadership moves when a test wants it to. Who ends gives the lease back at once. */
const leaseMs = 10_000;

/** Starts one; coordinators listen on the loopback, gateways on nothing. */
export async function startMemoryCluster(run: Run, options: MemoryClusterOptions): Promise<MemoryCluster> {
  const inner = options.store ?? memoryStore();
  const leases = new MemoryLeases(platformClock);
  const coordinators: CoordinatorNode[] = [];
  const barred = new Set<number>();
  for (let index = 0; index < options.coordinators; index++) {
    const lease = (holder: string): Lease => {
      const own = leases.of(holder, leaseMs);
      return { ...own, claim: async () => !barred.has(index) && own.claim() };
    };
    coordinators.push(await startCoordinator({ run, store: inner, lease, claimMs: 50, gatherMs: 20, partMs: 1_000, ...options.server }));
  }
  const gateways: Gateway[] = [];
  for (let index = 0; index < options.gateways; index++) {
    const lease = leases.of(`gateway ${index}`, leaseMs);
    gateways.push(await createGateway({ run, store: inner, lease, lookMs: 20, ...options.gateway?.(index) }));
  }
  return {
    store: inner,
    coordinators,
    gateways,
    connectTo: (gateway) => async () => {
      const [near, far] = createMemoryPair();
      gateways[gateway]!.accept(far);
      return near;
    },
    async ready() {
      while (coordinators.every(({ server }) => server === undefined) || gateways.some(({ isLinked }) => !isLinked))
        await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async steal(coordinator) {
      barred.add(coordinator);
      while (coordinators.every(({ server }, at) => at === coordinator || server === undefined))
        await new Promise((resolve) => setTimeout(resolve, 10));
      barred.delete(coordinator);
    },
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await Promise.all(coordinators.map((coordinator) => coordinator.close()));
    },
  };
}
