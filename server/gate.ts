/**
 * Who may connect, before a byte of a message is kept: origins, counts, rates. Imports address, limits, rate.
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../shared/clock.ts";
import { CofactorError } from "../shared/errors.ts";
import type { AddressOf } from "./address.ts";
import type { ConnectionLimits } from "./limits.ts";
import { Bucket, Recent } from "./rate.ts";

/** Addresses whose rates are remembered. */
const maxAddresses = 100_000;

/** What a gate works with. */
export interface GateParts {
  readonly limits: ConnectionLimits;
  readonly allowedOrigins: readonly string[];
  readonly addressOf: AddressOf;
  readonly clock: Clock;
}

/** A connection that was let in. */
export interface Entry {
  /** It has joined, and no longer counts as pending. */
  admit(): void;
  readonly isAdmitted: boolean;
  /** It has ended. */
  leave(): void;
}

/** Counts connections from the handshake on: whoever never joins counts too. */
export class Gate {
  readonly #parts: GateParts;
  readonly #perAddress = new Map<string, number>();
  readonly #all: Bucket;
  readonly #rates: Recent<Bucket>;
  #connections = 0;
  #pending = 0;

  constructor(parts: GateParts) {
    this.#parts = parts;
    const { limits, clock } = parts;
    this.#all = new Bucket(limits.connectsPerSecond, limits.connectBurst, clock.now());
    this.#rates = new Recent(
      maxAddresses,
      () => new Bucket(limits.connectsPerSecondPerAddress, limits.connectBurstPerAddress, clock.now()),
    );
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections;
  }

  /** Those of them that have not joined. */
  get pending(): number {
    return this.#pending;
  }

  /** Why a request may not become a connection; undefined when it may. */
  refusal(request: IncomingMessage): CofactorError | undefined {
    const { limits, allowedOrigins, addressOf, clock } = this.#parts;
    const origin = request.headers.origin;
    if (origin !== undefined && !isOfHost(origin, request.headers.host) && !allowedOrigins.includes(origin)) {
      return new CofactorError("AUTH_FAILED", "pages of this origin may not connect");
    }
    if (this.#connections >= limits.maxConnections || this.#pending >= limits.maxPendingJoins) {
      return new CofactorError("UNAVAILABLE", "the server has as many connections as it takes", { retryable: true });
    }
    const address = addressOf(request);
    if ((this.#perAddress.get(address) ?? 0) >= limits.maxConnectionsPerAddress) {
      return new CofactorError("RATE_LIMITED", "this address has as many connections as one may have", { retryable: true });
    }
    const retryAfterMs = this.#rates.of(address).take(1, clock.now()) || this.#all.take(1, clock.now());
    return retryAfterMs === 0
      ? undefined
      : new CofactorError("RATE_LIMITED", "too many new connections within a second", { retryable: true, retryAfterMs });
  }

  /** Counts a connection in. */
  enter(request: IncomingMessage): Entry {
    const address = this.#parts.addressOf(request);
    this.#connections += 1;
    this.#pending += 1;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    let isAdmitted = false;
    let hasLeft = false;
    return {
      get isAdmitted() {
        return isAdmitted;
      },
      admit: () => {
        if (isAdmitted || hasLeft) return;
        isAdmitted = true;
        this.#pending -= 1;
      },
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        if (!isAdmitted) this.#pending -= 1;
        this.#connections -= 1;
        const left = (this.#perAddress.get(address) ?? 1) - 1;
        if (left > 0) this.#perAddress.set(address, left);
        else this.#perAddress.delete(address);
      },
    };
  }
}

function isOfHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
