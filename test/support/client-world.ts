/** A real aggregator and ways to reach it, in memory or over sockets, for tests of the client. */

import { type Acceptance, type Client, type ClientEvents, socketConnector } from "../../client/index.ts";
import { toRun } from "../../server/identity.ts";
import { createServer, memoryStore, type Server, type ServerOptions } from "../../server/index.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { type Channel, type Connector, createMemoryPair, type Packet, type RequestOptions } from "../../shared/transport.ts";
import { startMemoryCluster } from "./memory-cluster.ts";

/** A run in the open, small and quick. */
export const openTerms: TermsInput & { readonly id: string; readonly items: number } = {
  id: "films-1",
  items: 12,
  rounds: 2,
  cohort: { size: 2, min: 2 },
  deadline: { stageMs: 20_000, graceMs: 10_000 },
  model: { kind: "fcf", rank: 2 },
  protection: { kind: "open" },
};

/** What the tests' users accept. */
export const acceptOpen: Acceptance = { protections: ["open"] };

/** Two users who like different halves of the catalogue. */
export const leftRatings: readonly (readonly [number, number])[] = [
  [0, 1],
  [2, 1],
  [4, 1],
];
export const rightRatings: readonly (readonly [number, number])[] = [
  [7, 1],
  [9, 1],
  [11, 1],
];

/** What the same cases run over: one server in memory or over sockets, or three gateways with a coordinator, a device at each in turn. */
export type TransportKind = "memory" | "socket" | "cluster";

/** A running aggregator. */
export interface World {
  readonly server: Server;
  readonly connect: Connector;
  close(): Promise<void>;
}

/** Starts an aggregator that is reached over the given transport. */
export async function startWorld(transport: TransportKind, terms: object, options: Partial<ServerOptions> = {}): Promise<World> {
  if (transport === "cluster") return clusterWorld(terms, options);
  const server = await createServer({ run: terms, store: memoryStore(), gatherMs: 20, ...options });
  if (transport === "socket") {
    const { url } = await server.listen();
    return { server, connect: socketConnector(url), close: () => server.close() };
  }
  const open: Channel[] = [];
  const connect: Connector = async () => {
    const [mine, theirs] = createMemoryPair();
    open.push(mine);
    server.accept(theirs);
    return mine;
  };
  return {
    server,
    connect,
    close: async () => {
      for (const channel of open) channel.close();
      await server.close();
    },
  };
}

async function clusterWorld(terms: object, { store, ...options }: Partial<ServerOptions>): Promise<World> {
  const cluster = await startMemoryCluster(await toRun(terms), {
    gateways: 3,
    coordinators: 1,
    ...(store === undefined ? {} : { store }),
    server: options,
  });
  await cluster.ready();
  let turn = 0;
  return {
    server: cluster.coordinators[0]!.server!,
    connect: async (how) => cluster.connectTo(turn++ % 3)(how),
    close: () => cluster.close(),
  };
}

/** What a tap sees and may do with a request on its way out: throw, close the channel, or let it pass. */
export type Tap = (kind: string, packet: Packet, channel: Channel) => void | Promise<void>;

/** A connector whose requests pass a tap before they are sent, and another when they have been answered. */
export function tapped(connect: Connector, before: Tap, after: Tap = () => undefined): Connector {
  return async (options) => {
    const channel = await connect(options);
    return {
      request: async (kind: string, packet: Packet, requestOptions?: RequestOptions) => {
        await before(kind, packet, channel);
        const answer = await channel.request(kind, packet, requestOptions);
        await after(kind, packet, channel);
        return answer;
      },
      serve: (handler) => channel.serve(handler),
      onClose: (listener) => channel.onClose(listener),
      get isOpen() {
        return channel.isOpen;
      },
      get traffic() {
        return channel.traffic;
      },
      close: (reason) => channel.close(reason),
    };
  };
}

/** Waits for an event of a client; the tests' own time limit ends a wait that is in vain. */
export function next<Name extends keyof ClientEvents>(client: Client, name: Name): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    const stop = client.on(name, (event) => {
      stop();
      resolve(event);
    });
  });
}
