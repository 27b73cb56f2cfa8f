/** A carrier through a blind relay. Imports pieces, shared. */
import { type BoxKeys, openBox } from "../../shared/crypto/sealed-box.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { PeerId } from "../../shared/peer/program.ts";
import { parseRelayHeader } from "../../shared/peer/relay-messages.ts";
import { peerIdOf } from "../../shared/peer/sealed-link.ts";
import { type Channel, type Connector, noBytes, type Packet } from "../../shared/transport.ts";
import type { Carrier } from "./peer.ts";
import { cutFrame, FrameJoiner } from "./pieces.ts";

/** How a carrier comes back to its relay. */
export interface RelayCarrierOptions {
  /** Wait between two attempts; default 500. */
  readonly retryMs?: number;
}

/**
 * Carries frames through a relay, and joins it anew whenever the connection ends.
 * @throws CofactorError DISCONNECTED or AUTH_FAILED when the first attempt fails
 */
export async function relayCarrier(connect: Connector, keys: BoxKeys, options: RelayCarrierOptions = {}): Promise<Carrier> {
  let listener: (from: PeerId, bytes: Uint8Array) => void = () => undefined;
  const joiners = new Map<PeerId, FrameJoiner>();
  let channel: Channel | undefined;
  let frames = 0;
  let isClosed = false;

  function take(kind: string, packet: Packet): Packet {
    if (kind !== "peer-frame") throw new CofactorError("MESSAGE_MALFORMED", "an agent expected frames alone");
    const { from, ...piece } = parseRelayHeader("peer-frame", packet.header);
    const joiner = joiners.get(from) ?? new FrameJoiner();
    // Names are the relay's word until a frame opens: strangers' pieces must not fill this agent's memory.
    if (piece.parts > 1 && (joiners.has(from) || joiners.size < 4_096)) joiners.set(from, joiner);
    const whole = joiner.add(piece, packet.payload);
    if (whole !== undefined) listener(from, whole);
    return { header: {}, payload: noBytes };
  }

  async function join(): Promise<void> {
    const made = await connect();
    made.serve(take);
    const { payload } = await made.request("peer-hello", { header: { name: peerIdOf(keys) }, payload: noBytes });
    await made.request("peer-proof", { header: {}, payload: openBox(keys, "peer-challenge", payload) });
    channel = made;
    made.onClose(() => {
      channel = undefined;
      comeBack();
    });
    if (isClosed) made.close();
  }

  function comeBack(): void {
    if (isClosed) return;
    setTimeout(() => {
      if (!isClosed) join().catch(comeBack);
    }, options.retryMs ?? 500);
  }

  await join();
  return {
    send(to, bytes) {
      frames = (frames + 1) % 0x1_0000_0000;
      // Lost while there is no connection: the lockstep sends it again.
      for (const [piece, part] of cutFrame(frames, bytes))
        channel?.request("peer-send", { header: { to, ...piece }, payload: part }).catch(() => undefined);
    },
    receive(next) {
      listener = next;
    },
    close() {
      isClosed = true;
      channel?.close();
    },
  };
}
