/**
 * A gateway's way to the coordinator that leads: finds it by the lease, proves that it is a server of the same store, and goes on to the next one when
 * the connection ends. Imports shared, the lease, the gateway's desk.
 */
import type { Clock } from "../../shared/clock.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { type Identity, sign } from "../../shared/crypto/identity.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { SecureRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import { type Channel, type Connector, noBytes } from "../../shared/transport.ts";
import { parseAnswer, protocolVersion } from "../../shared/wire/messages.ts";
import { joinBytes } from "../../shared/wire/signed.ts";
import type { SignedTerms } from "../identity.ts";
import type { GatewayDesk } from "./gateway-desk.ts";
import { type Holder, parseHolder } from "./holder.ts";
import type { Lease } from "./lease.ts";
import { isCoordinator, linkRole } from "./link-proof.ts";
import { parseLinkAnswer, type View } from "./messages.ts";
import type { Tally } from "./tallies.ts";

/** What a link works with. */
export interface LeaderLinkParts {
  readonly run: Run;
  readonly terms: SignedTerms;
  readonly identity: Identity;
  readonly desk: GatewayDesk;
  readonly lease: Lease;
  readonly connect: (url: string) => Connector;
  readonly clock: Clock;
  readonly secure: SecureRng;
  /** How often the lease is looked at. */
  readonly everyMs: number;
  readonly onChange: (isLinked: boolean) => void;
  /** What this gateway counts of itself, and how often the coordinator is told. */
  tally(): Tally;
  readonly tallyMs: number;
}

/** Keeps a gateway linked until it is stopped. */
export class LeaderLink {
  readonly #parts: LeaderLinkParts;
  #channel: Channel | undefined;
  #known: Holder | undefined;
  #isStopped = false;
  #wake: () => void = () => undefined;
  readonly #running: Promise<void>;

  constructor(parts: LeaderLinkParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Ends the link. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#channel?.close("the gateway was closed");
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#step();
      if (!this.#isStopped) await this.#pause();
    }
  }

  async #step(): Promise<void> {
    const { lease, identity, run } = this.#parts;
    // While the lease cannot be looked at, whoever had it last may lead still.
    const leader = await lease.holder().then(
      (text) => parseHolder(text, run, identity.id),
      () => this.#known,
    );
    if (this.#isStopped || leader === undefined) return;
    if (this.#channel !== undefined && this.#known?.id !== leader.id) this.#channel.close("another coordinator leads");
    this.#known = leader;
    if (this.#channel === undefined) await this.#open(leader).catch(() => undefined);
  }

  async #open({ url }: Holder): Promise<void> {
    const { connect, desk, clock, onChange, tally, tallyMs } = this.#parts;
    const channel = await connect(url)();
    try {
      await this.#join(channel, url);
      const view = await this.#verify(channel, url);
      if (this.#isStopped) throw new CofactorError("CANCELLED", "the gateway was closed");
      this.#channel = channel;
      desk.attach(channel, view);
    } catch (error) {
      channel.close("could not join");
      throw error;
    }
    onChange(true);
    let cancelTally = (): void => undefined;
    const tellTally = (): void => {
      channel.request("tally", { header: { ...tally() }, payload: noBytes }).catch(() => undefined);
      cancelTally = clock.after(tallyMs, tellTally);
    };
    tellTally();
    channel.onClose(() => {
      cancelTally();
      this.#channel = undefined;
      desk.detach(channel);
      onChange(false);
      this.#wake();
    });
  }

  /** Proves that this is a server of the run, to whoever is at that address and to nobody else. */
  async #join(channel: Channel, url: string): Promise<void> {
    const { run, terms, identity } = this.#parts;
    const { id } = run.terms;
    const request = { header: { protocol: protocolVersion, run: id }, payload: noBytes };
    const hello = parseAnswer("hello", (await channel.request("hello", request)).header);
    if (hello.serverKey !== identity.id || hello.terms !== terms.text) {
      throw new CofactorError("AUTH_FAILED", "a coordinator expected to serve the same store's run");
    }
    const signed = joinBytes(hello.challenge, id, linkRole("gateway", url), hello.serverKey, run.digest);
    const proof = toBase64url(sign(identity, "join", signed));
    await channel.request("join", { header: { role: "gateway", publicKey: identity.id, proof }, payload: noBytes });
  }

  /** Nothing is handed to a coordinator that does not hold the server's key, or whose proof was made for another address. */
  async #verify(channel: Channel, url: string): Promise<View> {
    const { run, identity, secure } = this.#parts;
    const challenge = toBase64url(secure.bytes(32));
    const { header } = await channel.request("link", { header: { challenge }, payload: noBytes });
    const { view, proof } = parseLinkAnswer("link", header);
    if (isCoordinator(identity.id, run, url, challenge, proof)) return view;
    throw new CofactorError("AUTH_FAILED", "a coordinator expected to hold the run's own key");
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(this.#parts.everyMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
