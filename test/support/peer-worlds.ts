/** Ways for agents to reach each other, for tests: memory, a relay over sockets, sockets between them. Each may be cut and healed. */
import { directCarrier } from "../../client/peer/direct.node.ts";
import type { Carrier } from "../../client/peer/peer.ts";
import { relayCarrier } from "../../client/peer/relay.ts";
import { socketConnector } from "../../client/socket.ts";
import { listenRelay } from "../../server/relay/listen.ts";
import type { BoxKeys } from "../../shared/crypto/sealed-box.ts";
import { peerIdOf } from "../../shared/peer/sealed-link.ts";

/** Carriers for agents, in their order. */
export interface PeerWorld {
  readonly carriers: readonly Carrier[];
  close(): Promise<void>;
}

/** Frames through memory. */
export async function memoryWorld(keys: readonly BoxKeys[]): Promise<PeerWorld> {
  const listeners = new Map<string, (from: string, bytes: Uint8Array) => void>();
  const carriers = keys.map((own): Carrier => {
    const id = peerIdOf(own);
    return {
      send: (to, bytes) => void setTimeout(() => listeners.get(to)?.(id, bytes), 1),
      receive: (listener) => void listeners.set(id, listener),
      close: () => void listeners.delete(id),
    };
  });
  return { carriers, close: async () => undefined };
}

/** A relay that listens, and agents that connect to it. */
export async function relayWorld(keys: readonly BoxKeys[]): Promise<PeerWorld> {
  const relay = await listenRelay();
  const carriers = await Promise.all(keys.map((own) => relayCarrier(socketConnector(relay.url), own, { retryMs: 50 })));
  return { carriers, close: () => relay.close() };
}

/** Agents that listen themselves. */
export async function directWorld(keys: readonly BoxKeys[]): Promise<PeerWorld> {
  const carriers = await Promise.all(keys.map((own) => directCarrier({ id: peerIdOf(own), retryMs: 50 })));
  for (const carrier of carriers) for (const [at, other] of carriers.entries()) carrier.locate(peerIdOf(keys[at]!), other.url);
  return { carriers, close: async () => undefined };
}

/** A carrier that can be cut off: while `isCut` says so nothing passes in either direction. */
export function cuttable(carrier: Carrier, isCut: (other: string) => boolean): Carrier {
  return {
    send: (to, bytes) => (isCut(to) ? undefined : carrier.send(to, bytes)),
    receive: (listener) => carrier.receive((from, bytes) => (isCut(from) ? undefined : listener(from, bytes))),
    close: () => carrier.close(),
  };
}
