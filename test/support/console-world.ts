/** A live run with devices that take part, and a console at its server: for the console's tests. Imports client, server, shared. */
import { io, type Socket } from "socket.io-client";
import { createClient } from "../../client/index.ts";
import { createServer, type Listener, type Server, type ServerOptions } from "../../server/index.ts";
import { memoryStore } from "../../server/stores/memory.ts";
import {
  type ConsoleAccount,
  type ConsoleEvents,
  type ConsoleFacts,
  type ConsoleLive,
  type ConsoleReply,
  type ConsoleRequests,
  type ConsoleRound,
  type ConsoleStandby,
  consoleNamespace,
} from "../../shared/console/feed.ts";

/** The operator's token in tests. */
export const token = "operator-token-of-tests";

/** What each device of a live run rated. */
export const people: readonly (readonly (readonly [item: number, rating: number])[])[] = Array.from({ length: 6 }, (_, person) =>
  Array.from({ length: 8 }, (__, at) => [(7 * person + 5 * at) % 40, 1] as const),
);

/** Terms of a run of small cohorts that promise privacy. */
export const consoleTerms = {
  id: "console-run",
  items: 40,
  rounds: 200,
  cohort: { size: 5, min: 3 },
  deadline: { stageMs: 5_000, graceMs: 500 },
  model: { kind: "fcf", rank: 3 },
  evaluation: { every: 1, metrics: ["hr@10", "ndcg@10"], holdOut: { kind: "latest" } },
  protection: { kind: "masks" },
  privacy: {
    epsilon: 5,
    delta: 1e-5,
    mechanism: "skellam",
    clipNorm: 0.5,
    participation: { kind: "unrestricted", participations: 60 },
  },
} as const;

/** A server that listens, devices that take part, and how to end both. */
export interface ConsoleWorld {
  readonly server: Server;
  readonly listener: Listener;
  /** Settles when every device was told that the run has ended. */
  readonly ended: Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Starts a run; `count` of the people take part. */
export async function startConsoleWorld(count: number, options: Partial<ServerOptions> = {}): Promise<ConsoleWorld> {
  const server = await createServer({
    run: consoleTerms,
    store: memoryStore(),
    consoleToken: token,
    gatherMs: 50,
    restMs: 100,
    ...options,
  });
  const listener = await server.listen({ port: 0 });
  const clients = people.slice(0, count).map((ratings) => createClient({ url: listener.url, run: server.run.terms.id, ratings }));
  const taking = Promise.all(
    clients.map(async (client) => {
      await client.join();
      return (await client.participate()).reason as string;
    }),
  );
  taking.catch(() => undefined);
  return {
    server,
    listener,
    ended: taking,
    async close() {
      for (const client of clients) client.close();
      await server.close();
    },
  };
}

/** A console as a program has it: what came, and how to ask. */
export class ScriptedConsole {
  readonly socket: Socket<ConsoleEvents, ConsoleRequests>;
  facts: ConsoleFacts | undefined;
  live: ConsoleLive | undefined;
  account: ConsoleAccount | undefined;
  /** While another coordinator leads. */
  standby: ConsoleStandby | undefined;
  rounds: ConsoleRound[] = [];
  /** Every message as it came, as text. */
  readonly received: string[] = [];

  /** @param reconnection whether it comes back by itself when its connection ends */
  constructor(url: string, auth: object, headers: Record<string, string> = {}, reconnection = false) {
    this.socket = io(`${url}${consoleNamespace}`, {
      transports: ["websocket"],
      auth,
      forceNew: true,
      reconnection,
      extraHeaders: headers,
    });
    this.socket.onAny((...args: unknown[]) => this.received.push(JSON.stringify(args)));
    this.socket.on("facts", (facts) => {
      this.facts = facts;
      this.standby = undefined;
    });
    this.socket.on("standby", (standby) => {
      this.standby = standby;
      this.facts = undefined;
      this.live = undefined;
    });
    this.socket.on("live", (live) => (this.live = live));
    this.socket.on("account", (account) => (this.account = account));
    this.socket.on("rounds", (rounds) => (this.rounds = [...rounds]));
    this.socket.on("round", (round) => this.rounds.push(round));
  }

  /** Settles once it is let in; the reason when it is not. */
  async opened(): Promise<string> {
    return new Promise((resolve) => {
      this.socket.on("connect", () => resolve("open"));
      this.socket.on("connect_error", (error) => resolve(error.message));
    });
  }

  /** Gives an order, or asks for a report. */
  ask(event: "order" | "report", what: unknown): Promise<ConsoleReply> {
    return new Promise((resolve) => {
      this.socket.emit(event, what, (reply) => {
        this.received.push(JSON.stringify(reply));
        resolve(reply);
      });
    });
  }

  close(): void {
    this.socket.disconnect();
  }
}
