/**
 * Frames between two agents who know each other's keys, sealed end to end: whoever carries them learns lengths and times. Imports program,
 * crypto, errors.
 *
 * Form: session of the sender [16], counter [8, little-endian], then a box of tweetnacl (X25519, XSalsa20-Poly1305) under both long-term keys,
 * whose nonce is SHA-512 of a label, the sender's name, the session and the counter, cut to 24 bytes.
 *
 * Guarantees: a frame opens only if the named neighbor sealed it for this agent; each counter of a session is taken once, older ones than the
 * last 1,024 never; a session that was ended by a newer one of its sender is not taken up again. Sessions are random: a restarted agent needs
 * no memory, and what it sent before its restart is refused once its new session has been heard. Until then a carrier may replay an old
 * session to an agent that has restarted itself; the lockstep's epochs make such frames of no effect but a new beginning of the edge.
 * Not forward secret: whoever steals a long-term key opens recorded frames. Source: https://nacl.cr.yp.to/box.html; the window of counters
 * after RFC 6479.
 */
import nacl from "tweetnacl";
import { concatenate, fromBase64url, toBase64url, toUtf8 } from "../crypto/encoding.ts";
import type { BoxKeys } from "../crypto/sealed-box.ts";
import { CofactorError } from "../errors.ts";
import type { SecureRng } from "../random.ts";
import type { PeerId } from "./program.ts";

/** How many bytes a sealed frame is longer than its content. */
export const sealedFrameOverhead = 40;

const label = toUtf8("cofactor/peer-frame/1\0");
/** Counters behind the newest that may still come. */
const window = 1_024;
/** Ended sessions of a neighbor that are remembered. */
const maxEnded = 64;

/** Seals for neighbors, and opens what they sealed. */
export interface SealedLink {
  /** This agent's name: its public key in base64url. */
  readonly id: PeerId;
  /** @throws CofactorError AUTH_FAILED for a name that is none of the neighbors */
  seal(to: PeerId, frame: Uint8Array): Uint8Array;
  /** @throws CofactorError AUTH_FAILED for a stranger, DECRYPT_FAILED for changed bytes, REPLAYED for a counter that was taken */
  open(from: PeerId, sealed: Uint8Array): Uint8Array;
}

interface Heard {
  session: string;
  newest: number;
  /** Counters above newest - window that were taken. */
  readonly taken: Set<number>;
  readonly ended: string[];
}

/** The name of an agent. */
export function peerIdOf(keys: BoxKeys): PeerId {
  return toBase64url(keys.publicKey);
}

/**
 * A link to known neighbors.
 * @throws CofactorError AUTH_FAILED for a neighbor's name that is no usable key
 */
export function createSealedLink(keys: BoxKeys, neighbors: readonly PeerId[], secure: SecureRng): SealedLink {
  const id = peerIdOf(keys);
  const session = secure.bytes(16);
  const shared = new Map(neighbors.map((neighbor) => [neighbor, sharedKey(keys, neighbor)]));
  const sent = new Map<PeerId, number>();
  const heard = new Map<PeerId, Heard>();

  function keyOf(neighbor: PeerId): Uint8Array {
    const key = shared.get(neighbor);
    if (key === undefined) throw new CofactorError("AUTH_FAILED", "expected a frame of, or for, a known neighbor");
    return key;
  }

  /** Marks a counter as taken. */
  function take(from: PeerId, name: string, counter: number): void {
    const known = heard.get(from);
    if (known === undefined || known.session !== name) {
      if (known?.ended.includes(name)) throw new CofactorError("REPLAYED", "a frame expected its sender's latest session");
      const ended = known === undefined ? [] : [...known.ended, known.session].slice(-maxEnded);
      heard.set(from, { session: name, newest: counter, taken: new Set([counter]), ended });
      return;
    }
    if (counter <= known.newest - window || known.taken.has(counter)) {
      throw new CofactorError("REPLAYED", "a frame expected a counter that was not taken before");
    }
    known.taken.add(counter);
    if (counter <= known.newest) return;
    known.newest = counter;
    if (known.taken.size > 2 * window) for (const old of known.taken) if (old <= counter - window) known.taken.delete(old);
  }

  return {
    id,
    seal(to, frame) {
      const key = keyOf(to);
      const counter = (sent.get(to) ?? 0) + 1;
      sent.set(to, counter);
      const head = new Uint8Array(24);
      head.set(session);
      new DataView(head.buffer).setBigUint64(16, BigInt(counter), true);
      return concatenate(head, nacl.box.after(frame, nonceOf(id, head), key));
    },
    open(from, sealed) {
      const key = keyOf(from);
      const head = sealed.slice(0, 24);
      const frame = sealed.length < sealedFrameOverhead ? null : nacl.box.open.after(sealed.slice(24), nonceOf(from, head), key);
      if (frame === null) throw new CofactorError("DECRYPT_FAILED", "a frame expected to be sealed by the neighbor it names");
      const counter = new DataView(head.buffer).getBigUint64(16, true);
      if (counter > BigInt(Number.MAX_SAFE_INTEGER)) throw new CofactorError("MESSAGE_MALFORMED", "a frame expected a smaller counter");
      take(from, toBase64url(head.subarray(0, 16)), Number(counter));
      return frame;
    },
  };
}

function nonceOf(sender: PeerId, head: Uint8Array): Uint8Array {
  return nacl.hash(concatenate(label, toUtf8(sender), head)).slice(0, 24);
}

/** The key of a pair, the same from either end. */
function sharedKey(keys: BoxKeys, neighbor: PeerId): Uint8Array {
  let theirs: Uint8Array;
  try {
    theirs = fromBase64url(neighbor);
  } catch (cause) {
    throw new CofactorError("AUTH_FAILED", "a neighbor's name expected a public key in base64url", { cause });
  }
  // RFC 7748, section 6.1: a low-order point gives all zeros, whatever the secret.
  if (theirs.length !== 32 || nacl.scalarMult(keys.secretKey, theirs).every((byte) => byte === 0)) {
    throw new CofactorError("AUTH_FAILED", "a neighbor's name expected a usable X25519 key");
  }
  return nacl.box.before(theirs, keys.secretKey);
}
