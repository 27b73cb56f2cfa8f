/** What devices are told of rounds that are over, and who has missed it. Imports types. */
import type { RequestHeader } from "../shared/wire/messages.ts";

/** Whoever can be told. */
export interface Listener {
  announce(kind: "published" | "abandoned", header: RequestHeader<"published"> | RequestHeader<"abandoned">): void;
}

/** The last publication, told to everybody who is there, and to those who were away when they come back. */
export class News {
  #last: Omit<RequestHeader<"published">, "included"> | undefined;
  #contributors: ReadonlySet<string> = new Set();
  /** Contributors who have not been told. */
  #awaiting = new Set<string>();

  /** Tells of a publication. */
  publish(
    header: Omit<RequestHeader<"published">, "included">,
    contributors: readonly string[],
    present: ReadonlyMap<string, Listener>,
  ): void {
    this.#last = header;
    this.#contributors = new Set(contributors);
    this.#awaiting = new Set(contributors.filter((client) => !present.has(client)));
    for (const [client, listener] of present) this.#tell(client, listener, header);
  }

  /** Tells of a round that came to nothing. Who is away is told of it by what comes after. */
  abandon(header: RequestHeader<"abandoned">, present: ReadonlyMap<string, Listener>): void {
    for (const listener of present.values()) listener.announce("abandoned", header);
  }

  /**
   * A client is back: it is told of the last publication when it took part in that round and was away, or when the model was published after
   * it was told the newest one.
   * @param toldModel content hash of the newest model that the client was told when it joined
   */
  comeBack(client: string, listener: Listener, toldModel: string): void {
    const last = this.#last;
    if (last !== undefined && (this.#awaiting.delete(client) || toldModel !== last.model.sha256)) this.#tell(client, listener, last);
  }

  #tell(client: string, listener: Listener, header: Omit<RequestHeader<"published">, "included">): void {
    listener.announce("published", { ...header, included: this.#contributors.has(client) });
  }
}
