/**
 * A blind relay: hands sealed frames from one agent to another and keeps none. Imports shared.
 *
 * It knows who is connected, who sends to whom, how much and when; contents are sealed end to end. A name is a public key, and is proven by
 * opening a challenge, so that nobody takes another's frames away. Frames for somebody who is not there, or reads too slowly, are dropped: agents
 * send again.
 */
import { equalBytes, fromBase64url } from "../../shared/crypto/encoding.ts";
import { sealBox } from "../../shared/crypto/sealed-box.ts";
import { CofactorError } from "../../shared/errors.ts";
import { parseRelayHeader } from "../../shared/peer/relay-messages.ts";
import { type SecureRng, secureRng } from "../../shared/random.ts";
import { type Channel, noBytes, type Packet } from "../../shared/transport.ts";

/** Limits of a relay. */
export interface RelayOptions {
  readonly secure?: SecureRng;
  /** Agents at once; default 10,000. */
  readonly maxAgents?: number;
  /** Pieces that may be on their way to one agent; default 64. Further ones are dropped. */
  readonly maxWaiting?: number;
  /** Names that may join; default everybody who proves a key. */
  readonly admits?: (name: string) => boolean;
}

/** A relay. */
export interface Relay {
  /** Serves a connection until it ends. */
  serve(channel: Channel): void;
  /** What passed, for metrics: never what was in it. */
  readonly counts: { readonly agents: number; readonly delivered: number; readonly dropped: number; readonly refused: number };
}

/** Refusals after which a connection is closed. */
const maxRefusals = 50;

interface Station {
  readonly channel: Channel;
  waiting: number;
}

/** A relay without agents. */
export function createRelay(options: RelayOptions = {}): Relay {
  const { secure = secureRng, maxAgents = 10_000, maxWaiting = 64, admits = () => true } = options;
  const stations = new Map<string, Station>();
  const counts = { delivered: 0, dropped: 0, refused: 0 };

  function serve(channel: Channel): void {
    let challenge: { readonly name: string; readonly secret: Uint8Array } | undefined;
    let name: string | undefined;
    let refusals = 0;

    function hello(packet: Packet): Packet {
      const claimed = parseRelayHeader("peer-hello", packet.header).name;
      if (name !== undefined) throw new CofactorError("MESSAGE_MALFORMED", "this connection has joined already");
      if (!admits(claimed)) throw new CofactorError("AUTH_FAILED", "this relay does not admit this agent");
      challenge = { name: claimed, secret: secure.bytes(32) };
      return { header: {}, payload: sealBox(fromBase64url(claimed), challengeContext, challenge.secret, secure) };
    }

    function prove(packet: Packet): Packet {
      parseRelayHeader("peer-proof", packet.header);
      const asked = challenge;
      challenge = undefined;
      if (asked === undefined || !equalBytes(packet.payload, asked.secret))
        throw new CofactorError("AUTH_FAILED", "the proof expected the content of the challenge");
      if (!stations.has(asked.name) && stations.size >= maxAgents)
        throw new CofactorError("UPDATE_REJECTED", "the relay is full", { retryable: true });
      // Whoever proves a name takes it over: an agent that comes back need not wait for its old connection to end.
      stations.get(asked.name)?.channel.close("the agent has joined anew");
      name = asked.name;
      stations.set(name, { channel, waiting: 0 });
      return { header: {}, payload: noBytes };
    }

    function pass(packet: Packet): Packet {
      const { to, ...rest } = parseRelayHeader("peer-send", packet.header);
      if (name === undefined) throw new CofactorError("AUTH_FAILED", "expected a proof of the name before the first frame");
      const station = stations.get(to);
      if (station === undefined || station.waiting >= maxWaiting || rest.part >= rest.parts) {
        counts.dropped += 1;
        return { header: {}, payload: noBytes };
      }
      station.waiting += 1;
      station.channel
        .request("peer-frame", { header: { from: name, ...rest }, payload: packet.payload })
        .then(
          () => void (counts.delivered += 1),
          () => void (counts.dropped += 1),
        )
        .finally(() => void (station.waiting -= 1));
      return { header: {}, payload: noBytes };
    }

    const handlers: Readonly<Record<string, (packet: Packet) => Packet>> = { "peer-hello": hello, "peer-proof": prove, "peer-send": pass };
    channel.serve((kind, packet) => {
      try {
        if (!Object.hasOwn(handlers, kind)) throw new CofactorError("MESSAGE_MALFORMED", "a relay expected a message of agents");
        return handlers[kind]!(packet);
      } catch (error) {
        counts.refused += 1;
        refusals += 1;
        if (refusals >= maxRefusals) setTimeout(() => channel.close("too many refused messages"), 0);
        throw error;
      }
    });
    channel.onClose(() => {
      if (name !== undefined && stations.get(name)?.channel === channel) stations.delete(name);
    });
  }

  return {
    serve,
    get counts() {
      return { agents: stations.size, ...counts };
    },
  };
}

/** What a challenge is sealed for. */
const challengeContext = "peer-challenge";
