/** The aggregator's way to its keyholder: sends a sum in chunks, fetches what was opened in chunks. Imports shared. */
import type { Clock } from "../shared/clock.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import type { Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { OpenedPart, OpenRequest } from "../shared/protections/protection.ts";
import { type Channel, maxPayloadBytes, noBytes } from "../shared/transport.ts";
import { parseAnswer } from "../shared/wire/messages.ts";
import type { ServerEvents } from "./events.ts";
import type { EvidencedOpener } from "./evidence.ts";

/** Greatest size of what a keyholder may answer. */
const maxOpenedBytes = 1 << 28;

/** The keyholder, wherever it is connected from. */
export class RemoteOpener implements EvidencedOpener {
  readonly #allowed: readonly string[];
  readonly #clock: Clock;
  readonly #events: Emitter<ServerEvents>;
  readonly #waitMs: number;
  #channel: Channel | undefined;
  readonly #waiting = new Set<(channel: Channel) => void>();
  readonly #cancels = new Set<() => void>();

  /** @param allowed public identity keys of the run's keyholders @param waitMs how long a sum waits for a keyholder */
  constructor(allowed: readonly string[], clock: Clock, events: Emitter<ServerEvents>, waitMs: number) {
    this.#allowed = allowed;
    this.#clock = clock;
    this.#events = events;
    this.#waitMs = waitMs;
  }

  /** @throws CofactorError AUTH_FAILED unless the terms name this key */
  add(publicKey: string, channel: Channel): void {
    if (!this.#allowed.includes(publicKey)) throw new CofactorError("AUTH_FAILED", "the run's terms do not name this keyholder");
    this.#channel = channel;
    this.#events.emit("keyholder", { isConnected: true });
    for (const resume of [...this.#waiting]) resume(channel);
  }

  /** A keyholder's connection ended. */
  remove(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#events.emit("keyholder", { isConnected: false });
  }

  /** Ends the waiting. */
  close(): void {
    for (const abort of [...this.#cancels]) abort();
  }

  /** A keyholder that is lost on the way is asked again when it is back: it answers the same sum with what it has recorded. */
  async open(request: OpenRequest, accept: (part: OpenedPart) => void): Promise<void> {
    const digest = await digestOf(request.sum);
    const until = this.#clock.now() + this.#waitMs;
    for (;;) {
      const channel = await this.#connected(until);
      try {
        const bytes = await exchange(channel, request, digest);
        return accept({ keyholder: 0, bytes });
      } catch (error) {
        const isLost = isCofactorError(error) && (error.code === "DISCONNECTED" || error.code === "TIMED_OUT");
        if (!isLost || this.#clock.now() >= until) throw error;
      }
    }
  }

  async #connected(until: number): Promise<Channel> {
    if (this.#channel?.isOpen === true) return this.#channel;
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        cancel();
        this.#waiting.delete(finish);
        this.#cancels.delete(abort);
      };
      const finish = (channel: Channel): void => {
        forget();
        resolve(channel);
      };
      const abort = (): void => {
        forget();
        reject(new CofactorError("CANCELLED", "the server was closed while it waited for a keyholder"));
      };
      const cancel = this.#clock.after(Math.max(0, until - this.#clock.now()), () => {
        forget();
        reject(new CofactorError("DECRYPT_FAILED", "no keyholder came to open the sum: is its process running?", { retryable: true }));
      });
      this.#waiting.add(finish);
      this.#cancels.add(abort);
    });
  }
}

async function exchange(channel: Channel, request: OpenRequest, digest: string): Promise<Uint8Array> {
  const { contributors, sum } = request;
  const { round } = request.frame;
  for (let offset = 0; offset < sum.length; offset += maxPayloadBytes) {
    const payload = sum.subarray(offset, offset + maxPayloadBytes);
    await channel.request("open", { header: { round, contributors, digest, total: sum.length, offset }, payload }, { timeoutMs: 60_000 });
  }
  const parts: Uint8Array[] = [];
  let received = 0;
  for (let total = 1; received < total; ) {
    const answer = await channel.request(
      "opened",
      { header: { round, digest, offset: received }, payload: noBytes },
      { timeoutMs: 60_000 },
    );
    total = parseAnswer("opened", answer.header).total;
    if (total > maxOpenedBytes || answer.payload.length === 0)
      throw new CofactorError("DECRYPT_FAILED", "the keyholder's answer has no end");
    parts.push(answer.payload);
    received += answer.payload.length;
  }
  const out = new Uint8Array(received);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
