/** Joined devices by their keys: few connections of each, one meter for all of them. Imports the channel's type, rate. */
import type { Clock } from "../shared/clock.ts";
import type { Channel } from "../shared/transport.ts";
import type { SessionLimits } from "./limits.ts";
import { Meter, Recent } from "./rate.ts";

/** Keys whose rates are remembered. */
const maxMeters = 100_000;

/** The joined connections of every key. */
export class Identities {
  readonly #limits: SessionLimits;
  readonly #channels = new Map<string, Set<Channel>>();
  readonly #meters: Recent<Meter>;

  constructor(limits: SessionLimits, clock: Clock) {
    this.#limits = limits;
    this.#meters = new Recent(maxMeters, () => new Meter(limits, clock.now()));
  }

  /** What a key may send, over all its connections. */
  meterOf(client: string): Meter {
    return this.#meters.of(client);
  }

  /** A connection has joined; of too many of one key the oldest ends. */
  add(client: string, channel: Channel): void {
    const channels = this.#channels.get(client) ?? new Set();
    this.#channels.set(client, channels);
    channels.add(channel);
    channel.onClose(() => {
      channels.delete(channel);
      if (channels.size === 0 && this.#channels.get(client) === channels) this.#channels.delete(client);
    });
    if (channels.size > this.#limits.maxConnectionsPerIdentity) channels.values().next().value!.close("this key has newer connections");
  }

  /** Ends every connection of a key. */
  end(client: string, reason: string): void {
    for (const channel of [...(this.#channels.get(client) ?? [])]) channel.close(reason);
  }

  /** Every joined connection. */
  *all(): Iterable<Channel> {
    for (const channels of this.#channels.values()) yield* channels;
  }
}
