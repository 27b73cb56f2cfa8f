/** What a running server reads again when it is told to by SIGHUP: names of items, certificates. Imports the files, settings. */
import type pino from "pino";
import { isCofactorError } from "../shared/errors.ts";
import { readNames, readTls } from "./serve-files.ts";
import type { Settings } from "./settings.ts";
import type { Listener } from "./socket.ts";

/** Whatever follows a file of names. */
export interface FollowsItems {
  setItems(names: readonly string[]): Promise<unknown>;
}

/** Reads files again on SIGHUP, which ends no server. A file that is not right changes nothing. */
export class Reload {
  readonly #settings: Settings;
  readonly #log: pino.Logger;
  #listener: Pick<Listener, "setTls"> | undefined;
  #items: FollowsItems | undefined;

  constructor(settings: Settings, log: pino.Logger) {
    this.#settings = settings;
    this.#log = log;
    process.on("SIGHUP", () => {
      this.#readCertificate();
      void this.readItems();
    });
  }

  /** Has a listener take renewed certificates. */
  keepCertificate(listener: Pick<Listener, "setTls">): void {
    this.#listener = listener;
  }

  /** Has a server follow the file of names: now, since the store may be older than the file, and from now on. */
  async keepItems(server: FollowsItems | undefined): Promise<void> {
    this.#items = server;
    await this.readItems();
  }

  /** Reads the names again. */
  async readItems(): Promise<void> {
    const server = this.#items;
    const { items } = this.#settings;
    if (server === undefined || items === undefined) return;
    try {
      const names = readNames(items);
      await server.setItems(names);
      this.#log.info({ items: names.length }, "items read: changes come with the next published model");
    } catch (error) {
      this.#log.error({ code: codeOf(error) }, "the file of items was not taken: the items stay as they are");
    }
  }

  #readCertificate(): void {
    try {
      const tls = readTls(this.#settings.listen.tls);
      if (tls === undefined || this.#listener === undefined) return;
      this.#listener.setTls(tls);
      this.#log.info("certificate read: new connections get it");
    } catch (error) {
      this.#log.error({ code: codeOf(error) }, "the certificate was not taken: the old one stays");
    }
  }
}

function codeOf(error: unknown): string {
  return isCofactorError(error) ? error.code : "INTERNAL";
}
