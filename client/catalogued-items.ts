/**
 * A user's ratings by the names of items, in a run whose items come and go: follows the catalogue that each model names, and says which row each
 * rated item has there. Ratings of items without a row stay on the device and come back with the item. Imports shared, vault.
 */
import { type Catalogue, decodeCatalogue, encodeCatalogue } from "../shared/catalogue/catalogue.ts";
import { assertSamePhases, maxCatalogueBytes, takeDeltas, takeWhole } from "../shared/catalogue/follow.ts";
import type { CatalogueMark } from "../shared/catalogue/mark.ts";
import { CofactorError } from "../shared/errors.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { Run } from "../shared/run.ts";
import { type Channel, noBytes } from "../shared/transport.ts";
import { parseAnswer } from "../shared/wire/messages.ts";
import type { NamedRatings } from "./ratings.ts";
import type { OwnItems, RowRatings } from "./row-ratings.ts";
import type { Session } from "./session.ts";
import type { Vault } from "./vault.ts";

/** Rated items by name. */
export class CataloguedItems implements OwnItems {
  /** An item that is not known now may come: no rating is left out for good. */
  readonly leftOut = 0;
  readonly #named: NamedRatings;
  readonly #vault: Vault;
  /** The version followed last, or what the device's store has. */
  #known: Catalogue | undefined;
  /** Followings go one by one: each begins with what the one before it came to. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(named: NamedRatings, vault: Vault) {
    this.#named = named;
    this.#vault = vault;
  }

  /** @throws CofactorError ROUND_STALE when the server no longer keeps that version, MESSAGE_MALFORMED for another one than the model names */
  at(session: Session, values: Float64Array): Promise<RowRatings> {
    const following = this.#turn.then(() => this.#follow(session, values));
    this.#turn = following.catch(() => undefined);
    return following.then((catalogue) => ({ ratings: toRows(this.#named, catalogue), catalogue }));
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

/** The ratings of items that have a row, ascending by row. */
function toRows({ ids, values }: NamedRatings, { rows }: Catalogue): UserRatings {
  const known: (readonly [row: number, value: number])[] = [];
  for (const [place, id] of ids.entries()) {
    const row = rows.get(id);
    if (row !== undefined) known.push([row, values[place]!]);
  }
  known.sort(([a], [b]) => a - b);
  return { items: Int32Array.from(known, ([row]) => row), values: Float64Array.from(known, ([, value]) => value) };
}
