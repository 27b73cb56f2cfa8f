/** A channel that waits when it is told to: a request that is refused for its rate goes out again after the wait. Imports shared. */
import { type Clock, platformClock } from "../shared/clock.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { Channel } from "../shared/transport.ts";

/** Waits of one request: a server that says "later" so often does not mean it. */
const maxWaits = 8;

/**
 * The same channel, whose requests are sent again behind each RATE_LIMITED that says how long to wait.
 *
 * Not for requests that must keep an order among each other: whoever has several on their way begins again itself, with `waitAfter`.
 */
export function patientChannel(channel: Channel, clock: Clock = platformClock): Channel {
  return {
    async request(kind, packet, options) {
      for (let waits = 0; ; waits++) {
        try {
          return await channel.request(kind, packet, options);
        } catch (error) {
          if (waits >= maxWaits || !(await waitAfter(error, channel, clock))) throw error;
        }
      }
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
}

/**
 * Waits as long as a refusal asks to.
 * @returns false, at once, for an error that asks for no wait
 * @throws CofactorError DISCONNECTED when the connection ends meanwhile
 */
export async function waitAfter(error: unknown, channel: Channel, clock: Clock = platformClock): Promise<boolean> {
  if (!isCofactorError(error) || error.code !== "RATE_LIMITED" || error.retryAfterMs === undefined) return false;
  // A moment more: the server's clock is another one.
  await new Promise<void>((resolve) => clock.after(error.retryAfterMs! + 5, resolve));
  if (!channel.isOpen) throw new CofactorError("DISCONNECTED", "the connection ended while it waited", { retryable: true });
  return true;
}
