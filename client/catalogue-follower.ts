/**
 * Follows the catalogue that each model names, in a run whose items come and go: by deltas from the version at hand, or whole. Imports shared,
 * vault.
 */
import { type Catalogue, decodeCatalogue, encodeCatalogue } from "../shared/catalogue/catalogue.ts";
import { assertSamePhases, maxCatalogueBytes, takeDeltas, takeWhole } from "../shared/catalogue/follow.ts";
import type { CatalogueMark } from "../shared/catalogue/mark.ts";
import { CofactorError } from "../shared/errors.ts";
import type { Run } from "../shared/run.ts";
import { type Channel, noBytes } from "../shared/transport.ts";
import { parseAnswer } from "../shared/wire/messages.ts";
import type { Session } from "./session.ts";
import type { Vault } from "./vault.ts";

/** A device's catalogue, at the versions that models name. */
export class CatalogueFollower {
  readonly #vault: Vault;
  /** The version followed last, or what the device's store has. */
  #known: Catalogue | undefined;
  /** Followings go one by one: each begins with what the one before it came to. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /**
   * The catalogue that published values name.
   * @throws CofactorError ROUND_STALE when the server no longer keeps that version, MESSAGE_MALFORMED for another one than the model names
   */
  follow(session: Session, values: Float64Array): Promise<Catalogue> {
    const following = this.#turn.then(() => this.#follow(session, values));
    this.#turn = following.catch(() => undefined);
    return following;
  }

  async #follow({ run, channel }: Session, values: Float64Array): Promise<Catalogue> {
    const { model } = run.catalogue!;
    const mark = model.markOf(values);
    this.#known ??= await this.#stored(run);
    const before = this.#known;
    const next = (before && (await fromKnown(channel, before, mark))) ?? (await fetchWhole(channel, run, mark));
    // By its own phases a model trains: another catalogue's would give its rows other items.
    assertSamePhases(next, model.phasesOf(values));
    if (next !== before) await this.#vault.saveCatalogue(encodeCatalogue(next));
    this.#known = next;
    return next;
  }

  async #stored({ terms }: Run): Promise<Catalogue | undefined> {
    const bytes = await this.#vault.catalogue();
    if (bytes === undefined) return undefined;
    try {
      return decodeCatalogue(bytes, terms.items);
    } catch {
      // What the store has is no catalogue of this run any more: the whole is fetched.
      return undefined;
    }
  }
}

/** The version that a model names, from an earlier one; undefined where that does not lead there: then the whole does. */
async function fromKnown(channel: Channel, known: Catalogue, mark: CatalogueMark): Promise<Catalogue | undefined> {
  if (known.version > mark.version) return undefined;
  const same = known.version === mark.version;
  const { bytes, encoding } = same ? nothing : await pull(channel, known.items, { version: mark.version, base: known.version });
  try {
    return encoding === "deltas" ? await takeDeltas(known, bytes, mark) : await takeWhole(bytes, known.items, mark);
  } catch {
    return undefined;
  }
}

const nothing = { bytes: noBytes, encoding: "deltas" } as const;

async function fetchWhole(channel: Channel, { terms }: Run, mark: CatalogueMark): Promise<Catalogue> {
  const { bytes, encoding } = await pull(channel, terms.items, { version: mark.version });
  if (encoding === "whole") return takeWhole(bytes, terms.items, mark);
  throw new CofactorError("MESSAGE_MALFORMED", "a catalogue expected to come whole, got deltas");
}

async function pull(
  channel: Channel,
  items: number,
  wanted: { readonly version: number; readonly base?: number },
): Promise<{ readonly bytes: Uint8Array; readonly encoding: "deltas" | "whole" }> {
  const limit = maxCatalogueBytes(items);
  let buffer = noBytes;
  for (let offset = 0; ; ) {
    const answer = await channel.request("catalogue", { header: { ...wanted, offset }, payload: noBytes });
    const { total, encoding } = parseAnswer("catalogue", answer.header);
    if (total > limit || offset + answer.payload.length > total || answer.payload.length === 0) {
      throw new CofactorError("MESSAGE_MALFORMED", `a catalogue expected pieces of at most ${limit} bytes in all`);
    }
    if (offset === 0) buffer = new Uint8Array(total);
    if (buffer.length !== total) throw new CofactorError("MESSAGE_MALFORMED", "the pieces of a catalogue expected one total");
    buffer.set(answer.payload, offset);
    offset += answer.payload.length;
    if (offset === total) return { bytes: buffer, encoding };
  }
}
