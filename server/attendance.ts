/**
 * Who is there, and over which connection: a device may have several, in two windows or at a lost one's end, and the newest is the one that counts.
 * When that one ends, the one before it does again. Imports nothing.
 */

/** A device's way to be reached, and the content hash of the newest model that it was told of when it came. */
export interface Way<Person> {
  readonly person: Person;
  readonly told: string;
}

/** What the end of a way comes to. */
export type Departure<Person> =
  /** It was not the one that counts. */
  | { readonly kind: "unnoticed" }
  /** Another one counts from now on. */
  | { readonly kind: "elsewhere"; readonly way: Way<Person> }
  /** The device is not there any more. */
  | { readonly kind: "gone" };

/** The ways of all devices. */
export class Attendance<Person> {
  readonly #present = new Map<string, Person>();
  /** Beside the one that counts, the newest last. */
  readonly #others = new Map<string, Way<Person>[]>();
  /** What the one that counts was told. */
  readonly #told = new Map<string, string>();

  /** Every device that is there, with the way that counts. */
  get present(): ReadonlyMap<string, Person> {
    return this.#present;
  }

  /** A way is there, or is there anew: it counts from now on. */
  add(client: string, person: Person, told: string): void {
    const known = this.#present.get(client);
    if (known !== undefined && known !== person) {
      const others = this.#withoutOther(client, person);
      others.push({ person: known, told: this.#told.get(client)! });
      this.#others.set(client, others);
    }
    this.#present.set(client, person);
    this.#told.set(client, told);
  }

  /** A way has ended. */
  remove(client: string, person: Person): Departure<Person> {
    if (this.#present.get(client) !== person) {
      this.#withoutOther(client, person);
      return { kind: "unnoticed" };
    }
    const way = this.#others.get(client)?.at(-1);
    if (way === undefined) {
      this.forget(client);
      return { kind: "gone" };
    }
    this.#withoutOther(client, way.person);
    this.#present.set(client, way.person);
    this.#told.set(client, way.told);
    return { kind: "elsewhere", way };
  }

  /** None of a device's ways counts any more. */
  forget(client: string): void {
    this.#present.delete(client);
    this.#told.delete(client);
    this.#others.delete(client);
  }

  #withoutOther(client: string, person: Person): Way<Person>[] {
    const others = (this.#others.get(client) ?? []).filter((way) => way.person !== person);
    if (others.length === 0) this.#others.delete(client);
    else this.#others.set(client, others);
    return others;
  }
}
