/**
 * A keyholder: the process that opens its part of sums, for the terms and the server that it was enrolled with at its first join.
 * What it opens, and what not, its desk decides. Imports shared, the desk and the record's seam.
 */
import { toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { type Identity, sign, verifyText } from "../shared/crypto/identity.ts";
import type { Awaitable } from "../shared/crypto/primitives.ts";
import { CofactorError } from "../shared/errors.ts";
import type { KeyholderFactory } from "../shared/protections/protection.ts";
import { openRun, type Run } from "../shared/run.ts";
import { type Channel, type Connector, noBytes } from "../shared/transport.ts";
import { type AnswerHeader, parseAnswer, protocolVersion } from "../shared/wire/messages.ts";
import { joinBytes } from "../shared/wire/signed.ts";
import { KeyholderDesk, type KeyholderEvent } from "./keyholder-desk.ts";
import type { KeyholderRecord } from "./keyholder-record.ts";

/** What a keyholder works with. */
export interface KeyholderParts {
  readonly connect: Connector;
  readonly run: string;
  readonly identity: Identity;
  /** Makes what opens this keyholder's part of sums, for terms that the server signed. Called once. */
  readonly createKeyholder: (run: Run) => Awaitable<KeyholderFactory>;
  readonly record: KeyholderRecord;
  /** Public key of the server, when known; else the first one seen is taken, and no other from then on. */
  readonly serverKey?: string;
  readonly onEvent?: (event: KeyholderEvent) => void;
}

/** A connection that is being served. */
export interface ServedKeyholder {
  readonly channel: Channel;
  /** The run whose sums are opened. */
  readonly run: Run;
}

/** A keyholder over all its connections: an opening that a lost connection interrupts is not begun anew. */
export class Keyholder {
  readonly #parts: KeyholderParts;
  #desk: KeyholderDesk | undefined;

  constructor(parts: KeyholderParts) {
    this.#parts = parts;
  }

  /**
   * Joins the server and opens sums until the connection ends.
   * @throws CofactorError AUTH_FAILED when the server's signature or key is not the expected one, TERMS_REFUSED for terms without this
   * keyholder or other ones than it was enrolled with, STORE_FAILED
   */
  async join(): Promise<ServedKeyholder> {
    const channel = await this.#parts.connect();
    try {
      return { channel, run: await this.#joinOver(channel) };
    } catch (error) {
      channel.close("could not join");
      throw error;
    }
  }

  async #joinOver(channel: Channel): Promise<Run> {
    const { identity, record, run: id } = this.#parts;
    const request = { header: { protocol: protocolVersion, run: id }, payload: noBytes };
    const hello = parseAnswer("hello", (await channel.request("hello", request)).header);
    const run = await this.#checkHello(hello);
    record.enrol(id, { terms: run.digest, serverKey: hello.serverKey });
    this.#desk ??= new KeyholderDesk({
      run,
      serverKey: hello.serverKey,
      createHalf: await this.#parts.createKeyholder(run),
      record,
      onEvent: this.#parts.onEvent ?? (() => undefined),
    });
    this.#desk.serve(channel);
    const signed = joinBytes(hello.challenge, id, "keyholder", hello.serverKey, run.digest);
    const proof = toBase64url(sign(identity, "join", signed));
    await channel.request("join", { header: { role: "keyholder", publicKey: identity.id, proof }, payload: noBytes });
    return run;
  }

  async #checkHello(hello: AnswerHeader<"hello">): Promise<Run> {
    const { record, identity, run: id } = this.#parts;
    const enrolment = record.enrolment(id);
    for (const expected of [this.#parts.serverKey, enrolment?.serverKey]) {
      if (expected !== undefined && hello.serverKey !== expected)
        throw new CofactorError("AUTH_FAILED", "another server key than expected");
    }
    if (!verifyText(hello.serverKey, "terms", toUtf8(hello.terms), hello.termsSignature)) {
      throw new CofactorError("AUTH_FAILED", "the terms are not signed by the server's key");
    }
    const run = await parseSignedTerms(hello.terms);
    if (run.terms.id !== id) throw new CofactorError("TERMS_REFUSED", `expected terms of run "${id}", got those of another`);
    const named = run.terms.protection["keyholders"];
    if (!Array.isArray(named) || !named.includes(identity.id)) {
      throw new CofactorError("TERMS_REFUSED", `the terms of run "${id}" do not name this keyholder's key`);
    }
    if (enrolment !== undefined && enrolment.terms !== run.digest) {
      throw new CofactorError("TERMS_REFUSED", `run "${id}" has other terms than those that this keyholder was enrolled with`);
    }
    return run;
  }
}

/** Joins a server as a keyholder, once. @throws CofactorError as `Keyholder.join` */
export function serveKeyholder(parts: KeyholderParts): Promise<ServedKeyholder> {
  return new Keyholder(parts).join();
}

async function parseSignedTerms(text: string): Promise<Run> {
  try {
    return await openRun(JSON.parse(text));
  } catch (cause) {
    throw new CofactorError("TERMS_REFUSED", "the terms are none that this version knows", { cause });
  }
}
