/** The console's page before a server that tells it whatever a test wants: for states that a live run seldom has. Imports server's pages, socket.io. */
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { createConsolePages } from "../../server/console/pages.ts";
import {
  type ConsoleAccount,
  type ConsoleFacts,
  type ConsoleLive,
  type ConsoleRound,
  type ConsoleStandby,
  consoleNamespace,
} from "../../shared/console/feed.ts";

/** What the page is told: a run, or who leads instead. */
export type Scene =
  | {
      readonly facts: ConsoleFacts;
      readonly live: ConsoleLive;
      readonly account: ConsoleAccount;
      readonly rounds: readonly ConsoleRound[];
    }
  | { readonly standby: ConsoleStandby };

/** A stage that listens. */
export interface ConsoleStage {
  readonly url: string;
  /** Tells every page that is open, and those that come. */
  show(scene: Scene): void;
  /** Ends the connections as a server does that is killed, or that is closed. */
  cut(how: "killed" | "closed"): void;
  close(): Promise<void>;
}

/** Serves the built page. */
export async function startConsoleStage(files: ReadonlyMap<string, Uint8Array>, first: Scene): Promise<ConsoleStage> {
  const pages = createConsolePages(files);
  const http = createHttpServer((request, response) => {
    if (!pages(request, response)) response.writeHead(404).end();
  });
  const sockets = new SocketServer(http, { transports: ["websocket"], serveClient: false });
  let scene = first;
  const tell = (to: { emit(name: string, value: unknown): unknown }): void => {
    for (const [name, value] of Object.entries(scene)) to.emit(name, value);
  };
  sockets.of(consoleNamespace).on("connection", (socket) => tell(socket));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/console/`,
    show(next) {
      scene = next;
      tell(sockets.of(consoleNamespace));
    },
    cut(how) {
      const open = sockets.of(consoleNamespace);
      if (how === "closed") open.disconnectSockets(true);
      else for (const { conn } of open.sockets.values()) conn.close();
    },
    close: async () => sockets.close(),
  };
}

const longName = "the-catalogue-of-a-very-long-named-publisher-of-films-and-other-things-2026-spring";

/** A run of `count` rounds, where every tenth was abandoned; more of it as the test wants. */
export function scene(
  count: number,
  live: Partial<ConsoleLive> = {},
  facts: Partial<ConsoleFacts> = {},
): Extract<Scene, { facts: unknown }> {
  const rounds = Array.from({ length: count }, (_, at): ConsoleRound => {
    const isLost = at % 10 === 9;
    return {
      round: at + 1,
      outcome: isLost ? "abandoned" : "published",
      invited: 200,
      accepted: isLost ? 80 : 160 + ((7 * at) % 40),
      dropped: 40 - ((7 * at) % 40),
      reason: isLost ? "THRESHOLD_UNMET: expected at least 120 answers, got 80" : "",
      seconds: 4 + (at % 5),
      bytesUp: 52_000_000 + 130_000 * at,
      epsilon: { release: Math.sqrt(at + 1) / 4, server: null },
      quality: isLost ? null : { people: 150, metrics: { "hr@10": 0.6 - 0.5 / (at + 1), rmse: 0.9 + 0.4 / (at + 1) } },
    };
  });
  const last = rounds.at(-1);
  return {
    facts: {
      version: "1.0.0",
      run: "films-1",
      serverKey: "yfxZjVdu…",
      digest: "sha256",
      model: "biased-mf",
      protection: "paillier",
      items: 3_952,
      rounds: 300,
      cohort: { size: 200, min: 120 },
      budget: { epsilon: 4, delta: 1e-6 },
      startedAtMs: 0,
      ...facts,
    },
    live: {
      atMs: 0,
      phase: "gathering",
      standing: "running",
      round: count,
      published: count,
      connected: 1_204_331,
      connections: 1_204_334,
      open: null,
      traffic: { bytesSent: 9.2e12, bytesReceived: 1.3e11 },
      refused: {},
      keyholders: [],
      runs: [{ id: facts.run ?? "films-1", isServed: true, published: count - Math.floor(count / 10), abandoned: Math.floor(count / 10) }],
      gateways: null,
      orders: [],
      ...live,
    },
    account: {
      privacy: null,
      ledger:
        count === 0
          ? { entries: 0, head: "", last: [] }
          : {
              entries: 2 * count,
              head: "kkwbCvp83H8fkbBo7GLya-8r0LIqe6lVjLoaeSqx_Bs",
              last: [{ seq: 2 * count, round: last!.round, kind: "released", devices: 187, hash: "kkwbCvp8…" }],
            },
    },
    rounds,
  };
}

/** States of a run that the page must show well, by name. */
export const scenes: Readonly<Record<string, Scene>> = {
  empty: scene(0, { connected: 0, connections: 0, traffic: { bytesSent: 0, bytesReceived: 0 } }),
  paused: scene(12, { standing: "paused", orders: [{ order: "pause", by: "Ada Lovelace", atMs: 1.8e12, round: 12 }] }),
  ended: scene(40, {
    standing: "ended",
    phase: "ended",
    orders: [
      { order: "pause", by: "Ada", atMs: 1.8e12, round: 12 },
      { order: "end", by: "operator", atMs: 1.8e12 + 1e6, round: 40 },
    ],
  }),
  failed: scene(3, { phase: "failed" }),
  long: scene(200, {
    phase: "collecting",
    round: 201,
    open: {
      round: 201,
      phase: "collecting",
      stage: 1,
      stages: ["keys", "shares", "contribution", "unmasking", "proof"],
      invited: 200_000,
      joined: 180_111,
      asked: 23_000,
      accepted: 155_901,
      dropped: 21_099,
      seconds: 754,
      refused: { RATE_LIMITED: 1_204, ROUND_CLOSED: 2 },
    },
    refused: { RATE_LIMITED: 120_401, AUTH_FAILED: 12, PROTOCOL_UNSUPPORTED: 44_100, ROUND_CLOSED: 1 },
  }),
  cluster: scene(
    25,
    {
      keyholders: Array.from({ length: 3 }, (_, at) => ({
        place: at + 1,
        key: "b7T0aQx_…",
        isConnected: at !== 1,
        declined: at,
        blamed: at === 2 ? 1 : 0,
      })),
      gateways: Array.from({ length: 3 }, (_, at) => ({
        name: at === 0 ? "gateway-eu-west-1a.pool-7.internal:31337" : `gw-${at}/4711`,
        clients: 401_443 + at,
        sinceMs: 1.8e12,
        partsLost: at,
        bytesSent: 3.06e12,
        bytesReceived: 4.1e10,
      })),
    },
    { run: longName },
  ),
  "no-gateway": scene(2, { gateways: [], connected: 0 }),
  standby: { standby: { run: longName, leader: "https://coordinator-2.of-the-cluster.films.example.internal:8443", isTakingOver: false } },
  "standby-alone": { standby: { run: "films-1", leader: null, isTakingOver: false } },
};
