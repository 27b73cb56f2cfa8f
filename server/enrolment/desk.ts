/** Enrolment at work: a policy, and above it the revocations, which hold under every policy. Imports the seam, errors, registry. */
import type { Clock } from "../../shared/clock.ts";
import { CofactorError } from "../../shared/errors.ts";
import { createRng, drawSeed, type Rng, type SecureRng, secureRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Applicant, EnrolmentDefinition, EnrolmentPolicy } from "./policy.ts";
import type { EnrolmentStore } from "./store.ts";

/** What enrolment is made of. */
export interface EnrolmentOptions {
  /** The policies to choose from. */
  readonly policies: readonly EnrolmentDefinition[];
  /** `{ kind }` and the policy's own options. */
  readonly section: { readonly kind: string; readonly [option: string]: unknown };
  readonly store: EnrolmentStore;
  /** Milliseconds of the epoch; by default the platform's. */
  readonly now?: () => number;
  /** Spreads looks of many servers at one store over time. */
  readonly secure?: SecureRng;
}

/** Who may join a run, and who no longer. */
export class EnrolmentDesk {
  readonly #policy: EnrolmentPolicy;
  readonly #store: EnrolmentStore;
  readonly #rng: Rng;
  /** The number up to which revocations were told of when a key was last among them. */
  readonly #told = new Map<string, number>();
  #seq = 0;
  #stop: (() => void) | undefined;

  /** @throws CofactorError CONFIG_INVALID for an unknown policy or option */
  constructor({ policies, section, store, now = Date.now, secure = secureRng }: EnrolmentOptions) {
    const { definition, options } = resolveSection(policies, section, "enrolment");
    this.#policy = definition.create(options, { store, now });
    this.#store = store;
    this.#rng = createRng(drawSeed(secure));
  }

  /**
   * Lets an applicant in.
   * @returns whether it still holds: false once a revocation was told of that the decision had not seen
   * @throws CofactorError REVOKED, NOT_ADMITTED, STORE_FAILED
   */
  async admit(applicant: Applicant): Promise<() => boolean> {
    const { client } = applicant;
    const before = this.#told.get(client);
    if ((await this.#store.standing(applicant.run, applicant.client)) === "revoked") throw revoked();
    await this.#policy.admit(applicant);
    return () => this.#told.get(client) === before;
  }

  /** Forgets a key that leaves. */
  forget(run: string, client: string): Promise<void> {
    return this.#store.forget(run, client);
  }

  /**
   * Tells of every key that is revoked: looks at the store from half of `everyMs` to all of it after the last look, so that many servers do not
   * look in step. A store that cannot be read is asked again, and nothing is missed meanwhile.
   */
  watch(run: string, clock: Clock, everyMs: number, onRevoked: (client: string) => void): void {
    let isStopped = false;
    let cancel = (): void => undefined;
    const look = async (): Promise<void> => {
      const found = await this.#store.revokedSince(run, this.#seq).catch(() => undefined);
      if (isStopped) return;
      if (found !== undefined) {
        this.#seq = found.seq;
        for (const client of found.clients) {
          this.#told.set(client, found.seq);
          onRevoked(client);
        }
      }
      cancel = clock.after(everyMs * (1 + this.#rng.float()) * 0.5, () => void look());
    };
    this.#stop = () => {
      isStopped = true;
      cancel();
    };
    void look();
  }

  /** Ends the watch and the store. */
  async close(): Promise<void> {
    this.#stop?.();
    await this.#store.close();
  }
}

/** What a revoked key is refused with. */
export function revoked(): CofactorError {
  return new CofactorError("REVOKED", "this run's operator has revoked this key");
}
